package agent

import (
	"errors"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// longestAnswer bounds the time, in milliseconds, that Terms may give for an
// answer to an Outcome: they are the provider's, and it must not keep a bad one
// from counting.
const longestAnswer = 86_400_000

// slice is how many edges of the web of trust one step looks at, besides one
// agent's more: well below a millisecond.
const slice = 4_000

// day is the unit of decay in reputation, in milliseconds.
const day = 86_400_000

// Estimate answers how likely a provider is to do a job of a capability well, as
// this agent sees it at an instant.
func (a *Agent) Estimate(at uint64, provider wire.Key, capability string) reputation.Estimate {
	return a.web.Estimate(at, provider, capability)
}

// Standing returns how far this agent's trust reaches a peer, 0 to 1: 1 for
// itself, 0 for who was never met and for who has equivocated.
func (a *Agent) Standing(peer wire.Key) float64 { return a.web.Standing(peer) }

// Why explains what Estimate answers.
func (a *Agent) Why(at uint64, provider wire.Key, capability string) reputation.Explanation {
	return a.web.Why(at, provider, capability)
}

// Known returns the agents of whom this one has evidence; see reputation.Book.
func (a *Agent) Known(from, most int) (known []reputation.Acquaintance, next int) {
	return a.web.Known(from, most)
}

// Met returns what evidence there is of one agent; false where there is none.
func (a *Agent) Met(peer wire.Key) (reputation.Acquaintance, bool) { return a.web.Met(peer) }

// evidence returns what the Outcomes of a deal are worth as evidence: one in the
// logs of both; else the hirer's, where the provider has shown another; else our
// own, which needs no answer to convince us. answered reports whether both sides
// have had their word.
func (a *Agent) evidence(at uint64, d *deal) (e reputation.Evidence, answered bool) {
	h, byHirer := d.job.OutcomeBy(job.Hirer)
	p, byProvider := d.job.OutcomeBy(job.Provider)
	both := func(of job.Role) bool { return d.job.Logged(job.Hirer, of) && d.job.Logged(job.Provider, of) }
	switch {
	case both(job.Hirer):
		e.Said, e.How = h, reputation.Agreed
	case both(job.Provider):
		e.Said, e.How = p, reputation.Agreed
	case byHirer && byProvider && contradict(h.Doc.(*protocol.Outcome), p.Doc.(*protocol.Outcome)) &&
		bearsOutProvider(d.job, at, p.Doc.(*protocol.Outcome)):
		e.Said, e.How = h, reputation.Contested
	case byHirer && d.role == job.Hirer:
		e.Said, e.How = h, reputation.Shown
	case byProvider && d.role == job.Provider:
		e.Said, e.How = p, reputation.Claimed
	default:
		return e, false
	}
	o := e.Said.Doc.(*protocol.Outcome)
	e.Band, _ = proved(d.job, o)
	posted, _ := paid(d.job) // of our own payments, and those made to us, we need no receipt
	e.Paid = !posted.IsZero()
	e.HirerOwned = d.role == job.Hirer && o.HirerOwner == a.mandate.By
	e.ProviderOwned = d.role == job.Provider && o.ProviderOwner == a.mandate.By
	return e, e.How >= reputation.Contested
}

// learn takes what is known of a deal into the web of trust. What the Book
// refuses, as where one owner is on both sides, weighs nothing there.
func (a *Agent) learn(at uint64, d *deal) {
	e, answered := a.evidence(at, d)
	d.answered = answered
	if e.Said.Doc != nil && a.web.Learn(at, e) == nil {
		a.notes.Forget(d.job.Provider())
		a.restless = true
	}
}

// answerBy returns until when our own Outcome of a deal may be answered, or 0
// where nothing waits for that.
func (s *step) answerBy(d *deal) uint64 {
	said, ok := d.job.OutcomeBy(d.role)
	if !ok || d.answered {
		return 0
	}
	by := said.Doc.Header().At + min(d.job.Terms().Times.Outcome, longestAnswer) + protocol.Skew
	if s.at >= by {
		return 0
	}
	return by
}

// heardLog takes another's log entry into the web: one who writes two in one
// place weighs nothing from then on.
func (a *Agent) heardLog(said wire.Said) {
	e := said.Doc.(*protocol.LogEntry)
	last, known := a.web.Head(e.By)
	if next := e.Seq == 1 && e.Prev == last.Entry || e.Epoch == last.Epoch && e.Seq == last.Seq+1; !known || !next {
		a.party(e.By).unread = true
	}
	var fork *reputation.Fork
	if err := a.web.Log(said); errors.As(err, &fork) {
		a.restless = true
	}
}

// ponder gives the web of trust a slice of work, and comes back for more; with
// none left, on the next day, when evidence has aged.
func (s *step) ponder() {
	if s.web.Step(s.at, slice) {
		s.notes.Reconsider()
		s.agenda.set(matter{what: dueTrust}, (s.at/day+1)*day)
		return
	}
	s.agenda.set(matter{what: dueTrust}, s.at+1)
}
