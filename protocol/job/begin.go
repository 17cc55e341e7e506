package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Parts returns how many parts the contract has: its tranches, or the most
// windows of its meter.
func (j *Job) Parts() uint64 { return parts(j.terms.Price) }

func parts(p protocol.Price) uint64 {
	if n := uint64(len(p.Tranches)); n > 0 {
		return n
	}
	return max(p.Parts, 1)
}

// several reports whether more than one call or Delivery makes up the contract.
func several(p protocol.Price) bool { return parts(p) > 1 || p.Window > 1 }

// InHand returns the part that began last: with its HOLD, or, the first, with
// the Accept. There is no more than one that is neither paid nor given up.
func (j *Job) InHand() Part {
	hand := j.last()
	for !hand.begun() {
		hand = hand.before()
	}
	return hand
}

// begun reports whether a part is more than what may follow the one in hand.
func (p Part) begun() bool { return p.n == 0 || p.hold.there() && !p.unheld }

// early reports whether a document may be about a part that has not begun: its
// HOLD, the end of one that came too late, and the word that it is not to begin.
func (p Part) early(d wire.Document) bool {
	switch d := d.(type) {
	case *protocol.Entry:
		return d.Act == protocol.ActHold || d.Act == protocol.ActVoid
	case *protocol.Cancel:
		return true
	}
	return false
}

// running reports whether the take binds the provider to the part.
func (p Part) running() bool { return p.Taken() && p.begun() }

// before returns the part before; the first has none.
func (p Part) before() Part { return Part{p.Job, p.parts[p.n-1]} }

// HoldBy returns when the HOLD of a part after the first must be said: until
// the part before should be settled, and as long after as a rail may take.
func (p Part) HoldBy() uint64 { return plus(p.before().SettleBy(), p.terms.Times.Fund) }

// paidFor reports whether the hirer has done for a part what lets the next begin.
func (p Part) paidFor(at uint64) bool {
	if !p.post.there() || p.cancelH.there() {
		return false
	}
	stage := p.stand(at).stage
	return stage == Settling || stage == Unresolved || stage == Settled
}

// coming is a part after the first that has no HOLD, or whose HOLD came too late.
func (p Part) coming(at uint64) place {
	before := p.before().stand(at)
	switch {
	case p.n >= p.Parts(), p.unheld, p.cancelH.there(), p.cancelP.there(), p.before().cancelH.there(), past(at, p.HoldBy()),
		before.stage.Final() && before.stage != Settled:
		return p.notBegun()
	}
	until := p.HoldBy()
	if due, end := p.before().ends(at); end != Settled {
		until = min(until, due)
	}
	return place{stage: Quoted, until: until}
}

// ends returns the last deadline of a part if nothing more is said, and how it ends then.
func (p Part) ends(at uint64) (due uint64, end Stage) {
	now := p.stand(at)
	for !now.stage.Final() {
		due = now.until
		now = p.stand(plus(plus(due, protocol.Skew), 1))
	}
	return due, now.stage
}

// notBegun tells the two ends of such a part apart. Nothing is owed in either.
func (p Part) notBegun() place {
	for _, c := range []paper[protocol.Cancel]{p.cancelH, p.cancelP} {
		if c.there() && c.doc.At <= p.HoldBy() {
			return place{stage: Cancelled}
		}
	}
	return place{stage: Lapsed}
}

// hearNext takes the HOLD of a part after the first. The take binds the provider
// to it where it is said and heard in time; its own date is where the part's
// durations run from.
func (p Part) hearNext(t turn, d *protocol.Entry) error {
	switch before := p.before(); {
	case p.n >= p.Parts():
		return t.refuse(protocol.CodeNotOffered, "the contract has %d parts", p.Parts())
	case p.hold.there():
		return t.refuse(protocol.CodeDuplicate, "the part has its HOLD")
	case t.stage == Cancelled:
		return t.refuse(protocol.CodeWithdrawn, "there is to be no part %d", p.n)
	case t.stage == Quoted && !before.paidFor(t.At):
		return t.refuse(protocol.CodeHold, "part %d is not delivered and paid for", before.n)
	case t.stage != Quoted:
		return t.refuse(protocol.CodeLate, "the part is %s", t.stage)
	case d.At < before.start:
		return t.refuse(protocol.CodeClock, "dated before the part it follows")
	case past(t.At, plus(d.At, p.terms.Times.Start)):
		return t.refuse(protocol.CodeLate, "heard %d ms after it was said", t.At-d.At)
	}
	if err := t.late(p.HoldBy()); err != nil {
		return err
	}
	p.start, p.base = d.At, p.before().reading()
	return nil
}

// follow makes room for what may come after the last part, where that has begun.
func (j *Job) follow() {
	n := uint64(len(j.parts))
	if !several(j.terms.Price) || !j.last().begun() || n > j.Parts() || n == j.Parts() && j.terms.Price.Window <= 1 {
		return
	}
	most, err := price(j.terms.Price, n, j.terms.Price.MaxUnits)
	if err != nil { // Open has shown that all of them together are no overflow
		panic(err)
	}
	j.parts = append(slices.Clip(j.parts), &part{n: n, most: most})
}

// hearNotice takes the word of either side that a part is not to begin, nor any
// after it. Of the last window it says that there will be no more calls.
func (p Part) hearNotice(t turn, d *protocol.Cancel) error {
	mine := &p.cancelP
	if t.role == Hirer {
		mine = &p.cancelH
	}
	switch {
	case mine.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case !d.Fee.IsZero():
		return t.refuse(protocol.CodeAmount, "no kill fee is owed for what has not begun")
	case d.At > p.HoldBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.HoldBy())
	}
	*mine = paper[protocol.Cancel]{t.Said, d}
	return nil
}

// strikeHold takes out the HOLD of a part after the first, which came too late
// for the provider, or when the part was called off. Who has shown that it is bound
// by it cannot plead that. That it was countersigned shows nothing: the lane goes on.
func (p Part) strikeHold(t turn) error {
	switch {
	case p.bound, p.started, p.progress.there(), p.delivery.there(), p.Acked(p.hold.said.ID):
		return t.refuse(protocol.CodeDuplicate, "the provider has shown that it arrived")
	}
	if err := t.late(p.ResolveBy()); err != nil {
		return err
	}
	p.unheld = true
	return nil
}

// HoldAnswered reports whether it is known here what became of the HOLD of a part
// after the first: that the provider is bound by it, or that it was refused.
func (p Part) HoldAnswered() bool {
	return p.bound || p.unheld || p.cancelP.there() ||
		p.started || p.progress.there() || p.delivery.there() || p.hold.there() && p.Acked(p.hold.said.ID)
}

// timely reports whether a Countersign of a HOLD shows that it came in time.
func (p Part) timely(d *protocol.Countersign) bool {
	return p.n > 0 && d.At <= plus(min(p.HoldBy(), plus(p.start, p.terms.Times.Start)), protocol.Skew)
}

// Holds returns the HOLD entries of all parts, in order.
func (j *Job) Holds() (all []wire.Said) {
	for _, x := range j.parts {
		if x.hold.there() {
			all = append(all, x.hold.said)
		}
	}
	return all
}
