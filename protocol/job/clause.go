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
func (p Part) cites(clause string) bool {
	switch clause {
	case ClauseCheck:
		return !p.terms.Rule.IsZero()
	case ClauseType:
		return p.mistyped()
	case ClauseArtefact:
		return slices.ContainsFunc(p.delivery.doc.Artefacts, func(a payload.Artefact) bool { return !p.Acked(a.ID) })
	case ClausePanel:
		return !p.terms.Panel.IsZero()
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

// complaint returns the complaint that counts.
func (p Part) complaint() (c complaint, open bool) {
	c, open = p.lodged()
	return c, open && !p.belated
}

// lodged returns the complaint that was said and has not fallen, whether or not it counts.
func (p Part) lodged() (c complaint, there bool) {
	var said uint64
	switch {
	case p.verdict.there() && p.verdict.doc.Pass:
		return c, false
	case p.verdict.there() && !p.lifted(p.verdict.doc.Clause):
		c.id, c.clause, said = p.verdict.said.ID, p.verdict.doc.Clause, p.verdict.doc.At
	case p.contest.there() && !p.lifted(p.contest.doc.Clause):
		c.id, c.clause, said = p.contest.said.ID, p.contest.doc.Clause, p.contest.doc.At
	default:
		return c, false
	}
	c.due, c.answered = p.AnswerBy(), p.answer.there() && p.answer.doc.About == c.id
	if said > p.ReviewBy() && p.terms.Panel.IsZero() {
		// It contests the Claim, perhaps as late as AnswerBy: the provider has the time that no evaluator needs.
		c.due = p.AwardBy()
	}
	return c, true
}

// complained returns the head of the Verdict or Contest that a complaint is.
func (p Part) complained(c complaint) wire.Head {
	if p.verdict.there() && p.verdict.said.ID == c.id {
		return p.verdict.doc.Head
	}
	return p.contest.doc.Head
}

// lifted reports whether a complaint has fallen: the bytes arrived after all.
func (p Part) lifted(clause string) bool { return clause == ClauseArtefact && !p.cites(clause) }

// answerable reports whether the provider's word weighs against a complaint.
// Against what both can see for themselves it does not.
func (p Part) answerable(c complaint) bool {
	return c.clause == ClauseCheck || !p.terms.Panel.IsZero()
}

// stands reports whether a complaint that ran its time leaves the provider with
// nothing. With evaluators it is they who decide, or the split. Without, types
// that differ, bytes never proved to have arrived, and a failing rule that was
// not answered stand. One that was answered is word against word and does not,
// since contesting must not pay.
func (p Part) stands(c complaint) bool {
	if !p.terms.Panel.IsZero() {
		return p.split(c) == 0
	}
	return !c.answered
}

// mistyped reports whether an artefact of the Delivery has another media type
// than the Terms say.
func (p Part) mistyped() bool {
	return slices.ContainsFunc(p.delivery.doc.Artefacts, func(a payload.Artefact) bool {
		return a.Type != p.terms.OutputType
	})
}
