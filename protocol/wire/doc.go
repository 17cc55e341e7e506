// Package wire fixes the bytes of the market: canonical DAG-CBOR, content IDs,
// keys, amounts, and the one kind of signature that everything said carries.
//
// It promises that a document has exactly one encoding, that equal content has
// equal CIDs, that a signature made for one purpose or network means nothing
// for another, and that no input makes it allocate beyond its limits. It must
// never read a clock, draw a random number, or know what any document means.
//
// # The bytes
//
// Everything is canonical DAG-CBOR without null and floats (CheckCanonical). A
// Key is a byte string of 32 bytes, an Amount a byte string of at most 16
// bytes, big-endian, without leading zero, a CID is tag 42 over the byte string
// 00 01 71 12 20 followed by the SHA-256 digest of what it names.
//
// A document is a map with at least
//
//	{"at": Unix milliseconds, "by": author's Key, "kind": number, "nonce": 16 bytes, …}
//
// and is named by the CID of its bytes. Documents are said in a bundle
//
//	{"v": 1, "net": network's name, "sig": 64 bytes, "docs": [bytes of each document…]}
//
// of one author, whose Ed25519 signature is over
//
//	14 "souk-bundle-v1" 14 "/souk/bundle/1" n statement
//
// where n is the length of the statement as an unsigned varint and the statement is
//
//	{"v": 1, "net": network's name, "docs": [CID of each document…]}
//
// Signatures are checked under the rules of ZIP-215, with keys that are not
// canonical or of small order refused. One document of a bundle is shown alone as
//
//	{"i": its place, "v": 1, "doc": its bytes, "net": network's name, "sig": 64 bytes, "docs": [CID of each other…]}
//
// A reader refuses what has a second form of the same meaning: a field absent
// that must be present, one present and empty that may be absent, an array of
// numbers for a byte string. Fields it does not know it keeps if they say
// something, or refuses where its kind says so. Golden bytes are in testdata.
package wire
