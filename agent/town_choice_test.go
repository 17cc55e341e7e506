package agent_test

import (
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// TestChoiceIsWrittenDown: beside the contract stands what was thought of its
// provider, and who would have been next; a replay knows it, when all is over too.
func TestChoiceIsWrittenDown(t *testing.T) {
	w := newTown(t, 1)
	dear, cheap, buyer := w.settle("dear").start(), w.settle("cheap").start(), w.settle("buyer").start()
	dear.sells(9)
	cheap.sells(5)
	w.pass(second)
	buyer.orders("one")
	c := buyer.view("one").Choice
	if c.Success != 5000 || c.Low != 500 || c.High != 9500 || c.Uncertainty != 10_000 || c.Of != 2 {
		t.Errorf("of strangers is thought %+v", c)
	}
	if c.Why != hire.WhyBest || c.Next != dear.key.Key() || c.Expected.Cmp(wire.Units(10)) < 0 || c.NextCost.Cmp(c.Expected) <= 0 {
		t.Errorf("they were compared like this: %+v", c)
	}
	w.pass(minute)
	if v := buyer.ended("one", ending{"settled", "", 5}); v.Choice != c {
		t.Errorf("in the end it is %+v", v.Choice)
	}
	if all, done := buyer.agent.Appraise(w.now, ""); !done || len(all) != 2 || all[0].Expected.IsZero() {
		t.Errorf("appraised: %+v", all)
	}
	w.reckon()
}

// TestFewAreAsked: however many tell their price on request, an order asks few of
// them, and those first with whom this agent has had to do.
func TestFewAreAsked(t *testing.T) {
	w, seller, buyer := pair(t)
	ask := func(s *sell.Stand) { s.Ask = true }
	seller.sells(5, ask)
	w.pass(second)
	buyer.orders("before")
	w.pass(minute)
	buyer.ended("before", ending{"settled", "", 5})
	listing := w.air[0].event.(agent.Listed).Listing
	for i := range 2000 {
		o := *listing.Offer
		o.By, o.At, o.Expires = wire.Key{1, byte(i >> 8), byte(i)}, w.now, w.now+minute
		o.Terms.ValidUntil = o.Expires
		buyer.tell(agent.Listed{Listing: hire.Listing{Offer: &o, Proof: listing.Proof}})
	}
	o := agent.Order{
		Key: "one", Capability: "text/words@1", Asset: asset, Budget: wire.Units(100), Deliver: day,
		Input: artefact("input", 100, payload.Public),
	}
	step, err := buyer.agent.Handle(buyer.clock(), [16]byte{7}, agent.Ordered{Order: o})
	if err != nil {
		t.Fatal(err)
	}
	asked, known := 0, false
	for _, e := range step.Effects {
		switch e := e.(type) {
		case agent.Reach:
			asked++
		case agent.Tell:
			asked++
			known = known || e.To == seller.key.Key()
		}
	}
	if asked != 64 || !known {
		t.Errorf("%d are asked, the one that is known: %v", asked, known)
	}
}

// TestMandateChoosesAmong: whom the mandate does not let the agent deal with is no
// prospect, and so in nobody's way.
func TestMandateChoosesAmong(t *testing.T) {
	w := newTown(t, 1)
	cheap, dear := w.settle("cheap").start(), w.settle("dear").start()
	buyer := w.settle("buyer")
	m := *buyer.conf.Mandate.Doc.(*protocol.Mandate)
	m.AnyParty, m.Parties = false, []wire.Key{dear.key.Key()}
	buyer.conf.Mandate = wire.Canonical{}.Name(&m)
	buyer.start()
	cheap.sells(5)
	dear.sells(9)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	buyer.ended("one", ending{"settled", "", 9})
	buyer.orders("named", func(o *agent.Order) { o.Peer = cheap.key.Key() })
	w.pass(minute)
	buyer.ended("named", ending{agent.StageGivenUp, protocol.CodeMandate, 0})
	w.reckon()
}

// TestFlapping: who has an order ask it for its price, and is gone and there again
// before it answers, holds the order up for a while and no longer.
func TestFlapping(t *testing.T) {
	for _, other := range []bool{true, false} {
		w := newTown(t, 1)
		seller, eve, buyer := w.settle("seller").start(), w.settle("eve").start(), w.settle("buyer").start()
		want := ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}
		if other {
			seller.sells(5)
			want = ending{"settled", "", 5}
		}
		eve.sells(1, func(s *sell.Stand) { s.Ask = true })
		eve.twist = func(*citizen, []wire.Said) [][]wire.Said { return nil }
		eve.link(buyer)
		seller.link(buyer)
		w.pass(second)
		buyer.orders("one")
		for range 30 {
			w.pass(2 * second)
			eve.unlink(buyer)
			eve.link(buyer)
		}
		buyer.ended("one", want)
	}
}
