package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// prepaid reports whether the part is paid in advance: posted once the take
// binds the provider to it, and before it is delivered.
func (p Part) prepaid() bool { return p.n < p.terms.Price.Advance }

// Prepaid reports whether the part is to be posted before it is delivered.
func (p Part) Prepaid() bool { return p.prepaid() }

// AdvanceOwed reports whether the part is to be paid now, before it is delivered:
// the provider is bound to it, and has shown that it knows.
func (p Part) AdvanceOwed() bool {
	return p.prepaid() && p.running() && !p.post.there() && !p.cancelP.there() && (p.n == 0 || p.bound)
}

// advanced is a part in advance whose provider is bound. Unpaid, it waits and
// obliges nobody to work; once it is paid there is a Delivery to come, and
// nothing more to be paid for it.
func (p Part) advanced(at uint64) place {
	switch {
	case p.cancelP.there():
		return p.cancelled(at)
	case !p.post.there() && past(at, p.DeliverBy()):
		return place{stage: Lapsed}
	case !p.post.there():
		return place{stage: Funded, until: p.DeliverBy()}
	case !p.delivered():
		return p.working(at)
	}
	if c, open := p.complaint(); open {
		return p.contested(at, c)
	}
	judged := p.verdict.there() || p.contest.there() // it passed, or the complaint fell
	switch {
	case !judged && !past(at, p.ReviewBy()):
		return place{stage: Delivered, until: p.ReviewBy()}
	case p.paid:
		return place{stage: Settled}
	}
	return p.owing(at, Settling)
}

// endedPaid sharpens the end of a part in advance. What was posted stays so.
func (p Part) endedPaid() place {
	c, open := p.complaint()
	switch {
	case p.uncut, p.undelivered:
		return place{stage: Defaulted, fault: Provider}
	case p.end.stage == Cancelled, !p.post.there():
		return p.end
	case !p.delivery.there(), open && p.stands(c):
		return place{stage: Defaulted, fault: Provider}
	case p.paid:
		return place{stage: Settled}
	}
	return place{stage: Defaulted, fault: Hirer}
}

// hearAdvance takes the payment of a part before its Delivery: of the whole
// tranche; of a later part only once a Countersign of its HOLD has shown that the
// provider had it in time and is bound by it. The part's durations run from it, so that the hirer's lateness is not
// the provider's. The provider that hears it after it gave the part up has been
// paid for nothing, and is to blame for it.
func (p Part) hearAdvance(t turn, d *protocol.Entry) error {
	unpaid := t.stage == Funded || t.stage == Lapsed
	switch {
	case !p.holds(d) || p.post.there() || p.void.there():
		return t.refuse(protocol.CodeHold, "it ends no hold of this job")
	case !p.AdvanceOwed() || !unpaid || d.Act != protocol.ActPost:
		return t.refuse(protocol.CodeHold, "no advance is owed in a part that is %s", t.stage)
	case d.At > p.DeliverBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.DeliverBy())
	case d.Amount != p.most:
		return t.refuse(protocol.CodeAmount, "posts %s, owed are %s", d.Amount, p.most)
	case slices.ContainsFunc(d.Basis, func(id wire.CID) bool { return !p.knows(id) }):
		return t.refuse(protocol.CodeHold, "it cites a document that is not known here")
	}
	p.post = paper[protocol.Entry]{t.Said, d}
	p.shift = max(d.At, plus(p.start, p.shift)) - p.start
	return nil
}
