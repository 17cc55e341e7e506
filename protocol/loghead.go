package protocol

import "github.com/souk-network/souk/protocol/wire"

// LogHead tells how far the log of Author has come; anyone may pass it on who
// shows the LogEntry.
//
//	{at, by, seq, kind: 23, entry, epoch, nonce, shown?, author}
type LogHead struct {
	wire.Head
	Author wire.Key   `cbor:"author"`
	Epoch  Epoch      `cbor:"epoch"`
	Seq    uint64     `cbor:"seq"`
	Entry  wire.CID   `cbor:"entry"`
	Shown  wire.Proof `cbor:"shown,omitzero"` // of Entry; optional only where By is Author
}

// Check reports what is wrong with d taken alone. It reads what Shown shows, but
// does not open its seal: that is Open's.
func (d *LogHead) Check() error {
	if err := first(
		head(d.Head, KindLogHead),
		key("author", d.Author),
		epoch("epoch", d.Epoch),
		count("seq", d.Seq, 1),
		link("entry", d.Entry),
		must(d.By == d.Author || !d.Shown.IsZero(), "shown", "whoever is not the author shows the entry"),
	); err != nil || d.Shown.IsZero() {
		return err
	}
	doc, err := shown(&d.Shown, logged)
	if err != nil {
		return within("shown", err)
	}
	e, ok := doc.(*LogEntry)
	return must(ok && wire.Sum(d.Shown.Doc) == d.Entry && e.By == d.Author && e.Epoch == d.Epoch && e.Seq == d.Seq,
		"shown", "not the entry that is named")
}

// logged is the kind of which a log is made.
var logged = only(KindLogEntry)

// Open reports whether the seal of what d shows, if anything, is the author's on
// network net.
func (d *LogHead) Open(net string) error {
	if d.Shown.IsZero() {
		return nil
	}
	return within("shown", d.Shown.Open(net))
}
