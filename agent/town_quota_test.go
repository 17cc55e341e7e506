package agent_test

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// strict gives a citizen the quotas of a real peer.
func strict(change ...func(*sell.Quotas)) setting {
	return func(c *agent.Config, _ *delegation.Grant) {
		c.Quotas = sell.DefaultQuotas()
		for _, f := range change {
			f(&c.Quotas)
		}
	}
}

// requests sends bare Requests for a quote, as often as it likes.
func (c *citizen) requests(to *citizen, n int) {
	for range n {
		var nonce wire.Nonce
		c.rng.Uint64()
		for i := range nonce {
			nonce[i] = byte(c.rng.Uint32())
		}
		c.utter(agent.Tell{To: to.key.Key(), Doc: wire.Canonical{}.Name(&protocol.Request{
			Head: wire.Head{Kind: protocol.KindRequest, By: c.key.Key(), At: c.clock(), Nonce: nonce}, To: to.key.Key(),
			Capability: "text/words@1", InputType: "text/plain", Size: 9, Label: payload.Label{Class: payload.Public, Retention: day},
			Deliver: day, Reply: c.clock() + second, Assets: []string{asset}, Rails: []string{"credit"},
			Owner: wire.NewPrivateKey([32]byte{99}).Key(), Mandate: wire.Sum([]byte("some mandate")),
		})})
	}
}

// count returns how many documents of a kind a citizen has heard.
func (c *citizen) count(k wire.Kind) (n int) {
	for _, d := range c.heard {
		if d.Doc.Header().Kind == k {
			n++
		}
	}
	return n
}

// TestQuoteGriefing: a hundred peers ask for five thousand quotes that they never
// take. No capacity is held for them, what is answered is bounded, and an honest
// order in the midst of it settles at once.
func TestQuoteGriefing(t *testing.T) {
	w := newTown(t, 1)
	seller := w.settle("seller", strict()).start()
	buyer := w.settle("buyer").start()
	seller.sells(5, func(s *sell.Stand) { s.Ask, s.Slots = true, 2 })
	buyer.link(seller)
	w.pass(second)
	buyer.orders("before") // so that the seller has met it
	w.pass(10 * second)
	var crowd []*citizen
	for i := range 100 {
		c := w.settle(fmt.Sprint("griefer ", i)).start()
		c.link(seller)
		crowd = append(crowd, c)
	}
	w.pass(60_000 - w.now%60_000) // a minute begins
	for _, c := range crowd {
		c.requests(seller, 50)
	}
	w.pass(second)
	quotes := 0
	for _, c := range crowd {
		if n := c.count(protocol.KindQuote); n > sell.DefaultQuotas().Stranger.Asks {
			t.Errorf("%s got %d quotes in a minute", c.name, n)
		} else {
			quotes += n
		}
	}
	if most := sell.DefaultQuotas().Crowd; quotes == 0 || quotes > most {
		t.Errorf("%d quotes were given to strangers, the most is %d", quotes, most)
	}
	if _, busy := seller.agent.Stands(w.now); busy[0] != 0 {
		t.Errorf("%d slots are held for quotes nobody took", busy[0])
	}
	before := len(seller.journal)
	buyer.orders("after")
	w.pass(10 * second)
	buyer.ended("before", ending{"settled", "", 5})
	buyer.ended("after", ending{"settled", "", 5})
	if n := len(seller.journal) - before; n > 6 {
		t.Errorf("%d records for one job: talk is on disk", n)
	}
	w.reckon()
}

// TestRequestFlood: one stranger asks without end. It gets what its quota allows in
// each minute, and not more in the next for having waited.
func TestRequestFlood(t *testing.T) {
	w := newTown(t, 1)
	seller, eve := w.settle("seller", strict()).start(), w.settle("eve").start()
	seller.sells(5, func(s *sell.Stand) { s.Ask = true })
	eve.link(seller)
	w.pass(60_000 - w.now%60_000)
	for minutes := 1; minutes <= 3; minutes++ {
		eve.requests(seller, 500)
		w.pass(minute)
		if n := eve.count(protocol.KindQuote); n != minutes*sell.DefaultQuotas().Stranger.Asks {
			t.Errorf("%d quotes after %d minutes; refused %v", n, minutes, eve.refused[:min(3, len(eve.refused))])
		}
	}
}

// TestOpenJobsByStanding: a stranger has few jobs under way at a time; who has paid
// is let have more.
func TestOpenJobsByStanding(t *testing.T) {
	few := strict(func(q *sell.Quotas) { q.Stranger.Open, q.Known.Open = 2, 100 })
	w, seller, buyer := pair(t, few)
	seller.work = slow(2 * minute)
	seller.sells(5)
	w.pass(second)
	under := func(prefix string) (taken int) {
		for i := range 10 {
			buyer.orders(fmt.Sprint(prefix, i))
		}
		w.pass(10 * second)
		for i := range 10 {
			switch v := buyer.view(fmt.Sprint(prefix, i)); {
			case v.Stage == "working":
				taken++
			case v.Stage != "refused" || v.Code != protocol.CodeBusy:
				t.Errorf("%s%d is %s (%s)", prefix, i, v.Stage, v.Code)
			}
		}
		return taken
	}
	if n := under("first "); n != 2 {
		t.Errorf("a stranger has %d jobs under way, 2 is its quota", n)
	}
	w.pass(10 * minute)
	if n := under("second "); n != 10 {
		t.Errorf("who has paid has %d jobs under way", n)
	}
	w.pass(10 * minute)
	w.reckon()
}

// TestContractFlood: a stranger that brings more contracts in a minute than it may
// is not heard, and leaves nothing on disk; when the minute is over it is.
func TestContractFlood(t *testing.T) {
	w, seller, buyer := pair(t, strict(func(q *sell.Quotas) { q.Stranger.Asks, q.Known.Asks = 5, 5 }))
	seller.sells(5)
	w.pass(60_000 - w.now%60_000)
	for i := range 20 {
		buyer.orders(fmt.Sprint(i))
	}
	w.pass(second)
	if n := len(seller.agent.Jobs(w.now, 100)); n != 5 {
		t.Errorf("%d contracts were heard in the first minute", n)
	}
	w.pass(day)
	for i := range 20 {
		if v := buyer.view(fmt.Sprint(i)); !v.Final {
			t.Errorf("order %d is %s", i, v.Stage)
		}
	}
	w.fall(2 * day)
	w.reckon()
}

// TestSurge: what is quoted, and what is posted a little later, costs more under load
// and less when it is over; what was posted before is honoured.
func TestSurge(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(5 * minute)
	seller.sells(100, func(s *sell.Stand) { s.Surge, s.Slots = 50, 2 })
	w.pass(second)
	price := func(key string) string { return buyer.view(key).Price.String() }
	buyer.orders("one", worth(1000))
	w.pass(second)
	buyer.orders("two", worth(1000)) // the posted price is firm
	if price("one") != "100" || price("two") != "100" {
		t.Errorf("without load %s, at once %s", price("one"), price("two"))
	}
	w.pass(6 * minute) // both are done
	buyer.orders("three", worth(1000))
	w.pass(10 * second)
	buyer.orders("four", worth(1000))
	if price("three") != "100" || price("four") != "125" {
		t.Errorf("at half load %s, before %s", price("four"), price("three"))
	}
	w.pass(10 * minute)
	w.reckon()
}

// TestBusyOnRequest: who is full says so to a Request. The order asks again for a
// while, goes to another if there is one, and else ends as busy.
func TestBusyOnRequest(t *testing.T) {
	full := func(s *sell.Stand) { s.Ask, s.Slots = true, 1 }
	for _, c := range []struct {
		name   string
		work   uint64
		others bool
		plan   func(*agent.Order)
		want   ending
	}{
		{"for long", hour, false, takeover, ending{agent.StageGivenUp, protocol.CodeBusy, 0}},
		{"for long, one contract", hour, false, worth(100), ending{agent.StageGivenUp, protocol.CodeBusy, 0}},
		{"for a moment", 4 * second, false, takeover, ending{"settled", "", 5}},
		{"another has room", hour, true, takeover, ending{"settled", "", 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, sellers, buyer := row(t, 1, 5, 9)
			sellers[0].work = slow(c.work)
			sellers[0].sells(5, full, func(s *sell.Stand) { s.Deliver = 2 * hour })
			if !c.others {
				sellers[1].tell(agent.Closed{Capability: "text/words@1"})
			}
			w.pass(second)
			buyer.orders("first", func(o *agent.Order) { o.Peer = sellers[0].key.Key() })
			w.pass(2 * second)
			buyer.orders("second", c.plan)
			w.pass(minute)
			buyer.ended("second", c.want)
			w.pass(3 * hour)
			w.reckon()
		})
	}
}

// TestOffersThatLie: an offer that is not what it says ends with a code, and the
// order goes to who keeps its word.
func TestOffersThatLie(t *testing.T) {
	// listing is an offer as eve would have it, truly sealed.
	listing := func(eve *citizen, change func(*protocol.Offer)) hire.Listing {
		stand := sell.Stand{
			Capability: "text/words@1", Price: wire.Units(1), Asset: asset, Technology: "builtin", InputType: "*/*",
			OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day}, Deliver: 10 * minute, Slots: 1,
		}
		terms := stand.Terms(sell.Seller{Owner: wire.NewPrivateKey([32]byte{77}).Key(), Mandate: wire.Sum([]byte("m")), Account: eve.key.Key().String(), Rail: "credit"}, eve.clock()+sell.OfferLife)
		o := &protocol.Offer{
			Head: wire.Head{Kind: protocol.KindOffer, By: eve.key.Key(), At: eve.clock(), Nonce: wire.Nonce{1}},
			Seq:  eve.clock(), Expires: eve.clock() + sell.OfferLife, Terms: terms,
		}
		change(o)
		said := wire.Canonical{}.Name(o)
		b, err := wire.Seal(eve.key, net, said.Raw)
		if err != nil {
			t.Fatal(err)
		}
		return hire.Listing{Offer: o, Proof: b.Proof(0)}
	}
	for name, c := range map[string]struct {
		change func(*protocol.Offer)
		quote  uint64 // eve answers a Request with this price; 0 for not at all
		code   protocol.Code
	}{
		"a schema of other inputs": {change: func(o *protocol.Offer) { o.Schema = "false" }, code: protocol.CodeInput},
		"a schema of other inputs, for a price told on request": {change: func(o *protocol.Offer) {
			o.Ask, o.Schema = true, "false"
		}, quote: 1, code: protocol.CodeInput},
		"a schema of such inputs, which she sends back": {change: func(o *protocol.Offer) { o.Schema = "true" }},
		"she sells nothing of the kind":                 {change: func(*protocol.Offer) {}},
		"a low hint, and a quote above budget":          {change: func(o *protocol.Offer) { o.Ask = true }, quote: 5000},
		"a quote that never comes":                      {change: func(o *protocol.Offer) { o.Ask = true }},
		"from the future": {change: func(o *protocol.Offer) {
			o.At += hour
			o.Expires, o.Terms.ValidUntil = o.At+minute, o.At+minute
		}},
		"over in a moment": {change: func(o *protocol.Offer) {
			o.Expires, o.Terms.ValidUntil = o.At+1500, o.At+1500
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, 1)
			honest, eve, buyer := w.settle("honest"), w.settle("eve").start(), w.settle("buyer").start()
			if c.quote > 0 {
				eve.sells(c.quote, func(s *sell.Stand) { s.Ask = true })
			}
			w.pass(500)
			buyer.tell(agent.Listed{Listing: listing(eve, c.change)})
			w.pass(second)
			if r := buyer.orders("alone", takeover); r != nil {
				t.Fatal(r)
			}
			w.pass(2 * hour)
			if v := buyer.view("alone"); !v.Final || v.OK || v.Code == "" || c.code != "" && v.Code != c.code {
				t.Errorf("alone with her the order is %s (%s)", v.Stage, v.Code)
			}
			honest.start().sells(5)
			w.pass(second)
			buyer.tell(agent.Listed{Listing: listing(eve, c.change)})
			buyer.orders("two", takeover)
			w.pass(2 * minute)
			buyer.ended("two", ending{"settled", "", 5})
			w.fall(2 * day)
			w.reckon()
		})
	}
}
