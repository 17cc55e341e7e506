package invariant

import (
	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol/wire"
)

// Restored is told that an agent's home was put back to an older copy with these
// records, before it is restarted. Its accounts are told anew from them: it has
// forgotten what came later, and others have not. What it may then never do is in
// OneBody, NoFraming and Conserved: what it forgot is not said a second time in the
// same place, is held against nobody, and is not taken back by those who have it.
func (w *Watch) Restored(by wire.Key, records []*agent.Record) error {
	old := w.members[by]
	m := newMember(old.Member)
	m.restored, m.orders = true, old.orders
	*old = *m
	w.lanes.forget(by)
	var heard []wire.Said
	for _, r := range records {
		var own []agent.Statement
		for _, s := range r.Statements() {
			if s.Doc.Header().By == by && old.Honest {
				own = append(own, s)
			} else {
				heard = append(heard, s.Said)
			}
		}
		old.pending = append(old.pending, own)
	}
	if err := w.Durable(by, len(records)); err != nil {
		return err
	}
	return w.Heard(by, by, heard)
}

// forget takes from the accounts what an agent's own entries and countersigns say. What
// it has ever said stays known: nothing else may ever stand in the same places.
func (l *ledger) forget(by wire.Key) {
	for s := range l.heads {
		if s.payer == by {
			delete(l.heads, s)
		}
	}
	for s := range l.covered {
		if s.payee == by {
			delete(l.covered, s)
		}
	}
	for c := range l.held {
		if c.payer == by {
			delete(l.held, c)
		}
	}
	for c := range l.charged {
		if c.payer == by {
			delete(l.charged, c)
		}
	}
	for id, h := range l.holds {
		if h.e.By == by {
			delete(l.holds, id)
		}
	}
}
