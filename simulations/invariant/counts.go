package invariant

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// counts takes a document into the accounts that its honest author has durably
// written.
func (w *Watch) counts(m *member, s wire.Said) error {
	switch d := s.Doc.(type) {
	case *protocol.Entry:
		return w.entry(m, s.ID, d)
	case *protocol.Countersign:
		m.takes[s.ID] = d.Taken
		return w.countersign(m, d)
	case *protocol.Accept:
		m.accepted++
		return w.accept(m, s.ID, d)
	case *protocol.Provide:
		if j := w.jobs[d.Job]; j != nil {
			for _, a := range d.Inputs {
				w.inputs[a.ID] = append(w.inputs[a.ID], j)
			}
		}
	case *protocol.Delivery:
		m.delivers[d.Job] = true
	case *protocol.Claim:
		m.claims[d.Job] = true
	case *protocol.Cancel:
		m.heard[d.Job] = true
	case *protocol.Verdict:
		return w.verdict(m, s.ID, d)
	case *protocol.Outcome:
		return w.outcome(m, d)
	case *protocol.LogEntry:
		return w.logged(m, s.ID, d)
	}
	return nil
}

func (w *Watch) accept(m *member, id wire.CID, d *protocol.Accept) error {
	j := w.agree(id, d)
	if j == nil {
		return broken(Sound, m, "it accepts what was never offered")
	}
	for _, a := range d.Inputs {
		if a.Label.Class > j.terms.Data.Most {
			return broken(Labelled, m, "an input of class %v goes to who takes at most %v", a.Label.Class, j.terms.Data.Most)
		}
	}
	return nil
}

// agree notes a contract; nil where it is none.
func (w *Watch) agree(id wire.CID, d *protocol.Accept) *agreed {
	if j := w.jobs[id]; j != nil {
		return j
	}
	terms, provider, err := job.Offered(func(p *wire.Proof) error { return p.Open(w.net) }, d)
	if err != nil {
		return nil
	}
	j := &agreed{accept: d, terms: terms, provider: provider}
	for _, a := range d.Inputs {
		w.inputs[a.ID] = append(w.inputs[a.ID], j)
	}
	w.hirers[[2]wire.Key{provider, d.By}] = true
	w.jobs[id] = j
	return j
}

// countersign is the payee's word: it must be about what an honest payer has
// said, and what is taken must be within what newcomers may owe.
func (w *Watch) countersign(m *member, d *protocol.Countersign) error {
	l := &w.lanes
	e := l.seen[d.Entry]
	if e == nil {
		if other := l.spots[spot{d.Lane, d.Seq}]; !other.IsZero() {
			return broken(Conserved, m, "it countersigns %s as entry %d, which is %s", d.Entry, d.Seq, other)
		}
		return nil // of a payer that is not honest
	}
	if e.Seq != d.Seq || e.Payee != m.Key || e.Totals != d.Totals {
		return broken(Conserved, m, "it countersigns entry %d with totals %v, and its payer said entry %d with %v", d.Seq, d.Totals, e.Seq, e.Totals)
	}
	s := strand{e.By, m.Key, e.Asset}
	if l.lines[d.Entry] == nil {
		return broken(SavedFirst, m, "it countersigns entry %d of %s, which is not durable there", d.Seq, w.nameOf(e.By))
	}
	if l.covers(s, d.Entry) {
		return w.takes(m, d)
	}
	at := d.Entry
	for !at.IsZero() && at != l.covered[s] {
		x := l.lines[at]
		if x == nil {
			break
		}
		if h := m.taken[x.e.Hold]; h != nil {
			delete(m.taken, h.id)
		}
		at = x.before
	}
	if at != l.covered[s] {
		return broken(Conserved, m, "it countersigns entry %d of %s, which does not continue what it has countersigned before", d.Seq, w.nameOf(e.By))
	}
	l.covered[s] = d.Entry
	m.owed[e.By] = e.Totals.Posted
	return w.takes(m, d)
}

// takes counts the holds of the jobs that a countersign takes.
func (w *Watch) takes(m *member, d *protocol.Countersign) error {
	l := &w.lanes
	for _, id := range d.Taken {
		j := w.jobs[id]
		if j == nil || j.provider != m.Key {
			continue // of a hirer that is not honest
		}
		for part := range uint64(2) { // 0 where there is one, and the first of several
			if h := l.holds[l.held[charge{j.accept.By, place{id, part}}]]; h != nil && h.open() && h.e.Payee == m.Key {
				m.taken[h.id] = h
			}
		}
	}
	if len(d.Taken) == 0 {
		return nil
	}
	var sum wire.Amount
	var err error
	for _, x := range w.all {
		if sum, err = sum.Plus(m.owed[x.Key]); err != nil {
			return broken(Bounded, m, "%v", err)
		}
	}
	for _, h := range m.taken { // a sum: in any order
		if sum, err = sum.Plus(h.rest); err != nil {
			return broken(Bounded, m, "%v", err)
		}
	}
	if sum.Cmp(m.Pool) > 0 {
		return broken(Bounded, m, "it has taken work for %s from those who have settled nothing, at most %s", sum, m.Pool)
	}
	return nil
}

func (w *Watch) verdict(m *member, id wire.CID, d *protocol.Verdict) error {
	j := w.jobs[d.Job]
	if j == nil {
		return nil
	}
	cites := map[string]bool{
		"": d.Pass, job.ClauseCheck: !j.terms.Rule.IsZero(), job.ClausePanel: !j.terms.Panel.IsZero(), job.ClauseType: true, job.ClauseArtefact: true,
	}
	if !cites[d.Clause] {
		return broken(Clauses, m, "its verdict cites %q, which is no clause of the terms", d.Clause)
	}
	at := place{d.Job, d.Part}
	if other, ok := m.verdicts[at]; ok && other != id && j.terms.Reworks == 0 {
		return broken(OneEnd, m, "part %d of job %s has the verdicts %s and %s", d.Part, d.Job, other, id)
	}
	m.verdicts[at] = id
	return nil
}

func (w *Watch) outcome(m *member, d *protocol.Outcome) error {
	j := w.jobs[d.Job]
	if j == nil {
		return nil
	}
	owner := func(k wire.Key) bool { return k == d.By }
	if d.Hirer != j.accept.By || d.Provider != j.provider || !slices.ContainsFunc([]wire.Key{d.Hirer, d.Provider}, owner) ||
		d.Capability != j.terms.Capability || d.Asset != j.terms.Asset {
		return broken(Logged, m, "its outcome of job %s is of another job", d.Job)
	}
	if e := w.lanes.seen[d.Entry]; e != nil && e.Job != d.Job {
		return broken(Logged, m, "its outcome of job %s cites an entry of another job", d.Job)
	}
	m.outcomes[d.Job] = d
	return nil
}

// logged checks that a log goes on where it was left, over epochs too.
func (w *Watch) logged(m *member, id wire.CID, d *protocol.LogEntry) error {
	seq := uint64(1)
	if m.log != nil && m.log.Epoch == d.Epoch {
		seq = m.log.Seq + 1
	}
	if d.Seq != seq || d.Prev != m.logHead {
		return broken(Logged, m, "entry %d of its log follows %s; it should be entry %d after %s", d.Seq, d.Prev, seq, m.logHead)
	}
	m.log, m.logHead = d, id
	return nil
}
