package protocol

import "github.com/souk-network/souk/protocol/wire"

// LogEntry puts an Outcome into its author's own log. Seq counts from 1 in each
// epoch; the first of an epoch cites the head of the epoch before.
//
//	{at, by, seq, kind: 22, prev?, epoch, nonce, outcome}
type LogEntry struct {
	wire.Head
	Outcome wire.CID `cbor:"outcome"`
	Epoch   Epoch    `cbor:"epoch"`
	Seq     uint64   `cbor:"seq"`
	Prev    wire.CID `cbor:"prev,omitzero"` // optional: none for the first ever
}

// Check reports what is wrong with d taken alone.
func (d *LogEntry) Check() error {
	return first(
		head(d.Head, KindLogEntry),
		link("outcome", d.Outcome),
		epoch("epoch", d.Epoch),
		count("seq", d.Seq, 1),
		must(d.Seq == 1 || !d.Prev.IsZero(), "prev", "only the first entry ever has none before it"),
	)
}
