package agent_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// chain is a town where a buyer hires a broker, who has a part done by a hand.
type chain struct {
	*town
	buyer, broker, hand *citizen
	parent              wire.CID
}

// passOn is a payload that may be given to others.
func passOn(seed string, class payload.Class) payload.Artefact {
	a := artefact(seed, 100, class)
	a.Label.PassOn = true
	return a
}

// newChain opens the two stands, and has the buyer's job under way at the
// broker's for half an hour.
func newChain(t *testing.T, change ...func(*sell.Stand, *agent.Order)) *chain {
	t.Helper()
	c := &chain{town: newTown(t, 11)}
	c.buyer, c.broker, c.hand = c.settle("buyer"), c.settle("broker"), c.settle("hand")
	for _, x := range c.folk {
		x.start()
	}
	stand := func(s *sell.Stand) { s.Capability, s.Deliver, s.Data.PassOn = "text/brief@1", hour, true }
	order := func(o *agent.Order) { o.Capability, o.Input = "text/brief@1", passOn("the input", payload.Internal) }
	c.broker.sells(9, stand, func(s *sell.Stand) {
		for _, f := range change {
			f(s, &agent.Order{})
		}
	})
	c.hand.sells(5)
	c.broker.work = slow(30 * minute)
	c.pass(second)
	if r := c.buyer.orders("brief", order, func(o *agent.Order) {
		for _, f := range change {
			f(&sell.Stand{}, o)
		}
	}); r != nil {
		t.Fatal(r)
	}
	c.pass(2 * second)
	if v := c.buyer.view("brief"); v.Stage != "working" {
		t.Fatalf("the buyer's job is %s (%s, %s)", v.Stage, v.Code, v.Detail)
	}
	c.parent = c.buyer.view("brief").ID
	return c
}

// part is an order of the broker's for a part of the buyer's job.
func (c *chain) part(key string, change ...func(*agent.Order)) *agent.Refusal {
	return c.broker.orders(key, append([]func(*agent.Order){func(o *agent.Order) {
		o.Parent, o.Input = c.parent, passOn("part "+key, payload.Internal)
	}}, change...)...)
}

func TestPartIsLinkedBothWays(t *testing.T) {
	c := newChain(t)
	if r := c.part("a"); r != nil {
		t.Fatal(r)
	}
	c.pass(minute)
	part := c.broker.ended("a", ending{"settled", "", 5})
	if part.Parent != c.parent || part.Under != "working" {
		t.Errorf("the part is of %s (%s), want %s", part.Parent, part.Under, c.parent)
	}
	if v, ok := c.hand.agent.ByID(c.now, part.ID); !ok || v.Parent != c.parent || v.Under != "" {
		t.Errorf("the hand sees a part of %s (%q), want %s", v.Parent, v.Under, c.parent)
	}
	c.pass(hour)
	c.buyer.ended("brief", ending{"settled", "", 9})
	v, _ := c.broker.agent.ByID(c.now, c.parent)
	if v.Role != job.Provider || len(v.Parts) != 1 || v.Parts[0].ID != part.ID || v.Parts[0].Stage != "settled" || v.Parts[0].Paid != wire.Units(5) {
		t.Errorf("parts of the broker's job: %+v", v.Parts)
	}
	if got := c.broker.view("a").Under; got != "settled" {
		t.Errorf("the part is under a job that is %q", got)
	}
	c.fall(2 * day)
	c.reckon() // a replay knows the links too
}

// Whoever may not be hired for a part is not hired, and the owner is told why.
func TestPartsThatMayNotBe(t *testing.T) {
	order := func(f func(*agent.Order)) func(*sell.Stand, *agent.Order) {
		return func(_ *sell.Stand, o *agent.Order) { f(o) }
	}
	stand := func(f func(*sell.Stand)) func(*sell.Stand, *agent.Order) {
		return func(s *sell.Stand, _ *agent.Order) { f(s) }
	}
	for _, x := range []struct {
		name   string
		parent func(*sell.Stand, *agent.Order)
		part   func(c *chain, o *agent.Order)
		want   protocol.Code
	}{
		{name: "of no job", part: func(_ *chain, o *agent.Order) { o.Parent = wire.Sum([]byte("nothing")) }, want: protocol.CodeNotOffered},
		{name: "of a job that we hire for", part: func(c *chain, o *agent.Order) {
			if r := c.broker.orders("own"); r != nil {
				c.t.Fatal(r)
			}
			c.pass(second)
			o.Parent = c.broker.view("own").ID
		}, want: protocol.CodeNotOffered},
		{name: "of a job delivered", part: func(c *chain, _ *agent.Order) { c.pass(31 * minute) }, want: protocol.CodeLate},
		{name: "of a job long over", part: func(c *chain, _ *agent.Order) { c.fall(9 * day) }, want: protocol.CodeLate},
		{name: "of a wider class", part: func(_ *chain, o *agent.Order) { o.Input.Label.Class = payload.Public }, want: protocol.CodeLabel},
		{name: "kept longer", part: func(_ *chain, o *agent.Order) { o.Input.Label.Retention++ }, want: protocol.CodeLabel},
		{name: "kept longer than promised", parent: order(func(o *agent.Order) { o.Input.Label.Retention = 2 * day }), part: func(_ *chain, o *agent.Order) { o.Input.Label.Retention = 2 * day }, want: protocol.CodeLabel},
		{name: "to train a model", part: func(_ *chain, o *agent.Order) { o.Input.Label.Train = true }, want: protocol.CodeLabel},
		{name: "not promised to stay here", parent: stand(func(s *sell.Stand) { s.Data.PassOn = false }), want: protocol.CodeLabel},
		{name: "over its budget", part: func(_ *chain, o *agent.Order) { o.Budget = wire.Units(1 << 40) }, want: protocol.CodeBudget},
		{name: "as it should be", want: ""},
		{name: "stricter", part: func(_ *chain, o *agent.Order) { o.Input.Label.PassOn, o.Input.Label.Retention = false, day }, want: ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			var c *chain
			if x.parent != nil {
				c = newChain(t, x.parent)
			} else {
				c = newChain(t)
			}
			var code protocol.Code
			if r := c.part("a", func(o *agent.Order) {
				if x.part != nil {
					x.part(c, o)
				}
			}); r != nil {
				code = r.Code
			}
			if code != x.want {
				t.Fatalf("refused by %q, want %q", code, x.want)
			}
			if _, known := c.broker.agent.ByKey(c.now, "a"); known != (x.want == "") {
				t.Error("a refused order must leave nothing, and one that is taken must be known")
			}
		})
	}
}

// An input that may not be passed on is not, even if the contract's own words
// would allow it: a peer of ours never makes such a contract.
func TestInputThatMayNotBePassedOnFindsNoBroker(t *testing.T) {
	c := &chain{town: newTown(t, 12)}
	c.buyer, c.broker = c.settle("buyer").start(), c.settle("broker").start()
	c.broker.sells(9, func(s *sell.Stand) { s.Data.PassOn = true })
	c.pass(second)
	if r := c.buyer.orders("x"); r != nil {
		t.Fatal(r)
	}
	c.pass(minute)
	c.buyer.ended("x", ending{agent.StageGivenUp, protocol.CodeLabel, 0})
}

func TestPartMustBeDoneWithinItsParentsTime(t *testing.T) {
	c := newChain(t)
	c.hand.sells(5, func(s *sell.Stand) { s.Deliver = hour }) // as long as the whole
	c.pass(second)
	if r := c.part("a"); r != nil {
		t.Fatal(r)
	}
	c.pass(minute)
	c.broker.ended("a", ending{agent.StageGivenUp, protocol.CodeLate, 0})
	c.hand.sells(5, func(s *sell.Stand) { s.Deliver, s.Ask = 58*minute, true })
	c.pass(second)
	if r := c.part("b"); r != nil {
		t.Fatal(r)
	}
	c.pass(minute)
	c.broker.ended("b", ending{"settled", "", 5})
}

func TestPartsHaveANumber(t *testing.T) {
	c := newChain(t)
	for i := range agent.MaxParts {
		if r := c.part(fmt.Sprint(i)); r != nil {
			t.Fatal(i, r)
		}
	}
	if r := c.part("one more"); r == nil || r.Code != protocol.CodeTooLarge {
		t.Errorf("one more: %v", r)
	}
	c.pass(hour)
	c.fall(2 * day)
	c.reckon()
}

// Of a job that came to nothing the parts are not left running unheeded: their
// end is asked for, and what has no contract yet gets none.
func TestPartsOfAJobThatCameToNothing(t *testing.T) {
	for name, end := range map[string]func(c *chain){
		"its hirer withdraws": func(c *chain) { c.buyer.tell(agent.Withdrew{Job: c.parent}) },
		"we withdraw":         func(c *chain) { c.broker.tell(agent.Withdrew{Job: c.parent}) },
		"the work fails":      func(c *chain) { c.broker.tell(agent.Worked{Job: c.parent, Code: protocol.CodeWorkFailed}) },
		"it takes too long":   func(c *chain) { c.broker.stopped[c.parent] = true; c.pass(61 * minute) },
		"we are restarted":    func(c *chain) { c.broker.die(); c.broker.start(); c.broker.link(c.buyer); c.broker.link(c.hand) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t)
			c.hand.sells(5, func(s *sell.Stand) { s.Deliver = 50 * minute })
			c.hand.work = slow(45 * minute)
			c.pass(second)
			if r := c.part("working"); r != nil {
				t.Fatal(r)
			}
			c.pass(2 * second)
			if r := c.part("seeking", func(o *agent.Order) { o.Capability = "text/nobody@1" }); r != nil {
				t.Fatal(r)
			}
			if name == "it takes too long" {
				c.hand.work = nil
				c.pass(second)
			}
			end(c)
			c.pass(minute)
			if v, _ := c.broker.agent.ByID(c.now, c.parent); !v.Final || v.OK {
				t.Errorf("the job is %s", v.Stage)
			}
			want := ending{"cancelled", protocol.CodeWithdrawn, 0}
			if name == "it takes too long" {
				want = ending{"settled", "", 5} // it was delivered before
			}
			part := c.broker.ended("working", want)
			if part.Under == "working" || part.Under == "" {
				t.Errorf("the owner is shown that its job is %q", part.Under)
			}
			if v := c.broker.view("seeking"); v.Stage != agent.StageGivenUp {
				t.Errorf("the order without a contract is %s", v.Stage)
			}
			c.fall(3 * day)
			c.reckon()
		})
	}
}

// What a hand delivers although it was asked to stop is paid: a wish is no
// way out of a contract.
func TestPartDeliveredInSpiteOfTheWishIsPaid(t *testing.T) {
	c := newChain(t)
	c.hand.work = slow(10 * second)
	if r := c.part("a"); r != nil {
		t.Fatal(r)
	}
	c.pass(9 * second)
	c.sever(c.broker, c.hand, true)
	c.buyer.tell(agent.Withdrew{Job: c.parent})
	c.pass(5 * second) // the hand delivers before it hears of it
	c.sever(c.broker, c.hand, false)
	c.hand.link(c.broker)
	c.pass(minute)
	c.broker.ended("a", ending{"settled", "", 5})
	c.fall(3 * day)
	c.reckon()
}

// Wherever the broker dies, its job and the part end the same on all sides, and
// nothing is paid twice.
func TestBrokerDiesAtEveryRecord(t *testing.T) {
	for _, safe := range []bool{false, true} {
		for n := 1; n <= 12; n++ {
			t.Run(fmt.Sprint(safe, n), func(t *testing.T) {
				c := newChain(t, func(s *sell.Stand, _ *agent.Order) { s.RerunSafe = safe })
				hire := func() {
					if r := c.part("a"); r != nil && !(r.Code == protocol.CodeLate) {
						t.Fatal(r)
					}
				}
				c.broker.dieAfter = n
				hire()
				c.pass(5 * minute)
				if c.broker.agent == nil {
					c.broker.start()
					c.broker.link(c.hand)
					c.broker.link(c.buyer)
				}
				c.broker.dieAfter = 0
				hire() // work that is done again orders its parts again, by the same keys
				c.pass(2 * hour)
				c.fall(3 * day)
				c.reckon()
				v, _ := c.broker.agent.ByID(c.now, c.parent)
				if len(v.Parts) > 1 {
					t.Errorf("%d parts were ordered, want at most one", len(v.Parts))
				}
				if safe && !v.OK {
					t.Errorf("work that may be repeated ended %s (%s)", v.Stage, v.Code)
				}
			})
		}
	}
}

// A part's payload is under its parent's label: it goes when the parent's goes.
func TestPayloadOfPartsGoesWithItsParents(t *testing.T) {
	c := newChain(t)
	if r := c.part("a"); r != nil {
		t.Fatal(r)
	}
	if r := c.part("given up", func(o *agent.Order) { o.Capability = "text/nobody@1" }); r != nil {
		t.Fatal(r)
	}
	c.pass(hour)
	c.fall(day / 2)
	for _, key := range []string{"a", "given up"} {
		v := c.broker.view(key)
		for _, x := range slices.Concat(v.Inputs, v.Results) {
			if slices.Contains(c.broker.erased, x.ID) {
				t.Errorf("%s: erased before its time", key)
			}
		}
	}
	c.fall(day)
	for _, key := range []string{"a", "given up"} {
		v := c.broker.view(key)
		if key == "a" && len(v.Results) != 1 {
			t.Fatal("no result")
		}
		for _, x := range slices.Concat(v.Inputs, v.Results) {
			if !slices.Contains(c.broker.erased, x.ID) {
				t.Errorf("%s: still here after its parent's retention", key)
			}
		}
	}
	c.broker.erased = nil // it died between the fact and the deed
	c.broker.die()
	c.broker.start()
	for _, key := range []string{"a", "given up"} {
		v := c.broker.view(key)
		for _, x := range slices.Concat(v.Inputs, v.Results) {
			if !slices.Contains(c.broker.erased, x.ID) {
				t.Errorf("%s: not erased at the next start", key)
			}
		}
	}
	c.reckon()
}

// A part that fails is taken over like any other order, unless its parent has come
// to nothing meanwhile: then nobody is hired in its place.
func TestPartIsTakenOver(t *testing.T) {
	for _, withdrawn := range []bool{false, true} {
		c := newChain(t)
		other := c.settle("other").start()
		other.sells(6)
		c.pass(second)
		c.hand.work = fails(protocol.CodeWorkFailed, 20*second)
		if r := c.part("a", func(o *agent.Order) { o.Plan = agent.PlanTakeover }); r != nil {
			t.Fatal(r)
		}
		c.pass(5 * second)
		if withdrawn {
			c.buyer.tell(agent.Withdrew{Job: c.parent})
		}
		c.pass(5 * minute)
		if withdrawn {
			if v := c.broker.view("a"); !v.Final || v.OK || v.Code != protocol.CodeWithdrawn || v.Peer != c.hand.key.Key() {
				t.Errorf("the part is %s (%s) with %s", v.Stage, v.Code, c.byKey(v.Peer).name)
			}
		} else if v := c.broker.ended("a", ending{"settled", "", 6}); v.Peer != other.key.Key() || v.Parent != c.parent {
			t.Errorf("the part was done by %s for %s", c.byKey(v.Peer).name, v.Parent)
		}
		c.pass(hour)
		c.fall(3 * day)
		for _, v := range c.broker.agent.Jobs(c.now, 100) {
			for _, x := range slices.Concat(v.Inputs, v.Results) {
				if v.Parent == c.parent && !slices.Contains(c.broker.erased, x.ID) {
					t.Errorf("payload of a part is still here")
				}
			}
		}
		c.reckon()
	}
}
