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
// milliseconds, durations milliseconds, shares and scores parts of 10,000.
package protocol
