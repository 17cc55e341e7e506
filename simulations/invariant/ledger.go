package invariant

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// strand is all that one says to another about one asset, over all epochs.
type strand struct {
	payer, payee wire.Key
	asset        string
}

// spot is one place of a lane.
type spot struct {
	lane wire.CID
	seq  uint64
}

// charge is what may be owed once: one part of a job, by its hirer.
type charge struct {
	payer wire.Key
	place
}

// line is one entry that counts.
type line struct {
	id, before wire.CID // before: the entry that it continues, in an older epoch too
	e          *protocol.Entry
}

// holding is one hold as its payer's entries tell it.
type holding struct {
	id     wire.CID
	e      *protocol.Entry
	rest   wire.Amount // of it, set aside still
	voided bool
	paid   wire.CID // the POST or AWARD that ended it
}

func (h *holding) open() bool { return !h.voided && h.paid.IsZero() }

// ledger is the accounts of all honest payers, kept from their entries alone.
type ledger struct {
	seen    map[wire.CID]*protocol.Entry // recorded, durable or not
	lines   map[wire.CID]*line
	heads   map[strand]wire.CID
	spots   map[spot]wire.CID
	holds   map[wire.CID]*holding
	held    map[charge]wire.CID
	charged map[charge]wire.CID
	covered map[strand]wire.CID // the last entry that the payee has countersigned
}

func newLedger() ledger {
	return ledger{
		seen: map[wire.CID]*protocol.Entry{}, lines: map[wire.CID]*line{}, heads: map[strand]wire.CID{}, spots: map[spot]wire.CID{},
		holds: map[wire.CID]*holding{}, held: map[charge]wire.CID{}, charged: map[charge]wire.CID{}, covered: map[strand]wire.CID{},
	}
}

// entry takes an entry of an honest payer into the accounts.
func (w *Watch) entry(m *member, id wire.CID, e *protocol.Entry) error {
	l := &w.lanes
	at := spot{protocol.LaneID(w.net, e.By, e.Payee, e.Asset, e.Epoch), e.Seq}
	if other, ok := l.spots[at]; ok && other != id {
		return broken(OneBody, m, "entry %d of its lane to %s is %s and %s", e.Seq, w.nameOf(e.Payee), other, id)
	}
	l.spots[at] = id
	s := strand{e.By, e.Payee, e.Asset}
	before, err := w.follows(m, s, e)
	if err != nil {
		return err
	}
	var t protocol.Totals
	if x := l.lines[before]; x != nil {
		t = x.e.Totals
	}
	if err := w.effect(m, &t, id, e); err != nil {
		return err
	}
	if t != e.Totals {
		return broken(Gapless, m, "%s %d has totals %v, and they should be %v", e.Act, e.Seq, e.Totals, t)
	}
	l.lines[id] = &line{id, before, e}
	l.heads[s] = id
	if m.outlay.Cmp(m.Total) > 0 {
		return broken(InBudget, m, "%s are spent or set aside of a budget of %s", m.outlay, m.Total)
	}
	if !t.Settled.IsZero() {
		return broken(NoCredit, m, "%s are settled, and nothing was ever paid on a rail", t.Settled)
	}
	return nil
}

// follows returns the entry that e continues. An OPEN may go back behind entries
// that the payee never got: these are void then.
func (w *Watch) follows(m *member, s strand, e *protocol.Entry) (wire.CID, error) {
	l := &w.lanes
	head := l.heads[s]
	if e.Act != protocol.ActOpen {
		x := l.lines[head]
		if x == nil || e.Prev != head || e.Seq != x.e.Seq+1 || e.Epoch != x.e.Epoch {
			return head, broken(Gapless, m, "%s %d does not continue the last entry to %s", e.Act, e.Seq, w.nameOf(e.Payee))
		}
		return head, nil
	}
	if e.OldHead.IsZero() {
		if !head.IsZero() {
			return head, broken(Gapless, m, "an OPEN forgets what was said to %s before", w.nameOf(e.Payee))
		}
		return head, nil
	}
	for head != e.OldHead {
		x := l.lines[head]
		if x == nil {
			return head, broken(Gapless, m, "an OPEN to %s cites an entry that does not count", w.nameOf(e.Payee))
		}
		if l.covers(s, head) {
			return head, broken(Conserved, m, "an OPEN takes back %s %d, which %s has countersigned", x.e.Act, x.e.Seq, w.nameOf(e.Payee))
		}
		if err := w.undo(m, x); err != nil {
			return head, err
		}
		head = x.before
	}
	if x := l.lines[head]; x.e.Seq != e.OldSeq || x.e.Epoch != e.OldEpoch {
		return head, broken(Gapless, m, "an OPEN to %s cites entry %d as %d", w.nameOf(e.Payee), x.e.Seq, e.OldSeq)
	}
	return head, nil
}

// covers reports whether the payee has countersigned an entry.
func (l *ledger) covers(s strand, id wire.CID) bool {
	for at := l.covered[s]; !at.IsZero(); at = l.lines[at].before {
		if at == id {
			return true
		}
		if l.lines[at] == nil {
			return false
		}
	}
	return false
}

// effect adds what e does to totals, holds and outlay.
func (w *Watch) effect(m *member, t *protocol.Totals, id wire.CID, e *protocol.Entry) error {
	l := &w.lanes
	c := charge{e.By, place{e.Job, e.Part}}
	var err error
	sum := func(to *wire.Amount, a wire.Amount) {
		if err == nil {
			*to, err = to.Plus(a)
		}
	}
	switch e.Act {
	case protocol.ActOpen, protocol.ActClose:
	case protocol.ActHold:
		if other, ok := l.held[c]; ok {
			return broken(OneCharge, m, "part %d of job %s is held for by %s and %s", e.Part, e.Job, other, id)
		}
		if e.Amount.Cmp(m.PerJob) > 0 {
			return broken(InBudget, m, "%s are set aside for one job, at most %s", e.Amount, m.PerJob)
		}
		l.held[c] = id
		l.holds[id] = &holding{id: id, e: e, rest: e.Amount}
		sum(&t.Held, e.Amount)
		sum(&m.outlay, e.Amount)
	case protocol.ActPost, protocol.ActAward, protocol.ActVoid:
		h := l.holds[e.Hold]
		if err := w.mayEnd(m, e, h); err != nil {
			return err
		}
		if h.open() {
			sum(&t.Released, h.rest)
			if err == nil {
				m.outlay, err = m.outlay.Minus(h.rest)
			}
		}
		if e.Act == protocol.ActVoid {
			h.voided = true
			break
		}
		if other, ok := l.charged[c]; ok {
			return broken(OneCharge, m, "part %d of job %s is charged by %s and %s", e.Part, e.Job, other, id)
		}
		l.charged[c], h.paid = id, id
		sum(&t.Posted, e.Amount)
		sum(&m.outlay, e.Amount)
	case protocol.ActPay, protocol.ActMeter:
		sum(&t.Posted, e.Amount)
		sum(&m.outlay, e.Amount)
		if h := l.holds[e.Hold]; h != nil {
			sum(&t.Released, e.Amount)
			if err == nil {
				h.rest, err = h.rest.Minus(e.Amount)
			}
			if err == nil {
				m.outlay, err = m.outlay.Minus(e.Amount)
			}
		}
	case protocol.ActCredit:
		sum(&t.Credited, e.Amount)
	case protocol.ActSettled:
		sum(&t.Settled, e.Amount)
	}
	if err != nil {
		return broken(Gapless, m, "%s %d: %v", e.Act, e.Seq, err)
	}
	return nil
}

// mayEnd checks that an entry ends a hold that is there, and not with more than it held.
func (w *Watch) mayEnd(m *member, e *protocol.Entry, h *holding) error {
	switch {
	case h == nil || h.e.Payee != e.Payee || h.e.Job != e.Job || h.e.Part != e.Part:
		return broken(EndsOnce, m, "%s %d ends a hold that is not there", e.Act, e.Seq)
	case !h.paid.IsZero() || h.voided && e.Act == protocol.ActVoid:
		return broken(EndsOnce, m, "%s %d ends a hold that has ended", e.Act, e.Seq)
	case e.Amount.Cmp(h.e.Amount) > 0:
		return broken(EndsOnce, m, "%s %d owes %s of %s", e.Act, e.Seq, e.Amount, h.e.Amount)
	case e.Act == protocol.ActAward:
		return w.awarded(m, e, h)
	}
	return nil
}

// undo takes the effect of an entry back that nobody has countersigned.
func (w *Watch) undo(m *member, x *line) error {
	l := &w.lanes
	c := charge{x.e.By, place{x.e.Job, x.e.Part}}
	var err error
	switch x.e.Act {
	case protocol.ActHold:
		delete(l.held, c)
		if h := l.holds[x.id]; h != nil && h.open() {
			m.outlay, err = m.outlay.Minus(h.rest)
		}
		delete(l.holds, x.id)
	case protocol.ActPost, protocol.ActAward, protocol.ActVoid:
		h := l.holds[x.e.Hold]
		if x.e.Act == protocol.ActVoid {
			h.voided = false
		} else {
			delete(l.charged, c)
			h.paid = wire.CID{}
			m.outlay, err = m.outlay.Minus(x.e.Amount)
		}
		if err == nil && h.open() {
			m.outlay, err = m.outlay.Plus(h.rest)
		}
	case protocol.ActPay, protocol.ActMeter:
		m.outlay, err = m.outlay.Minus(x.e.Amount)
	}
	if err != nil {
		return broken(Gapless, m, "%s %d cannot be taken back: %v", x.e.Act, x.e.Seq, err)
	}
	return nil
}

func (w *Watch) nameOf(k wire.Key) string {
	if m := w.members[k]; m != nil {
		return m.Name
	}
	return k.String()
}
