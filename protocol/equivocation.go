package protocol

import (
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Equivocation shows two sealed statements that one honest key could not both
// have made: two Entries of one lane and Seq, or two LogEntries of one epoch
// and Seq, that differ. Anyone can check it, for ever.
//
//	{at, by, kind: 28, first, nonce, author, second}
type Equivocation struct {
	wire.Head
	Author wire.Key   `cbor:"author"` // who said both
	First  wire.Proof `cbor:"first"`
	Second wire.Proof `cbor:"second"`
}

// Check reports what is wrong with d taken alone. It compares the two
// statements but does not open their seals: that is Open's.
func (d *Equivocation) Check() error {
	if err := first(
		head(d.Head, KindEquivocation),
		key("author", d.Author),
		must(d.First.By == d.Author, "first.by", "not the author"),
		must(d.Second.By == d.Author, "second.by", "not the author"),
		must(d.First.Net == d.Second.Net, "second.net", "said on another network than first"),
		must(wire.Sum(d.First.Doc) != wire.Sum(d.Second.Doc), "second.doc", "the same as first"),
	); err != nil {
		return err
	}
	one, err := shown(&d.First, KindEntry, KindLogEntry)
	if err != nil {
		return within("first", err)
	}
	other, err := shown(&d.Second, KindEntry, KindLogEntry)
	if err != nil {
		return within("second", err)
	}
	return must(conflict(one, other), "second", "does not contradict first")
}

// Open reports whether both seals are the author's on network net. Until it
// has returned nil, d proves nothing.
func (d *Equivocation) Open(net string) error {
	if err := d.First.Open(net); err != nil {
		return fmt.Errorf("first: %w", err)
	}
	if err := d.Second.Open(net); err != nil {
		return fmt.Errorf("second: %w", err)
	}
	return nil
}

// conflict reports whether two different documents of one author claim one place.
func conflict(one, other wire.Document) bool {
	switch a := one.(type) {
	case *Entry:
		b, ok := other.(*Entry)
		return ok && a.Payee == b.Payee && a.Asset == b.Asset && a.Epoch == b.Epoch && a.Seq == b.Seq
	case *LogEntry:
		b, ok := other.(*LogEntry)
		return ok && a.Epoch == b.Epoch && a.Seq == b.Seq
	}
	return false
}
