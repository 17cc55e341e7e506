package agent_test

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

func takeover(o *agent.Order) { o.Plan = agent.PlanTakeover }

func worth(n uint64) func(*agent.Order) { return func(o *agent.Order) { o.Budget = wire.Units(n) } }

// row is a town of sellers, the cheapest first, and one buyer.
func row(t *testing.T, seed uint64, prices ...uint64) (w *town, sellers []*citizen, buyer *citizen) {
	t.Helper()
	w = newTown(t, seed)
	for i := range prices {
		sellers = append(sellers, w.settle(fmt.Sprint("seller ", i)).start())
	}
	buyer = w.settle("buyer").start()
	for i, s := range sellers {
		s.sells(prices[i])
		s.link(buyer)
	}
	w.pass(second)
	return w, sellers, buyer
}

// bought returns the jobs of the buyer, oldest first.
func (c *citizen) bought() []agent.View {
	var all []agent.View
	views := c.agent.Jobs(c.clock(), 1000)
	for i := len(views) - 1; i >= 0; i-- {
		if v := views[i]; v.Role == job.Hirer && !v.ID.IsZero() {
			all = append(all, v)
		}
	}
	return all
}

// passWithin lets time pass in which no more than most may be set aside and paid at any instant.
func (w *town) passWithin(c *citizen, ms, most uint64) {
	w.t.Helper()
	for end := w.now + ms; w.now < end; {
		w.pass(min(second, end-w.now))
		if c.agent == nil {
			continue
		}
		if s := c.agent.Spent(asset); s.Cmp(wire.Units(most)) > 0 {
			w.t.Fatalf("%s has %s set aside and paid, %d is the budget", c.name, s, most)
		}
	}
}

// TestTakeover tells how an order lives on when a provider fails it.
func TestTakeover(t *testing.T) {
	type change = func(*agent.Order)
	busy := func(s *sell.Stand) { s.Slots = 1 }
	for _, c := range []struct {
		name   string
		prices []uint64
		set    func(w *town, sellers []*citizen, buyer *citizen)
		then   func(w *town, sellers []*citizen, buyer *citizen) // when work has begun
		order  change
		budget uint64
		wait   uint64
		want   ending
		tries  []string // stages of its jobs in the end
	}{
		{
			name: "work fails", prices: []uint64{5, 7, 9}, budget: 100, want: ending{"settled", "", 7},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = fails(protocol.CodeWorkFailed, 10) },
			tries: []string{"cancelled", "settled"},
		},
		{
			name: "with no more than the budget of one", prices: []uint64{5, 7}, budget: 7, want: ending{"settled", "", 7},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = fails(protocol.CodeWorkFailed, 10) },
			tries: []string{"cancelled", "settled"},
		},
		{
			name: "nobody else is within the budget", prices: []uint64{5, 70}, budget: 60, want: ending{"cancelled", protocol.CodeWorkFailed, 0},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = fails(protocol.CodeWorkFailed, 10) },
			tries: []string{"cancelled"},
		},
		{
			name: "all fail", prices: []uint64{5, 7, 9}, budget: 100, want: ending{"cancelled", protocol.CodeWorkTimeout, 0},
			set: func(_ *town, s []*citizen, _ *citizen) {
				for _, x := range s {
					x.work = fails(protocol.CodeWorkFailed, 10)
				}
				s[2].work = fails(protocol.CodeWorkTimeout, 10)
			},
			tries: []string{"cancelled", "cancelled", "cancelled"},
		},
		{
			name: "busy", prices: []uint64{5, 7}, budget: 100, want: ending{"settled", "", 7},
			set: func(w *town, s []*citizen, b *citizen) {
				s[0].sells(5, busy)
				s[0].work = slow(5 * minute)
				w.pass(second)
				b.orders("other", worth(5))
				w.pass(second)
			},
			tries: []string{"settled", "refused", "settled"},
		},
		{
			name: "busy for a moment", prices: []uint64{5}, budget: 5, want: ending{"settled", "", 5},
			set: func(w *town, s []*citizen, b *citizen) {
				s[0].sells(5, busy)
				s[0].work = slow(4 * second)
				w.pass(second)
				b.orders("other", worth(5))
				w.pass(second)
			},
			tries: []string{"settled", "refused", "refused", "settled"},
		},
		{
			name: "busy all the time", prices: []uint64{5, 7}, budget: 100, want: ending{"refused", protocol.CodeBusy, 0},
			set: func(w *town, s []*citizen, b *citizen) {
				for i, x := range s {
					x.sells(uint64(5+2*i), busy)
					x.work = slow(5 * minute)
					w.pass(second)
					b.orders(fmt.Sprint("other ", i), func(o *agent.Order) { o.Peer = x.key.Key() })
					w.pass(second)
				}
			},
			tries: []string{"settled", "settled", "refused", "refused", "refused", "refused", "refused", "refused"},
		},
		{
			name: "killed in mid-work", prices: []uint64{5, 7}, budget: 100, wait: 3 * hour, want: ending{"settled", "", 7},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = slow(5 * minute) },
			then:  func(_ *town, s []*citizen, _ *citizen) { s[0].die() },
			tries: []string{"defaulted", "settled"},
		},
		{
			name: "killed, and back soon", prices: []uint64{5, 7}, budget: 100, want: ending{"settled", "", 7},
			set: func(_ *town, s []*citizen, _ *citizen) { s[0].work = slow(5 * minute) },
			then: func(w *town, s []*citizen, _ *citizen) {
				s[0].die()
				w.after(10*second, func() { s[0].start() })
			},
			tries: []string{"cancelled", "settled"},
		},
		{
			name: "killed before it answered", prices: []uint64{5, 7}, budget: 100, wait: 3 * hour, want: ending{"settled", "", 7},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].die() },
			tries: []string{"lapsed", "settled"},
		},
		{
			name: "killed, where the budget reaches for one: when the hold has come free", prices: []uint64{5, 7}, budget: 9, wait: 3 * hour, want: ending{"settled", "", 7},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = slow(5 * minute) },
			then:  func(_ *town, s []*citizen, _ *citizen) { s[0].die() },
			tries: []string{"defaulted", "settled"},
		},
		{
			name: "killed, and nobody else is there", prices: []uint64{5}, budget: 100, wait: 3 * hour, want: ending{"defaulted", protocol.CodeDefaulted, 0},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = slow(5 * minute) },
			then:  func(_ *town, s []*citizen, _ *citizen) { s[0].die() },
			tries: []string{"defaulted"},
		},
		{
			name: "cut off, and its result comes all the same, in time", prices: []uint64{5, 7}, budget: 100, want: ending{"settled", "", 5},
			set: func(_ *town, s []*citizen, _ *citizen) {
				s[0].work, s[1].work = slow(2*minute), slow(5*minute)
			},
			then: func(w *town, s []*citizen, b *citizen) {
				w.sever(s[0], b, true)
				w.after(3*minute, func() { w.sever(s[0], b, false); s[0].link(b) })
			},
			wait:  30 * minute,
			tries: []string{"settled", "cancelled"}, // one is paid: the other is called back
		},
		{
			name: "cut off, and both results come", prices: []uint64{5, 7}, budget: 100,
			set: func(_ *town, s []*citizen, _ *citizen) {
				s[0].work, s[1].work = slow(50*second), slow(minute)
			},
			then: func(w *town, s []*citizen, b *citizen) {
				w.sever(s[0], b, true)
				w.after(5*minute, func() { w.sever(s[0], b, false); s[0].link(b) })
			},
			wait: 30 * minute, want: ending{"settled", "", 7},
			tries: []string{"settled", "settled"}, // each by its own contract
		},
		{
			name: "named", prices: []uint64{5, 7}, budget: 100, want: ending{"cancelled", protocol.CodeWorkFailed, 0},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = fails(protocol.CodeWorkFailed, 10) },
			order: func(o *agent.Order) { o.Peer = wire.NewPrivateKey([32]byte{1, 2}).Key() }, tries: []string{"cancelled"},
		},
		{
			name: "time is over", prices: []uint64{5, 7}, budget: 100, want: ending{"cancelled", protocol.CodeWorkFailed, 0},
			set:   func(_ *town, s []*citizen, _ *citizen) { s[0].work = fails(protocol.CodeWorkFailed, 2*minute) },
			order: func(o *agent.Order) { o.Deliver = 11 * minute }, tries: []string{"cancelled"}, wait: 20 * minute,
		},
		{
			name: "told on request", prices: []uint64{5, 7}, budget: 100, want: ending{"settled", "", 7},
			set: func(w *town, s []*citizen, _ *citizen) {
				for i, x := range s {
					x.sells(uint64(5+2*i), func(s *sell.Stand) { s.Ask = true })
				}
				s[0].work = fails(protocol.CodeWorkFailed, 10)
				w.pass(second)
			},
			tries: []string{"cancelled", "settled"},
		},
		{
			name: "a result that fails its check", prices: []uint64{5, 7}, budget: 100, want: ending{"settled", "", 7},
			set: unlike(0), wait: 6 * hour,
			tries: []string{"settled", "settled"}, // of the first it is word against word: that pays
		},
		{
			name: "a result that fails its check, and too little is left", prices: []uint64{5, 7}, budget: 9, want: ending{"settled", protocol.CodeCheck, 5},
			set: unlike(0), wait: 6 * hour, tries: []string{"settled"},
		},
		{
			name: "withdrawn while it looks", prices: []uint64{5}, budget: 100, want: ending{"cancelled", protocol.CodeWithdrawn, 0},
			set: func(_ *town, s []*citizen, _ *citizen) { s[0].work = slow(5 * minute) },
			then: func(w *town, s []*citizen, b *citizen) {
				w.after(10*second, func() {
					if r := b.tell(agent.Withdrew{Key: "one", Job: b.view("one").ID}); r != nil {
						w.t.Error(r)
					}
				})
			},
			tries: []string{"cancelled"},
		},
		{
			name: "the first, out of reach, is withdrawn: who took it over is called back too", prices: []uint64{5, 7}, budget: 100,
			want: ending{"cancelled", protocol.CodeWithdrawn, 0},
			set: func(_ *town, s []*citizen, _ *citizen) {
				s[0].work, s[1].work = slow(3*minute), slow(5*minute)
			},
			then: func(w *town, s []*citizen, b *citizen) {
				w.sever(s[0], b, true)
				w.after(80*second, func() {
					all := b.bought()
					if len(all) != 2 || all[0].Final || all[1].Final {
						w.t.Errorf("nobody has taken over: %+v", all)
					}
					if r := b.tell(agent.Withdrew{Job: all[0].ID}); r != nil {
						w.t.Error(r)
					}
				})
				w.after(90*second, func() {
					w.sever(s[0], b, false)
					s[0].link(b)
				})
			},
			tries: []string{"cancelled", "cancelled"},
		},
		{
			name: "a contract withdrawn that has ended leaves who took it over alone", prices: []uint64{5, 7}, budget: 100,
			want: ending{"settled", "", 7},
			set: func(_ *town, s []*citizen, _ *citizen) {
				s[0].work, s[1].work = fails(protocol.CodeWorkFailed, 10), slow(5*minute)
			},
			then: func(w *town, s []*citizen, b *citizen) {
				w.after(10*second, func() {
					all := b.bought()
					if r := b.tell(agent.Withdrew{Job: all[0].ID}); len(all) != 2 || r == nil || r.Code != protocol.CodeDuplicate {
						w.t.Errorf("%d jobs, %v", len(all), r)
					}
				})
			},
			tries: []string{"cancelled", "settled"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, sellers, buyer := row(t, 1, c.prices...)
			if c.set != nil {
				c.set(w, sellers, buyer)
			}
			if r := buyer.orders("one", takeover, worth(c.budget), orNone(c.order)); r != nil {
				t.Fatal(r)
			}
			w.pass(1200)
			if c.then != nil {
				c.then(w, sellers, buyer)
			}
			w.passWithin(buyer, max(c.wait, 10*minute), max(c.budget, 100))
			buyer.ended("one", c.want)
			for i, v := range buyer.bought() {
				if i >= len(c.tries) || v.Stage != c.tries[i] {
					t.Errorf("job %d with %s is %s (%s %s); want %v", i, w.byKey(v.Peer).name, v.Stage, v.Code, v.Detail, c.tries)
				}
			}
			if n := len(buyer.bought()); n != len(c.tries) {
				t.Errorf("%d jobs, want %v", n, c.tries)
			}
			buyer.chained(t, "one")
			for _, s := range sellers {
				if s.agent == nil {
					s.start()
				}
			}
			w.fall(2 * day)
			w.reckon()
		})
	}
}

// unlike has the buyer find that the results of one seller break the rule.
func unlike(i int) func(*town, []*citizen, *citizen) {
	return func(w *town, sellers []*citizen, buyer *citizen) {
		for k, s := range sellers {
			s.sells(uint64(5+2*k), func(s *sell.Stand) { s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`} })
		}
		buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
			if j.From == sellers[i].key.Key() {
				return agent.Judged{Job: j.Job, Code: protocol.CodeCheck}, 5
			}
			return agent.Judged{Job: j.Job}, 5
		}
		w.pass(second)
	}
}

func orNone(f func(*agent.Order)) func(*agent.Order) {
	if f == nil {
		return func(*agent.Order) {}
	}
	return f
}

// chained checks that the jobs of an order name one another, and why.
func (c *citizen) chained(t *testing.T, key string) {
	t.Helper()
	var before agent.View
	for _, v := range c.bought() {
		if v.Key != key {
			continue
		}
		if !before.ID.IsZero() && (v.Instead != before.ID || before.TakenOver != v.ID || v.Choice.Left == "") {
			t.Errorf("job %s takes over %s (%q), and that was taken over by %s", v.ID, v.Instead, v.Choice.Left, before.TakenOver)
		}
		before = v
	}
}

// TestTakeoverIsSoon: with a budget for both, nobody waits for the deadline of who
// is out of reach; who is there may take all the time it has.
func TestTakeoverIsSoon(t *testing.T) {
	w, sellers, buyer := row(t, 1, 5, 7)
	sellers[0].work = slow(5 * minute)
	sellers[0].sells(5, func(s *sell.Stand) { s.Deliver = 20 * second })
	w.pass(second)
	buyer.orders("killed", takeover)
	w.pass(1200)
	sellers[0].die()
	w.pass(3 * second)
	if v := buyer.view("killed"); v.Stage != "settled" || v.Peer != sellers[1].key.Key() {
		t.Errorf("three seconds after the kill it is %s", v.Stage)
	}
	w.pass(2 * minute)
	sellers[1].work = slow(9 * minute)
	buyer.orders("slow", takeover)
	w.pass(10 * minute)
	if v := buyer.view("slow"); v.Stage != "settled" || v.Instead != (wire.CID{}) {
		t.Errorf("who worked for long ended %s", v.Stage)
	}
	sellers[0].start()
	w.fall(2 * day)
	w.reckon()
}

// TestTakeoverSurvivesPowerCuts: wherever the buyer's process dies, the order comes
// to the same end, one result and one price, and the journal replays.
func TestTakeoverSurvivesPowerCuts(t *testing.T) {
	for n := 1; ; n++ {
		w, sellers, buyer := row(t, 1, 5, 7)
		sellers[0].work = fails(protocol.CodeWorkFailed, 2*second)
		buyer.dieAfter = n
		buyer.orders("one", takeover, worth(12))
		w.pass(20 * second)
		died := buyer.agent == nil
		if died {
			buyer.start()
		}
		if _, known := buyer.agent.ByKey(w.now, "one"); !known { // it died before the order was durable
			buyer.orders("one", takeover, worth(12))
		}
		w.passWithin(buyer, 10*minute, 12)
		if v := buyer.view("one"); v.Stage != "settled" || v.Paid != wire.Units(7) || len(buyer.bought()) != 2 {
			t.Errorf("cut after record %d: %s, paid %s, %d jobs", n, v.Stage, v.Paid, len(buyer.bought()))
		}
		buyer.chained(t, "one")
		w.fall(2 * day)
		w.reckon()
		if !died {
			break
		}
	}
}

// TestTakeoverStorm: sellers fail, hang, die, come back and are cut off, buyers too;
// each order ends, none costs more than its budget, and all books agree.
func TestTakeoverStorm(t *testing.T) {
	for seed := range uint64(*seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newStorm(t, 100+seed, 0)
			s.loss = 0.1
			buyer := s.settle("dan", budget(100, 1<<40), pool(1<<40)).start()
			const orders = 12
			for i := range orders {
				s.after(s.rng.Uint64N(2*minute), func() {
					if buyer.agent != nil {
						buyer.orders(fmt.Sprint("order ", i), takeover, worth(8+s.rng.Uint64N(10)))
					}
				})
			}

			s.rage(3*minute, func() {
				c := s.folk[s.rng.IntN(len(s.folk))]
				switch {
				case c.agent == nil:
					c.start()
				case s.rng.IntN(3) == 0:
					c.die()
				case s.rng.IntN(2) == 0:
					c.unlink(s.someone())
				default:
					c.dieAfter = 1 + s.rng.IntN(5)
				}
			})
			settled := 0
			for i := range orders {
				v, known := buyer.agent.ByKey(buyer.clock(), fmt.Sprint("order ", i))
				if !known {
					continue
				}
				if !v.Final || !v.OK && v.Code == "" {
					t.Errorf("order %d is %s (%s)", i, v.Stage, v.Code)
				}
				if v.OK {
					settled++
				}
			}
			t.Logf("%d of %d orders settled, with %d jobs", settled, orders, len(buyer.bought()))
		})
	}
}

// TestNobodyLinked: who has lost all links does not take it for the fault of its
// provider, and hires nobody in its place.
func TestNobodyLinked(t *testing.T) {
	w, sellers, buyer := row(t, 1, 5, 7)
	sellers[0].work = slow(4 * minute)
	buyer.orders("one", takeover)
	w.pass(2 * second)
	for _, s := range sellers {
		w.sever(s, buyer, true)
	}
	w.pass(3 * minute)
	if n := len(buyer.bought()); n != 1 {
		t.Errorf("%d contracts, made while out of reach", n)
	}
	for _, s := range sellers {
		w.sever(s, buyer, false)
		s.link(buyer)
	}
	w.pass(5 * minute)
	buyer.ended("one", ending{"settled", "", 5})
	w.reckon()
}

// TestForgerIsTakenOver: whatever a cheap seller twists, repeats and leaves out, an
// order that begins with it ends with who is honest, and never costs more than its
// budget; nobody slips.
func TestForgerIsTakenOver(t *testing.T) {
	for seed := range uint64(*seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newTown(t, 300+seed)
			eve := w.settle("eve", budget(100, 1<<40), pool(1<<40)).start()
			ben := w.settle("ben", budget(100, 1<<40), pool(1<<40)).start()
			ann := w.settle("ann", budget(100, 1<<40), pool(1<<40)).start()
			newForger(eve)
			eve.work = slow(w.rng.Uint64N(3 * second))
			eve.sells(3)
			ben.sells(5)
			ann.link(eve)
			ann.link(ben)
			w.pass(second)
			for i := range 4 {
				ann.orders(fmt.Sprint(i), takeover, worth(9))
				w.pass(w.rng.Uint64N(20 * second))
			}
			w.pass(2 * hour)
			for i := range 4 {
				v := ann.view(fmt.Sprint(i))
				if !v.OK && v.Score != protocol.Full { // her result may have passed, and its receipt be missing
					t.Errorf("order %d is %s (%s %s)", i, v.Stage, v.Code, v.Detail)
				}
				var cost wire.Amount
				for _, j := range ann.bought() {
					if j.Key == v.Key {
						cost, _ = cost.Plus(j.Paid)
					}
				}
				if cost.Cmp(wire.Units(9)) > 0 {
					t.Errorf("order %d cost %s, its budget is 9", i, cost)
				}
			}
			w.fall(3 * day)
			ann.replays()
			ben.replays()
		})
	}
}

// TestLeastEstimate: an owner who demands more certainty than there is of anybody is
// told so; who is known well enough is hired.
func TestLeastEstimate(t *testing.T) {
	for _, c := range []struct {
		least uint64
		want  ending
	}{
		{1000, ending{agent.StageGivenUp, protocol.CodeMandate, 0}},
		{400, ending{"settled", "", 5}}, // below the lower end of a stranger's
	} {
		w := newTown(t, 1)
		seller, buyer := w.settle("seller").start(), w.settle("buyer")
		mandate := *buyer.conf.Mandate.Doc.(*protocol.Mandate)
		mandate.LeastEstimate = c.least
		buyer.conf.Mandate = wire.Canonical{}.Name(&mandate)
		buyer.start()
		seller.sells(5)
		w.pass(second)
		buyer.orders("one", takeover)
		w.pass(minute)
		buyer.ended("one", c.want)
		w.reckon()
	}
}

// Whoever is the only one and has its hands full is tried three times, 2 s and 8 s
// apart, and then the hirer is told: it waits for nothing.
func TestBusyThreeTimes(t *testing.T) {
	w := newTown(t, 11)
	seller := w.settle("ann", pool(1<<40)).start()
	buyer := w.settle("ben", budget(100, 1<<40)).start()
	seller.work = slow(5 * minute)
	seller.sells(5, func(s *sell.Stand) { s.Slots = 1 })
	w.pass(second)
	buyer.orders("other")
	w.pass(second)
	buyer.orders("one", func(o *agent.Order) { o.Plan = agent.PlanTakeover })
	w.pass(15 * second)
	if v := buyer.view("one"); !v.Final || v.Code != protocol.CodeBusy {
		t.Errorf("after 15 s it is %s (%s), final: %t", v.Stage, v.Code, v.Final)
	}
}
