package settlement

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// say takes an entry that checkEntry has passed into the book.
func (b *Book) say(x *step) {
	s, e := b.strand(pairOf(x.entry)), x.entry
	s.steps = append(s.steps, x)
	s.note(x.place)
	switch e.Act {
	case protocol.ActOpen:
		b.lanes[x.lane] = s
		if e.By == b.self && e.Epoch == b.epoch {
			s.used = e.Epoch
		}
	case protocol.ActHold:
		b.addHold(s, x)
	case protocol.ActPay:
		b.spendBy(e, e.Amount, wire.Amount{})
	case protocol.ActMeter:
		x.before, b.jobs[e.Job].reading = b.jobs[e.Job].reading, e.Reading
		if h := b.entries[e.Hold]; h != nil {
			h.metered = plus(h.metered, e.Amount)
		} else {
			b.spendBy(e, e.Amount, wire.Amount{})
		}
	case protocol.ActPost, protocol.ActVoid, protocol.ActAward:
		h := b.entries[e.Hold]
		x.voided = h.end
		b.change(s, h, func() { h.end = &end{entry: e, id: x.id, height: x.height, permitted: b.jobs[h.job].permits(e.Basis)} })
	case protocol.ActCredit, protocol.ActSettled:
		s.risk = less(s.risk, e.Amount)
		if e.Act == protocol.ActSettled {
			b.Final(e.By, e.Payee, e.Asset, e.Proof, e.Amount) // where it was forgotten
			b.paid[wire.Sum(e.Proof)].used = true
		}
	}
	b.draw(s)
}

// unsay takes an entry back that no countersign has covered. It is no longer
// among s.steps, and nothing that was said after it on its branch is left.
func (b *Book) unsay(s *strand, x *step) {
	e := x.entry
	s.unnote(x.place)
	switch e.Act {
	case protocol.ActOpen:
		delete(b.lanes, x.lane)
	case protocol.ActHold:
		b.change(s, b.entries[x.id], func() { b.entries[x.id].amount = wire.Amount{} })
		b.dropHold(s, b.entries[x.id])
		s.holds--
	case protocol.ActPay:
		b.spendBy(e, wire.Amount{}, e.Amount)
	case protocol.ActMeter:
		b.jobs[e.Job].reading = x.before
		if h := b.entries[e.Hold]; h != nil {
			h.metered = less(h.metered, e.Amount)
		} else {
			b.spendBy(e, wire.Amount{}, e.Amount)
		}
	case protocol.ActPost, protocol.ActVoid, protocol.ActAward:
		h := b.entries[e.Hold]
		b.change(s, h, func() { h.end = x.voided })
	case protocol.ActSettled:
		b.paid[wire.Sum(e.Proof)].used = false
	}
	s.risk = x.risk
	b.draw(s)
}

// reach moves the last countersigned place to steps[i]: what leads there is
// seen, what follows it stays said, and every other branch is void with its
// holds.
func (b *Book) reach(s *strand, i int, by *sight) {
	on := make([]bool, i+1)
	for j, want := i, s.steps[i].id; j >= 0; j-- {
		if s.steps[j].id == want {
			on[j], want = true, s.steps[j].parent
		}
	}
	target := s.steps[i]
	var path, after, void []*step
	for j, x := range s.steps {
		switch {
		case j <= i && on[j]:
			path = append(path, x)
		case x.parent == target.id || follows(x, after):
			after = append(after, x)
		default:
			void = append(void, x)
		}
	}
	s.steps = after
	for _, x := range slices.Backward(void) {
		b.unsay(s, x)
	}
	for _, x := range path {
		b.seen(s, x, by)
	}
	s.base, s.seenAs = target.place, by.word.id
	s.base.waits = false
	for _, lane := range s.forgetEpochs() {
		delete(b.lanes, lane)
	}
}

// follows reports whether x continues one of steps; most often it is the last.
func follows(x *step, steps []*step) bool {
	for _, y := range slices.Backward(steps) {
		if y.id == x.parent {
			return true
		}
	}
	return false
}

// seen marks what one entry did as countersigned.
func (b *Book) seen(s *strand, x *step, by *sight) {
	switch x.entry.Act {
	case protocol.ActHold:
		b.entries[x.id].seen = true
	case protocol.ActPost, protocol.ActVoid, protocol.ActAward:
		h := b.entries[x.entry.Hold]
		if h.end.id != x.id {
			return
		}
		if h.disputable() && !slices.Contains(s.words, h) {
			s.words = append(s.words, h)
		}
		b.hark(h, by)
	}
}

// hark takes what a countersign says of the end of a hold, which it covers.
func (b *Book) hark(h *hold, by *sight) {
	b.change(by.of, h, func() {
		h.end.word = by.about(h)
		if !h.finished && (!h.voided() || !h.disputed()) {
			b.finish(by.of, h)
		}
	})
}

// change lets how change what a hold is, and moves all sums in which it counts.
func (b *Book) change(s *strand, h *hold, how func()) {
	stake, due := h.stake(), h.due()
	how()
	more, fewer := less(h.stake(), stake), less(stake, h.stake())
	s.due = plus(less(s.due, due), h.due())
	if s.payer == b.self {
		b.spend(purse{h.mandate, s.asset}, more, fewer)
	} else if h.taken {
		s.risk = plus(less(s.risk, fewer), more)
	}
}

// affords refuses what would overflow the sum under a mandate. Whether the
// mandate allows it is delegation's question.
func (b *Book) affords(e *protocol.Entry) error {
	if e.By != b.self {
		return nil
	}
	if _, err := b.spent[purse{e.Mandate, e.Asset}].Plus(e.Amount); err != nil {
		return refuse(protocol.CodeBudget, "the sum under the mandate would pass 2^128-1")
	}
	return nil
}

// spend adds to what is spent under a mandate and takes away what no longer is.
func (b *Book) spend(p purse, more, fewer wire.Amount) {
	put(b.spent, p, plus(less(b.spent[p], fewer), more))
	put(b.outlay, p.asset, plus(less(b.outlay[p.asset], fewer), more))
}

// spendBy is spend for an entry that ends no hold.
func (b *Book) spendBy(e *protocol.Entry, more, fewer wire.Amount) {
	if e.By == b.self {
		b.spend(purse{e.Mandate, e.Asset}, more, fewer)
	}
}

// put keeps a sum under its key; nothing is not kept.
func put[K comparable](sums map[K]wire.Amount, key K, sum wire.Amount) {
	if sum.IsZero() {
		delete(sums, key)
		return
	}
	sums[key] = sum
}

// plus is a+b, or the most there can be: sums that say how much is at stake are
// never made smaller than they are.
func plus(a, b wire.Amount) wire.Amount {
	s, err := a.Plus(b)
	if err != nil {
		return most
	}
	return s
}

// less is a-b, or nothing where b is more.
func less(a, b wire.Amount) wire.Amount {
	d, err := a.Minus(b)
	if err != nil {
		return wire.Amount{}
	}
	return d
}
