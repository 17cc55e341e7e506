package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
)

// round is a Delivery that was found wrong and made good by another.
type round struct {
	delivery        paper[protocol.Delivery]
	verdict         paper[protocol.Verdict]
	contest, answer paper[protocol.Contest]
}

// Reworks returns how often the provider may still answer a failing Verdict by
// another Delivery.
func (p Part) Reworks() uint64 { return p.terms.Reworks - min(p.reworked, p.terms.Reworks) }

// MakeGoodBy returns by when another Delivery must be said in answer to the
// failing Verdict there is: as long after the first as `rework` says, so that
// the hirer has all its time to review it, and no later than any answer.
func (p Part) MakeGoodBy() uint64 {
	return min(plus(p.DeliverBy(), p.terms.Times.Rework), p.AnswerBy())
}

// makeGood takes a Delivery that answers a failing Verdict. It is judged anew.
// Bytes that are missing are made good by sending them.
func (p Part) makeGood(t turn, d *protocol.Delivery) error {
	c, open := p.complaint()
	switch {
	case p.Reworks() == 0, !open, c.answered, !p.verdict.there() || c.id != p.verdict.said.ID,
		c.clause == ClauseArtefact, p.claim.there(), p.cancelP.there():
		return t.refuse(protocol.CodeDuplicate, "the result was delivered, and nothing is to be made good")
	case d.Units > p.terms.Price.MaxUnits:
		return t.refuse(protocol.CodeAmount, "%d units, at most %d", d.Units, p.terms.Price.MaxUnits)
	case t.stage != Contested:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(p.MakeGoodBy()); err != nil {
		return err
	}
	p.rounds = append(slices.Clip(p.rounds), round{p.delivery, p.verdict, p.contest, p.answer})
	p.reworked++
	p.delivery = paper[protocol.Delivery]{t.Said, d}
	p.verdict, p.contest, p.answer = paper[protocol.Verdict]{}, paper[protocol.Contest]{}, paper[protocol.Contest]{}
	return nil
}

// unmake takes out a Delivery that was to make good another and came too late
// for the hirer: its complaint stands as it stood. A rework is spent all the same.
func (p Part) unmake() {
	n := len(p.rounds) - 1
	last := p.rounds[n]
	if p.claim.there() && p.claim.doc.Delivery == p.delivery.said.ID {
		p.claim = paper[protocol.Claim]{}
	}
	p.rounds = slices.Clone(p.rounds[:n])
	p.delivery, p.verdict, p.contest, p.answer = last.delivery, last.verdict, last.contest, last.answer
	p.belated, p.undelivered = false, p.terms.Panel.IsZero()
}

// Earlier returns the Deliveries that were made good by later ones.
func (p Part) Earlier() []*protocol.Delivery {
	var all []*protocol.Delivery
	for _, r := range p.rounds {
		all = append(all, r.delivery.doc)
	}
	return all
}

// brought reports whether a is an artefact of any Delivery of the part.
func (p Part) brought(a func(payload.Artefact) bool) bool {
	if p.delivery.there() && slices.ContainsFunc(p.delivery.doc.Artefacts, a) {
		return true
	}
	return slices.ContainsFunc(p.rounds, func(r round) bool { return slices.ContainsFunc(r.delivery.doc.Artefacts, a) })
}
