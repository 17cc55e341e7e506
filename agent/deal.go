package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// deal is one job as this agent lives through it.
type deal struct {
	id    wire.CID
	job   *job.Job
	role  job.Role
	peer  wire.Key
	order string // the hirer's order it fulfils

	said      []utterance // our bundles, oldest first
	pending   []wire.Said // ours, counted but not yet said
	unseen    []place     // entries of the job that no countersign has covered
	work      *ending     // provider: what came of the work
	judgement *ending     // hirer: what came of the judging
	erased    bool
	over      bool // nothing more is needed of us

	busy   bool   // soft: a task is under way
	begun  uint64 // soft: since when
	served bool   // soft: the provider may fetch the inputs
	again  uint64 // soft: when what is not answered is said again
	pause  uint64 // soft: milliseconds between two tries
}

// ending is how a task ended.
type ending struct {
	code    protocol.Code
	detail  string
	results []payload.Artefact
	units   uint64
}

// place is a place in a lane.
type place struct {
	lane wire.CID
	seq  uint64
}

// utterance is a saying with its place among all of ours.
type utterance struct {
	n uint64
	*Saying
}

// live reports whether the deal may still need something of us.
func (d *deal) live() bool { return !d.over }

// concerns reports whether a countersign may tell something of the deal.
func (d *deal) concerns(c *protocol.Countersign) bool {
	return len(d.unseen) > 0 || slices.Contains(c.Taken, d.id) ||
		slices.ContainsFunc(c.Declined, func(x protocol.Declined) bool { return x.Job == d.id })
}

// Milliseconds between two tries to get an answer.
const (
	firstPause = 2_000
	lastPause  = 60_000
)

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
	if !s.seen(u.Saying) {
		return false
	}
	final := d.job.Stage(s.at).Final()
	for _, said := range u.Docs {
		switch said.Doc.(type) {
		case *protocol.Delivery:
			_, judged := d.job.Verdict()
			_, contested := d.job.Contest()
			if !judged && !contested && !final && !d.job.Acked(said.ID) {
				return false
			}
		case *protocol.Claim, *protocol.Contest:
			if !final {
				return false
			}
		case *protocol.Cancel:
			if !s.cancelAnswered(d) {
				return false
			}
		}
	}
	return true
}

// cancelAnswered: a provider's Cancel is answered by the hirer's VOID, a
// hirer's by the provider's Cancel or Delivery.
func (s *step) cancelAnswered(d *deal) bool {
	if d.role == job.Hirer {
		_, cancelled := d.job.CancelBy(job.Provider)
		_, delivered := d.job.Delivery()
		return cancelled || delivered || d.job.Stage(s.at).Final()
	}
	_, voided := d.job.Void()
	_, posted := d.job.Post()
	hold, held := s.book.HoldOf(d.id, 0)
	return voided || posted || !held || !hold.Outstanding() || s.at > hold.Deadline+protocol.Skew
}

// sayAgain says to a peer, in their first order, all bundles it has not answered.
func (s *step) sayAgain(peer wire.Key) {
	var open []utterance
	for _, id := range s.live {
		if d := s.deals[id]; d.peer == peer {
			open = append(open, s.unanswered(d)...)
		}
	}
	slices.SortFunc(open, func(a, b utterance) int { return int(a.n) - int(b.n) })
	for _, u := range open {
		s.effect(Say{u.Saying})
	}
	for _, o := range s.openings {
		if o.To == peer {
			s.effect(Say{o})
		}
	}
}

// retry says again what a deal's peer has not answered for a while, and returns
// when to look again, or 0.
func (s *step) retry(d *deal) uint64 {
	open := s.unanswered(d)
	if len(open) == 0 {
		d.again, d.pause = 0, 0
		return 0
	}
	if d.again == 0 || s.at >= d.again {
		if d.again != 0 {
			for _, u := range open {
				s.send(u.Saying)
			}
		}
		d.pause = min(max(firstPause, d.pause*2), lastPause)
		d.again = s.at + d.pause
	}
	return d.again
}

// tend decides when a deal is looked at again, or lets go of it.
func (s *step) tend(d *deal) {
	again := s.retry(d)
	if again == 0 && s.done(d) {
		s.finish(d)
		return
	}
	if at, _, ok := d.job.Next(s.at); ok && (again == 0 || at < again) {
		again = at
	}
	if at := s.started(d); at != 0 && (again == 0 || at < again) {
		again = at
	}
	if again == 0 { // final, but its hold is not yet ended
		hold, _ := s.book.HoldOf(d.id, 0)
		again = max(hold.Deadline+protocol.Skew, s.at) + 1
	}
	s.agenda.set(matter{what: dueDeal, job: d.id}, again)
}

// done reports whether a deal is final and its money at rest.
func (s *step) done(d *deal) bool {
	if !d.job.Stage(s.at).Final() || len(d.pending) > 0 {
		return false
	}
	hold, held := s.book.HoldOf(d.id, 0)
	return !held || !hold.Outstanding()
}

// finish lets go of a deal that needs nothing more of us, keeping what its
// owner may ask for.
func (s *step) finish(d *deal) {
	s.agenda.clear(matter{what: dueDeal, job: d.id})
	s.live = slices.DeleteFunc(s.live, func(id wire.CID) bool { return id == d.id })
	d.over = true
	if d.role == job.Provider && !d.erased {
		s.agenda.set(matter{what: dueErase, job: d.id}, s.at+d.job.Terms().Times.Retention)
	}
	s.effect(Changed{Key: d.order, Job: d.id})
}
