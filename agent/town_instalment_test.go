package agent_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// piece is a worker whose result tells which part or call it is of; it meters 3 units.
func piece(ms uint64) func(agent.Work) (agent.Worked, uint64) {
	return func(w agent.Work) (agent.Worked, uint64) {
		seed := fmt.Sprint(w.Job, w.Part, w.Inputs[0].ID)
		return agent.Worked{Job: w.Job, Units: 3, Results: []payload.Artefact{artefact(seed, 7, payload.Public)}}, ms
	}
}

func tranches(n, advance uint64) func(*sell.Stand) {
	return func(s *sell.Stand) { s.Tranches, s.Advance = n, advance }
}

func windows(window, most uint64) func(*sell.Stand) {
	return func(s *sell.Stand) {
		s.Meter = sell.Meter{Unit: "token", PerUnit: wire.Units(2), MaxUnits: 3 * window, Window: window, Windows: most}
	}
}

// calls gives an order so many inputs.
func calls(n int) func(*agent.Order) {
	return func(o *agent.Order) {
		for i := 1; i < n; i++ {
			o.More = append(o.More, artefact(fmt.Sprint("input ", o.Key, i), 100, payload.Public))
		}
	}
}

// TestInstalments: contracts of several parts, to their end.
func TestInstalments(t *testing.T) {
	for _, c := range []struct {
		name    string
		stand   func(*sell.Stand)
		order   func(*agent.Order)
		set     func(w *town, seller, buyer *citizen)
		want    ending
		parts   int
		results int
	}{
		{"three tranches", tranches(3, 0), nil, nil, ending{"settled", "", 31}, 3, 3},
		{"one in advance", tranches(3, 1), nil, nil, ending{"settled", "", 31}, 3, 3},
		{"all in advance", tranches(3, 3), nil, nil, ending{"settled", "", 31}, 3, 3},
		{"one call, metered", windows(1, 1), nil, nil, ending{"settled", "", 37}, 1, 1},
		{"three windows of one", windows(1, 4), calls(3), nil, ending{"settled", "", 49}, 3, 3},
		{"a window of four", windows(4, 1), calls(4), nil, ending{"settled", "", 55}, 1, 4},
		{"a window closed early", windows(4, 2), calls(6), nil, ending{"settled", "", 67}, 2, 6},
		{"fewer than a window", windows(4, 2), calls(2), nil, ending{"settled", "", 43}, 1, 2},
		{
			"the second part fails", tranches(3, 0), nil,
			func(_ *town, seller, _ *citizen) {
				seller.work = func(w agent.Work) (agent.Worked, uint64) {
					if w.Part == 2 {
						return agent.Worked{Job: w.Job, Code: protocol.CodeWorkFailed}, 10
					}
					return piece(10)(w)
				}
			},
			ending{"cancelled", protocol.CodeWorkFailed, 11},
			2, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work = piece(10)
			if c.set != nil {
				c.set(w, seller, buyer)
			}
			seller.sells(31, c.stand)
			w.pass(second)
			change := []func(*agent.Order){}
			if c.order != nil {
				change = append(change, c.order)
			}
			if r := buyer.orders("a", change...); r != nil {
				t.Fatal(r)
			}
			w.pass(minute)
			v := buyer.view("a")
			if c.want.stage == "settled" && (!v.Final || !v.OK) {
				t.Errorf("after a minute it is %s: %+v", v.Stage, v.Instalments)
			}
			w.fall(3 * day)
			if c.want.stage == "settled" {
				buyer.ended("a", c.want)
			} else if v = buyer.view("a"); v.Stage != c.want.stage || v.Paid != wire.Units(c.want.paid) {
				t.Errorf("it is %s, paid %s", v.Stage, v.Paid)
			}
			v = buyer.view("a")
			if n := max(1, len(v.Instalments)); n != c.parts || len(v.Results) != c.results {
				t.Errorf("%d parts and %d results, want %d and %d", n, len(v.Results), c.parts, c.results)
			}
			w.reckon()
		})
	}
}

// TestBudgetEndsFirst: a contract goes no further than its buyer's mandate, whatever
// else was bought meanwhile, and both sides know that it ends there.
func TestBudgetEndsFirst(t *testing.T) {
	for _, advance := range []uint64{0, 1} {
		w, seller, buyer := pair(t, budget(100, 45))
		seller.work = piece(10 * second)
		seller.sells(31, tranches(3, advance))
		seller.sells(30, func(s *sell.Stand) { s.Capability = "text/other@1" })
		w.pass(second)
		if r := buyer.orders("a", func(o *agent.Order) { o.Budget = wire.Units(31) }); r != nil {
			t.Fatal(r)
		}
		w.pass(5 * second) // 11 of 45 are held for the first part
		if r := buyer.orders("another", func(o *agent.Order) { o.Capability, o.Budget = "text/other@1", wire.Units(30) }); r != nil {
			t.Fatal(r)
		}
		w.pass(minute)
		buyer.ended("another", ending{"settled", "", 30})
		v := buyer.ended("a", ending{"settled", "", 11})
		if len(v.Instalments) != 1 || len(v.Results) != 1 {
			t.Errorf("%d parts and %d results", len(v.Instalments), len(v.Results))
		}
		if theirs, _ := w.other(v); !theirs.Final || theirs.Stage != "settled" {
			t.Errorf("the seller still waits: %s", theirs.Stage)
		}
		o := seller.outcome(v.ID)
		if o == nil || o.Ended != protocol.EndedAgreed || o.Score != protocol.Full {
			t.Errorf("the outcome is %+v", o)
		}
		w.fall(3 * day)
		w.reckon()
	}
}

// TestInstalmentsInStorms: contracts of parts while bundles are lost, links break and
// processes are killed in the midst of a step.
func TestInstalmentsInStorms(t *testing.T) {
	for _, seed := range seedsUpTo(*seeds, 44, 346, 350, 383) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newStorm(t, seed, 24)
			for i, c := range s.folk {
				work := c.work
				c.work = func(k agent.Work) (agent.Worked, uint64) {
					done, after := work(k)
					if done.Code == "" {
						done, _ = piece(0)(k)
					}
					return done, after
				}
				c.sells(uint64(5+i), func(stand *sell.Stand) {
					stand.RerunSafe = i != 0
					[]func(*sell.Stand){tranches(3, 0), tranches(3, 2), windows(2, 3)}[i](stand)
				})
			}
			s.loss = 0.2
			for n := range 4 {
				buyer := s.folk[n%2]
				s.after(s.rng.Uint64N(minute), func() {
					if buyer.agent != nil {
						buyer.orders(fmt.Sprint("calls ", n), calls(5), func(o *agent.Order) { o.Peer = s.folk[2].key.Key() })
					}
				})
			}
			s.rage(2*minute, s.strike)
			parts := 0
			for _, c := range s.folk {
				for _, v := range c.agent.Jobs(c.clock(), 1000) {
					parts += len(v.Instalments)
				}
			}
			if parts == 0 {
				t.Error("no job had parts")
			}
			t.Logf("%d parts", parts/2)
		})
	}
}

// TestReceiptHeardAtLast: the countersign of one part is lost, and the buyer starts anew
// before it comes again. Its lanes are then known to be in order by what the seller says
// of the fresh one, and yet its job waits for that countersign. The seller, which has
// called off the next part meanwhile and let go of the job, must still have it: among
// what it answered in the job, or once that is long ago, among what it said of the lane.
func TestReceiptHeardAtLast(t *testing.T) {
	for _, restarts := range []int{1, 2, 5} {
		for _, longAgo := range []bool{false, true} {
			t.Run(fmt.Sprint(restarts, " restarts, long ago: ", longAgo), func(t *testing.T) {
				lateReceipt(t, restarts, longAgo)
			})
		}
	}
}

func lateReceipt(t *testing.T, restarts int, longAgo bool) {
	w, seller, buyer := pair(t)
	seller.work = func(k agent.Work) (agent.Worked, uint64) {
		if k.Part == 3 {
			return agent.Worked{Job: k.Job, Code: protocol.CodeWorkFailed}, 10 * second
		}
		return piece(10)(k)
	}
	seller.sells(31, tranches(3, 0))
	w.pass(second)
	paying := func(x wire.Said) bool { // for the second part, with the HOLD of the third
		e, ok := x.Doc.(*protocol.Entry)
		return ok && e.Act == protocol.ActPost && e.Part == 1
	}
	paid := 0
	w.drop = func(from, _ *citizen, docs []wire.Said) bool {
		if from == buyer && slices.ContainsFunc(docs, paying) {
			paid++
			return paid > 1
		}
		return from == seller && paid > 0 && docs[0].Doc.Header().At < dawn+5*second
	}
	if r := buyer.orders("a"); r != nil {
		t.Fatal(r)
	}
	w.pass(4 * second)
	for range restarts {
		buyer.die()
		buyer.start()
		w.pass(minute)
	}
	id := buyer.view("a").ID
	if n := seller.agent.Open(); paid < 2 || n != 0 {
		t.Fatalf("the buyer has paid %d times, and %d jobs still want something of the seller", paid, n)
	}
	if longAgo {
		seller.agent.LongAgo()
	}
	w.drop = nil
	w.pass(5 * minute)
	if theirs, _ := seller.agent.ByID(seller.clock(), id); theirs.Stage != "cancelled" {
		t.Errorf("for the seller it is %s", theirs.Stage)
	}
	w.fall(3 * day)
	w.reckon()
}

// TestHoldRefusedAtLast: the HOLD of the second part comes too late for the seller, or after
// the buyer's wish to end there, and the Refuse that says so is lost while either is killed.
// The buyer asks until it knows, though the job is over for the seller: the part has then
// begun for neither, and nobody is blamed.
func TestHoldRefusedAtLast(t *testing.T) {
	for _, c := range []struct {
		name    string
		stand   func(*sell.Stand)
		calls   int
		away    uint64 // how long the two do not hear one another
		wishes  bool
		longAgo bool
	}{
		{"late", tranches(3, 0), 1, 2 * minute, false, false},
		{"late, answered long ago", tranches(3, 0), 1, 2 * minute, false, true},
		{"late, in advance", tranches(3, 3), 1, 2 * minute, false, false},
		{"late, a window", windows(2, 3), 6, 2 * minute, false, false},
		{"called off", tranches(3, 0), 1, 20 * second, true, false},
		{"called off, answered long ago", tranches(3, 0), 1, 20 * second, true, true},
		{"called off, in advance", tranches(3, 3), 1, 20 * second, true, false},
		{"called off, a window", windows(2, 3), 6, 20 * second, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work = piece(10)
			seller.sells(31, c.stand)
			w.pass(second)
			lost, heard := true, 0
			w.drop = func(from, _ *citizen, docs []wire.Said) bool {
				no := slices.ContainsFunc(docs, func(x wire.Said) bool { return x.Doc.Header().Kind == protocol.KindRefuse })
				if from == seller && no && heard < 3 { // but it is said again and again
					heard++
					return true
				}
				return from == buyer && lost && slices.ContainsFunc(docs, func(x wire.Said) bool {
					e, ok := x.Doc.(*protocol.Entry)
					return ok && e.Act == protocol.ActHold && e.Part == 1
				})
			}
			if r := buyer.orders("a", calls(c.calls)); r != nil {
				t.Fatal(r)
			}
			w.pass(3 * second)
			if n := len(buyer.view("a").Instalments); n != 2 {
				t.Fatalf("%d parts have begun for the buyer", n)
			}
			if c.wishes {
				buyer.tell(agent.Withdrew{Key: "a", Job: buyer.view("a").ID})
			}
			w.pass(c.away)
			lost = false
			for i := range 6 {
				w.pass(10 * second)
				if who := []*citizen{buyer, seller}[i%2]; i > 1 {
					who.die()
					who.start()
					if c.longAgo {
						seller.agent.LongAgo()
					}
				}
			}
			w.pass(10 * minute)
			if v := buyer.view("a"); v.Stage != "settled" || len(v.Instalments) != 1 {
				t.Errorf("it is %s: %+v", v.Stage, v.Instalments)
			}
			if heard < 3 {
				t.Errorf("the seller refused %d times", heard)
			}
			w.fall(3 * day)
			w.reckon()
		})
	}
}
