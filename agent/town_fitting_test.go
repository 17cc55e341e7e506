package agent_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// fits is how a citizen's hands compare an order's inputs with schemas, one after the other.
func (c *citizen) fits(e agent.Fit, alive func() bool) {
	does := c.fit
	if does == nil {
		does = func(schema string) bool { return schema != "false" }
	}
	for i, schema := range e.Schemas {
		c.compared = append(c.compared, schema)
		c.after(uint64(i+1), func() {
			if alive() && !c.mute {
				c.tell(agent.Fitted{Key: e.Key, Schema: schema, Fits: does(schema)})
			}
		})
	}
}

func schema(s string) func(*sell.Stand) { return func(x *sell.Stand) { x.Schema = s } }

// TestSchemaIsKept: no input goes to an offer whose schema it breaks, however cheap;
// one that it satisfies is hired on, and told to the worker as the contract has it.
func TestSchemaIsKept(t *testing.T) {
	for _, ask := range []bool{false, true} {
		w, sellers, buyer := row(t, 1, 1, 5, 9)
		told := func(s *sell.Stand) { s.Ask = ask }
		sellers[0].sells(1, told, schema("false"))
		sellers[1].sells(5, told, schema(`{"type":"object"}`))
		var worked string
		sellers[1].work = func(k agent.Work) (agent.Worked, uint64) {
			worked = k.Stand.Schema
			return slow(10)(k)
		}
		w.pass(second)
		buyer.orders("one", takeover)
		w.pass(minute)
		if v := buyer.ended("one", ending{"settled", "", 5}); v.Peer != sellers[1].key.Key() {
			t.Errorf("ask %t: %s was hired", ask, v.Peer)
		}
		if worked != `{"type":"object"}` || len(buyer.compared) != 2 {
			t.Errorf("ask %t: worked under %q; compared %q", ask, worked, buyer.compared)
		}
		for _, s := range sellers[0].heard {
			if _, ok := s.Doc.(*protocol.Accept); ok {
				t.Errorf("ask %t: who takes no such input was hired", ask)
			}
		}
		w.reckon()
	}
}

// TestSchemaOfAQuote: what is offered anew between its price and its hiring holds for the
// work of whoever was asked for a price; who takes what is posted has it as it was.
func TestSchemaOfAQuote(t *testing.T) {
	for _, ask := range []bool{false, true} {
		w, sellers, buyer := row(t, 1, 5)
		told := func(s *sell.Stand) { s.Ask = ask }
		sellers[0].sells(5, told, schema(`{"type":"object"}`))
		var worked string
		sellers[0].work = func(k agent.Work) (agent.Worked, uint64) {
			worked = k.Stand.Schema
			return slow(10)(k)
		}
		w.pass(second)
		buyer.orders("one")
		quoted := func() bool {
			return slices.ContainsFunc(buyer.heard, func(s wire.Said) bool { _, is := s.Doc.(*protocol.Quote); return is })
		}
		hired := func() bool {
			return slices.ContainsFunc(sellers[0].heard, func(s wire.Said) bool { _, is := s.Doc.(*protocol.Accept); return is })
		}
		for range 10 * second {
			if ask && quoted() || !ask && buyer.view("one").Stage != "" {
				break
			}
			w.pass(1)
		}
		if hired() {
			t.Fatalf("ask %t: it was hired before its offer was changed", ask)
		}
		sellers[0].sells(5, told, schema("true"))
		w.pass(minute)
		buyer.ended("one", ending{"settled", "", 5})
		if want := map[bool]string{false: `{"type":"object"}`, true: "true"}[ask]; worked != want {
			t.Errorf("ask %t: worked under %q, want %q", ask, worked, want)
		}
		w.reckon()
	}
}

// TestSchemaThatLies: who says that it takes such inputs and sends them back, or
// promises results that it does not bring, is not paid, or not more than word against
// word brings it; it is thought less of by whoever hired it, who is served by another.
func TestSchemaThatLies(t *testing.T) {
	rule := protocol.Check{Rule: "jsonschema", Params: `{"type":"array"}`}
	promise := func(s *sell.Stand) { s.Rule = rule }
	for name, c := range map[string]struct {
		lie  func(eve, buyer *citizen)
		owed uint64
	}{
		"of what it takes": {lie: func(eve, _ *citizen) {
			eve.work = fails(protocol.CodeInput, 10)
			eve.sells(1, schema("true"))
		}},
		"of what it brings, as its own hands find": {lie: func(eve, _ *citizen) {
			eve.work = fails(protocol.CodeCheck, 10)
			eve.sells(1, promise)
		}},
		// Its word stands against the hirer's, and nobody is named who judges: one part is lost.
		"of what it brings, and it contests the check": {owed: 1, lie: func(eve, buyer *citizen) {
			eve.sells(1, promise)
			buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
				if j.From == eve.key.Key() && j.Rule == rule {
					return agent.Judged{Job: j.Job, Code: protocol.CodeCheck}, 5
				}
				return agent.Judged{Job: j.Job}, 5
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w, sellers, buyer := row(t, 1, 1, 5)
			eve := sellers[0]
			c.lie(eve, buyer)
			w.pass(second)
			before := buyer.trusts(eve).Success
			buyer.orders("one", takeover)
			w.pass(2 * minute)
			if v := buyer.ended("one", ending{"settled", "", 5}); v.Instead.IsZero() {
				t.Error("she was not hired first")
			}
			w.pass(day)
			if after := buyer.trusts(eve).Success; after >= before {
				t.Errorf("her estimate went from %.3f to %.3f", before, after)
			}
			for _, p := range buyer.agent.Positions() {
				if p.Peer == eve.key.Key() && p.IOwe != wire.Units(c.owed) {
					t.Errorf("she is owed %s", p.IOwe)
				}
			}
			w.fall(2 * day)
			w.reckon()
		})
	}
}

// TestCrowdOfSchemas: of a crowd of strangers with a schema each, few are looked at,
// and whom the buyer knows is looked at before them. A comparison that never comes
// holds nothing up for long.
func TestCrowdOfSchemas(t *testing.T) {
	w := newTown(t, 3)
	friend, buyer := w.settle("friend").start(), w.settle("buyer").start()
	friend.sells(50)
	friend.link(buyer)
	w.pass(second)
	buyer.orders("before")
	w.pass(minute)
	buyer.ended("before", ending{"settled", "", 50})
	friend.sells(50, schema("the friend's"))
	for i := range 40 {
		c := w.settle(fmt.Sprint("stranger ", i)).start()
		c.sells(1, schema(fmt.Sprint("of stranger ", i)))
		c.link(buyer)
	}
	w.pass(second)
	buyer.fit = func(schema string) bool { return schema == "the friend's" }
	buyer.orders("in the crowd", worth(100))
	w.pass(minute)
	buyer.ended("in the crowd", ending{"settled", "", 50})
	if n := len(buyer.compared); n != 16 {
		t.Errorf("compared with %d schemas", n)
	}
	w.reckon()

	// The friend comes when the crowd has taken all the room that strangers have.
	friend.tell(agent.Closed{Capability: "text/words@1"})
	w.pass(second)
	buyer.compared = nil
	buyer.orders("before the friend", worth(100))
	w.pass(second)
	friend.sells(50, schema("the friend's"))
	w.pass(minute)
	buyer.ended("before the friend", ending{"settled", "", 50})
	if n := len(buyer.compared); n != 17 {
		t.Errorf("compared with %d schemas", n)
	}
	w.reckon()

	w, sellers, buyer := row(t, 1, 1, 5)
	sellers[0].sells(1, schema("slow"))
	w.pass(second)
	buyer.mute = true
	buyer.orders("one", takeover)
	w.pass(10 * second)
	buyer.ended("one", ending{"settled", "", 5})
	sellers[1].tell(agent.Closed{Capability: "text/words@1"})
	w.pass(second)
	buyer.orders("two", takeover)
	w.pass(minute)
	buyer.ended("two", ending{agent.StageGivenUp, protocol.CodeInput, 0})
	w.reckon()
}

// TestSchemaAfterRestart: the comparison is soft; a buyer that dies over it does it again.
func TestSchemaAfterRestart(t *testing.T) {
	w, sellers, buyer := row(t, 1, 5)
	sellers[0].sells(5, schema("true"))
	w.pass(second)
	buyer.mute = true
	buyer.orders("one", takeover)
	w.pass(second)
	buyer.die()
	buyer.mute, buyer.compared = false, nil
	buyer.start().link(sellers[0])
	w.pass(minute)
	buyer.ended("one", ending{"settled", "", 5})
	if n := len(buyer.compared); n != 1 || wire.Units(5) != buyer.view("one").Price {
		t.Errorf("compared %d times once it ran again", n)
	}
	w.reckon()
}
