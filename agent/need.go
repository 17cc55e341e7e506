package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// supplied returns all that the work on a deal is about: what came with its Accept,
// and what was provided later.
func (d *deal) supplied() []payload.Artefact {
	return append(slices.Clone(d.inputs()), d.job.InHand().Provided()...)
}

// askFor says what the work cannot go on without, and reports whether that may
// be said: it must stand in the terms, and come before the Delivery.
func (s *step) askFor(d *deal, needs []string) bool {
	need, ok := s.may(d, &protocol.Need{Head: s.head(protocol.KindNeed), Job: d.id, Needs: needs})
	if !ok {
		return false
	}
	p := s.about(d)
	p.add(need)
	p.say()
	s.tend(d)
	return true
}

// workOn begins the work again with what was provided, and says that it is here:
// nobody shall say that it came too late.
func (s *step) workOn(d *deal) {
	p := s.about(d)
	provided := d.lastOf(protocol.KindProvide)
	ack := &protocol.Ack{Head: s.head(protocol.KindAck), Job: d.id, Of: []wire.CID{provided}}
	if said, ok := s.may(d, ack); ok {
		p.add(said)
	}
	p.say()
	s.setToWork(d)
}

// lastOf returns the last document of a kind that was folded, or zero.
func (d *deal) lastOf(kind wire.Kind) wire.CID {
	for _, h := range slices.Backward(d.job.Record()) {
		if h.Said.Doc.Header().Kind == kind {
			return h.Said.ID
		}
	}
	return wire.CID{}
}

// provided answers what a provider asked for.
func (s *step) provided(e Provided) {
	d := s.deals[e.Job]
	if d == nil || d.role != job.Hirer {
		s.effect(Answer{&Refusal{Code: protocol.CodeNotOffered, Why: "the job is not known, or is not this peer's to provide for"}})
		return
	}
	doc := &protocol.Provide{
		Head: s.head(protocol.KindProvide), Job: d.id, Need: d.lastOf(protocol.KindNeed), Inputs: []payload.Artefact{e.Input},
	}
	if err := doc.Check(); err != nil {
		s.effect(Answer{refusal(err)})
		return
	}
	said := s.name(doc)
	if err := d.job.Check(s.at, said); err != nil {
		s.effect(Answer{refusal(err)})
		return
	}
	p := s.about(d)
	p.add(said)
	if inline(doc.Inputs) {
		p.with = doc.Inputs
	}
	p.say()
	s.effect(Answer{})
	s.serveAgain(d)
	s.tend(d)
}

// pauseAnswered reports whether the other side is known to have heard a Need or
// a Provide, or it no longer matters. Both are said until then even where the job
// has ended for us: if they come too late for the other side, its Refuse tells us
// how it ended.
func (s *step) pauseAnswered(d *deal, said wire.Said) bool {
	_, _, open := d.job.InHand().Need()
	_, delivered := d.job.Delivery()
	_, cancelled := d.job.CancelBy(job.Provider)
	if d.job.Acked(said.ID) || delivered || cancelled || s.at > d.job.ResolveBy() {
		return true
	}
	if said.Doc.Header().Kind == protocol.KindNeed {
		return !open || said.ID != d.lastOf(protocol.KindNeed)
	}
	return open // it was refused as late
}

// ackNeed says that a Need has been heard. What answers it is for the owner.
func (s *step) ackNeed(d *deal) {
	id := d.lastOf(protocol.KindNeed)
	ack, ok := s.may(d, &protocol.Ack{Head: s.head(protocol.KindAck), Job: d.id, Of: []wire.CID{id}})
	if !ok || d.job.Acked(id) {
		return
	}
	p := s.about(d)
	p.add(ack)
	p.say()
}
