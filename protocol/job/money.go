package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// hearEntry takes the entries of the payer's lane that concern the job. That
// they continue their lane is for settlement to see.
func (j *Job) hearEntry(t turn, d *protocol.Entry) error {
	p, err := j.ours(&t, d.Job, d.Part, Hirer)
	if err != nil {
		return err
	}
	if d.Payee != p.provider {
		return t.refuse(protocol.CodePayee, "not to this job's provider")
	}
	if d.Asset != p.terms.Asset {
		return t.refuse(protocol.CodeAmount, "in %.64q, not in the asset agreed", d.Asset)
	}
	j.lane = j.laneOf(d)
	switch d.Act {
	case protocol.ActHold:
		return p.hearHold(t, d)
	case protocol.ActPost, protocol.ActAward:
		return p.hearPost(t, d)
	case protocol.ActVoid:
		return p.hearVoid(t, d)
	}
	return t.refuse(protocol.CodeNotOffered, "a job is not paid by %s", d.Act)
}

// hearHold takes the HOLD: of the whole price, and lasting until ClaimBy. Where
// the Terms let it come later than the Accept (Times.Fund), it carries the
// rail's proof, and its own date moves all later deadlines: the hirer's
// lateness is not the provider's.
func (p Part) hearHold(t turn, d *protocol.Entry) error {
	if p.n > 0 {
		if err := p.hearNext(t, d); err != nil {
			return err
		}
	}
	fund := p.terms.Times.Fund
	due := p.StartBy()
	if fund > 0 {
		due = p.FundBy()
	}
	switch {
	case p.hold.there():
		return t.refuse(protocol.CodeDuplicate, "the job has its HOLD")
	case t.stage != Quoted:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	case d.Amount != p.most:
		return t.refuse(protocol.CodeAmount, "holds %s, agreed are %s", d.Amount, p.most)
	case fund > 0 && len(d.Proof) == 0:
		return t.refuse(protocol.CodeRail, "the rail %.32q needs a proof of funding", p.terms.Rail.Name)
	}
	if p.n == 0 {
		if err := t.late(due); err != nil {
			return err
		}
	}
	if fund > 0 {
		p.shift = max(d.At, p.start) - p.start
	}
	if by := p.HeldUntil(); d.Deadline < by {
		return t.refuse(protocol.CodeExpired, "it ends %d ms before it may be claimed", by-d.Deadline)
	}
	p.hold = paper[protocol.Entry]{t.Said, d}
	p.follow()
	return nil
}

// hearPost takes the payment: of what is owed, and never more than was held. It
// may come after a VOID that crossed a Claim, as long as that stands.
func (p Part) hearPost(t turn, d *protocol.Entry) error {
	if p.prepaid() {
		return p.hearAdvance(t, d)
	}
	if c, open := p.disputed(); open && !p.post.there() {
		if err := p.restOn(t, c, d); err != nil {
			return err
		}
		t.stage = p.Stage(t.At)
	}
	least, most := p.Owed()
	if p.belatedly(d) {
		least = d.Amount
	}
	switch {
	case !p.holds(d) || p.post.there() || p.void.there() && (!p.claim.there() || p.released):
		return t.refuse(protocol.CodeHold, "it ends no hold of this job")
	case !p.Taken(), t.stage == Working, t.stage == Paused, t.stage == Contested, t.stage == Disputed:
		return t.refuse(protocol.CodeHold, "nothing is to be paid in a job that is %s", t.stage)
	case p.stand(t.At).fault == Provider, t.stage == Cancelled && !p.delivery.there() && !p.halted():
		return t.refuse(protocol.CodeHold, "nothing is owed in a job that is %s", t.stage)
	case d.Amount.Cmp(least) < 0, d.Amount.Cmp(most) > 0, d.Amount.Cmp(p.most) > 0:
		return t.refuse(protocol.CodeAmount, "posts %s, owed are %s", d.Amount, least)
	case (d.Act == protocol.ActAward) != p.Award().Counts:
		return t.refuse(protocol.CodeHold, "what evaluators awarded is paid by AWARD, and nothing else is")
	case slices.ContainsFunc(d.Basis, func(id wire.CID) bool { return !p.knows(id) }):
		return t.refuse(protocol.CodeHold, "it cites a document that is not known here")
	}
	p.post = paper[protocol.Entry]{t.Said, d}
	return nil
}

// halted reports whether the part waits, or has ended waiting, for what the
// provider asked for.
func (p Part) halted() bool {
	_, open := p.waits()
	return open && !p.undelivered
}

// hearVoid takes the end of a hold without payment. What entitles to it is that
// the job ended so that nothing is owed; settlement asks for the basis cited.
func (p Part) hearVoid(t turn, d *protocol.Entry) error {
	if c, open := p.disputed(); open && !p.cancelP.there() && !p.post.there() && !p.void.there() {
		if err := p.restOn(t, c, d); err != nil {
			return err
		}
	}
	unknown := func(id wire.CID) bool { return !p.knows(id) }
	switch {
	case !p.holds(d) || p.post.there() || p.void.there():
		return t.refuse(protocol.CodeHold, "it ends no hold of this job")
	case !p.Voidable(t.At):
		return t.refuse(protocol.CodeHold, "the hold of a job that is %s may still be owed", t.stage)
	case p.delivered() && !p.terms.Panel.IsZero() && slices.ContainsFunc(d.Basis, unknown):
		return t.refuse(protocol.CodeHold, "it cites a document that is not known here")
	}
	p.void = paper[protocol.Entry]{t.Said, d}
	return nil
}

// settled reports whether the result is paid for: a kill fee settles nothing.
func (p Part) settled() bool { return p.delivery.there() && p.paid && !p.prepaid() }

// Owed returns the least that a POST must say and the most it may say, as the
// documents stand: the kill fee of a Cancel or of a Need that nobody answers, or
// the price of what was delivered, less what evaluators, their split or a smaller
// Claim leave of it.
// Both are zero where nothing can be owed.
func (p Part) Owed() (least, most wire.Amount) {
	switch {
	case !p.Taken():
		return wire.Amount{}, wire.Amount{}
	case p.cancelP.there() && !p.delivery.there():
		most = p.cancelP.doc.Fee
		if p.halted() && most.IsZero() {
			most = p.terms.KillFee
		}
		return p.cancelP.doc.Fee, most
	case p.halted():
		return p.terms.KillFee, p.terms.KillFee
	case !p.delivered():
		return wire.Amount{}, wire.Amount{}
	}
	most = p.cost()
	least = most
	if c, open := p.complaint(); open && !p.terms.Panel.IsZero() {
		if share, err := most.Share(p.split(c)); err == nil { // a share of a sum is no overflow
			least, most = share, share
		}
	}
	if p.claim.there() && p.claim.doc.Amount.Cmp(least) < 0 {
		least = p.claim.doc.Amount
	}
	return least, most
}

// Voidable reports whether the job ended, or was left, so that nothing held can
// be owed any more.
func (p Part) Voidable(at uint64) bool {
	now := p.stand(at)
	return now.stage.Final() && now.stage != Settled && now.fault != Hirer
}

func (p Part) holds(d *protocol.Entry) bool {
	return p.hold.there() && d.Hold == p.hold.said.ID
}

func (j *Job) hearClaim(t turn, d *protocol.Claim) error {
	p, err := j.ours(&t, d.Job, d.Part, Provider)
	if err != nil {
		return err
	}
	most := p.cost()
	if c, open := p.complaint(); open && c.answered { // else it may not have heard of it
		_, most = p.Owed()
	}
	switch {
	case !p.delivered() || d.Delivery != p.delivery.said.ID:
		return t.refuse(protocol.CodeArtefact, "it claims for no Delivery of this job")
	case !p.hold.there() || d.Hold != p.hold.said.ID || p.released:
		return t.refuse(protocol.CodeHold, "it claims no hold of this job")
	case p.claim.there() || p.post.there() && !p.Short() || p.cancelP.there() || p.verdict.there() && p.verdict.doc.Pass:
		return t.refuse(protocol.CodeDuplicate, "claimed, judged or given up already")
	case d.At <= p.ReviewBy():
		return t.refuse(protocol.CodeClock, "the hirer may judge until %d", p.ReviewBy())
	case d.At > p.ClaimBy(), t.stage.Final() && t.stage != Lapsed:
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.ClaimBy())
	case d.Amount.Cmp(most) > 0, d.Amount.Cmp(p.most) > 0:
		return t.refuse(protocol.CodeAmount, "claims %s, at most %s are owed", d.Amount, most)
	}
	p.claim = paper[protocol.Claim]{t.Said, d}
	return nil
}
