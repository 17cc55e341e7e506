package agent_test

import (
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// disputes has c dispute the hold of its job in each countersign but the one that takes it,
// and say nothing of which spares reports true.
func (c *citizen) disputes(spares func(wire.Document) bool) {
	c.twist = func(_ *citizen, docs []wire.Said) [][]wire.Said {
		var hold wire.CID
		for _, s := range c.heard {
			if e, ok := s.Doc.(*protocol.Entry); ok && e.Act == protocol.ActHold {
				hold = s.ID
			}
		}
		var out []wire.Said
		for _, s := range docs {
			if cs, ok := s.Doc.(*protocol.Countersign); ok && len(cs.Taken) == 0 && !hold.IsZero() {
				lie := *cs
				lie.Disputed = []wire.CID{hold}
				s = wire.Canonical{}.Name(&lie)
			}
			if !spares(s.Doc) {
				out = append(out, s)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return [][]wire.Said{out}
	}
}

func none(wire.Document) bool { return false }

// TestAnsweredAndDisputed: a seller that has answered a complaint, and is paid the split,
// leaves no claim in its buyer's book by disputing that: the job is settled for both.
func TestAnsweredAndDisputed(t *testing.T) {
	for _, lies := range []bool{false, true} {
		heard := func(t *protocol.Times) uint64 { return t.Answer - 30*minute }
		w, _, buyer := overdue(t, 4000, heard, func(_ *town, seller, _ *citizen, bench []*citizen) {
			bench[0].die()
			if lies {
				seller.disputes(none)
			}
		})
		buyer.ended("a", ending{"settled", protocol.CodeCheck, 2})
		w.fall(6 * day)
		p := buyer.agent.Positions()[0]
		if p.IOwe != wire.Units(2) || !p.HeldByMe.IsZero() || buyer.agent.Spent(asset) != wire.Units(2) {
			t.Errorf("lies %t: it owes %s, %s are claimed, spent %s", lies, p.IOwe, p.HeldByMe, buyer.agent.Spent(asset))
		}
		buyer.replays()
	}
}

// TestNothingClaimedAndDisputed: a seller that delivered nothing holds none of its buyer's
// money by disputing that it gets none.
func TestNothingClaimedAndDisputed(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = func(agent.Work) (agent.Worked, uint64) { return agent.Worked{}, 400 * day }
	seller.sells(5)
	seller.disputes(func(d wire.Document) bool {
		switch d.(type) {
		case *protocol.LogEntry, *protocol.Cancel: // nor does it give the buyer anything to void by
			return true
		}
		return false
	})
	w.pass(second)
	buyer.orders("a", func(o *agent.Order) { o.Plan = agent.PlanSingle })
	w.pass(hour)
	w.fall(30 * day)
	p := buyer.agent.Positions()[0]
	if !p.IOwe.IsZero() || !p.HeldByMe.IsZero() || !buyer.agent.Spent(asset).IsZero() || buyer.agent.Open() > 0 {
		t.Errorf("it owes %s, %s are held, spent %s, %d deals open", p.IOwe, p.HeldByMe, buyer.agent.Spent(asset), buyer.agent.Open())
	}
	buyer.replays()
}
