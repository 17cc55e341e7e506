package job

import (
	"slices"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// The clauses of the Terms that a Verdict or Contest may cite.
const (
	ClauseCheck    = "check"    // the rule both sides can run fails; needs Terms.Rule
	ClauseType     = "type"     // an artefact is not of Terms.OutputType
	ClauseArtefact = "artefact" // the bytes of an artefact have not arrived; an Ack that names it answers
	ClausePanel    = "panel"    // anything the evaluators are to judge; needs Terms.Panel
)

// cites reports whether clause is one of the Terms that may be broken.
func (j *Job) cites(clause string) bool {
	switch clause {
	case ClauseCheck:
		return !j.terms.Rule.IsZero()
	case ClauseType:
		return j.mistyped()
	case ClauseArtefact:
		return slices.ContainsFunc(j.delivery.doc.Artefacts, func(a payload.Artefact) bool { return !j.Acked(a.ID) })
	case ClausePanel:
		return !j.terms.Panel.IsZero()
	}
	return false
}

// complaint is what the hirer still finds wrong with the Delivery.
type complaint struct {
	id       wire.CID // the failing Verdict or the Contest
	clause   string
	due      uint64 // by when the provider must answer
	answered bool
}

func (j *Job) complaint() (c complaint, open bool) {
	var said uint64
	switch {
	case j.verdict.there() && j.verdict.doc.Pass:
		return c, false
	case j.verdict.there() && !j.lifted(j.verdict.doc.Clause):
		c.id, c.clause, said = j.verdict.said.ID, j.verdict.doc.Clause, j.verdict.doc.At
	case j.contest.there() && !j.lifted(j.contest.doc.Clause):
		c.id, c.clause, said = j.contest.said.ID, j.contest.doc.Clause, j.contest.doc.At
	default:
		return c, false
	}
	c.due, c.answered = j.AnswerBy(), j.answer.there() && j.answer.doc.About == c.id
	if said > j.ReviewBy() && j.terms.Panel.IsZero() {
		// It contests the Claim, perhaps as late as AnswerBy: the provider has the time that no evaluator needs.
		c.due = j.AwardBy()
	}
	return c, true
}

// lifted reports whether a complaint has fallen: the bytes arrived after all.
func (j *Job) lifted(clause string) bool { return clause == ClauseArtefact && !j.cites(clause) }

// answerable reports whether the provider's word weighs against a complaint.
// Against what both can see for themselves it does not.
func (j *Job) answerable(c complaint) bool {
	return c.clause == ClauseCheck || !j.terms.Panel.IsZero()
}

// stands reports whether a complaint that ran its time leaves the provider with
// nothing. With evaluators who stay silent the split decides. Without, types
// that differ, bytes never proved to have arrived, and a failing rule that was
// not answered stand. One that was answered is word against word and does not,
// since contesting must not pay.
func (j *Job) stands(c complaint) bool {
	if !j.terms.Panel.IsZero() {
		return j.terms.Panel.Split == 0
	}
	return !c.answered
}

// mistyped reports whether an artefact of the Delivery has another media type
// than the Terms say.
func (j *Job) mistyped() bool {
	return slices.ContainsFunc(j.delivery.doc.Artefacts, func(a payload.Artefact) bool {
		return a.Type != j.terms.OutputType
	})
}
