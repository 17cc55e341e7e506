package job

import "github.com/souk-network/souk/protocol"

// place is where a job stands at one instant.
type place struct {
	stage Stage
	until uint64 // the deadline that the stage waits for; 0 where it is final
	fault Role   // of Defaulted: who did not do its part
}

// Stage returns where the job stands at an instant of this side's clock. An
// instant before the latest one folded counts as that one.
func (j *Job) Stage(at uint64) Stage { return j.stand(at).stage }

// Fault returns which side did not do its part, in a job that stands at
// Defaulted; Other elsewhere.
func (j *Job) Fault(at uint64) Role { return j.stand(at).fault }

// Next returns the instant at which time alone moves the job on, and where to.
// ok is false only for a final stage.
func (j *Job) Next(at uint64) (when uint64, to Stage, ok bool) {
	now := j.stand(at)
	if now.stage.Final() {
		return 0, 0, false
	}
	when = plus(plus(now.until, protocol.Skew), 1)
	return when, j.stand(when).stage, true
}

func (j *Job) stand(at uint64) place {
	at = max(at, j.clock)
	switch {
	case j.end.stage != 0:
		return j.ended()
	case !j.Taken():
		return j.before(at)
	case j.settled():
		return place{stage: Settled}
	case j.cancelP.there():
		return j.cancelled(at)
	case !j.delivered():
		return j.working(at)
	}
	if c, open := j.complaint(); open {
		return j.contested(at, c)
	}
	return j.reviewed(at)
}

// ended sharpens a final place by documents that were said in time and heard
// after it: it never leaves the final stages, and it never turns to the
// advantage of the side that dated the document.
func (j *Job) ended() place {
	switch {
	case !j.Taken():
		return j.neverBegun()
	case j.settled():
		return place{stage: Settled}
	case j.uncut, j.undelivered:
		return place{stage: Defaulted, fault: Provider}
	case j.end.stage == Lapsed, j.end.stage == Defaulted && j.delivered():
		return j.late()
	}
	return j.end
}

// late is a job that ended after its Delivery, by more than was heard then. A complaint that fell leaves it lapsed, unless
// the hirer posted, or the provider claimed and has not let go of the hold since.
func (j *Job) late() place {
	c, open := j.complaint()
	switch {
	case open && j.stands(c):
		return place{stage: Defaulted, fault: Provider}
	case open, j.claim.there() && !j.released, j.post.there(), j.verdict.there() && j.verdict.doc.Pass:
		return place{stage: Defaulted, fault: Hirer}
	}
	return place{stage: Lapsed}
}

// neverBegun tells the three ends of a job that nobody took apart. Nothing is
// owed in any of them.
func (j *Job) neverBegun() place {
	switch {
	case j.decline.there() && j.declineCode != protocol.CodeWithdrawn:
		return place{stage: Refused}
	case j.decline.there(), j.cancelH.there(), j.withdrawn,
		j.cancelP.there() && (!j.untaken || j.cancelP.doc.At <= j.StartBy()):
		return place{stage: Cancelled}
	}
	return place{stage: Lapsed}
}

// before is a job that is not taken.
func (j *Job) before(at uint64) place {
	due := j.StartBy()
	if !j.hold.there() && j.terms.Times.Fund > 0 {
		due = j.FundBy()
	}
	switch {
	case j.decline.there(), j.cancelP.there(), j.untaken, past(at, due):
		return j.neverBegun()
	case !j.hold.there():
		return place{stage: Quoted, until: due}
	case !j.holdSeen:
		return place{stage: Agreed, until: due}
	}
	return place{stage: Funded, until: due}
}

// working is a taken job without a Delivery that counts.
func (j *Job) working(at uint64) place {
	if j.undelivered || past(at, j.DeliverBy()) {
		return place{stage: Defaulted, fault: Provider}
	}
	return place{stage: Working, until: j.DeliverBy()}
}

// cancelled is a taken job that its provider ended. Where that was the hirer's
// wish, a kill fee may be owed.
func (j *Job) cancelled(at uint64) place {
	switch {
	case j.uncut:
		return place{stage: Defaulted, fault: Provider}
	case j.cancelP.doc.Fee.IsZero(), j.paid:
		return place{stage: Cancelled}
	}
	return j.owing(at, Settling)
}

// reviewed is a delivered job that nobody contests.
func (j *Job) reviewed(at uint64) place {
	switch {
	case j.post.there():
		return j.owing(at, Settling)
	case j.verdict.there() && j.verdict.doc.Pass:
		return j.owing(at, Accepted)
	case j.claim.there():
		return j.owing(at, Settling)
	case !past(at, j.ReviewBy()):
		return place{stage: Delivered, until: j.ReviewBy()}
	case !past(at, j.ClaimBy()):
		return place{stage: Accepted, until: j.ClaimBy()}
	}
	return place{stage: Lapsed}
}

// contested is a delivered job with an open complaint.
func (j *Job) contested(at uint64, c complaint) place {
	switch {
	case !c.answered && !past(at, c.due):
		return place{stage: Contested, until: c.due}
	case (c.answered || !j.terms.Panel.IsZero()) && !past(at, j.AwardBy()):
		return place{stage: Disputed, until: j.AwardBy()}
	case j.stands(c):
		return place{stage: Defaulted, fault: Provider}
	case j.post.there():
		return j.owing(at, Settling)
	}
	return j.owing(at, Accepted)
}

// owing is a job in which the hirer owes a known sum.
func (j *Job) owing(at uint64, now Stage) place {
	switch {
	case !past(at, j.SettleBy()):
		return place{stage: now, until: j.SettleBy()}
	case !past(at, j.ResolveBy()):
		return place{stage: Unresolved, until: j.ResolveBy()}
	}
	return place{stage: Defaulted, fault: Hirer}
}
