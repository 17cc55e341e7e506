package job

import (
	"github.com/souk-network/souk/protocol"
)

func (j *Job) hearVerdict(t turn, d *protocol.Verdict) error {
	p, err := j.ours(&t, d.Job, d.Part, Hirer)
	if err != nil {
		return err
	}
	switch {
	case !p.delivered() || d.Delivery != p.delivery.said.ID:
		return t.refuse(protocol.CodeArtefact, "it judges no Delivery of this job")
	case t.foresees(p.delivery.doc.Head):
		return t.refuse(protocol.CodeClock, "dated before the Delivery")
	case p.verdict.there():
		return t.refuse(protocol.CodeDuplicate, "the hirer has judged")
	case p.cancelP.there():
		return t.refuse(protocol.CodeDuplicate, "the provider has conceded")
	case d.At > p.ReviewBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.ReviewBy())
	case d.Pass && (t.stage == Disputed || t.stage.Final() && t.stage != Lapsed):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if !d.Pass {
		if err := p.mayComplain(t, d.Clause); err != nil {
			return err
		}
		p.belated = p.tooLate(t)
	}
	p.verdict = paper[protocol.Verdict]{t.Said, d}
	return nil
}

// mayComplain reports whether the hirer may still find the Delivery wrong: one
// complaint at a time, heard before its answer is due. One that is heard later may be kept
// all the same: belated.go.
func (p Part) mayComplain(t turn, clause string) error {
	_, open := p.lodged()
	switch {
	case !p.cites(clause):
		return t.refuse(protocol.CodeCheck, "the Terms have no clause %.32q that may be broken here", clause)
	case open || p.post.there() && !p.prepaid() || t.stage == Disputed:
		return t.refuse(protocol.CodeDuplicate, "contested or paid for already")
	case p.prepaid() && t.stage == Settled && !p.verdict.there() && !p.contest.there(): // by silence, which the complaint crossed
	case p.tooLate(t) && p.mayBeBelated(t):
	case p.tooLate(t):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	return nil
}

// tooLate reports whether a complaint is heard when its answer was due, or all is over.
func (p Part) tooLate(t turn) bool {
	return t.stage != Lapsed && !p.prepaid() && (t.stage.Final() || past(t.At, p.AnswerBy()))
}

// hearContest takes the hirer's complaint about the Delivery or the Claim, and
// the provider's answer to it.
func (j *Job) hearContest(t turn, d *protocol.Contest) error {
	p, err := j.ours(&t, d.Job, d.Part, Hirer, Provider)
	if err != nil {
		return err
	}
	if !p.delivered() {
		return t.refuse(protocol.CodeArtefact, "there is no Delivery to contest")
	}
	if t.role == Provider {
		return p.hearAnswer(t, d)
	}
	ofClaim := p.claim.there() && d.About == p.claim.said.ID
	switch {
	case d.About != p.delivery.said.ID && !ofClaim:
		return t.refuse(protocol.CodeArtefact, "it contests neither the Delivery nor the Claim")
	case t.foresees(p.delivery.doc.Head), ofClaim && t.foresees(p.claim.doc.Head):
		return t.refuse(protocol.CodeClock, "dated before what it contests")
	case p.verdict.there() && p.verdict.doc.Pass:
		return t.refuse(protocol.CodeCheck, "the hirer has found it good")
	case !ofClaim && d.At > p.ReviewBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.ReviewBy())
	case d.At > p.AnswerBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.AnswerBy())
	case p.cancelP.there():
		return t.refuse(protocol.CodeDuplicate, "the provider has conceded")
	}
	if err := p.mayComplain(t, d.Clause); err != nil {
		return err
	}
	p.belated = p.tooLate(t)
	p.contest = paper[protocol.Contest]{t.Said, d}
	return nil
}

func (p Part) hearAnswer(t turn, d *protocol.Contest) error {
	c, open := p.complaint()
	switch {
	case !open || d.About != c.id || d.Clause != c.clause:
		return t.refuse(protocol.CodeArtefact, "it answers no open complaint")
	case t.foresees(p.complained(c)):
		return t.refuse(protocol.CodeClock, "dated before what it answers")
	case !p.answerable(c):
		return t.refuse(protocol.CodeCheck, "no word weighs against the clause %q", c.clause)
	case c.answered:
		return t.refuse(protocol.CodeDuplicate, "answered already")
	case t.stage != Contested:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(c.due); err != nil {
		return err
	}
	p.answer = paper[protocol.Contest]{t.Said, d}
	return nil
}
