package invariant

import (
	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// grace is how many milliseconds after its timer a job may still be where it was.
const grace = 2*protocol.Skew + 60_000

// Whole checks what takes a look at everything an agent has at its instant at.
// It holds while faults go on, too.
func (w *Watch) Whole(by wire.Key, at uint64) error {
	m := w.honest(by)
	if m == nil || m.core == nil {
		return nil
	}
	if err := w.books(m, m.core); err != nil {
		return err
	}
	hired, single := 0, map[string]int{}
	for _, v := range m.core.Jobs(at, 1<<20) {
		w.checks++
		if !v.Final && v.NextAt > 0 && v.NextAt+grace < at {
			return broken(Exits, m, "job %s %s is still %s, %d ms after its timer", v.Key, v.ID, v.Stage, at-v.NextAt)
		}
		if v.Role != job.Hirer || v.ID.IsZero() {
			continue
		}
		hired++
		if v.Plan == agent.PlanSingle {
			if single[v.Key]++; single[v.Key] > 1 {
				return broken(OrderOnce, m, "order %q is more than one contract", v.Key)
			}
		}
		if !m.orders[v.Key] {
			return broken(OrderOnce, m, "job %s is of an order that was never given", v.ID)
		}
	}
	if pending := len(m.pending); pending == 0 && hired != m.accepted {
		return broken(Replay, m, "it knows of %d contracts and has signed %d", hired, m.accepted)
	}
	return nil
}

// End checks, when all has been calm for long enough, that everything has come to
// its end, on both sides alike.
func (w *Watch) End(at func(wire.Key) uint64) error {
	for _, m := range w.all {
		if !m.Honest || m.core == nil {
			continue
		}
		now := at(m.Key)
		if err := w.Whole(m.Key, now); err != nil {
			return err
		}
		for _, v := range m.core.Jobs(now, 1<<20) {
			w.checks++
			if err := w.ended(m, v, at); err != nil {
				return err
			}
		}
		if err := w.meet(m); err != nil {
			return err
		}
		if n := len(m.core.Lanes()); n > 0 {
			if have, want := m.core.Spent(m.Asset), m.outlay; have != want {
				return broken(InBudget, m, "it counts %s as spent, and it is %s", have, want)
			}
		}
	}
	return w.holdsEnd()
}

// ended checks one job that is over.
func (w *Watch) ended(m *member, v agent.View, at func(wire.Key) uint64) error {
	if !v.Final {
		return broken(Exits, m, "order %q, job %s, is still %s", v.Key, v.ID, v.Stage)
	}
	o := w.members[v.Peer]
	lost := v.Stage == job.Lapsed.String() || v.Stage == job.Defaulted.String()
	if v.Role == job.Provider && lost && m.delivers[v.ID] && v.Instalments == nil && !m.heard[v.ID] && !m.claims[v.ID] && v.Paid.IsZero() {
		return broken(NotSilence, m, "job %s is delivered, its hirer said nothing, and nothing was claimed", v.ID)
	}
	if v.ID.IsZero() || o == nil || o.core == nil || !o.Honest {
		return nil
	}
	x, ok := o.core.ByID(at(o.Key), v.ID)
	if !ok {
		return nil // it never heard of it
	}
	if m.restored || o.restored {
		return nil // one of them has forgotten a part of it
	}
	if x.Stage != v.Stage || x.Paid != v.Paid {
		return broken(OneEnd, m, "job %s ended %s, paid %s; %s says %s, paid %s", v.ID, v.Stage, v.Paid, o.Name, x.Stage, x.Paid)
	}
	if v.Role != job.Hirer {
		return nil
	}
	id := m.verdicts[place{v.ID, 0}]
	passed := !id.IsZero() && v.Score > 0 && v.Code == ""
	if j := w.jobs[v.ID]; passed && j != nil && v.Instalments == nil && v.Paid.IsZero() && !v.Price.IsZero() {
		return broken(NotSilence, m, "job %s passed, and nothing is paid", v.ID)
	}
	return nil
}

// meet checks that both books of a pair stand at one head.
func (w *Watch) meet(m *member) error {
	for _, l := range m.core.Lanes() {
		o := w.members[l.Payee]
		if l.Payer != m.Key || o == nil || !o.Honest || o.core == nil || l.Seq == 0 || m.restored || o.restored {
			continue
		}
		w.checks++
		for _, x := range o.core.Lanes() {
			if x.Payer == m.Key && x.Asset == l.Asset && (x.Head != l.Head || x.Totals != l.Totals) {
				return broken(Reunited, m, "its lane to %s stands at entry %d, and there at %d", o.Name, l.Seq, x.Seq)
			}
		}
	}
	return nil
}

// holdsEnd checks that nothing between honest agents is set aside any more.
func (w *Watch) holdsEnd() error {
	for _, m := range w.all {
		if !m.Honest || m.core == nil {
			continue
		}
		for _, p := range m.core.Positions() {
			w.checks++
			if o := w.members[p.Peer]; o != nil && o.Honest && o.core != nil && !m.restored && !o.restored && !(p.HeldByMe.IsZero() && p.HeldForMe.IsZero()) {
				return broken(HoldsEnd, m, "%s are still held by it and %s for it, with %s", p.HeldByMe, p.HeldForMe, o.Name)
			}
		}
	}
	return nil
}
