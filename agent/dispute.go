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
func (a *Agent) fileHeard(at uint64, f *Fact, touched []wire.CID) {
	a.acquaint(f.Peer).bear(at, a.c.Quotas.Unpaid, f.said)
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
	d.broughtPause = slower(d.broughtPause)
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
// provider, whose clock may be behind, has had the time to show us Awards that we
// did not hear; 0 where no evaluator has more to say. Where the provider is away
// there is nobody to pay, and next to no time is left for that when it stays so.
func (s *step) patience(d *deal) uint64 {
	part := d.job.InHand()
	if _, _, open := part.Complaint(); !open || part.Prepaid() || d.job.Terms().Panel.IsZero() || part.Decided() {
		return 0
	}
	last := max(part.SettleBy(), part.ResolveBy()-min(grace, part.ResolveBy()))
	if !s.peers[d.peer] {
		return last
	}
	over := part.AwardBy() + 2*protocol.Skew + 1
	return min(max(over, s.greetings[d.peer])+grace, last)
}

// rests reports whether an entry that ends the hold of a part that was delivered rests on
// something that its job knows: a basis that it cites, or what evaluators judge.
func (d *deal) rests(e *protocol.Entry) bool {
	part := d.about(e)
	_, delivered := part.Delivery()
	_, _, open := part.Complaint()
	return delivered && (len(e.Basis) > 0 || open && !d.job.Terms().Panel.IsZero())
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
