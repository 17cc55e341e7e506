package settlement

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// ErrReceipt is returned (wrapped) for what is no receipt, or proves nothing.
var ErrReceipt = errors.New("not a receipt")

// Receipt is an entry with the countersign that covers it: what a payer has said
// and its payee has seen. It proves itself to anyone, offline. Its bytes are the
// canonical map {"chain"?:[bytes…],"entry":Proof,"countersign":Proof}.
//
// A countersign covers what came before the entry it names. Chain then holds
// the entries from the one after Entry to the one named, each naming the one
// before, as canonical bytes without seals: the payee's seal binds them all.
type Receipt struct {
	Chain       [][]byte   `cbor:"chain,omitempty"` // optional
	Entry       wire.Proof `cbor:"entry"`
	Countersign wire.Proof `cbor:"countersign"`
}

var receiptForm = wire.FormOf[Receipt]()

// Form returns how a Receipt is written.
func (r *Receipt) Form() *wire.Form { return receiptForm }

// Verify reports whether r proves, on network net, that its payer said the entry
// and its payee has seen it, and returns both. The errors wrap ErrReceipt or are
// those of wire.
func (r *Receipt) Verify(reg *wire.Registry, net string) (*protocol.Entry, *protocol.Countersign, error) {
	said, err := reg.ReadProof(&r.Entry, net)
	if err != nil {
		return nil, nil, fmt.Errorf("receipt: entry: %w", err)
	}
	seen, err := reg.ReadProof(&r.Countersign, net)
	if err != nil {
		return nil, nil, fmt.Errorf("receipt: countersign: %w", err)
	}
	e, ok := said.Doc.(*protocol.Entry)
	if !ok {
		return nil, nil, fmt.Errorf("%w: a %T in place of an entry", ErrReceipt, said.Doc)
	}
	c, ok := seen.Doc.(*protocol.Countersign)
	if !ok {
		return nil, nil, fmt.Errorf("%w: a %T in place of a countersign", ErrReceipt, seen.Doc)
	}
	last, id, err := r.follow(reg, e, said.ID)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case c.By != e.Payee:
		return nil, nil, fmt.Errorf("%w: countersigned by %s, not by the payee %s", ErrReceipt, c.By, e.Payee)
	case c.Lane != protocol.LaneID(net, last.By, last.Payee, last.Asset, last.Epoch):
		return nil, nil, fmt.Errorf("%w: the countersign is for another lane", ErrReceipt)
	case c.Seq != last.Seq || c.Entry != id || c.Totals != last.Totals:
		return nil, nil, fmt.Errorf("%w: the countersign is for entry %d, not for entry %d", ErrReceipt, c.Seq, last.Seq)
	}
	return e, c, nil
}

// follow walks from e to the entry that is countersigned.
func (r *Receipt) follow(reg *wire.Registry, e *protocol.Entry, id wire.CID) (*protocol.Entry, wire.CID, error) {
	if len(r.Chain) > MaxChain {
		return nil, id, fmt.Errorf("%w: %w: %d entries in between, at most %d", ErrReceipt, wire.ErrLimit, len(r.Chain), MaxChain)
	}
	for i, raw := range r.Chain {
		d, err := reg.Decode(raw)
		if err != nil {
			return nil, id, fmt.Errorf("receipt: entry %d in between: %w", i, err)
		}
		next, ok := d.(*protocol.Entry)
		if !ok || pairOf(next) != pairOf(e) || !continues(next, e, id) {
			return nil, id, fmt.Errorf("%w: what stands in between does not lead on from the entry", ErrReceipt)
		}
		e, id = next, wire.Sum(raw)
	}
	return e, id, nil
}

// continues reports whether next follows e, named id, in its epoch or by opening another.
func continues(next, e *protocol.Entry, id wire.CID) bool {
	if next.Act == protocol.ActOpen {
		return next.OldHead == id && next.OldEpoch == e.Epoch && next.OldSeq == e.Seq
	}
	return next.Prev == id && next.Epoch == e.Epoch && next.Seq == e.Seq+1
}

// armorName stands in the marker lines of a receipt as text.
const armorName = "RECEIPT"

// Bytes returns r's canonical bytes, or wire.ErrLimit (wrapped) where r is over MaxReceipt.
func (r *Receipt) Bytes() ([]byte, error) {
	raw, err := wire.Encode(r)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if len(raw) > MaxReceipt {
		return nil, fmt.Errorf("receipt: %w: %d bytes, at most %d", wire.ErrLimit, len(raw), MaxReceipt)
	}
	return raw, nil
}

// Armor returns r as text (wire.Armor). The error is that of Bytes.
func (r *Receipt) Armor() ([]byte, error) {
	raw, err := r.Bytes()
	if err != nil {
		return nil, err
	}
	return wire.Armor(armorName, raw), nil
}

// ReadReceipt reads what Armor wrote, and nothing else: text that is not exactly
// as Armor would write it is refused. It proves nothing before Verify.
func ReadReceipt(text []byte) (*Receipt, error) {
	raw, err := wire.Unarmor(armorName, text, MaxReceipt)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return ReceiptOf(raw)
}

// ReceiptOf reads what Bytes wrote. It proves nothing before Verify.
func ReceiptOf(raw []byte) (*Receipt, error) {
	r := new(Receipt)
	if err := wire.Unmarshal(raw, r, MaxReceipt, true); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return r, nil
}
