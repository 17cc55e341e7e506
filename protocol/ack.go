package protocol

import "github.com/souk-network/souk/protocol/wire"

// Ack is the only proof that something arrived. The other side says it, or the
// witness that the Terms name.
//
//	{at, by, of, job, kind: 10, bytes, nonce}
type Ack struct {
	wire.Head
	Job   wire.CID   `cbor:"job"`
	Of    []wire.CID `cbor:"of"`    // documents or commitments that arrived, at least one
	Bytes uint64     `cbor:"bytes"` // of payload received
}

// Check reports what is wrong with d taken alone.
func (d *Ack) Check() error {
	return first(
		head(d.Head, KindAck),
		link("job", d.Job),
		links("of", d.Of, 1, MaxOf),
		count("bytes", d.Bytes, 0),
	)
}
