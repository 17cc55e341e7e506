package agent_test

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// TestChainsInStorms: a buyer hires either of two brokers, and the other where the one
// fails it; a broker has a part done by others meanwhile. Bundles are lost and overtake
// one another, links break and all of them are killed in the midst of a step. In the
// end each job is over and alike on both sides, the books of each pair are equal,
// nothing is held, and no order cost more than its budget nor the parts of a job more
// than it brought.
func TestChainsInStorms(t *testing.T) {
	for _, seed := range seedsUpTo(*seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newStorm(t, 2000+seed, 0)
			s.loss, s.jitter = 0.15, 3*second
			for i, c := range s.folk[:2] {
				c.brokers(uint64(9+i), s.folk[2])
			}
			buyer := s.settle("dan", budget(100, 1<<40), pool(1<<40)).start()
			for _, c := range s.folk[:3] {
				buyer.link(c)
			}
			most := map[string]uint64{}
			for i := range 12 {
				key := fmt.Sprint("brief ", i)
				most[key] = 9 + s.rng.Uint64N(12)
				s.after(s.rng.Uint64N(2*minute), func() {
					if buyer.agent != nil {
						buyer.orders(key, takeover, worth(most[key]), func(o *agent.Order) {
							o.Capability, o.Input = "text/brief@1", passOn(key, payload.Internal)
						})
					}
				})
			}
			s.rage(3*minute, func() {
				if c := s.someone(); c.agent == nil { // chains are long: nobody is away for long
					c.start()
				}
				s.strike()
			})
			cost := map[string]wire.Amount{}
			for _, v := range buyer.bought() {
				cost[v.Key], _ = cost[v.Key].Plus(v.Paid)
			}
			for key, paid := range cost {
				if paid.Cmp(wire.Units(most[key])) > 0 {
					t.Errorf("order %q cost %s, its budget is %d", key, paid, most[key])
				}
			}
			chains := 0
			for _, c := range s.folk[:2] {
				chains += c.brokered(t)
			}
			t.Logf("%d orders had a contract, %d parts were paid for", len(cost), chains)
		})
	}
}

// brokers sells briefs at a price, of each of which a part is ordered while it is worked on.
func (c *citizen) brokers(price uint64, hand *citizen) {
	c.sells(price, func(s *sell.Stand) {
		s.Capability, s.Deliver, s.Data.PassOn, s.RerunSafe = "text/brief@1", hour, true, c.rng.IntN(2) == 0
	})
	plain := c.work
	c.work = func(w agent.Work) (agent.Worked, uint64) {
		if w.Stand.Capability != "text/brief@1" {
			return plain(w)
		}
		c.after(c.rng.Uint64N(5*second), func() {
			if c.agent == nil {
				return
			}
			c.orders("part of "+w.Job.String(), func(o *agent.Order) { // once, however often it is worked on
				o.Parent, o.Peer, o.Budget, o.Deliver = w.Job, hand.key.Key(), wire.Units(8), 30*minute
				o.Input = passOn("part", payload.Internal)
			})
		})
		done := agent.Worked{Job: w.Job, Results: []payload.Artefact{artefact(w.Job.String(), 7, payload.Public)}}
		if c.rng.IntN(5) == 0 {
			done = agent.Worked{Job: w.Job, Code: protocol.CodeWorkFailed}
		}
		return done, c.rng.Uint64N(30 * second)
	}
}

// brokered checks what the parts of a broker's jobs cost, and returns how many were paid for.
func (c *citizen) brokered(t *testing.T) (paid int) {
	t.Helper()
	for _, v := range c.agent.Jobs(c.clock(), 1000) {
		if v.Role != job.Provider {
			continue
		}
		var sum wire.Amount
		for _, part := range v.Parts {
			if sum, _ = sum.Plus(part.Paid); !part.Paid.IsZero() {
				paid++
			}
			if !part.Final {
				t.Errorf("a part of %s is %s", v.ID, part.Stage)
			}
		}
		if sum.Cmp(v.Price) > 0 {
			t.Errorf("the parts of %s cost %s, it brings %s", v.ID, sum, v.Price)
		}
	}
	return paid
}
