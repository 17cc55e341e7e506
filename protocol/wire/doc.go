// Package wire fixes the bytes of the market: canonical DAG-CBOR, content IDs,
// keys, amounts, and the one kind of signature that everything said carries.
//
// It promises that a document has exactly one encoding, that equal content has
// equal CIDs, that a signature made for one purpose or network means nothing
// for another, and that no input makes it allocate beyond its limits. It must
// never read a clock, draw a random number, or know what any document means.
package wire
