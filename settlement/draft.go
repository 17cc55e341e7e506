package settlement

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Hold is what a HOLD is to set aside.
type Hold struct {
	Job      wire.CID
	Part     uint64 // 0 where the job has one part
	Amount   wire.Amount
	Mandate  wire.CID
	Deadline uint64 // Unix milliseconds by which the payee must have claimed it
	Idem     []byte // optional: idempotency key, at most protocol.MaxIdem bytes
}

// DraftOpen returns the OPEN that continues all that self has said to payee. Of
// its head kind and author are filled, as in every draft; the caller adds time
// and nonce. Errors: ErrEpoch, *Refusal.
func (b *Book) DraftOpen(payee wire.Key, asset string) (*protocol.Entry, error) {
	s := b.strands[pair{b.self, payee, asset}]
	if s == nil {
		return b.DraftOpenFrom(payee, asset, wire.CID{})
	}
	return b.DraftOpenFrom(payee, asset, s.tip().id)
}

// DraftOpenFrom returns an OPEN that continues entry head, as when a payee shows
// that it has got no further. What self has said after head is void, with its
// holds, once this OPEN is countersigned.
func (b *Book) DraftOpenFrom(payee wire.Key, asset string, head wire.CID) (*protocol.Entry, error) {
	s := b.strands[pair{b.self, payee, asset}]
	if s == nil {
		s = &strand{}
	}
	from, ok := s.find(head)
	if !ok {
		return nil, refuse(protocol.CodeLane, "the entry to continue is not here")
	}
	if b.epoch.IsZero() || s.used == b.epoch {
		return nil, ErrEpoch
	}
	e := b.blank(payee, asset, protocol.ActOpen)
	e.Seq, e.Totals = 1, from.totals
	e.OldEpoch, e.OldSeq, e.OldHead = from.epoch, from.seq, from.id
	return b.drafted(e)
}

// DraftHold returns a HOLD that follows the last entry said to payee.
func (b *Book) DraftHold(payee wire.Key, asset string, h Hold) (*protocol.Entry, error) {
	e := b.blank(payee, asset, protocol.ActHold)
	e.Amount, e.Job, e.Part, e.Mandate, e.Deadline, e.Idem = h.Amount, h.Job, h.Part, h.Mandate, h.Deadline, h.Idem
	return b.following(e, &e.Totals.Held, h.Amount)
}

// DraftPost returns a POST that ends a hold and owes amount. Where the hold is
// claimed, the Claim is added to its basis.
func (b *Book) DraftPost(hold wire.CID, amount wire.Amount, basis ...wire.CID) (*protocol.Entry, error) {
	e, h, err := b.ending(hold, protocol.ActPost, basis)
	if err != nil {
		return nil, err
	}
	if !h.claim.IsZero() && !slices.Contains(e.Basis, h.claim) {
		e.Basis = append(e.Basis, h.claim)
	}
	e.Amount = amount
	return b.following(e, &e.Totals.Posted, amount)
}

// DraftAward returns an AWARD that ends a hold and owes amount, as the evaluators'
// Awards that basis names entitle to.
func (b *Book) DraftAward(hold wire.CID, amount wire.Amount, basis ...wire.CID) (*protocol.Entry, error) {
	e, _, err := b.ending(hold, protocol.ActAward, basis)
	if err != nil {
		return nil, err
	}
	e.Amount = amount
	return b.following(e, &e.Totals.Posted, amount)
}

// DraftVoid returns a VOID that ends a hold at the instant at. A hold that was
// never countersigned, or that nobody has claimed by its deadline and
// protocol.Skew, needs no basis; for a declined one the Countersign that
// declined it is added.
func (b *Book) DraftVoid(at uint64, hold wire.CID, basis ...wire.CID) (*protocol.Entry, error) {
	e, h, err := b.ending(hold, protocol.ActVoid, basis)
	if err != nil {
		return nil, err
	}
	if h.declined != "" && !slices.Contains(e.Basis, h.declinedAs) {
		e.Basis = append(e.Basis, h.declinedAs)
	}
	switch {
	case !h.claim.IsZero() && !b.jobs[h.job].permits(basis):
		return nil, refuse(protocol.CodeHold, "the hold is claimed")
	case h.seen && h.declined == "" && !h.lapsed(at) && !b.jobs[h.job].permits(basis):
		return nil, refuse(protocol.CodeHold, "the hold is countersigned, and no basis frees it")
	}
	e.At = at
	return b.following(e, &e.Totals.Posted, wire.Amount{})
}

// DraftCountersign returns the countersign of all that payer has said to self.
// The holds that the payer let lapse although self has claimed them, or of which it
// posts less than that, are in dispute in it: the caller takes out those of which it
// lets go, and adds the jobs it takes or declines, time and nonce.
func (b *Book) DraftCountersign(payer wire.Key, asset string) (*protocol.Countersign, error) {
	s := b.strands[pair{payer, b.self, asset}]
	if s == nil {
		return nil, refuse(protocol.CodeLane, "%s has said nothing in %s", payer, asset)
	}
	p := s.tip()
	c := &protocol.Countersign{
		Head: wire.Head{Kind: protocol.KindCountersign, By: b.self},
		Lane: p.lane, Seq: p.seq, Entry: p.id, Totals: p.totals,
	}
	for _, x := range s.steps {
		if h := b.entries[x.entry.Hold]; h != nil && !h.due().IsZero() && !slices.Contains(c.Disputed, h.id) {
			c.Disputed = append(c.Disputed, h.id)
		}
	}
	return c, nil
}

func (b *Book) blank(payee wire.Key, asset string, act protocol.Act) *protocol.Entry {
	return &protocol.Entry{
		Head:  wire.Head{Kind: protocol.KindEntry, By: b.self},
		Payee: payee, Asset: asset, Epoch: b.epoch, Act: act,
	}
}

// ending starts the draft of an entry that ends a hold of self.
func (b *Book) ending(id wire.CID, act protocol.Act, basis []wire.CID) (*protocol.Entry, *hold, error) {
	h := b.entries[id]
	if h == nil || h.of.payer != b.self {
		return nil, nil, refuse(protocol.CodeHold, "no such hold of this payer")
	}
	e := b.blank(h.of.payee, h.of.asset, act)
	e.Job, e.Part, e.Hold, e.Basis = h.job, h.part, h.id, append([]wire.CID(nil), basis...)
	if h.end == nil {
		e.Totals.Released = h.rest()
	}
	return e, h, nil
}

// following puts e after the last entry said: sum, a part of e.Totals, grows by
// amount, and the totals so far are added to what e.Totals holds already.
func (b *Book) following(e *protocol.Entry, sum *wire.Amount, amount wire.Amount) (*protocol.Entry, error) {
	s := b.strands[pairOf(e)]
	if r := b.Ready(e.Payee, e.Asset); r != Open {
		return nil, refuse(protocol.CodeLane, "the lane is %s, not open", r)
	}
	p := s.tip()
	e.Epoch, e.Seq, e.Prev = p.epoch, p.seq+1, p.id
	*sum = amount
	t := p.totals
	err := firstOf(add(&t.Posted, e.Totals.Posted), add(&t.Held, e.Totals.Held), add(&t.Released, e.Totals.Released))
	if err != nil {
		return nil, err
	}
	e.Totals = t
	return b.drafted(e)
}

// drafted returns e if the book would take it.
func (b *Book) drafted(e *protocol.Entry) (*protocol.Entry, error) {
	if _, err := b.checkEntry(e, wire.CID{}); err != nil {
		return nil, err
	}
	return e, nil
}
