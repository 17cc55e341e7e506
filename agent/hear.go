package agent

import (
	"errors"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// hear takes a bundle from a peer: what fits is folded and recorded, and then
// answered; what is known already gets its stored answer; what does not fit is
// refused with a code.
func (s *step) hear(e Heard) {
	if e.Bundle.By != e.From {
		return // nothing is said for others on a link
	}
	s.objections = nil
	var took uint64
	var touched []wire.CID
	var refused error
	var of wire.CID
	repeated := false
	for i, said := range e.Docs {
		switch doc := said.Doc.(type) {
		case *protocol.Quote:
			s.quoted(e.From, e.Bundle, i, doc)
			continue
		case *protocol.Refuse:
			if !s.heardRefuse(e.From, said, doc) {
				continue
			}
		case *protocol.Offer, *protocol.Mandate, *protocol.Equivocation, *protocol.LogHead:
			continue // not for a link
		}
		jobs, err := s.foldDoc(s.at, e.From, said, "")
		switch {
		case err == nil:
			took |= 1 << i
			touched = append(touched, jobs...)
		case errors.Is(err, errKnown):
			repeated = true
		case refused == nil:
			refused, of = err, said.ID
		}
	}
	s.reply = e.Docs[0].ID
	if took != 0 {
		s.recordHeard(e, took, touched)
		s.answer(e, took)
	}
	if repeated {
		s.sayStored(e)
	}
	if refused != nil {
		s.object(e.From, of, refused)
	}
	for _, o := range s.objections {
		s.object(e.From, o.Of, o)
	}
	s.reply = wire.CID{}
}

// recordHeard records a heard bundle, which is folded already.
func (s *step) recordHeard(e Heard, took uint64, touched []wire.CID) {
	b, err := e.Bundle.Bytes()
	if err != nil {
		s.fail("record what was heard", err)
	}
	s.record.Facts = append(s.record.Facts, Fact{
		What: FactHeard, Peer: e.From, Bundle: b, Took: took, said: e.Docs,
	})
	s.touch(touched...)
}

// answer answers what was just folded: it countersigns what was written in the
// peer's lanes, and lets each job that moved take its next step.
func (s *step) answer(e Heard, took uint64) {
	var lanes []string // assets of the peer's lanes that moved
	var holds []*protocol.Entry
	posted := false
	countersigned := false
	for i, said := range e.Docs {
		if took&(1<<i) == 0 {
			continue
		}
		switch doc := said.Doc.(type) {
		case *protocol.Entry:
			if doc.Act == protocol.ActHold {
				holds = append(holds, doc)
			} else if !slices.Contains(lanes, doc.Asset) {
				lanes = append(lanes, doc.Asset)
			}
			posted = posted || doc.Act == protocol.ActPost
		case *protocol.Countersign:
			countersigned = true
		}
	}
	for _, h := range holds {
		s.take(e.From, h.Asset, h.Job)
		lanes = slices.DeleteFunc(lanes, func(a string) bool { return a == h.Asset })
	}
	for _, asset := range lanes {
		s.countersign(e.From, asset, e, took)
	}
	for _, id := range slices.Clone(s.live) {
		if d := s.deals[id]; d != nil && d.peer == e.From {
			if countersigned || slices.Contains(s.touched, id) {
				s.advance(d)
			}
		}
	}
	if countersigned {
		s.placeAll()
	}
}

// countersign answers entries that need no decision, together with our own log
// entry for an outcome that came with them.
func (s *step) countersign(payer wire.Key, asset string, e Heard, took uint64) {
	cs, err := s.book.DraftCountersign(payer, asset)
	if err != nil {
		s.fail("countersign", err)
		return
	}
	cs.Head = s.head(protocol.KindCountersign)
	p := s.speech(payer, wire.CID{})
	p.write(cs)
	for i, said := range e.Docs {
		if took&(1<<i) == 0 {
			continue
		}
		switch doc := said.Doc.(type) {
		case *protocol.Entry:
			if d := s.deals[doc.Job]; d != nil {
				p.job = doc.Job
			}
		case *protocol.Outcome:
			if d := s.deals[doc.Job]; d != nil && !d.job.LoggedBy(d.role) && s.agrees(d, doc) {
				p.write(s.logEntry(said.ID))
			}
		}
	}
	p.say()
}

// agrees reports whether an outcome says what we saw.
func (s *step) agrees(d *deal, o *protocol.Outcome) bool {
	return o.HirerOwner == d.job.Accept().Owner && o.ProviderOwner == d.job.Terms().Owner &&
		o.Capability == d.job.Terms().Capability && o.Asset == d.job.Terms().Asset && o.Opened == d.job.T0()
}

// sayStored answers a bundle that is known: with what we answered it the first
// time, byte for byte, or else with the last countersign of its lane.
func (s *step) sayStored(e Heard) {
	found := false
	for _, said := range e.Docs {
		id := s.jobOf(said.Doc)
		if entry, ok := said.Doc.(*protocol.Entry); ok {
			id = entry.Job
		}
		d := s.deals[id]
		if d == nil {
			continue
		}
		for _, u := range d.said {
			if u.reply == e.Docs[0].ID && !found {
				found = true
				s.send(u.Saying)
			}
		}
	}
	for _, said := range e.Docs {
		if entry, ok := said.Doc.(*protocol.Entry); ok && !found {
			if u := s.answers[laneKey{e.From, entry.Asset}]; u != nil {
				found = true
				s.send(u)
			}
		}
	}
}

// heardRefuse reports whether a Refuse is to be folded: it tells something of a
// job, because it refuses a document of ours that is part of it.
func (s *step) heardRefuse(from wire.Key, said wire.Said, r *protocol.Refuse) bool {
	for _, id := range s.live {
		d := s.deals[id]
		if d.peer != from || !slices.Contains(d.job.Said(), r.Of) {
			continue
		}
		return d.job.Check(s.at, said) == nil
	}
	return false
}

// object refuses a document, saying why.
func (s *step) object(to wire.Key, of wire.CID, err error) {
	var j *job.Refusal
	var b *settlement.Refusal
	var f *settlement.Fork
	code, why := protocol.CodeOf(err), err.Error()
	switch {
	case errors.As(err, &j):
		code, why = j.Code, j.Why
	case errors.As(err, &b):
		code, why = b.Code, b.Why
	case errors.As(err, &f):
		code = protocol.CodeFork
	}
	s.refuse(to, of, code, why)
}

// advance lets a deal take its next step, until it has none.
func (s *step) advance(d *deal) {
	if d.over {
		return
	}
	if d.role == job.Hirer {
		s.buy(d)
	} else {
		s.supply(d)
	}
	s.tend(d)
}

// resume takes up a deal after a start.
func (s *step) resume(d *deal) {
	if d.role != job.Provider || !d.job.Taken() || d.work != nil || d.job.Stage(s.at).Final() {
		return
	}
	if _, cancelled := d.job.CancelBy(job.Provider); cancelled {
		return
	}
	if _, delivered := d.job.Delivery(); delivered {
		return
	}
	// Work is done at most once, unless its offer said that it may be repeated.
	if d.job.Terms().RerunSafe {
		s.begin1(d)
	} else {
		s.callOff(d, protocol.CodeInterrupted)
	}
}

// serveAgain lets the other side fetch what it is entitled to.
func (s *step) serveAgain(d *deal) {
	switch {
	case d.role == job.Hirer:
		inputs := d.job.Accept().Inputs
		if inline(inputs) || d.job.Taken() {
			s.effect(Serve{To: d.peer, Artefacts: inputs})
		}
	case d.work != nil && d.work.code == "":
		s.effect(Serve{To: d.peer, Artefacts: d.work.results})
	}
}

// erase ends the retention of a job's payloads on the provider's side.
func (s *step) erase(id wire.CID) {
	d := s.deals[id]
	if d == nil || d.erased {
		return
	}
	s.fact(Fact{What: FactErased, Job: id})
	gone := slices.Clone(d.job.Accept().Inputs)
	if d.work != nil {
		gone = append(gone, d.work.results...)
	}
	s.effect(Erase{gone})
}
