package agent_test

import (
	"bytes"
	"flag"
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
)

var seeds = flag.Int("seeds", 3, "seeds of each storm")

// seedsUpTo gives the seeds of a storm: so many, and those that ever found a fault.
func seedsUpTo(n int, found ...uint64) []uint64 {
	var all []uint64
	for seed := range uint64(n) {
		all = append(all, seed)
	}
	for _, seed := range found {
		if seed >= uint64(n) {
			all = append(all, seed)
		}
	}
	return all
}

// storm lets jobs run both ways between three citizens while what the seed says
// befalls them, and reckons when it is over.
type storm struct {
	*town
	jobs int
}

func newStorm(t *testing.T, seed uint64, jobs int) *storm {
	w := newTown(t, seed)
	w.stills = true
	for _, name := range []string{"ann", "ben", "cem"} {
		c := w.settle(name, budget(100, 1<<40), pool(1<<40))
		c.work = func(k agent.Work) (agent.Worked, uint64) {
			done := agent.Worked{Job: k.Job, Results: []payload.Artefact{artefact(k.Job.String(), 7, payload.Public)}}
			if w.rng.IntN(8) == 0 {
				done = agent.Worked{Job: k.Job, Code: protocol.CodeWorkFailed}
			}
			return done, w.rng.Uint64N(8 * second)
		}
		c.judge = func(j agent.Judge) (agent.Judged, uint64) {
			done := agent.Judged{Job: j.Job}
			switch w.rng.IntN(10) {
			case 0:
				done.Code = protocol.CodeCheck
			case 1:
				done.Code = protocol.CodeArtefact
			}
			return done, w.rng.Uint64N(3 * second)
		}
		c.start()
	}
	for i, c := range w.folk {
		c.sells(uint64(5+i), func(s *sell.Stand) {
			s.Ask = i == 1
			s.RerunSafe = i != 0
			if i == 2 {
				s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`}
			}
		})
	}
	for i, c := range w.folk {
		for j := i + 1; j < len(w.folk); j++ {
			c.link(w.folk[j])
		}
	}
	return &storm{w, jobs}
}

// rage orders the jobs within the time given, and lets do befall the town every
// few seconds meanwhile; then calm returns and everything is to come to its end.
func (s *storm) rage(ms uint64, do func()) {
	for i := range s.jobs {
		buyer := s.folk[i%len(s.folk)]
		seller := s.folk[(i+1+s.rng.IntN(len(s.folk)-1))%len(s.folk)]
		key := fmt.Sprint("job ", i)
		s.after(s.rng.Uint64N(ms), func() {
			if buyer.agent != nil {
				buyer.orders(key, func(o *agent.Order) {
					o.Peer = seller.key.Key()
					if s.rng.IntN(3) == 0 {
						o.Input = artefact(key, 9, payload.Internal)
					}
				})
			}
		})
		if s.rng.IntN(6) == 0 {
			s.after(s.rng.Uint64N(ms), func() {
				if buyer.agent == nil {
					return
				}
				if v, ok := buyer.agent.ByKey(buyer.clock(), key); ok && !v.Final {
					buyer.tell(agent.Withdrew{Key: key, Job: v.ID})
				}
			})
		}
	}
	for end := s.now + ms; s.now < end; {
		s.pass(500 + s.rng.Uint64N(4*second))
		do()
	}
	for _, c := range s.folk {
		c.dieAfter = 0
		if c.agent == nil {
			c.start()
		}
	}
	s.loss = 0
	clear(s.cut)
	for i, c := range s.folk {
		for j := i + 1; j < len(s.folk); j++ {
			c.link(s.folk[j])
		}
	}
	s.fall(3 * day)
	s.reckon()
}

func (s *storm) someone() *citizen { return s.folk[s.rng.IntN(len(s.folk))] }

// strike breaks a link, cuts two off from one another for a while, kills one of them, at
// once or in the midst of a step, or brings it back.
func (s *storm) strike() {
	a, b := s.someone(), s.someone()
	switch s.rng.IntN(5) {
	case 0:
		a.unlink(b)
	case 1:
		s.sever(a, b, true)
		s.after(20*second, func() { s.sever(a, b, false); a.link(b) })
	case 2:
		a.dieAfter = 1 + s.rng.IntN(6)
	case 3:
		a.die()
	default:
		if a.agent == nil {
			a.start()
		}
	}
}

func forSeeds(t *testing.T, jobs int, rage func(s *storm)) {
	for seed := range uint64(*seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newStorm(t, seed, jobs)
			rage(s)
			settled := 0
			for _, c := range s.folk {
				for _, v := range c.agent.Jobs(c.clock(), 1000) {
					if v.Stage == "settled" {
						settled++
					}
				}
			}
			t.Logf("%d of %d settled", settled/2, jobs)
		})
	}
}

// TestLoss: three bundles of ten are lost, and links break.
func TestLoss(t *testing.T) {
	forSeeds(t, 30, func(s *storm) {
		s.loss = 0.3
		s.rage(2*minute, func() {
			a, b := s.someone(), s.someone()
			switch s.rng.IntN(4) {
			case 0:
				a.unlink(b)
			case 1:
				s.sever(a, b, true)
			case 2:
				s.sever(a, b, false)
				a.link(b)
			}
		})
	})
}

// TestRestarts: each side is killed again and again, in the midst of a step too.
func TestRestarts(t *testing.T) {
	forSeeds(t, 20, func(s *storm) {
		s.rage(2*minute, func() {
			c := s.someone()
			switch {
			case c.agent == nil:
				c.start()
			case s.rng.IntN(2) == 0:
				c.die()
				s.after(s.rng.Uint64N(5*second), func() {
					if c.agent == nil {
						c.start()
					}
				})
			default:
				c.dieAfter = 1 + s.rng.IntN(6)
			}
		})
	})
}

// TestLossAndRestarts: all of it at once.
func TestLossAndRestarts(t *testing.T) {
	forSeeds(t, 30, func(s *storm) {
		s.loss = 0.2
		s.rage(3*minute, s.strike)
	})
}

// TestDeterminism: the same events in the same order give the same records, byte for byte.
func TestDeterminism(t *testing.T) {
	story := func() [][]byte {
		s := newStorm(t, 11, 20)
		s.loss = 0.1
		s.rage(minute, func() { s.someone().unlink(s.someone()) })
		var all [][]byte
		for _, c := range s.folk {
			all = append(all, c.journal...)
		}
		return all
	}
	first, second := story(), story()
	if len(first) != len(second) {
		t.Fatalf("%d records and then %d", len(first), len(second))
	}
	for i := range first {
		if !bytes.Equal(first[i], second[i]) {
			t.Fatalf("record %d differs", i)
		}
	}
}

// TestPrefix: a journal cut off after any record can be folded, and goes on.
func TestPrefix(t *testing.T) {
	s := newStorm(t, 5, 6)
	s.loss = 0.2
	s.rage(30*second, func() { s.someone().unlink(s.someone()) })
	for _, c := range s.folk {
		whole := c.journal
		for n := range whole {
			c.journal = whole[:n:n]
			c.start()
			c.die()
		}
		c.journal = whole
	}
}
