// Package protocol holds every document that peers exchange, one file each,
// with its bytes, its limits and its Check, and the frame they travel in.
//
// It promises that a document that passes Check is well formed taken alone;
// what it means beside others is for the folds to say. Kind numbers, field
// names and codes are append-only. It must never read a clock, keep state, or
// trust a sender's word about its own identity.
//
// A document is a canonical DAG-CBOR map (package wire). Its first four fields
// are those of wire.Head: kind, by, at, nonce. A field marked optional is left
// out when it is zero; every other field is always there. Times are Unix
// milliseconds, durations milliseconds, shares and scores parts of 10,000, none
// of them over 2^53-1.
//
// The comment of each document shows its map, with the keys in the order of its
// bytes and a question mark after those that may be absent. How a value is
// written follows from the Go type of its field: an unsigned integer, true or
// false, text or a byte string as CBOR has them; an array or struct as an array
// or map of these; wire.Key, Epoch and Nonce as byte strings of 32, 16 and 16
// bytes; wire.CID as a link (tag 42); wire.Amount as a byte string, big-endian
// without leading zeros.
package protocol
