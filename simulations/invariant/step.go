package invariant

import (
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Ordered is told of an order before the agent is.
func (w *Watch) Ordered(by wire.Key, o *agent.Order) error {
	if m := w.honest(by); m != nil {
		m.orders[o.Key] = true
	}
	return nil
}

// Heard is told of what arrived before the agent is.
func (w *Watch) Heard(by, _ wire.Key, docs []wire.Said) error {
	m := w.honest(by)
	for i := 0; m != nil && i < len(docs); i++ {
		switch d := docs[i].Doc.(type) {
		case *protocol.Accept:
			w.agree(docs[i].ID, d)
		case *protocol.Award:
			w.awards[docs[i].ID] = d
		case *protocol.Verdict:
			m.heard[d.Job] = true
		case *protocol.Cancel:
			m.heard[d.Job] = true
		case *protocol.Refuse:
			m.heard[d.Of] = true
			for _, id := range m.takes[d.Of] { // taken too late, says the hirer
				m.heard[id] = true
			}
		}
	}
	return nil
}

// Stepped checks what one step of an agent has touched.
func (w *Watch) Stepped(by wire.Key, a *agent.Agent, at uint64, s *agent.Step) error {
	m := w.honest(by)
	if m == nil {
		return nil
	}
	m.core = a
	for _, id := range s.Touched {
		if err := w.exits(m, a, at, id); err != nil {
			return err
		}
	}
	for _, e := range s.Effects {
		if c, ok := e.(agent.Caught); ok {
			if x := w.honest(c.Author); x != nil {
				return broken(NoFraming, x, "%s has a proof that its log forks", m.Name)
			}
		}
	}
	if money(&s.Record) {
		return w.books(m, a)
	}
	return nil
}

func money(r *agent.Record) bool {
	return slices.ContainsFunc(r.Documents(), func(s wire.Said) bool {
		switch s.Doc.(type) {
		case *protocol.Entry, *protocol.Countersign:
			return true
		}
		return false
	})
}

// exits checks that a job that is not final will be left by a timer.
func (w *Watch) exits(m *member, a *agent.Agent, at uint64, id wire.CID) error {
	w.checks++
	v, ok := a.ByID(at, id)
	if ok && !v.Final && v.NextAt == 0 {
		return broken(Exits, m, "job %s is %s, and no timer leaves that", id, v.Stage)
	}
	return nil
}

// books compares the lanes of an agent with the accounts.
func (w *Watch) books(m *member, a *agent.Agent) error {
	lanes := a.Lanes()
	for _, l := range lanes {
		w.checks++
		payer := w.members[l.Payer]
		if payer == nil || !payer.Honest {
			continue
		}
		if l.Stopped {
			return broken(NoFraming, payer, "its lane to %s is stopped by a fork, says %s", w.nameOf(l.Payee), m.Name)
		}
		e := w.lanes.seen[l.Head]
		if e == nil {
			if l.Seq == 0 {
				continue
			}
			return broken(Conserved, m, "its lane from %s to %s stands at %s, which was never recorded", payer.Name, w.nameOf(l.Payee), l.Head)
		}
		if e.Seq != l.Seq || e.Totals != l.Totals || e.Epoch != l.Epoch {
			return broken(Conserved, m, "its lane from %s to %s has %v after entry %d, which says %v after %d", payer.Name, w.nameOf(l.Payee), l.Totals, l.Seq, e.Totals, e.Seq)
		}
	}
	for _, p := range a.Positions() {
		w.checks++
		i := slices.IndexFunc(lanes, func(l settlement.Lane) bool {
			return l.Payer == m.Key && l.Payee == p.Peer && l.Asset == p.Asset
		})
		if i < 0 {
			continue
		}
		l := lanes[i]
		owe, err := l.Totals.Posted.Minus(l.Totals.Credited)
		if err == nil {
			owe, err = owe.Minus(l.Totals.Settled)
		}
		if err != nil || owe != p.IOwe {
			return broken(Conserved, m, "it owes %s %s, and its lane says %s", w.nameOf(p.Peer), p.IOwe, owe)
		}
	}
	return nil
}

// Carried checks an effect that is about to be carried out.
func (w *Watch) Carried(by wire.Key, _ uint64, e agent.Effect) error {
	m := w.honest(by)
	if m == nil {
		return nil
	}
	switch e := e.(type) {
	case agent.Say:
		return w.says(m, e.Saying)
	case agent.Work:
		at := labour{place{e.Job, e.Part}, wire.CID{}}
		if e.Stand.Meter.Window > 1 && len(e.Inputs) > 0 {
			at.call = e.Inputs[0].ID
		}
		m.works[at]++
		if m.works[at] > 1 && !e.Stand.RerunSafe && e.Stand.Reworks == 0 {
			return broken(WorkOnce, m, "part %d of job %s is worked on again", e.Part, e.Job)
		}
	case agent.Serve:
		for _, a := range e.Artefacts {
			if err := w.shows(m, e.To, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// says checks that what leaves was saved first, and that no payload leaves
// without its contract.
func (w *Watch) says(m *member, s *agent.Saying) error {
	for _, d := range s.Docs {
		if d.Doc.Header().By == m.Key && binding(d.Doc) && !m.said[d.ID] {
			return broken(SavedFirst, m, "%T %s leaves, and no durable record has it", d.Doc, d.ID)
		}
	}
	for _, a := range s.With {
		if err := w.shows(m, s.To, a); err != nil {
			return err
		}
	}
	return nil
}

// binding reports whether a document binds its author, so that it must be durable
// before anybody else has it. Talk does not.
func binding(d wire.Document) bool {
	switch d.(type) {
	case *protocol.Accept, *protocol.Entry, *protocol.Countersign, *protocol.Delivery, *protocol.Verdict, *protocol.Outcome,
		*protocol.LogEntry, *protocol.Claim, *protocol.Cancel, *protocol.Contest, *protocol.Award:
		return true
	}
	return false
}

// shows checks that a payload goes to who may have it by a contract: an input to
// the job's provider, and what is no input to a hirer of ours.
func (w *Watch) shows(m *member, to wire.Key, a payload.Artefact) error {
	w.checks++
	ok := w.hirers[[2]wire.Key{m.Key, to}]
	if jobs := w.inputs[a.ID]; jobs != nil {
		ok = slices.ContainsFunc(jobs, func(j *agreed) bool {
			judge := slices.ContainsFunc(j.terms.Panel.Members, func(t protocol.Third) bool { return t.Key == to })
			return (judge || m.Key == j.accept.By && to == j.provider) && a.Label.Class <= j.terms.Data.Most
		})
	}
	if !ok {
		return broken(Labelled, m, "a payload goes to %s, whom no contract lets have it", w.nameOf(to))
	}
	return nil
}
