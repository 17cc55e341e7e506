package job

import (
	"math"

	"github.com/souk-network/souk/protocol"
)

// place is where a job stands at one instant.
type place struct {
	stage Stage
	until uint64 // the deadline that the stage waits for; 0 where it is final
	fault Role   // of Defaulted: who did not do its part
}

// Stage returns where the job stands at an instant of this side's clock. An
// instant before the latest one folded counts as that one.
func (p Part) Stage(at uint64) Stage { return p.stand(at).stage }

// Fault returns which side did not do its part, in a job that stands at
// Defaulted; Other elsewhere.
func (p Part) Fault(at uint64) Role { return p.stand(at).fault }

// Next returns the instant at which time alone moves the job on, and where to.
// ok is false only for a final stage.
func (p Part) Next(at uint64) (when uint64, to Stage, ok bool) {
	now := p.stand(at)
	if now.stage.Final() {
		return 0, 0, false
	}
	when = plus(plus(now.until, protocol.Skew), 1)
	return when, p.stand(when).stage, true
}

func (p Part) stand(at uint64) place {
	at = max(at, p.clock)
	switch {
	case p.end.stage != 0:
		return p.ended()
	case p.n > 0 && !p.running():
		return p.coming(at)
	case !p.Taken():
		return p.starting(at)
	case p.prepaid():
		return p.advanced(at)
	case p.settled():
		return place{stage: Settled}
	case p.cancelP.there():
		return p.cancelled(at)
	case p.unanswered(at):
		return p.left(at)
	case !p.delivered():
		return p.working(at)
	}
	if c, open := p.complaint(); open {
		return p.contested(at, c)
	}
	return p.reviewed(at)
}

// ended sharpens a final place by documents that were said in time and heard
// after it: it never leaves the final stages, and it never turns to the
// advantage of the side that dated the document.
func (p Part) ended() place {
	switch {
	case p.n > 0 && !p.running():
		return p.notBegun()
	case !p.Taken():
		return p.neverBegun()
	case p.prepaid():
		return p.endedPaid()
	case p.settled():
		return place{stage: Settled}
	case p.uncut, p.undelivered:
		return place{stage: Defaulted, fault: Provider}
	case p.unanswered(p.clock) && !p.cancelP.there():
		return p.left(math.MaxUint64)
	case p.end.stage == Lapsed, p.end.stage == Defaulted && p.delivered():
		return p.late()
	}
	return p.end
}

// late is a job that ended after its Delivery, by more than was heard then. A complaint that fell leaves it lapsed, unless
// the hirer posted, or the provider claimed and has not let go of the hold since.
func (p Part) late() place {
	c, open := p.complaint()
	switch {
	case open && p.stands(c):
		return place{stage: Defaulted, fault: Provider}
	case open, p.claim.there() && !p.released, p.post.there(), p.verdict.there() && p.verdict.doc.Pass:
		return place{stage: Defaulted, fault: Hirer}
	}
	return place{stage: Lapsed}
}

// neverBegun tells the three ends of a job that nobody took apart. Nothing is
// owed in any of them.
func (p Part) neverBegun() place {
	switch {
	case p.decline.there() && p.declineCode != protocol.CodeWithdrawn:
		return place{stage: Refused}
	case p.decline.there(), p.cancelH.there(), p.withdrawn,
		p.cancelP.there() && (!p.untaken || p.cancelP.doc.At <= p.StartBy()):
		return place{stage: Cancelled}
	}
	return place{stage: Lapsed}
}

// starting is the first part of a job that is not taken.
func (p Part) starting(at uint64) place {
	due := p.StartBy()
	if !p.hold.there() && p.terms.Times.Fund > 0 {
		due = p.FundBy()
	}
	switch {
	case p.decline.there(), p.cancelP.there(), p.untaken, past(at, due):
		return p.neverBegun()
	case !p.hold.there():
		return place{stage: Quoted, until: due}
	case !p.holdSeen:
		return place{stage: Agreed, until: due}
	}
	return place{stage: Funded, until: due}
}

// working is a taken job without a Delivery that counts.
func (p Part) working(at uint64) place {
	if x, open := p.waits(); open && !p.undelivered {
		return place{stage: Paused, until: x.until()}
	}
	if p.undelivered || past(at, p.DeliverBy()) {
		return place{stage: Defaulted, fault: Provider}
	}
	return place{stage: Working, until: p.DeliverBy()}
}

// cancelled is a taken job that its provider ended. Where that was the hirer's
// wish, a kill fee may be owed.
func (p Part) cancelled(at uint64) place {
	switch {
	case p.uncut:
		return place{stage: Defaulted, fault: Provider}
	case p.cancelP.doc.Fee.IsZero(), p.paid:
		return place{stage: Cancelled}
	}
	return p.owing(at, Settling)
}

// reviewed is a delivered job that nobody contests.
func (p Part) reviewed(at uint64) place {
	switch {
	case p.post.there():
		return p.owing(at, Settling)
	case p.verdict.there() && p.verdict.doc.Pass:
		return p.owing(at, Accepted)
	case p.claim.there():
		return p.owing(at, Settling)
	case !past(at, p.ReviewBy()):
		return place{stage: Delivered, until: p.ReviewBy()}
	case !past(at, p.ClaimBy()):
		return place{stage: Accepted, until: p.ClaimBy()}
	}
	return place{stage: Lapsed}
}

// contested is a delivered job with an open complaint.
func (p Part) contested(at uint64, c complaint) place {
	switch {
	case !c.answered && !past(at, c.due):
		return place{stage: Contested, until: c.due}
	case (c.answered || !p.terms.Panel.IsZero()) && !past(at, p.AwardBy()) && !p.decided(c):
		return place{stage: Disputed, until: p.AwardBy()}
	case p.stands(c):
		return place{stage: Defaulted, fault: Provider}
	case p.prepaid() && p.paid:
		return place{stage: Settled}
	case p.post.there():
		return p.owing(at, Settling)
	}
	return p.owing(at, Accepted)
}

// owing is a job in which the hirer owes a known sum.
func (p Part) owing(at uint64, now Stage) place {
	switch {
	case !past(at, p.SettleBy()):
		return place{stage: now, until: p.SettleBy()}
	case !past(at, p.ResolveBy()):
		return place{stage: Unresolved, until: p.ResolveBy()}
	}
	return place{stage: Defaulted, fault: Hirer}
}
