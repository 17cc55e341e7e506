package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// Each side of a disputed job passes on to the other what evaluators say to it:
// they may lie, and tell each side something else.

// awardsOf returns the job that a bundle of nothing but Awards is about.
func awardsOf(docs []wire.Said) (id wire.CID, alone bool) {
	for i, said := range docs {
		a, ok := said.Doc.(*protocol.Award)
		if !ok || i > 0 && a.Job != id {
			return wire.CID{}, false
		}
		id = a.Job
	}
	return id, len(docs) > 0
}

// passedOn reports whether a bundle that another sealed is for us all the same:
// an evaluator's Awards, which the other side of the job passes on.
func (s *step) passedOn(e Heard) bool {
	id, alone := awardsOf(e.Docs)
	d := s.deals[id]
	return alone && d != nil && d.peer == e.From && d.job.MemberOf(e.Bundle.By)
}

// untold says why an Award is not to be heard although the job would take it, or
// nil. What could not be passed on must not count here; and of an evaluator that
// contradicts itself there must be room for what the other side was told.
func (s *step) untold(e Heard, id wire.CID, a *protocol.Award) error {
	d := s.deals[a.Job]
	if d == nil || d.knows(id) {
		return nil
	}
	if _, alone := awardsOf(e.Docs); !alone {
		return &job.Refusal{Code: protocol.CodeNotOffered, Of: id, Why: "it does not come alone, and so could not be passed on"}
	}
	if a.By == e.From && slices.Contains(d.job.InHand().Twofold(), a.By) {
		return &job.Refusal{Code: protocol.CodeDuplicate, Of: id, Why: "its author has contradicted itself"}
	}
	return nil
}

// heardAwards acks Awards, known or not, to who told them, passes the new ones on
// to the other side, and takes the next step.
func (s *step) heardAwards(e Heard, took uint64) {
	for i, said := range e.Docs {
		a, ok := said.Doc.(*protocol.Award)
		if !ok || !s.Has(a.Job) {
			continue
		}
		d := s.deals[a.Job]
		relayed := d != nil && d.peer == e.From
		known := d == nil || d.job.Acked(said.ID) || took&(1<<i) != 0 || d.knows(said.ID)
		if known && (relayed || a.By == e.From) {
			s.remark(e.From, &protocol.Ack{Head: s.head(protocol.KindAck), Job: a.Job, Of: []wire.CID{said.ID}})
		}
		if known && relayed && !slices.Contains(d.theirs, said.ID) {
			d.theirs = append(d.theirs, said.ID)
		}
		if d == nil || took&(1<<i) == 0 {
			continue
		}
		d.relayAgain, d.relayPause = 0, 0
		s.relay(d) // before anything that rests on it
		s.advance(d)
	}
}

// unshared returns the bundles of Awards that the other side is not known to have,
// as long as they can still make a difference to it.
func (s *step) unshared(d *deal) (all []*Saying) {
	part := d.job.InHand()
	if d.job.Terms().Panel.IsZero() || part.PostSeen() || part.VoidSeen() || s.at > part.ResolveBy() {
		return nil
	}
	for _, b := range d.dossier {
		if _, alone := awardsOf(b.Docs); alone && slices.ContainsFunc(b.Docs, func(x wire.Said) bool {
			return d.knows(x.ID) && !d.job.AckedBy(x.ID, d.other()) && !slices.Contains(d.theirs, x.ID)
		}) {
			all = append(all, b)
		}
	}
	return all
}

// relay passes evaluators' Awards on to the other side until it has acked them. It
// returns when to do so next, or 0.
func (s *step) relay(d *deal) uint64 {
	open := s.unshared(d)
	if len(open) == 0 || !s.peers[d.peer] {
		return 0
	}
	if s.at >= d.relayAgain {
		for _, b := range open {
			s.effect(Say{&Saying{To: d.peer, Docs: b.Docs, Bundle: b.Bundle}})
		}
		d.relayPause = slower(d.relayPause)
		d.relayAgain = s.at + d.relayPause
	}
	return d.relayAgain
}

// relayTo takes up with a peer that has greeted us what it may not have heard.
func (s *step) relayTo(peer wire.Key) {
	for _, d := range s.party(peer).deals {
		d.relayAgain, d.relayPause = 0, 0
	}
}
