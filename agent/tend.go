package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Milliseconds between two tries to get an answer.
const (
	firstPause = 2_000
	lastPause  = 60_000    // from a peer that is there, from which on it grows but slowly
	awayPause  = 1_800_000 // from one that is not: it is heard of when it comes back
)

// How often what nobody can be seen to have heard is said: that a job was taken
// too late, and a Claim when all is over.
const (
	enoughSpurns = 5
	enoughTries  = 8 // of an Outcome that is not answered too
)

// longer returns the pause after pause.
func (s *step) longer(peer wire.Key, pause uint64) uint64 {
	if _, linked := s.peers[peer]; !linked {
		return min(max(firstPause, pause*2), awayPause)
	}
	return slower(pause)
}

// slower is longer for a peer that is there. It is asked every minute at first; but
// where two know different things of one another, as after one was restored from an old
// copy, that would be for ever, and it is asked ever more seldom.
func slower(pause uint64) uint64 {
	if pause < lastPause {
		return min(max(firstPause, pause*2), lastPause)
	}
	return min(pause+pause/8, awayPause)
}

// advance lets a deal take its next step, until it has none.
func (s *step) advance(d *deal) {
	switch {
	case !d.live:
		return
	case s.full():
		s.agenda.set(matter{what: dueDeal, job: d.id}, s.at)
		return
	case d.role == job.Hirer:
		s.buy(d)
	default:
		s.supply(d)
	}
	s.attest(d)
	s.tend(d)
}

// tend decides when a deal is looked at again, or lets go of it.
func (s *step) tend(d *deal) {
	s.consider(s.orders[d.order])
	again := s.retry(d)
	if again == 0 && s.done(d) {
		s.agenda.clear(matter{what: dueDeal, job: d.id})
		s.letGo(d)
		return
	}
	at, _, waits := d.job.Next(s.at)
	if waits {
		again = sooner(again, at)
	}
	again = sooner(sooner(again, s.started(d)), s.answerBy(d))
	if by := s.lostBy(d); by > s.at {
		again = sooner(again, by)
	}
	if d.role == job.Provider && d.job.Windowed() && d.job.Stage(s.at) == job.Working && d.workUntil() > s.at {
		again = sooner(again, d.workUntil())
	}
	if at := s.patience(d); at > s.at {
		again = sooner(again, at)
	}
	again = sooner(sooner(again, s.bring(d)), s.relay(d))
	if again == 0 { // final, but its hold is not yet ended
		again = s.holdEnds(d) + protocol.Skew + 1
		if again <= s.at { // nothing can be said now: its lane is not open
			d.pause = s.longer(d.peer, d.pause)
			again = s.at + d.pause
		}
	}
	s.agenda.set(matter{what: dueDeal, job: d.id}, max(again, s.at+1))
}

// sooner returns the earlier of two instants, of which 0 is none.
func sooner(a, b uint64) uint64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// done reports whether a deal is final and its money at rest, or no more of our business.
func (s *step) done(d *deal) bool {
	if !d.job.Stage(s.at).Final() || len(d.pending) > 0 || s.answerBy(d) != 0 || len(s.unshared(d)) > 0 {
		return false
	}
	return s.atRest(d, func(hold settlement.HoldState) bool {
		// Late, what is still to be said is the hirer's to say, and of a claim that it does not
		// owe by what it knows it has nothing to say.
		part, _ := d.job.Part(hold.Part)
		denied := !hold.Claim.IsZero() && s.at > part.ResolveBy() && part.Fault(s.at) != job.Hirer
		return (d.role == job.Provider || denied) && s.at > hold.Deadline+protocol.Skew || !hold.Outstanding() && !hold.Due()
	})
}

// letGo lets go of a deal that needs nothing more of us.
func (s *step) letGo(d *deal) {
	s.fact(Fact{What: FactLetGo, Job: d.id})
	if p := s.party(d.peer); p.unread {
		p.unread = false
		s.effect(Pull{Author: d.peer, Wanted: s.Dealt(d.peer), Standing: s.guest(d.peer).standing}) // it has written of other jobs than ours
	}
	if d.role == job.Hirer {
		s.effect(Withhold{From: d.peer, Artefacts: d.allInputs()})
		if o := s.orders[d.order]; s.outlived(o) {
			s.erasePart(o)
		}
	} else if k := s.keepsakes[d.id]; k != nil {
		s.agenda.set(matter{what: dueErase, job: d.id}, k.until)
	}
}

// erase ends the retention of a job's payloads on the provider's side.
func (s *step) erase(id wire.CID) {
	if k := s.keepsakes[id]; k != nil {
		s.fact(Fact{What: FactErased, Job: id})
		s.effect(Erase{From: k.peer, Inputs: k.inputs, Results: k.results})
		s.eraseParts(id)
	}
}

// eraseAgain repeats the erasures decided last: the run before may have ended
// between a fact and its deed, and to erase what is gone does nothing.
func (s *step) eraseAgain() {
	for _, k := range s.erased {
		s.effect(Erase{From: k.peer, Inputs: k.inputs, Results: k.results})
	}
	for _, key := range s.keys {
		if o := s.orders[key]; !o.waiting() && s.outlived(o) {
			s.erasePart(o)
		}
	}
}

// unanswered returns the deal's bundles that still want an answer.
func (s *step) unanswered(d *deal) []utterance {
	var open []utterance
	for _, u := range d.said {
		if !s.answered(d, u) {
			open = append(open, u)
		}
	}
	return open
}

// answered reports whether nothing in a bundle waits for the other side.
func (s *step) answered(d *deal, u utterance) bool {
	for _, said := range u.Docs {
		part := d.about(said.Doc)
		final := func() bool { return part.Stage(s.at).Final() }
		switch doc := said.Doc.(type) {
		case *protocol.Entry:
			if !s.entryAnswered(d, doc) {
				return false
			}
		case *protocol.Need, *protocol.Provide:
			if !s.pauseAnswered(d, said) {
				return false
			}
		case *protocol.Delivery:
			_, judged := part.Verdict()
			_, contested := part.Contest()
			if !judged && !contested && !d.job.Acked(said.ID) && !final() {
				return false
			}
		case *protocol.Contest:
			if !final() {
				return false
			}
		case *protocol.Claim:
			// Who voids what is claimed has not heard of the claim.
			hold, _ := s.book.HoldOf(d.id, doc.Part)
			if !final() || hold.Due() && !hold.Outstanding() && d.tries < enoughTries {
				return false
			}
		case *protocol.Verdict:
			// One that passes goes with a POST, which waits for its countersign. On one that fails
			// the entry may rest that ends the hold.
			_, answered := part.Answer()
			last, _ := part.Verdict()
			hold, _ := s.book.HoldOf(d.id, part.Number())
			over := final() && (hold.Outstanding() || hold.EndSeen || s.at > part.ResolveBy())
			if !doc.Pass && !answered && !over && said.ID == last.ID {
				return false
			}
		case *protocol.Cancel:
			if !s.cancelAnswered(d, part, final()) {
				return false
			}
		case *protocol.Outcome:
			if s.answerBy(d) != 0 && d.tries < enoughTries {
				return false
			}
		}
	}
	return true
}

// entryAnswered reports whether a countersign has covered an entry of the deal,
// and for its HOLD, whether the provider has decided too.
func (s *step) entryAnswered(d *deal, e *protocol.Entry) bool {
	if e.Act == protocol.ActHold && d.spurns < enoughSpurns {
		// Taking it too late must be heard, too, and refused: so that both sides
		// end alike. A Refuse may be lost without anyone knowing.
		_, declined := d.job.Declined()
		part, _ := d.job.Part(e.Part)
		_, cancelled := part.CancelBy(job.Provider)
		if !declined && !cancelled && !d.job.Taken() {
			return false
		}
		if e.Part > 0 && !part.HoldAnswered() && s.at <= part.ResolveBy() {
			return false // it came too late, and the Refuse that says so was lost
		}
	}
	return !slices.ContainsFunc(d.unseen, func(p place) bool { return p.seq == e.Seq && p.lane == e.Lane(s.c.Net) }) || s.seenLater(d, e)
}

// seenLater reports whether a countersign in a later lane has covered an entry,
// and the job has nothing to learn from the one that was lost.
func (s *step) seenLater(d *deal, e *protocol.Entry) bool {
	hold, held := s.book.HoldOf(d.id, e.Part)
	part, _ := d.job.Part(e.Part)
	if !held {
		return true
	}
	if e.Act == protocol.ActHold || e.Act == protocol.ActOpen {
		return hold.Countersigned
	}
	return hold.EndSeen && (part.PostSeen() || part.VoidSeen() || part.Stage(s.at).Final())
}

// cancelAnswered: a provider's Cancel is answered by the hirer's VOID, a
// hirer's by the provider's Cancel or Delivery.
func (s *step) cancelAnswered(d *deal, part job.Part, final bool) bool {
	if d.role == job.Hirer {
		_, cancelled := part.CancelBy(job.Provider)
		_, delivered := part.Delivery()
		return cancelled || delivered || final
	}
	if _, posted := part.Post(); posted { // in advance: there is no hold to void, but an Outcome to say
		_, told := d.job.OutcomeBy(job.Hirer)
		return told || s.at > part.ResolveBy()
	}
	hold, held := s.book.HoldOf(d.id, part.Number())
	return !held || !hold.Outstanding() || s.at > hold.Deadline+protocol.Skew
}

// sayAgain says to a peer, in their first order, all bundles it has not answered.
func (s *step) sayAgain(peer wire.Key) {
	p := s.party(peer)
	var open []utterance
	for _, d := range p.deals {
		open = append(open, s.unanswered(d)...)
	}
	slices.SortFunc(open, func(a, b utterance) int { return int(a.n) - int(b.n) })
	for _, u := range open {
		s.effect(Say{u.Saying})
	}
	for _, o := range p.openings {
		s.effect(Say{o})
	}
}

// retry says again what a deal's peer has not answered for a while, and returns
// when to look again, or 0.
func (s *step) retry(d *deal) uint64 {
	open := s.unanswered(d)
	if len(open) == 0 {
		d.again = 0
		return 0
	}
	if d.again == 0 {
		d.pause, d.tries = 0, 0
	}
	if d.again == 0 || s.at >= d.again {
		if d.again != 0 {
			d.tries++
			for _, u := range open {
				s.sendAgain(u.Saying)
			}
		}
		d.pause = s.longer(d.peer, d.pause)
		d.again = s.at + d.pause
	}
	return d.again
}

// openAgain says again the OPENs that a peer has not countersigned.
func (s *step) openAgain(peer wire.Key) {
	p := s.party(peer)
	if len(p.openings) == 0 {
		return
	}
	for _, o := range p.openings {
		s.sendAgain(o)
	}
	p.pause = s.longer(peer, p.pause)
	s.agenda.set(matter{what: dueOpening, peer: peer}, s.at+p.pause)
}
