package job

import (
	"github.com/souk-network/souk/protocol"
)

func (j *Job) hearVerdict(t turn, d *protocol.Verdict) error {
	if err := j.ours(t, d.Job, d.Part, Hirer); err != nil {
		return err
	}
	switch {
	case !j.delivered() || d.Delivery != j.delivery.said.ID:
		return t.refuse(protocol.CodeArtefact, "it judges no Delivery of this job")
	case j.verdict.there():
		return t.refuse(protocol.CodeDuplicate, "the hirer has judged")
	case j.cancelP.there():
		return t.refuse(protocol.CodeDuplicate, "the provider has conceded")
	case d.At > j.ReviewBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", j.ReviewBy())
	case d.Pass && (t.stage == Disputed || t.stage.Final() && t.stage != Lapsed):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if !d.Pass {
		if err := j.mayComplain(t, d.Clause); err != nil {
			return err
		}
	}
	j.verdict = paper[protocol.Verdict]{t.Said, d}
	return nil
}

// mayComplain reports whether the hirer may still find the Delivery wrong: one
// complaint at a time, heard before its answer is due.
func (j *Job) mayComplain(t turn, clause string) error {
	_, open := j.complaint()
	switch {
	case !j.cites(clause):
		return t.refuse(protocol.CodeCheck, "the Terms have no clause %.32q that may be broken here", clause)
	case open || j.post.there() || t.stage == Disputed:
		return t.refuse(protocol.CodeDuplicate, "contested or paid for already")
	case t.stage != Lapsed && (t.stage.Final() || past(t.At, j.AnswerBy())):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	return nil
}

// hearContest takes the hirer's complaint about the Delivery or the Claim, and
// the provider's answer to it.
func (j *Job) hearContest(t turn, d *protocol.Contest) error {
	if err := j.ours(t, d.Job, d.Part, Hirer, Provider); err != nil {
		return err
	}
	if !j.delivered() {
		return t.refuse(protocol.CodeArtefact, "there is no Delivery to contest")
	}
	if t.role == Provider {
		return j.hearAnswer(t, d)
	}
	ofClaim := j.claim.there() && d.About == j.claim.said.ID
	switch {
	case d.About != j.delivery.said.ID && !ofClaim:
		return t.refuse(protocol.CodeArtefact, "it contests neither the Delivery nor the Claim")
	case j.verdict.there() && j.verdict.doc.Pass:
		return t.refuse(protocol.CodeCheck, "the hirer has found it good")
	case !ofClaim && d.At > j.ReviewBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", j.ReviewBy())
	case d.At > j.AnswerBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", j.AnswerBy())
	case j.cancelP.there():
		return t.refuse(protocol.CodeDuplicate, "the provider has conceded")
	}
	if err := j.mayComplain(t, d.Clause); err != nil {
		return err
	}
	j.contest = paper[protocol.Contest]{t.Said, d}
	return nil
}

func (j *Job) hearAnswer(t turn, d *protocol.Contest) error {
	c, open := j.complaint()
	switch {
	case !open || d.About != c.id || d.Clause != c.clause:
		return t.refuse(protocol.CodeArtefact, "it answers no open complaint")
	case !j.answerable(c):
		return t.refuse(protocol.CodeCheck, "no word weighs against the clause %q", c.clause)
	case c.answered:
		return t.refuse(protocol.CodeDuplicate, "answered already")
	case t.stage != Contested:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(c.due); err != nil {
		return err
	}
	j.answer = paper[protocol.Contest]{t.Said, d}
	return nil
}
