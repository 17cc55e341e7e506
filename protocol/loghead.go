package protocol

import "github.com/souk-network/souk/protocol/wire"

// LogHead tells how far the log of Author has come; anyone may pass it on.
//
//	{at, by, seq, kind: 23, entry, epoch, nonce, author}
type LogHead struct {
	wire.Head
	Author wire.Key `cbor:"author"`
	Epoch  Epoch    `cbor:"epoch"`
	Seq    uint64   `cbor:"seq"`
	Entry  wire.CID `cbor:"entry"`
}

// Check reports what is wrong with d taken alone.
func (d *LogHead) Check() error {
	return first(
		head(d.Head, KindLogHead),
		key("author", d.Author),
		epoch("epoch", d.Epoch),
		count("seq", d.Seq, 1),
		link("entry", d.Entry),
	)
}
