package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// What the two sides of a disputed job do: they bring the case to its evaluators,
// pass on to each other what those say, and end as it was awarded.

// file keeps a bundle about a job that evaluators may have to be shown.
func (d *deal) file(b *Saying) {
	if !d.job.Terms().Panel.IsZero() {
		d.dossier = append(d.dossier, b)
	}
}

// fileHeard files a bundle with its author, and with the jobs it tells of.
func (a *Agent) fileHeard(f *Fact, touched []wire.CID) {
	a.acquaint(f.Peer).bear(f.said)
	for i, id := range touched {
		if d := a.deals[id]; d != nil && !slices.Contains(touched[:i], id) {
			d.file(&Saying{Docs: f.said, Bundle: f.heard})
		}
	}
}

// bring shows a disputed case to the evaluators who have not committed to an
// award, and lets them fetch what it is about; again after a while. It returns
// when to do so next, or 0.
func (s *step) bring(d *deal) uint64 {
	if d.job.Stage(s.at) != job.Disputed {
		return 0
	}
	if s.at < d.broughtAgain {
		return d.broughtAgain
	}
	for _, m := range d.job.Terms().Panel.Members {
		if committed, _ := d.job.InHand().Committed(m.Key); !committed {
			s.show(d, m)
		}
	}
	d.broughtPause = min(max(firstPause, 2*d.broughtPause), lastPause)
	d.broughtAgain = s.at + d.broughtPause
	return d.broughtAgain
}

// show shows a case to one evaluator, under the label that it accepted.
func (s *step) show(d *deal, m protocol.Third) {
	if !s.peers[m.Key] {
		s.effect(Reach{m.Key})
		return
	}
	for _, b := range d.dossier {
		s.effect(Say{&Saying{To: m.Key, Docs: b.Docs, Bundle: b.Bundle}})
	}
	delivery, _ := d.job.Delivery()
	fits := func(all []payload.Artefact) (some []payload.Artefact) {
		for _, a := range all {
			if a.Label.MayGo(m.Data) == nil {
				some = append(some, a)
			}
		}
		return some
	}
	ins, outs := fits(d.allInputs()), fits(delivery.Doc.(*protocol.Delivery).Artefacts)
	if d.role == job.Hirer {
		s.effect(Serve{To: m.Key, Artefacts: ins})
		s.effect(Serve{To: m.Key, Artefacts: outs, Of: d.peer})
	} else {
		s.effect(Serve{To: m.Key, Artefacts: ins, Of: d.peer})
		s.effect(Serve{To: m.Key, Artefacts: outs})
	}
}

// bringTo takes up with an evaluator that has greeted us the cases it has to judge.
func (s *step) bringTo(peer wire.Key) {
	for _, d := range slices.Clone(s.live) {
		if d.job.MemberOf(peer) && d.job.Stage(s.at) == job.Disputed {
			d.broughtAgain, d.broughtPause = 0, 0
			s.advance(d)
		}
	}
}

// passedOn reports whether a bundle that another sealed is for us all the same:
// an evaluator's Awards, which the other side of the job passes on.
func (s *step) passedOn(e Heard) bool {
	for _, said := range e.Docs {
		a, ok := said.Doc.(*protocol.Award)
		if !ok {
			return false
		}
		d := s.deals[a.Job]
		if d == nil || d.peer != e.From || !d.job.MemberOf(a.By) {
			return false
		}
	}
	return true
}

// heardAwards acks an evaluator's Awards, known or not, passes the new ones on to
// the other side, and takes the next step.
func (s *step) heardAwards(e Heard, took uint64) {
	for i, said := range e.Docs {
		a, ok := said.Doc.(*protocol.Award)
		if !ok || !s.Has(a.Job) {
			continue
		}
		d := s.deals[a.Job]
		if a.By == e.From && (d == nil || d.job.Acked(said.ID) || took&(1<<i) != 0 || d.knows(said.ID)) {
			s.remark(e.From, &protocol.Ack{Head: s.head(protocol.KindAck), Job: a.Job, Of: []wire.CID{said.ID}})
		}
		if d == nil || took&(1<<i) == 0 {
			continue
		}
		if a.By == e.From && s.peers[d.peer] {
			s.effect(Say{&Saying{To: d.peer, Docs: e.Docs, Bundle: e.Bundle}})
		}
		s.advance(d)
	}
}

// knows reports whether a document was folded.
func (d *deal) knows(id wire.CID) bool { return slices.Contains(d.job.Said(), id) }

// standsBy answers a complaint that evaluators will judge: whatever they find, we
// think the result good. It reports whether there are any.
func (s *step) standsBy(d *deal, verdict wire.Said) bool {
	clause := verdict.Doc.(*protocol.Verdict).Clause
	if d.job.Terms().Panel.IsZero() || clause == job.ClauseArtefact {
		return false
	}
	contest, ok := s.may(d, &protocol.Contest{
		Head: s.head(protocol.KindContest), Job: d.id, Part: d.part(), About: verdict.ID, Clause: clause,
	})
	p := s.about(d)
	if ok {
		p.add(contest)
	}
	p.say()
	return true
}

// patience returns until when the end of a dispute is not acted on, so that the
// provider has had the time to show us Awards that we did not hear; 0 where all
// evaluators have been heard.
func (s *step) patience(d *deal) uint64 {
	panel := d.job.Terms().Panel
	part := d.job.InHand()
	if _, _, open := part.Complaint(); !open || panel.IsZero() || len(part.Award().By) == len(panel.Members) {
		return 0
	}
	over := d.job.AwardBy() + protocol.Skew + 1
	since, greeted := s.greetings[d.peer]
	if !greeted {
		return d.job.SettleBy()
	}
	return min(max(over, since)+grace, d.job.SettleBy())
}

// payContested posts what evaluators awarded, or what a complaint that did not
// stand leaves owed.
func (s *step) payContested(d *deal) {
	award := d.job.InHand().Award()
	if !award.Counts {
		s.pay(d)
		return
	}
	if p, ok := s.toPayee(d); ok {
		s.post(p, d, award.Share, protocol.EndedResolved, award.Basis...)
		p.say()
	}
}

// awardedNothing returns the Awards by which nothing is owed, if that is so.
func (d *deal) awardedNothing() ([]wire.CID, bool) {
	award := d.job.InHand().Award()
	return award.Basis, award.Counts && award.Share == 0
}
