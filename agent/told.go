package agent

import (
	"errors"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// maxEarly is how many Outcomes whose answer is not yet overdue are kept in
// mind, strangers' at most in half of the room. What finds no room is learned when the logs are told again, at the next
// start.
const maxEarly = 1024

// inquiryPause is how many milliseconds a candidate's log is not asked for again,
// and maxInquiries how many are asked at once.
const (
	inquiryPause = 600_000
	maxInquiries = 16
)

// told takes in what others' logs show. It is soft: nothing of it is recorded,
// and after a start it is told again.
func (s *step) told(e Told) {
	if e.Author == s.c.Self { // of ourselves we know from our own record
		return
	}
	if e.Forked {
		s.web.Forked(e.Author)
	}
	if !e.Owner.IsZero() {
		s.owners[e.Author] = e.Owner
		s.web.Owned(e.Author, e.Owner)
	}
	var ask []wire.Key
	for _, t := range e.Pages {
		for _, entry := range t.Entries {
			var fork *reputation.Fork
			if err := s.web.Log(entry); errors.As(err, &fork) && !fork.Known {
				s.effect(Caught{Author: fork.Author, First: fork.First, Second: fork.Second})
			}
		}
		if other, ok := s.unheard(e.Author, t); ok {
			ask = append(ask, other)
		}
		switch {
		case t.Evidence.Said.Doc == nil, s.ours(t.Evidence):
		case t.Due <= s.at:
			s.believe(t.Evidence)
		case t.Due > s.at+longestAnswer+2*protocol.Skew: // from the future
		case len(s.early) < maxEarly/2, s.Dealt(e.Author) && len(s.early) < maxEarly:
			s.early[t.Evidence.Said.ID] = t.Evidence
			s.agenda.set(matter{what: dueEvidence, job: t.Evidence.Said.ID}, t.Due)
		}
	}
	s.inquire(nil, ask)
	s.restless = true
}

// unheard returns who else was part of a job of which one side alone has told a short
// while ago, where trust reaches that side: the other may have answered since, or was never
// told, and is asked for its log before the word counts, if it is to be had.
func (s *step) unheard(author wire.Key, t Testimony) (other wire.Key, ok bool) {
	o, said := t.Evidence.Said.Doc.(*protocol.Outcome)
	if !said || s.ours(t.Evidence) || t.Evidence.How >= reputation.Contested || t.Due+longestAnswer < s.at {
		return wire.Key{}, false
	}
	other = o.Provider
	if author == o.Provider {
		other = o.Hirer
	}
	return other, s.Dealt(author) || s.guest(author).standing > 0
}

// ours reports whether evidence is of a job of our own: of that the journal tells,
// and no page of the other side's takes anything from it.
func (a *Agent) ours(e reputation.Evidence) bool {
	o, ok := e.Said.Doc.(*protocol.Outcome)
	return ok && (o.Hirer == a.c.Self || o.Provider == a.c.Self)
}

// believe learns a piece of evidence about others. An owner counts where a
// mandate by it for the agent was seen, in that agent's own log.
func (s *step) believe(e reputation.Evidence) {
	if o, ok := e.Said.Doc.(*protocol.Outcome); ok {
		e.HirerOwned = s.owned(o.Hirer, o.HirerOwner)
		e.ProviderOwned = s.owned(o.Provider, o.ProviderOwner)
	}
	if s.web.Learn(s.at, e) == nil { // what it refuses weighs nothing
		s.restless = true
	}
}

// owned reports whether it is proved that owner answers for an agent.
func (a *Agent) owned(agent, owner wire.Key) bool {
	if agent == a.c.Self {
		return owner == a.mandate.By
	}
	proved, ok := a.owners[agent]
	return ok && proved == owner
}

// overdue believes an Outcome that nobody has answered in time.
func (s *step) overdue(outcome wire.CID) {
	e, ok := s.early[outcome]
	delete(s.early, outcome)
	if ok {
		s.believe(e)
	}
}

// headTold compares how far a peer says its log has come with what is here, and
// asks for what is not.
func (s *step) headTold(peer wire.Key, h *protocol.Hello) {
	if h.LogHead.IsZero() {
		return
	}
	_, met := s.web.Met(peer) // a stranger's word leaves nothing here
	if met && h.LogSeq > 0 {  // of an epoch without entries there is nothing that could be missing
		head := s.name(&protocol.LogHead{
			Head:   wire.Head{Kind: protocol.KindLogHead, By: peer, At: h.At, Nonce: h.Nonce},
			Author: peer, Epoch: h.LogEpoch, Seq: h.LogSeq, Entry: h.LogHead,
		})
		_ = s.web.Log(head) // refused where the book is full: then the hole does not show
	}
	if have, ok := s.web.Head(peer); !ok || have.Entry != h.LogHead || len(s.web.Holes(peer)) > 0 {
		s.effect(Pull{Author: peer, Wanted: s.Dealt(peer), Standing: s.guest(peer).standing})
	}
}

// inquire asks those about to be hired for their logs, and those of whom a bad word was
// heard: they have an interest to show them. Nobody waits for it; the next hire knows.
func (s *step) inquire(firm []hire.Candidate, ask []wire.Key) {
	for _, c := range firm {
		ask = append(ask[:len(ask):len(ask)], c.Provider)
	}
	n := 0
	for _, k := range ask {
		if n == maxInquiries {
			return
		}
		if at, asked := s.inquiries[k]; asked && s.at < at+inquiryPause {
			continue
		}
		if len(s.inquiries) >= maxEarly {
			clear(s.inquiries)
		}
		s.inquiries[k] = s.at
		n++
		s.effect(Pull{Author: k, Wanted: s.Dealt(k), Standing: s.guest(k).standing})
	}
}
