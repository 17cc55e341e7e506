package protocol

import (
	"bytes"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Equivocation shows two sealed statements that one honest key could not both
// have made: two Entries of one lane and Seq, or two LogEntries of one epoch
// and Seq, that differ. Anyone can check it, for ever. The two stand in the
// order of their CIDs, so that it has one form.
//
//	{at, by, kind: 28, first, nonce, second}
type Equivocation struct {
	wire.Head
	First  wire.Proof `cbor:"first"`
	Second wire.Proof `cbor:"second"`
}

// Author returns the key that said both.
func (d *Equivocation) Author() wire.Key { return d.First.By }

// Check reports what is wrong with d taken alone. It compares the two
// statements but does not open their seals: that is Open's.
func (d *Equivocation) Check() error {
	one, other := wire.Sum(d.First.Doc), wire.Sum(d.Second.Doc)
	if err := first(
		head(d.Head, KindEquivocation),
		must(d.First.By == d.Second.By, "second.doc", "by another author than first"),
		must(d.First.Net == d.Second.Net, "second.net", "said on another network than first"),
		must(bytes.Compare(one[:], other[:]) < 0, "second.doc", "its CID is not above that of first"),
	); err != nil {
		return err
	}
	return d.contradicts()
}

// conflicting are the kinds of which one place has one.
var conflicting = only(KindEntry, KindLogEntry)

// contradicts checks that both are of one kind and claim one place.
func (d *Equivocation) contradicts() error {
	one, err := shown(&d.First, conflicting)
	if err != nil {
		return within("first", err)
	}
	other, err := shown(&d.Second, conflicting)
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
