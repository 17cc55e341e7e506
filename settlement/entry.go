package settlement

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// checkEntry returns the step that e would be.
func (b *Book) checkEntry(e *protocol.Entry, id wire.CID) (*step, error) {
	if e.By == e.Payee || (e.By != b.self && e.Payee != b.self) {
		return nil, refuse(protocol.CodePayee, "from %s to %s", e.By, e.Payee)
	}
	s := b.strands[pairOf(e)]
	if s == nil {
		if len(b.between(e.By, e.Payee)) >= MaxAssets {
			return nil, refuse(protocol.CodeBusy, "more than %d assets", MaxAssets)
		}
		s = &strand{pair: pairOf(e)}
	}
	if err := s.known(e, id); err != nil {
		return nil, err
	}
	if s.stopped {
		return nil, refuse(protocol.CodeFork, "the lane has forked and stands still")
	}
	if len(s.steps) >= MaxAhead {
		return nil, refuse(protocol.CodeBusy, "%d entries wait for their countersign", len(s.steps))
	}
	from, err := s.parent(e, e.Payee == b.self)
	if err != nil {
		return nil, err
	}
	totals := from.totals
	if err := b.effect(s, from, &totals, e); err != nil {
		return nil, err
	}
	if _, err := totals.Exposure(); err != nil {
		return nil, refuse(protocol.CodeAmount, "more is owed and set aside than 2^128-1")
	}
	if totals != e.Totals {
		return nil, refuse(protocol.CodeAmount, "totals are not those before plus its effect")
	}
	x := &step{entry: e, parent: from.id, risk: s.risk, place: place{
		epoch: e.Epoch, lane: from.lane, seq: e.Seq, id: id, totals: totals,
		height: from.height + 1, closed: e.Act == protocol.ActClose,
	}}
	if e.Act == protocol.ActOpen {
		x.lane = protocol.LaneID(b.net, e.By, e.Payee, e.Asset, e.Epoch)
		x.waits = from.height > 0
	}
	return x, nil
}

// known finds an entry that is in the book already, or another in its place.
func (s *strand) known(e *protocol.Entry, id wire.CID) error {
	m := s.marks(e.Epoch)
	if m == nil {
		return nil
	}
	have, ok := m.at(e.Seq)
	switch {
	case !ok:
		return nil
	case have == id || have.IsZero():
		return ErrKnown
	}
	return &Fork{Lane: m.lane, Seq: e.Seq, First: have, Second: id}
}

// parent returns the place that e continues. A payee has one branch only and
// takes nothing but what continues its tip.
func (s *strand) parent(e *protocol.Entry, payee bool) (place, error) {
	if e.Act == protocol.ActOpen {
		return s.opened(e, payee)
	}
	if e.OldSeq != 0 || e.OldEpoch != (protocol.Epoch{}) || !e.OldHead.IsZero() {
		return place{}, refuse(protocol.CodeMalformed, "only an OPEN cites an older lane")
	}
	if s.marks(e.Epoch) == nil {
		return place{}, refuse(protocol.CodeLane, "no OPEN has begun this epoch")
	}
	p, ok := s.end(e.Epoch)
	switch {
	case !ok || (payee && p.id != s.tip().id):
		return place{}, refuse(protocol.CodeLane, "a later epoch has closed this lane")
	case e.Seq != p.seq+1 || e.Prev != p.id:
		return place{}, refuse(protocol.CodeLane, "entry %d does not continue entry %d", e.Seq, p.seq)
	case p.waits:
		return place{}, refuse(protocol.CodeLane, "its OPEN is not countersigned yet")
	case p.closed:
		return place{}, refuse(protocol.CodeLane, "the lane was closed by its payer")
	}
	return p, nil
}

// opened returns the place that an OPEN continues.
func (s *strand) opened(e *protocol.Entry, payee bool) (place, error) {
	none := e.OldSeq == 0 && e.OldEpoch == protocol.Epoch{} && e.OldHead.IsZero()
	switch {
	case e.Seq != 1 || !e.Prev.IsZero() || e.Epoch == protocol.Epoch{}:
		return place{}, refuse(protocol.CodeLane, "an OPEN is entry 1 of a fresh epoch")
	case none && (s.base.height > 0 || (payee && len(s.steps) > 0)):
		return place{}, refuse(protocol.CodeLaneBehind, "there are older entries: %d in the last epoch", s.tip().seq)
	case none:
		return place{}, nil
	}
	if p, ok := s.find(e.OldHead); ok && !e.OldHead.IsZero() {
		switch {
		case p.epoch != e.OldEpoch || p.seq != e.OldSeq:
			return place{}, refuse(protocol.CodeLane, "the entry it cites is number %d of another place", p.seq)
		case payee && p.id != s.tip().id:
			return place{}, refuse(protocol.CodeLaneBehind, "it cites entry %d, there are later ones", e.OldSeq)
		}
		return p, nil
	}
	if m := s.marks(e.OldEpoch); m != nil && e.OldSeq > 0 {
		if have, ok := m.at(e.OldSeq); ok && (have == e.OldHead || have.IsZero()) {
			return place{}, refuse(protocol.CodeLaneBehind, "it cites entry %d, there are later ones", e.OldSeq)
		}
	}
	return place{}, refuse(protocol.CodeLane, "it cites an entry that is not here")
}

// effect adds what e does to the totals before it. It looks at the holds as
// they are after all entries said so far.
func (b *Book) effect(s *strand, from place, t *protocol.Totals, e *protocol.Entry) error {
	switch e.Act {
	case protocol.ActOpen:
		return zero(e)
	case protocol.ActClose:
		if s.holds > 0 {
			return refuse(protocol.CodeHold, "%d holds have not ended for good", s.holds)
		}
		return zero(e)
	case protocol.ActPay:
		return firstOf(owed(e), add(&t.Posted, e.Amount), b.affords(e))
	case protocol.ActMeter:
		if err := firstOf(b.checkMeter(s, e), add(&t.Posted, e.Amount)); err != nil {
			return err
		}
		if e.Hold.IsZero() {
			return b.affords(e)
		}
		return add(&t.Released, e.Amount)
	case protocol.ActHold:
		return firstOf(b.checkHold(s, from, e), add(&t.Held, e.Amount), b.affords(e))
	case protocol.ActPost, protocol.ActVoid, protocol.ActAward:
		h, err := b.checkEnd(s, e)
		if err != nil {
			return err
		}
		err = add(&t.Posted, e.Amount)
		if h.end == nil { // a claim that crossed a VOID finds its hold released
			err = firstOf(err, add(&t.Released, h.rest()))
		}
		return err
	case protocol.ActCredit:
		return firstOf(b.checkCredit(s, e), add(&t.Credited, e.Amount), settles(t))
	case protocol.ActSettled:
		return firstOf(b.checkSettled(e), add(&t.Settled, e.Amount), settles(t))
	}
	return refuse(protocol.CodeMalformed, "unknown act %d", e.Act)
}

func (b *Book) checkMeter(s *strand, e *protocol.Entry) error {
	j := b.jobs[e.Job]
	if j == nil || j.of != s.pair {
		return refuse(protocol.CodeHold, "a METER needs a job that has a hold here")
	}
	if e.Reading <= j.reading {
		return refuse(protocol.CodeDuplicate, "reading %d is not above %d", e.Reading, j.reading)
	}
	if e.Hold.IsZero() {
		return nil
	}
	return b.checkDraw(e)
}

// checkDraw tells whether a METER may owe its amount out of the hold it names.
func (b *Book) checkDraw(e *protocol.Entry) error {
	h := b.entries[e.Hold]
	switch {
	case h == nil || h.of != pairOf(e) || h.job != e.Job || h.part != e.Part:
		return refuse(protocol.CodeHold, "no such hold for this part of the job")
	case h.end != nil || !h.claim.IsZero():
		return refuse(protocol.CodeHold, "the hold has ended or is claimed")
	case h.mandate != e.Mandate:
		return refuse(protocol.CodeMandate, "the hold is under another mandate")
	case e.Amount.Cmp(h.rest()) > 0:
		return refuse(protocol.CodeAmount, "%s of a hold with %s left", e.Amount, h.rest())
	}
	return nil
}

func (b *Book) checkCredit(s *strand, e *protocol.Entry) error {
	if j := b.jobs[e.Job]; !b.forgotten(e) && (j == nil || j.of != s.pair || !j.permits(e.Basis)) {
		return refuse(protocol.CodeHold, "a CREDIT needs a basis the payee gave for a job here")
	}
	return owed(e)
}

// forgotten reports whether e is self's own word of an earlier run. Where that
// comes to light only now, its basis may be forgotten too; the payee, whom the
// basis protects, has judged it. A replay folds each entry in its own run.
func (b *Book) forgotten(e *protocol.Entry) bool { return e.By == b.self && e.Epoch != b.epoch }

// zero refuses an amount where there can be none.
func zero(e *protocol.Entry) error {
	if !e.Amount.IsZero() {
		return refuse(protocol.CodeAmount, "act %d moves nothing", e.Act)
	}
	return nil
}

// owed refuses nothing where there must be an amount.
func owed(e *protocol.Entry) error {
	if e.Amount.IsZero() {
		return refuse(protocol.CodeAmount, "act %d needs an amount", e.Act)
	}
	return nil
}

func add(sum *wire.Amount, a wire.Amount) error {
	n, err := sum.Plus(a)
	if err != nil {
		return refuse(protocol.CodeAmount, "the total would pass 2^128-1")
	}
	*sum = n
	return nil
}

// settles refuses more given back and paid than was ever owed.
func settles(t *protocol.Totals) error {
	if got, err := t.Credited.Plus(t.Settled); err != nil || got.Cmp(t.Posted) > 0 {
		return refuse(protocol.CodeAmount, "more credited and settled than posted")
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
