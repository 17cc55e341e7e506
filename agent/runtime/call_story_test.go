package runtime_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// heard returns the documents of a kind that a stranger was told.
func (s *stranger) heard(kind wire.Kind) (list []wire.Said) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.said {
		if d.Doc.Header().Kind == kind {
			list = append(list, d)
		}
	}
	return list
}

func (s *stranger) call(at uint64) *protocol.Call {
	h := s.head(protocol.KindCall)
	h.At = at
	return &protocol.Call{
		Head: h, Capability: "text/words@1", InputType: "text/plain", Size: 5, Label: payload.Label{Class: payload.Public, Retention: 86400_000},
		Deliver: 3_600_000, Reply: at + 60_000, Assets: []string{asset}, Rails: []string{"credit"}, Owner: s.key.Key(), Mandate: wire.Sum(nil),
	}
}

// TestCallIsAnswered: a peer that sells what a stranger calls for finds it, dials
// it and quotes, once for each Call, and not for one that is over or to come.
func TestCallIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
		seller, bystander := a.up(), b.up()
		defer a.down()
		defer b.down()
		meet(t, seller, bystander)
		if _, err := seller.AddOffer(t.Context(), words(5)); err != nil {
			t.Fatal(err)
		}
		s := newStranger(t, hub, 9, b.agent.Key()) // it has no link to the seller
		defer s.net.Close()
		s.hello()
		s.to = a.agent.Key()
		at := uint64(time.Now().UnixMilli())
		call := s.call(at)
		shard := protocol.ShardOf(call.Capability)
		for _, c := range []*protocol.Call{call, call, s.call(at + 2*protocol.Skew), s.call(at - 60_000)} {
			if err := s.net.Publish(t.Context(), shard, s.sealed(net, s.key, c)); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Second)
		s.hello()
		pass(time.Second)
		quotes := s.heard(protocol.KindQuote)
		if len(quotes) != 1 {
			t.Fatalf("%d quotes", len(quotes))
		}
		terms := quotes[0].Doc.(*protocol.Quote).Terms
		if terms.Request != wire.Sum(wire.Canonical{}.Name(call).Raw) || terms.Hirer != s.key.Key() || terms.Price.Fixed != wire.Units(5) {
			t.Errorf("quoted %+v", terms)
		}
	})
}

// TestCallIsHeard: a stranger that has announced nothing hears a Call, quotes, and
// is hired; without anybody the order ends with its Call, by a code.
func TestCallIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		b := newSeat(t, hub, 2)
		buyer := b.up()
		defer b.down()
		s := newStranger(t, hub, 9, b.agent.Key())
		defer s.net.Close()
		s.hello()
		order := func(key string) {
			if _, err := buyer.Hire(t.Context(), gateway.Order{Key: key, Capability: "text/words@1", CallMS: 10_000}, strings.NewReader("one two")); err != nil {
				t.Fatal(err)
			}
		}
		order("one")
		pass(time.Second)
		s.mu.Lock()
		doc := s.air[len(s.air)-1].Doc
		s.mu.Unlock()
		d, err := protocol.Registry().Decode(doc)
		call, ok := d.(*protocol.Call)
		if err != nil || !ok {
			t.Fatalf("announced %T, %v", d, err)
		}
		terms := protocol.Terms{
			Capability: call.Capability, InputType: "*/*", OutputType: "text/plain", Asset: asset, Price: protocol.Price{Fixed: wire.Units(7)},
			Times: protocol.Times{
				Start: 10_000, Deliver: 60_000, Review: 200_000, Claim: 300_000, Answer: 400_000, Open: 400_000, Award: 500_000,
				Settle: 600_000, Resolve: 700_000,
			},
			Data: payload.Handling{Most: payload.Public}, Rail: protocol.Rail{Name: "credit", Account: "x"},
			Owner: s.key.Key(), Mandate: wire.Sum(nil), Hirer: b.agent.Key(), Request: wire.Sum(doc),
			ValidUntil: uint64(time.Now().UnixMilli()) + 60_000,
		}
		s.says(&protocol.Quote{Head: s.head(protocol.KindQuote), Terms: terms})
		pass(11 * time.Second)
		if accepts := s.heard(protocol.KindAccept); len(accepts) != 1 {
			t.Fatalf("%d Accepts", len(accepts))
		}
		if j, _ := settled(t, buyer, "one"); j.OK || j.Code == "" { // it was hired, and did nothing
			t.Errorf("job %+v", j)
		}

		order("two")
		pass(time.Second)
		late := newStranger(t, hub, 77, b.agent.Key())
		defer late.net.Close()
		if pass(3 * time.Second); late.calls() != 1 {
			t.Errorf("%d Calls are handed to who joins later", late.calls())
		}
		j, _ := settled(t, buyer, "two")
		if j.Stage != "given up" || j.Code != protocol.CodeNoOffer || !strings.Contains(j.Detail, "call") {
			t.Errorf("job %+v", j)
		}
	})
}

// calls counts the Calls a stranger has heard.
func (s *stranger) calls() (calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.air {
		if d, err := protocol.Registry().Decode(p.Doc); err == nil && d.Header().Kind == protocol.KindCall {
			calls++
		}
	}
	return calls
}
