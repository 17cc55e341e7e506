package agent

import (
	"errors"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// A payer that came back from an old copy of its home has forgotten entries that it
// signed. Its payee has them, and shows it what lies between the two from there on; the
// payer adopts its own word, each entry checked like any other, and goes on in a fresh
// epoch. Nothing is decided anew: a job that was forgotten stays so, and its money counts.

const (
	shownPatience = 20_000 // milliseconds to wait for a peer to show what we have forgotten
	retellPause   = 60_000 // milliseconds between two tellings to one peer
)

// lag is what a peer has of our lanes that is not here.
type lag struct {
	heads []protocol.LaneHead
	until uint64 // what is missing is waited for
}

// compareLanes holds the lanes that a peer's Hello shows against the book: who has less
// is told.
func (s *step) compareLanes(peer wire.Key, h *protocol.Hello) {
	var missing []protocol.LaneHead
	for _, l := range h.Lanes {
		if !l.Payer && !s.book.Knows(s.c.Self, peer, l.Asset, l.Epoch, l.Seq, l.Head) {
			missing = append(missing, l)
		}
	}
	delete(s.lags, peer)
	p := s.party(peer)
	if len(missing) > 0 && (p.waited == 0 || s.at < p.waited+shownPatience) {
		if p.waited == 0 {
			p.waited = s.at // once in a run: who comes and goes must not keep us from paying
		}
		s.lags[peer] = &lag{missing, p.waited + shownPatience}
		s.agenda.set(matter{what: dueShown, peer: peer}, p.waited+shownPatience)
	}
	for _, l := range s.book.Lanes() {
		if l.Payer != peer {
			continue
		}
		i := slices.IndexFunc(h.Lanes, func(x protocol.LaneHead) bool { return x.Payer && x.Asset == l.Asset })
		switch {
		case i < 0:
			s.retell(peer, l.Asset, wire.CID{})
		case s.book.Knows(peer, s.c.Self, l.Asset, h.Lanes[i].Epoch, h.Lanes[i].Seq, h.Lanes[i].Head):
			s.retell(peer, l.Asset, h.Lanes[i].Head)
		}
	}
}

// retell has a payer shown what it has said to us after an entry, if there is more.
func (s *step) retell(payer wire.Key, asset string, after wire.CID) {
	l, ok := s.book.LaneFrom(payer, asset)
	if !ok || l.Stopped || l.Head == after {
		return
	}
	p := s.acquaint(payer)
	if p.retold != 0 && s.at < p.retold+retellPause {
		return
	}
	p.retold = s.at
	s.effect(Retell{To: payer, After: after, Tip: l.Head})
}

// remind has a payer shown what it has forgotten where its OPEN was refused because of that.
func (s *step) remind(e Heard, err error) {
	if protocol.CodeOf(err) != protocol.CodeLaneBehind {
		return
	}
	for _, said := range e.Docs {
		if open, ok := said.Doc.(*protocol.Entry); ok && open.Act == protocol.ActOpen && open.By == e.From {
			s.retell(e.From, open.Asset, open.OldHead)
			return
		}
	}
}

// catchingUp reports whether a peer is about to show us what we have forgotten.
func (s *step) catchingUp(peer wire.Key) bool {
	l := s.lags[peer]
	return l != nil && s.at < l.until
}

// caughtUp ends the waiting for a peer once nothing of what it has is missing here.
func (s *step) caughtUp(peer wire.Key) {
	l := s.lags[peer]
	if l == nil {
		return
	}
	l.heads = slices.DeleteFunc(l.heads, func(h protocol.LaneHead) bool {
		return s.book.Knows(s.c.Self, peer, h.Asset, h.Epoch, h.Seq, h.Head)
	})
	if len(l.heads) == 0 {
		delete(s.lags, peer)
	}
}

// unshown gives up waiting for what a peer did not show.
func (s *step) unshown(peer wire.Key) {
	if l := s.lags[peer]; l != nil && s.at >= l.until {
		delete(s.lags, peer)
		s.placeWith(peer)
	}
}

// adopted reports whether a bundle is our own word, which a peer shows us. It goes into
// the book: entries in a lane to that peer, and what we have said besides of jobs that
// are not forgotten.
func (s *step) adopted(e Heard) bool {
	if e.Bundle.By != s.c.Self {
		return false
	}
	s.adopt(e)
	return true
}

func (s *step) adopt(e Heard) {
	var took uint64
	var touched []wire.CID
	for i, said := range e.Docs {
		if entry, ok := said.Doc.(*protocol.Entry); ok && entry.Payee != e.From {
			continue
		}
		jobs, err := s.foldAdopted(s.at, e.From, said)
		var fork *settlement.Fork
		if err == nil || errors.As(err, &fork) { // a replay must stop a lane that forked, too
			took |= 1 << i
			touched = append(touched, jobs...)
		}
	}
	if took == 0 {
		return
	}
	s.recordHeard(e, took, touched)
	s.contracted(e)
	s.tendStrays(e.From)
	for _, d := range slices.Clone(s.party(e.From).deals) {
		if slices.Contains(touched, d.id) {
			s.advance(d)
		}
	}
}

const placedBefore = "it was placed before, with a provider that has shown it; this home came back " +
	"from an old copy and has forgotten what came of it"

// contracted gives up the orders that wait here and were contracted for already, which a
// copy does not know: nothing is bought twice for them. An input has a name that no other has.
func (s *step) contracted(e Heard) {
	for _, said := range e.Docs {
		a, ok := said.Doc.(*protocol.Accept)
		if !ok || s.deals[said.ID] != nil || s.past[said.ID] != nil {
			continue
		}
		for _, key := range slices.Clone(s.wishes) {
			o := s.orders[key]
			if slices.ContainsFunc(a.Inputs, func(x payload.Artefact) bool { return x.ID == o.Input.ID }) {
				s.giveUp(o, protocol.CodeDuplicate, placedBefore)
			}
		}
	}
}

// foldAdopted folds one document of our own that comes back to us from an earlier run.
// The book alone decides of an entry: of a job that is known it may have been forgotten
// what led to it. Documents of jobs that are forgotten are left alone.
func (a *Agent) foldAdopted(at uint64, peer wire.Key, said wire.Said) ([]wire.CID, error) {
	doc, ok := said.Doc.(*protocol.Entry)
	if !ok {
		d := a.deals[jobOf(said.Doc)]
		if d == nil || d.peer != peer {
			return nil, errKnown
		}
		return a.foldAbout(at, d, said)
	}
	if err := a.book.Apply(said); err != nil {
		return nil, known(err)
	}
	switch {
	case doc.Act == protocol.ActHold:
		a.layOut(at, doc)
		if !a.Has(doc.Job) {
			a.strayed(said.ID)
		}
	case doc.Act == protocol.ActPost && !doc.Amount.IsZero():
		a.acquaint(doc.Payee).dealt = true
	}
	if d := a.deals[doc.Job]; d != nil && d.peer == doc.Payee {
		_ = d.job.Apply(at, said) // what does not fit the job is owed all the same
		d.unseen = append(d.unseen, place{doc.Lane(a.c.Net), doc.Seq})
		a.enliven(d)
	}
	return []wire.CID{doc.Job}, nil
}

// Between returns the bundles in r that were heard from a peer or said to it, in order.
func (r *Record) Between(peer wire.Key) []*wire.Bundle {
	var all []*wire.Bundle
	for i := range r.Facts {
		f := &r.Facts[i]
		if f.Peer == peer && f.heard != nil && (f.What == FactHeard && f.heard.By == peer || f.What == FactSaid) {
			all = append(all, f.heard)
		}
	}
	return all
}

// MaxRetold is how many entries one telling goes back at most.
const MaxRetold = 16_384

// Back returns the entries of a lane from Tip back to After, newest first, over all
// epochs, and their jobs; look finds an entry by its name. After is among them, since the
// payer may not have heard of its countersign. ok is false where After is not reached
// within MaxRetold entries.
func (e Retell) Back(look func(wire.CID) (*protocol.Entry, bool)) (names, jobs []wire.CID, ok bool) {
	for id := e.Tip; !id.IsZero(); {
		entry, found := look(id)
		if !found || len(names) == MaxRetold {
			return nil, nil, false
		}
		names, jobs = append(names, id), append(jobs, entry.Job)
		if id == e.After {
			return names, jobs, true
		}
		if id = entry.Prev; entry.Act == protocol.ActOpen {
			id = entry.OldHead
		}
	}
	return names, jobs, e.After.IsZero()
}
