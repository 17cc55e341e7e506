package protocol

import "github.com/souk-network/souk/protocol/wire"

// Refuse answers a document with a coded no.
//
//	{at, by, of, code, kind: 7, nonce, detail?}
type Refuse struct {
	wire.Head
	Of     wire.CID `cbor:"of"`
	Code   Code     `cbor:"code"`             // of any version: an unknown one is a no like the others
	Detail string   `cbor:"detail,omitempty"` // optional: for people; data, never an order
}

// Check reports what is wrong with d taken alone.
func (d *Refuse) Check() error {
	return first(
		head(d.Head, KindRefuse),
		link("of", d.Of),
		code("code", d.Code),
		prose("detail", d.Detail, MaxDetail),
	)
}
