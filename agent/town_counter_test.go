package agent_test

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

func least(price uint64) func(*sell.Stand) {
	return func(s *sell.Stand) { s.Least = wire.Units(price) }
}

// bidding makes an order haggle from a bid up to a budget.
func bidding(bid, budget uint64) func(*agent.Order) {
	return func(o *agent.Order) { o.Bid, o.Budget = wire.Units(bid), wire.Units(budget) }
}

// TestHaggling: a hirer that bids less than a price comes to terms with a seller
// that would take less, within five rounds, and otherwise takes or leaves it.
func TestHaggling(t *testing.T) {
	ask := func(s *sell.Stand) { s.Ask = true }
	for _, c := range []struct {
		name   string
		stand  []func(*sell.Stand)
		order  []func(*agent.Order)
		set    func(w *town, seller, buyer *citizen)
		rounds int // Counters said
		want   ending
	}{
		// It asks 100, 96, 92, 88, …; offered are 60, 70, 80, 90, 100.
		{name: "half-way", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(60, 100)}, rounds: 3, want: ending{"settled", "", 88}},
		{name: "the price told on request", stand: []func(*sell.Stand){least(80), ask}, order: []func(*agent.Order){bidding(60, 100)}, rounds: 3, want: ending{"settled", "", 88}},
		{name: "a wish that is met", stand: []func(*sell.Stand){least(50)}, order: []func(*agent.Order){bidding(95, 100)}, rounds: 1, want: ending{"settled", "", 95}},
		{name: "to the last round", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(1, 80)}, rounds: 5, want: ending{"settled", "", 80}},
		{name: "over the budget still", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(60, 79)}, rounds: 5, want: ending{agent.StageGivenUp, protocol.CodeBudget, 0}},
		{name: "a seller that does not haggle", order: []func(*agent.Order){bidding(60, 100)}, rounds: 4, want: ending{"settled", "", 100}},
		{name: "a buyer that does not haggle", stand: []func(*sell.Stand){least(80)}, want: ending{"settled", "", 100}},
		{name: "a price within the bid", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(100, 200)}, want: ending{"settled", "", 100}},
		{name: "after a call", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(60, 100), calling(10 * second)}, rounds: 3, want: ending{"settled", "", 88}},
		{
			name: "counters are lost", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(60, 100)}, rounds: 0, want: ending{"settled", "", 100},
			set: func(w *town, _, _ *citizen) {
				w.drop = func(_, _ *citizen, docs []wire.Said) bool { return docs[0].Doc.Header().Kind == protocol.KindCounter }
			},
		},
		{
			name: "no longer sold", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(60, 100)}, rounds: 1, want: ending{"settled", "", 100},
			set: func(w *town, seller, _ *citizen) { // between its quote and the Counter
				w.after(50, func() { seller.tell(agent.Closed{Capability: "text/words@1"}) })
			},
		},
		{
			name: "the seller dies in between", stand: []func(*sell.Stand){least(80)}, order: []func(*agent.Order){bidding(60, 95)}, rounds: 1, want: ending{agent.StageGivenUp, protocol.CodeBudget, 0},
			set: func(w *town, seller, _ *citizen) { w.after(90, seller.die) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.sells(100, func(s *sell.Stand) {
				for _, f := range c.stand {
					f(s)
				}
			})
			seller.link(buyer)
			w.pass(second)
			records := len(seller.journal) + len(buyer.journal)
			if c.set != nil {
				c.set(w, seller, buyer)
			}
			if r := buyer.orders("one", c.order...); r != nil {
				t.Fatal(r)
			}
			w.pass(minute)
			buyer.ended("one", c.want)
			rounds := 0
			for _, said := range seller.heard {
				if said.Doc.Header().Kind == protocol.KindCounter {
					rounds++
				}
			}
			if rounds != c.rounds {
				t.Errorf("%d Counters were heard, want %d", rounds, c.rounds)
			}
			if more := len(seller.journal) + len(buyer.journal) - records; c.want.stage == agent.StageGivenUp && more > 2 {
				t.Errorf("%d records of talk alone", more)
			}
			w.reckon()
		})
	}
}

// TestCounters: what a seller answers to Counters that are out of place, and to a storm.
func TestCounters(t *testing.T) {
	r, seller, _ := newRogue(t)
	seller.sells(100, least(80))
	r.pass(second)
	quote := func() (wire.CID, *protocol.Quote) {
		ask := &protocol.Request{
			Head: r.head(protocol.KindRequest), To: seller.key.Key(), Capability: "text/words@1", InputType: "text/plain",
			Label: payload.Label{Class: payload.Public, Retention: day}, Deliver: day, Reply: r.clock() + minute,
			Assets: []string{asset}, Rails: []string{"credit"}, Owner: r.key.Key(), Mandate: wire.Sum(nil),
		}
		r.heard = nil
		r.utter(agent.Tell{To: seller.key.Key(), Doc: wire.Canonical{}.Name(ask)})
		r.pass(100)
		if len(r.heard) != 1 {
			t.Fatalf("%d answers to a Request", len(r.heard))
		}
		return r.heard[0].ID, r.heard[0].Doc.(*protocol.Quote)
	}
	counter := func(of wire.CID, change func(*protocol.Counter)) *protocol.Counter {
		d := &protocol.Counter{
			Head: r.head(protocol.KindCounter), Quote: of, Round: 1, Price: protocol.Price{Fixed: wire.Units(90)},
		}
		change(d)
		return d
	}
	first, terms := quote()
	times, data := terms.Terms.Times, terms.Terms.Data
	for _, c := range []struct {
		name   string
		change func(*protocol.Counter)
		want   protocol.Code
	}{
		{"of no quote", func(d *protocol.Counter) { d.Quote = wire.Sum(nil) }, protocol.CodeExpired},
		{"of a later round", func(d *protocol.Counter) { d.Round = 2 }, protocol.CodeMalformed},
		{"in half the time", func(d *protocol.Counter) { d.Times, d.Times.Deliver = times, times.Deliver/2 }, protocol.CodeLate},
		{"other data terms", func(d *protocol.Counter) { d.Data, d.Data.Retention = data, 1 }, protocol.CodeNotOffered},
		{"in tranches", func(d *protocol.Counter) { d.Price.Tranches = []wire.Amount{wire.Units(45), wire.Units(45)} }, protocol.CodeNotOffered},
		{"with a kill fee", func(d *protocol.Counter) { d.KillFee = wire.Units(1) }, protocol.CodeNotOffered},
	} {
		if got := r.says(counter(first, c.change)); len(got) != 1 || got[0] != string(c.want) {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}

	// Whoever repeats a round learns no more than that round's price.
	r.heard = nil
	for range 100 {
		r.says(counter(first, func(d *protocol.Counter) { d.Price.Fixed = wire.Units(1) }))
	}
	r.pass(second)
	quotes := 0
	for _, said := range r.heard {
		if q, ok := said.Doc.(*protocol.Quote); ok {
			quotes++
			if q.Round != 1 || q.Terms.Price.Fixed != wire.Units(96) {
				t.Errorf("answered %+v", q)
			}
		}
	}
	if quotes != 32 { // then the first quote is forgotten over those of the storm
		t.Errorf("%d quotes were given", quotes)
	}
	if n := len(r.heard); n != 54 { // 60 a minute, 6 of them above
		t.Errorf("%d of a storm of 100 were answered", n)
	}

	// When the storm is over it is heard again, but for quotes that are over.
	r.pass(2*minute + second)
	if got := r.says(counter(first, func(*protocol.Counter) {})); len(got) != 1 || got[0] != string(protocol.CodeExpired) {
		t.Errorf("a quote that is over: %q", got)
	}
	again, _ := quote()
	if got := r.says(counter(again, func(*protocol.Counter) {})); len(got) != 0 || len(r.heard) != 2 {
		t.Errorf("after the storm: %q", got)
	}
}

// TestKnownHaggleInAStorm: whom a seller has had to do with comes to terms with it
// though strangers storm it with Counters.
func TestKnownHaggleInAStorm(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(100, least(80))
	seller.link(buyer)
	w.pass(second)
	buyer.orders("before")
	w.pass(minute)
	var crowd []*citizen
	for i := range 11 {
		c := w.settle(fmt.Sprint("stranger ", i)).start()
		c.link(seller)
		crowd = append(crowd, c)
	}
	w.pass(second)
	for _, c := range crowd {
		for i := range 60 {
			d := &protocol.Counter{
				Head:  wire.Head{Kind: protocol.KindCounter, By: c.key.Key(), At: c.clock(), Nonce: wire.Nonce{byte(i)}},
				Quote: wire.Sum(nil), Round: 1, Price: protocol.Price{Fixed: wire.Units(1)},
			}
			c.send(seller, []wire.Said{wire.Canonical{}.Name(d)})
		}
	}
	w.pass(100)
	buyer.orders("one", bidding(60, 100))
	w.pass(minute)
	buyer.ended("one", ending{"settled", "", 88})
	w.reckon()
}
