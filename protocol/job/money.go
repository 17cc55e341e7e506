package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// hearEntry takes the entries of the payer's lane that concern the job. That
// they continue their lane is for settlement to see.
func (j *Job) hearEntry(t turn, d *protocol.Entry) error {
	if err := j.ours(t, d.Job, d.Part, Hirer); err != nil {
		return err
	}
	if d.Payee != j.provider {
		return t.refuse(protocol.CodePayee, "not to this job's provider")
	}
	if d.Asset != j.terms.Asset {
		return t.refuse(protocol.CodeAmount, "in %.64q, not in the asset agreed", d.Asset)
	}
	switch d.Act {
	case protocol.ActHold:
		return j.hearHold(t, d)
	case protocol.ActPost, protocol.ActAward:
		return j.hearPost(t, d)
	case protocol.ActVoid:
		return j.hearVoid(t, d)
	}
	return t.refuse(protocol.CodeNotOffered, "a job is not paid by %s", d.Act)
}

// hearHold takes the HOLD: of the whole price, and lasting until ClaimBy. Where
// the Terms let it come later than the Accept (Times.Fund), it carries the
// rail's proof, and its own date moves all later deadlines: the hirer's
// lateness is not the provider's.
func (j *Job) hearHold(t turn, d *protocol.Entry) error {
	fund := j.terms.Times.Fund
	due := j.StartBy()
	if fund > 0 {
		due = j.FundBy()
	}
	switch {
	case j.hold.there():
		return t.refuse(protocol.CodeDuplicate, "the job has its HOLD")
	case t.stage != Quoted:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	case d.Amount != j.most:
		return t.refuse(protocol.CodeAmount, "holds %s, agreed are %s", d.Amount, j.most)
	case fund > 0 && len(d.Proof) == 0:
		return t.refuse(protocol.CodeRail, "the rail %.32q needs a proof of funding", j.terms.Rail.Name)
	}
	if err := t.late(due); err != nil {
		return err
	}
	if fund > 0 {
		j.shift = max(d.At, j.T0()) - j.T0()
	}
	if d.Deadline < j.ClaimBy() {
		return t.refuse(protocol.CodeExpired, "it ends %d ms before it may be claimed", j.ClaimBy()-d.Deadline)
	}
	j.hold = paper[protocol.Entry]{t.Said, d}
	return nil
}

// hearPost takes the payment: of what is owed, and never more than was held. It
// may come after a VOID that crossed a Claim, as long as that stands.
func (j *Job) hearPost(t turn, d *protocol.Entry) error {
	least, most := j.Owed()
	switch {
	case !j.holds(d) || j.post.there() || j.void.there() && (!j.claim.there() || j.released):
		return t.refuse(protocol.CodeHold, "it ends no hold of this job")
	case !j.Taken(), t.stage == Working, t.stage == Contested, t.stage == Disputed:
		return t.refuse(protocol.CodeHold, "nothing is to be paid in a job that is %s", t.stage)
	case j.stand(t.At).fault == Provider, t.stage == Cancelled && !j.delivery.there():
		return t.refuse(protocol.CodeHold, "nothing is owed in a job that is %s", t.stage)
	case d.Amount.Cmp(least) < 0, d.Amount.Cmp(most) > 0, d.Amount.Cmp(j.most) > 0:
		return t.refuse(protocol.CodeAmount, "posts %s, owed are %s", d.Amount, least)
	case slices.ContainsFunc(d.Basis, func(id wire.CID) bool { return !j.knows(id) }):
		return t.refuse(protocol.CodeHold, "it cites a document that is not known here")
	}
	j.post = paper[protocol.Entry]{t.Said, d}
	return nil
}

// hearVoid takes the end of a hold without payment. What entitles to it is that
// the job ended so that nothing is owed; settlement asks for the basis cited.
func (j *Job) hearVoid(t turn, d *protocol.Entry) error {
	switch {
	case !j.holds(d) || j.post.there() || j.void.there():
		return t.refuse(protocol.CodeHold, "it ends no hold of this job")
	case !j.Voidable(t.At):
		return t.refuse(protocol.CodeHold, "the hold of a job that is %s may still be owed", t.stage)
	}
	j.void = paper[protocol.Entry]{t.Said, d}
	return nil
}

// settled reports whether the result is paid for: a kill fee settles nothing.
func (j *Job) settled() bool { return j.delivery.there() && j.paid }

// Owed returns the least that a POST must say and the most it may say, as the
// documents stand: the kill fee of a Cancel, or the price of what was
// delivered, less what an evaluators' split or a smaller Claim leaves of it.
// Both are zero where nothing can be owed.
func (j *Job) Owed() (least, most wire.Amount) {
	switch {
	case !j.Taken():
		return wire.Amount{}, wire.Amount{}
	case j.cancelP.there() && !j.delivery.there():
		return j.cancelP.doc.Fee, j.cancelP.doc.Fee
	case !j.delivered():
		return wire.Amount{}, wire.Amount{}
	}
	most, err := price(j.terms.Price, j.delivery.doc.Units)
	if err != nil { // Open has shown that more units are no overflow
		panic(err)
	}
	least = most
	if _, open := j.complaint(); open && !j.terms.Panel.IsZero() {
		if least, err = most.Share(j.terms.Panel.Split); err != nil { // a share of a sum is no overflow
			least = most
		}
		most = least
	}
	if j.claim.there() && j.claim.doc.Amount.Cmp(least) < 0 {
		least = j.claim.doc.Amount
	}
	return least, most
}

// Voidable reports whether the job ended, or was left, so that nothing held can
// be owed any more.
func (j *Job) Voidable(at uint64) bool {
	now := j.stand(at)
	return now.stage.Final() && now.stage != Settled && now.fault != Hirer
}

func (j *Job) holds(d *protocol.Entry) bool {
	return j.hold.there() && d.Hold == j.hold.said.ID
}

func (j *Job) hearClaim(t turn, d *protocol.Claim) error {
	if err := j.ours(t, d.Job, d.Part, Provider); err != nil {
		return err
	}
	_, most := j.Owed()
	switch {
	case !j.delivered() || d.Delivery != j.delivery.said.ID:
		return t.refuse(protocol.CodeArtefact, "it claims for no Delivery of this job")
	case !j.hold.there() || d.Hold != j.hold.said.ID || j.released:
		return t.refuse(protocol.CodeHold, "it claims no hold of this job")
	case j.claim.there() || j.post.there() || j.cancelP.there() || j.verdict.there() && j.verdict.doc.Pass:
		return t.refuse(protocol.CodeDuplicate, "claimed, judged or given up already")
	case d.At <= j.ReviewBy():
		return t.refuse(protocol.CodeClock, "the hirer may judge until %d", j.ReviewBy())
	case d.At > j.ClaimBy(), t.stage.Final() && t.stage != Lapsed:
		return t.refuse(protocol.CodeLate, "its deadline was %d", j.ClaimBy())
	case d.Amount.Cmp(most) > 0, d.Amount.Cmp(j.most) > 0:
		return t.refuse(protocol.CodeAmount, "claims %s, at most %s are owed", d.Amount, most)
	}
	j.claim = paper[protocol.Claim]{t.Said, d}
	return nil
}
