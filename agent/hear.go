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
	if s.adopted(e) || s.brought(e) {
		return
	}
	if e.Bundle.By != e.From && !s.passedOn(e) { // nothing else is said for others on a link
		s.refuse(e.From, e.Docs[0].ID, protocol.CodeSeal, "sealed by another than who sent it")
		return
	}
	if !s.affords(e) {
		return
	}
	switch err := s.contract(e); {
	case errors.Is(err, errOverQuota):
		return // it is said again, and then perhaps heard
	case err != nil:
		s.object(e.From, err)
		s.remind(e, err)
		return
	}
	reminded := s.catchingUp(e.From) || len(s.strays) > 0 && slices.ContainsFunc(e.Docs, s.ofStray) // of what we have forgotten
	s.objections = nil
	var took uint64
	var touched []wire.CID
	var refused error
	repeated := false
	for i, said := range e.Docs {
		if !folds(said.Doc) {
			continue
		}
		err := s.unfit(e, said)
		var jobs []wire.CID
		if err == nil {
			jobs, err = s.foldDoc(s.at, e.From, said, "")
		}
		var fork *settlement.Fork
		switch {
		case err == nil, errors.As(err, &fork): // a replay must stop a lane that forked, too
			took |= 1 << i
			touched = append(touched, jobs...)
			s.caught(e.From, fork)
		case errors.Is(err, errKnown):
			// What answers by itself is not answered: two would echo each other for ever.
			kind := said.Doc.Header().Kind
			repeated = repeated || kind != protocol.KindRefuse && kind != protocol.KindAck
			continue
		}
		if err != nil && refused == nil {
			refused = s.why(said, err)
		}
	}
	s.reply = e.Docs[0].ID
	if took != 0 {
		s.recordHeard(e, took, touched)
		s.answer(e, took)
	}
	s.heardAwards(e, took)
	if repeated {
		s.sayStored(e)
	}
	if refused != nil && !reminded {
		s.object(e.From, refused)
		s.remind(e, refused)
	}
	for _, o := range s.objections {
		s.object(e.From, o)
	}
	s.objections = nil
	s.reply = wire.CID{}
	s.converse(e)
}

// caught has the proof kept that a payer has said two entries for one place of its lane.
func (s *step) caught(author wire.Key, fork *settlement.Fork) {
	if fork != nil {
		s.effect(Caught{Author: author, First: fork.First, Second: fork.Second})
	}
}

// folds reports whether a document heard on a link is ever folded: talk is not,
// nor what is not for a link.
func folds(doc wire.Document) bool {
	switch doc.(type) {
	case *protocol.Quote, *protocol.Counter,
		*protocol.Offer, *protocol.Call, *protocol.Mandate, *protocol.Equivocation, *protocol.LogHead:
		return false
	}
	return true
}

// converse takes the talk in a bundle. What that leads to may rest on what else
// the bundle said: so it comes after the bundle's own fact, as it will be read back.
func (s *step) converse(e Heard) {
	for i, said := range e.Docs {
		switch doc := said.Doc.(type) {
		case *protocol.Quote:
			s.quoted(e.From, e.Bundle, i, doc)
		case *protocol.Counter:
			s.countered(e.From, said, doc)
		case *protocol.Refuse:
			s.openingRefused(e.From, doc)
			s.talkRefused(e.From, doc)
		}
	}
}

// contract reports why the contract that a bundle brings is not to be looked
// at, if it brings a new one: an Accept counts only together with a HOLD that
// fits its lane, so that what costs its author nothing leaves nothing here.
func (s *step) contract(e Heard) error {
	for _, said := range e.Docs {
		a, ok := said.Doc.(*protocol.Accept)
		if !ok || s.Has(said.ID) {
			continue
		}
		if !s.admits(e.From) {
			return errOverQuota
		}
		if terms, err := a.Terms(); err != nil || terms.Times.Fund > 0 {
			continue // the fold says what is wrong with it, or the HOLD may come later
		}
		if !slices.ContainsFunc(e.Docs, func(x wire.Said) bool {
			h, ok := x.Doc.(*protocol.Entry)
			return ok && h.Act == protocol.ActHold && h.Job == said.ID
		}) {
			return &job.Refusal{Code: protocol.CodeHold, Of: said.ID, Why: "the Accept comes without its HOLD"}
		}
		var fork *settlement.Fork
		if err := s.book.CheckAll(e.Docs...); err != nil && !errors.As(err, &fork) {
			return err
		}
	}
	return nil
}

// unfit says why a peer's document is not to be folded although the book would
// take it, or nil.
func (s *step) unfit(h Heard, said wire.Said) error {
	if a, ok := said.Doc.(*protocol.Award); ok {
		return s.untold(h, said.ID, a)
	}
	e, ok := said.Doc.(*protocol.Entry)
	if !ok {
		return nil
	}
	// A lapse rests on its date, and what we log of it may not come before it. What comes with an
	// Accept is judged with it (weigh), so that its hirer is told.
	first := e.Act == protocol.ActOpen || e.Act == protocol.ActHold && e.Part == 0
	if e.At > s.at+protocol.Skew && !first {
		return &job.Refusal{Code: protocol.CodeClock, Of: said.ID, Why: "it is dated too far ahead"}
	}
	d := s.deals[e.Job]
	if d != nil && (d.role != job.Provider || d.peer != h.From) {
		d = nil
	}
	switch e.Act {
	case protocol.ActCredit, protocol.ActMeter, protocol.ActSettled:
		return &job.Refusal{Code: protocol.CodeNotOffered, Of: said.ID, Why: "nothing that is dealt in here entitles to it"}
	case protocol.ActVoid:
		if d != nil && d.rests(e) { // nor must what evaluators did not award, or what was said of another part
			return known(d.job.Check(s.at, said))
		}
	case protocol.ActPost, protocol.ActAward:
		// A payment that is not what is owed must not end the hold.
		if d != nil {
			return known(d.job.Check(s.at, said))
		}
	}
	return nil
}

// why is what to say against a document that was not taken, or nil for nothing.
// The end of a job of which we have not heard that it began is no reason to
// blame the provider: if its take came too late for us, that is what we refuse,
// and until we have heard it we ask for it.
func (s *step) why(said wire.Said, err error) error {
	if c, ok := said.Doc.(*protocol.Cancel); ok {
		if d := s.deals[c.Job]; d != nil && d.role == job.Hirer && !d.job.Taken() {
			if d.spurned == nil {
				return nil
			}
			return d.spurned
		}
	}
	return &about{err, said.ID}
}

// about is an error with the document that it is about.
type about struct {
	error
	of wire.CID
}

func (a *about) Unwrap() error { return a.error }

// object refuses a document, saying why.
func (s *step) object(to wire.Key, err error) {
	var of wire.CID
	var j *job.Refusal
	var b *settlement.Refusal
	var f *settlement.Fork
	code, why := protocol.CodeOf(err), err.Error()
	switch {
	case errors.As(err, &j):
		of, code, why = j.Of, j.Code, j.Why
	case errors.As(err, &b):
		of, code, why = b.Of, b.Code, b.Why
	case errors.As(err, &f):
		of, code = f.Second, protocol.CodeFork
	}
	if a := new(about); errors.As(err, &a) {
		of = a.of
	}
	if !of.IsZero() {
		s.refuse(to, of, code, why)
	}
}

// recordHeard records a heard bundle, which is folded already.
func (s *step) recordHeard(e Heard, took uint64, touched []wire.CID) {
	b, err := e.Bundle.Bytes()
	if err != nil {
		s.fail("record what was heard", err)
	}
	f := Fact{What: FactHeard, Peer: e.From, Bundle: b, Took: took, said: e.Docs, heard: e.Bundle}
	s.record.Facts = append(s.record.Facts, f)
	s.fileHeard(s.at, &f, touched)
	s.jots(e.From, e.Docs)
	s.touch(touched...)
}
