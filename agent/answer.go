package agent

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// answer answers what was just folded: it countersigns what was written in the
// peer's lanes, and lets each job that moved take its next step.
func (s *step) answer(e Heard, took uint64) {
	var lanes []string // assets of the peer's lanes that moved
	var holds []wire.Said
	opened, countersigned := false, false
	for i, said := range e.Docs {
		if took&(1<<i) == 0 {
			continue
		}
		switch doc := said.Doc.(type) {
		case *protocol.Entry:
			if doc.Act == protocol.ActHold {
				holds = append(holds, said)
			} else if !slices.Contains(lanes, doc.Asset) {
				lanes = append(lanes, doc.Asset)
			}
		case *protocol.Countersign:
			countersigned = true
			opened = opened || doc.Seq == 1
		}
	}
	for _, said := range holds {
		if h := said.Doc.(*protocol.Entry); h.Part > 0 {
			s.follow(e.From, said.ID, h)
		} else {
			s.take(e.From, h.Asset, h.Job)
		}
	}
	s.insist(e, took)
	for _, asset := range lanes {
		s.countersign(e.From, asset, e, took)
	}
	for _, d := range slices.Clone(s.party(e.From).deals) {
		// Where a countersign made room in the lane, others may go on too.
		if opened || d.waits && countersigned || slices.Contains(s.touched, d.id) {
			s.advance(d)
		}
	}
	if countersigned {
		s.caughtUp(e.From)
		s.placeWith(e.From)
	}
	if len(s.strays) > 0 {
		s.tendStrays(e.From)
	}
}

// countersign answers entries that need no decision, together with our own log
// entry for an outcome that came with them.
func (s *step) countersign(payer wire.Key, asset string, e Heard, took uint64) {
	cs, err := s.draft(payer, asset)
	if err != nil {
		return // a lane that forked before it began
	}
	if s.book.Check(wire.Said{Doc: cs}) != nil {
		return // a hold of the same bundle was answered, and this entry with it
	}
	p := s.speech(payer, wire.CID{})
	p.countersign(cs, asset)
	for i, said := range e.Docs {
		if took&(1<<i) == 0 {
			continue
		}
		switch doc := said.Doc.(type) {
		case *protocol.Entry:
			if d := s.deals[doc.Job]; d != nil && d.peer == payer {
				p.job = doc.Job
			}
		case *protocol.Outcome:
			if d := s.deals[doc.Job]; d != nil && !d.job.Logged(d.role, d.other()) && s.agrees(d, doc) {
				p.write(s.logEntry(said.ID))
			}
		}
	}
	p.say()
}

// draft is the countersign of all that a payer has written in a lane, with the holds that
// are in dispute. They are named again as long as it makes a difference, for a later
// countersign may overtake this one.
func (s *step) draft(payer wire.Key, asset string) (*protocol.Countersign, error) {
	cs, err := s.book.DraftCountersign(payer, asset)
	if err != nil {
		return nil, err
	}
	cs.Head = s.head(protocol.KindCountersign)
	cs.Disputed = nil
	for _, d := range s.party(payer).deals {
		if d.role != job.Provider || d.job.Terms().Asset != asset {
			continue
		}
		for _, said := range d.job.Holds() {
			if s.inDispute(d, said) && len(cs.Disputed) < maxDisputed {
				cs.Disputed = append(cs.Disputed, said.ID)
			}
		}
	}
	return cs, nil
}

// maxDisputed is how many holds one countersign disputes: beside them it has room for the jobs it answers.
const maxDisputed = protocol.MaxSaidJobs / 2

// inDispute reports whether a hold of a deal was ended although we have claimed it: by a
// VOID, or by the split of a complaint that we heard too late. The first receipt over that
// split disputes it whatever the time, for by one that does not the book frees the rest.
func (s *step) inDispute(d *deal, said wire.Said) bool {
	hold, held := s.book.Hold(said.ID)
	part := d.about(said.Doc)
	return held && (hold.Due() && !hold.Outstanding() || !part.Missing().IsZero())
}

// insist says again the Claims on holds that a bundle ends although we have claimed
// more: they must be heard before its entry is countersigned.
func (s *step) insist(e Heard, took uint64) {
	for i, said := range e.Docs {
		end, ok := said.Doc.(*protocol.Entry)
		if !ok || took&(1<<i) == 0 {
			continue
		}
		hold, held := s.book.Hold(end.Hold)
		d := s.deals[hold.Job]
		if !held || d == nil || hold.Rest.IsZero() {
			continue
		}
		for _, u := range d.said {
			if slices.ContainsFunc(u.Docs, func(x wire.Said) bool { return x.ID == hold.Claim }) {
				s.send(u.Saying)
			}
		}
	}
}

// sayStored answers a bundle that is known: with what we answered it the first
// time, byte for byte, or else with the last countersign of its lane.
func (s *step) sayStored(e Heard) {
	for _, said := range e.Docs {
		id := jobOf(said.Doc)
		if id.IsZero() {
			id = said.ID // an Accept
		}
		if u := s.stored(e.From, id, e.Docs[0].ID); u != nil {
			s.send(u)
			return
		}
	}
	for _, said := range e.Docs {
		if entry, ok := said.Doc.(*protocol.Entry); ok {
			if u := s.party(e.From).lastAnswer(entry.Asset, entry.Lane(s.c.Net)); u != nil {
				s.send(u)
				return
			}
		}
	}
}

// stored returns what we answered a peer's bundle about a job, or what of ours
// may answer it as well.
func (s *step) stored(peer wire.Key, id, bundle wire.CID) (last *Saying) {
	var all []*Saying
	if p := s.past[id]; p != nil && p.view.Peer == peer {
		all = p.closing
	} else if d := s.deals[id]; d != nil && d.peer == peer {
		all = d.replies()
	}
	for _, answer := range all {
		if answer.reply == bundle {
			return answer
		}
		if answer.countersigns() {
			last = answer
		}
	}
	return last
}

// take decides about a job whose hold has been heard, and answers with the
// countersign that takes or declines it. Taken work that may be quick keeps its
// countersign back for the Delivery's bundle; it is durable all the same.
func (s *step) take(from wire.Key, asset string, id wire.CID) {
	draft, err := s.draft(from, asset)
	if err != nil {
		return // the lane forked before it began
	}
	d := s.deals[id]
	if d != nil && (d.peer != from || d.role != job.Provider) {
		d = nil
	}
	if code := s.weigh(d); code == "" {
		cs := *draft
		cs.Taken = []wire.CID{id}
		if s.mayAnswer(d, &cs) {
			s.undertake(d, &cs, asset)
			return
		}
	} else {
		cs := *draft
		cs.Declined = []protocol.Declined{{Job: id, Code: code}}
		if s.mayAnswer(d, &cs) {
			draft = &cs
		}
	}
	if !s.mayAnswer(nil, draft) && !s.mayAnswer(d, draft) {
		return // all is said: by a decision before, or with another hold of the same bundle
	}
	p := s.speech(from, wire.CID{})
	if d != nil {
		p.job = id
	}
	p.countersign(draft, asset)
	p.say()
}

// mayAnswer reports whether a countersign tells the book something new, and d,
// where it is given, takes it too.
func (s *step) mayAnswer(d *deal, cs *protocol.Countersign) bool {
	said := wire.Said{Doc: cs}
	return s.book.Check(said) == nil && (d == nil || d.job.Check(s.at, said) == nil)
}

// undertake takes a job, durably, and has the work begun.
func (s *step) undertake(d *deal, cs *protocol.Countersign, asset string) {
	p := s.about(d)
	if !p.countersign(cs, asset) {
		return
	}
	if inline(d.job.Accept().Inputs) && !d.job.InHand().Prepaid() {
		p.keep()
	} else {
		p.say() // the hirer lets us fetch only what we have taken, and pays no advance before
	}
	s.advance(d)
}
