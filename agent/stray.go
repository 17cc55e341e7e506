package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// A stray is a hold of ours whose job this home has forgotten: an old copy was restored
// while the job was under way, and the payee has shown the entry. What the payee claims
// of it is owed; what it does not claim comes free when the time is over.

// strayed notes a hold that was adopted, and forgets those that have ended for good.
func (a *Agent) strayed(hold wire.CID) {
	a.strays = slices.DeleteFunc(a.strays, func(id wire.CID) bool {
		h, ok := a.book.Hold(id)
		return !ok || h.EndSeen
	})
	a.strays = append(a.strays, hold)
}

// strayOf returns the stray hold for a part of a job.
func (a *Agent) strayOf(job wire.CID, part uint64) (settlement.HoldState, bool) {
	for _, id := range a.strays {
		if h, ok := a.book.Hold(id); ok && h.Job == job && h.Part == part {
			return h, true
		}
	}
	return settlement.HoldState{}, false
}

// ofStray reports whether a document is about a job of ours that is forgotten.
func (a *Agent) ofStray(said wire.Said) bool {
	id := jobOf(said.Doc)
	if id.IsZero() || a.Has(id) {
		return false
	}
	return slices.ContainsFunc(a.strays, func(hold wire.CID) bool {
		h, ok := a.book.Hold(hold)
		return ok && h.Job == id
	})
}

// tendStrays ends the stray holds for a payee: what is claimed is posted, what nobody
// has claimed in time is voided.
func (s *step) tendStrays(payee wire.Key) {
	for _, id := range s.strays {
		h, ok := s.book.Hold(id)
		switch {
		case !ok || h.Payee != payee || h.Payer != s.c.Self || !h.Due() && !h.Outstanding():
			continue
		case !h.Due() && s.at <= h.Deadline+protocol.Skew:
			s.agenda.hasten(matter{what: dueStray, peer: payee}, h.Deadline+protocol.Skew+1)
			continue
		}
		p := s.speech(payee, wire.CID{})
		if !s.openLane(p, payee, h.Asset) {
			p.say()
			s.agenda.set(matter{what: dueStray, peer: payee}, s.at+lastPause)
			return
		}
		var end *protocol.Entry
		var err error
		if h.Due() {
			end, err = s.book.DraftPost(id, h.Claimed)
		} else {
			end, err = s.book.DraftVoid(s.at, id)
		}
		if err != nil {
			s.slip("end a hold whose job is forgotten", err)
			continue
		}
		p.entry(end)
		p.say()
		s.agenda.set(matter{what: dueOpening, peer: payee}, s.at+firstPause)
	}
}
