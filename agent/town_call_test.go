package agent_test

import (
	"encoding/binary"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// calling makes an order one that calls for quotes for so long.
func calling(ms uint64) func(*agent.Order) {
	return func(o *agent.Order) { o.Call = ms }
}

// secretly opens a stand of which nobody hears.
func (c *citizen) secretly(price uint64, change ...func(*sell.Stand)) {
	c.town.quiet = true
	c.sells(price, change...)
	c.town.quiet = false
}

// TestCalls: a hirer to whom nobody offers anything calls, and hires the best of
// those who answer; if nobody does, its order ends when its Call is over.
func TestCalls(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(w *town, seller, other, buyer *citizen)
		order func(*agent.Order)
		stand func(*sell.Stand)
		want  ending
		none  bool // of a quote may be told
	}{
		{name: "answered", want: ending{"settled", "", 50}},
		{
			name: "the cheapest is hired", want: ending{"settled", "", 40},
			set: func(_ *town, _, other, _ *citizen) { other.secretly(40) },
		},
		{
			name: "an offer in the air is as good as a quote", want: ending{"settled", "", 30},
			set: func(_ *town, _, other, _ *citizen) { other.sells(30) },
		},
		{
			name: "heard by one who joins later", want: ending{"settled", "", 20},
			set: func(w *town, _, other, buyer *citizen) {
				other.die()
				w.after(5*second, func() {
					other.start()
					other.secretly(20)
					other.link(buyer)
				})
			},
		},
		{
			name: "called again after a crash", want: ending{"settled", "", 50},
			set: func(w *town, _, _, buyer *citizen) {
				w.after(3*second, func() { buyer.die(); buyer.start() })
			},
		},
		{name: "over the budget", order: func(o *agent.Order) { o.Budget = wire.Units(49) }, want: ending{agent.StageGivenUp, protocol.CodeBudget, 0}},
		{name: "nobody sells it", order: func(o *agent.Order) { o.Capability = "text/other@1" }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}, none: true},
		{name: "too soon for them", order: func(o *agent.Order) { o.Deliver = minute }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}, none: true},
		{name: "too delicate for them", stand: func(s *sell.Stand) { s.Data.Most = payload.Public }, order: func(o *agent.Order) { o.Input = artefact("in", 9, payload.Internal) }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}, none: true},
		{name: "from the future", set: func(_ *town, _, _, buyer *citizen) { buyer.skew = 40 * second }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}, none: true},
		{name: "over when it is heard", set: func(_ *town, _, _, buyer *citizen) { buyer.skew = -11 * second }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}, none: true},
		{
			name: "all hands are full", want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}, none: true,
			stand: func(s *sell.Stand) { s.Slots = 1 },
			set: func(w *town, seller, other, _ *citizen) {
				seller.work = slow(5 * minute)
				other.orders("before", calling(second))
				w.pass(2 * second)
			},
		},
		{
			name: "who quoted is gone", want: ending{"lapsed", protocol.CodeDefaulted, 0},
			set: func(w *town, seller, _, _ *citizen) { w.after(9*second, seller.die) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, 1)
			seller, other, buyer := w.settle("seller").start(), w.settle("other").start(), w.settle("buyer").start()
			seller.secretly(50, func(s *sell.Stand) {
				if c.stand != nil {
					c.stand(s)
				}
			})
			if c.set != nil {
				c.set(w, seller, other, buyer)
			}
			orders := []func(*agent.Order){calling(10 * second)}
			if c.order != nil {
				orders = append(orders, c.order)
			}
			if r := buyer.orders("one", orders...); r != nil {
				t.Fatal(r)
			}
			w.pass(8 * second)
			if v := buyer.view("one"); v.Stage != agent.StageSeeking {
				t.Errorf("the order is %s before its call is over", v.Stage)
			}
			w.pass(80 * second)
			buyer.ended("one", c.want)
			if n := buyer.quotes(); c.none && n > 0 {
				t.Errorf("%d quotes for what nobody should answer", n)
			} else if c.name == "answered" && n != 1 {
				t.Errorf("%d quotes of one seller", n)
			}
			w.fall(2 * day)
			if c.want.stage == "settled" {
				w.reckon()
			}
		})
	}
}

// quotes counts the quotes a citizen has heard.
func (c *citizen) quotes() (n int) {
	for _, said := range c.heard {
		if said.Doc.Header().Kind == protocol.KindQuote {
			n++
		}
	}
	return n
}

// TestCallHides: a Call tells nobody what its hirer would pay at most.
func TestCallHides(t *testing.T) {
	w, _, buyer := pair(t)
	buyer.orders("one", calling(10*second))
	w.pass(second)
	call := w.air[0].event.(agent.Called).Call.Doc.(*protocol.Call)
	if !call.Ceiling.IsZero() || call.Reply != call.At+10*second || call.Check() != nil {
		t.Errorf("announced %+v", call)
	}
}

// TestCallBounds: an owner learns at once of a call that cannot be.
func TestCallBounds(t *testing.T) {
	w, seller, buyer := pair(t)
	for _, c := range []struct {
		code   protocol.Code
		change func(*agent.Order)
	}{
		{protocol.CodeMalformed, calling(protocol.MaxCallLife + 1)},
		{protocol.CodeMalformed, func(o *agent.Order) { o.Call, o.Peer = second, seller.key.Key() }},
		{protocol.CodeMalformed, func(o *agent.Order) { o.Bid = wire.Units(101) }},
	} {
		if r := buyer.orders("no", c.change); r == nil || r.Code != c.code {
			t.Errorf("got %v, want %s", r, c.code)
		}
	}
	for i := range 17 {
		r := buyer.orders(string(rune('a'+i)), calling(10*second))
		if i < 16 && r != nil || i == 16 && (r == nil || r.Code != protocol.CodeBusy) {
			t.Errorf("call %d: %v", i, r)
		}
	}
	w.pass(11 * second)
	if r := buyer.orders("again", calling(10*second)); r != nil {
		t.Errorf("after they are over: %v", r)
	}
}

// stranger is the n-th key that belongs to nobody in town.
func stranger(n int) wire.PrivateKey {
	seed := [32]byte{0xff}
	binary.BigEndian.PutUint64(seed[8:], uint64(n))
	return wire.NewPrivateKey(seed)
}

func callBy(key wire.PrivateKey, at uint64, n byte) wire.Said {
	return wire.Canonical{}.Name(&protocol.Call{
		Head: wire.Head{Kind: protocol.KindCall, By: key.Key(), At: at, Nonce: wire.Nonce{n}}, Capability: "text/words@1",
		InputType: "text/plain", Size: 5, Label: payload.Label{Class: payload.Public, Retention: day}, Deliver: day,
		Reply: at + minute, Assets: []string{asset}, Rails: []string{"credit"}, Owner: key.Key(), Mandate: wire.Sum(nil),
	})
}

// TestFloodOfCalls: of one author few Calls are answered in a minute, of all
// strangers together a bounded number, and none is recorded.
func TestFloodOfCalls(t *testing.T) {
	w := newTown(t, 1)
	seller, eve, buyer := w.settle("seller").start(), w.settle("eve").start(), w.settle("buyer").start()
	seller.secretly(50)
	eve.link(seller)
	w.pass(second)
	records := len(seller.journal)
	for n := range byte(200) {
		seller.tell(agent.Called{Call: callBy(eve.key, w.now, n)})
	}
	w.pass(second)
	if n := eve.quotes(); n != 6 {
		t.Errorf("%d of 200 calls of one author were answered", n)
	}
	reached := 0
	for n := range 1000 {
		step, err := seller.agent.Handle(w.now, [16]byte{1}, agent.Called{Call: callBy(stranger(n), w.now, 0)})
		if err != nil || len(step.Record.Facts) > 0 {
			t.Fatalf("%v, %d facts", err, len(step.Record.Facts))
		}
		for _, e := range step.Effects {
			if _, ok := e.(agent.Reach); ok {
				reached++
			}
		}
	}
	if reached != 64 {
		t.Errorf("%d of 1000 strangers were dialled", reached)
	}
	if len(seller.journal) != records {
		t.Error("talk was recorded")
	}
	w.pass(2 * minute)
	if r := buyer.orders("one", calling(10*second)); r != nil {
		t.Fatal(r)
	}
	w.pass(minute)
	buyer.ended("one", ending{"settled", "", 50})
	w.reckon()
}

// quoteBy is a quote that key gives a hirer at an instant, and that stands until another.
func quoteBy(key wire.PrivateKey, at, until uint64, hirer *citizen, of wire.CID, price uint64) (wire.PrivateKey, wire.Said) {
	stand := sell.Stand{
		Capability: "text/words@1", Asset: asset, InputType: "*/*", OutputType: "text/plain",
		Data: payload.Handling{Most: payload.Internal, Retention: day}, Deliver: minute,
	}
	terms := stand.Terms(sell.Seller{Owner: key.Key(), Mandate: of, Account: "x", Rail: "credit"}, until)
	terms.Hirer, terms.Request, terms.Price.Fixed = hirer.key.Key(), of, wire.Units(price)
	return key, wire.Canonical{}.Name(&protocol.Quote{Head: wire.Head{Kind: protocol.KindQuote, By: key.Key(), At: at}, Terms: terms})
}

// told has a citizen hear a document that key sealed, as if over a link.
func (c *citizen) told(key wire.PrivateKey, said wire.Said) {
	c.t.Helper()
	b, err := wire.Seal(key, net, said.Raw)
	if err != nil {
		c.t.Fatal(err)
	}
	c.tell(agent.Heard{From: key.Key(), Bundle: b, Docs: []wire.Said{said}})
}

// TestFloodOfQuotes: quotes for a Call that pour in from strangers are kept
// within bounds, and the best is hired all the same; quotes for no Call of ours,
// and second ones, are not looked at.
func TestFloodOfQuotes(t *testing.T) {
	w := newTown(t, 1)
	seller, buyer := w.settle("seller").start(), w.settle("buyer").start()
	seller.secretly(40)
	w.sever(seller, buyer, true)
	buyer.orders("one", calling(10*second))
	w.pass(second)
	call := w.air[0].event.(agent.Called).Call
	say := func(n int, price uint64, of wire.CID) {
		buyer.told(quoteBy(stranger(n), w.now, w.now+minute, buyer, of, price))
	}
	for n := range 300 {
		say(n, 90, call.ID)
		say(n%64, 1, call.ID)         // it has quoted already
		say(1000+n, 1, wire.Sum(nil)) // for nothing that was asked
		say(2000+n, 1000, call.ID)    // more than there is
	}
	w.sever(seller, buyer, false)
	seller.tell(agent.Called{Call: call})
	w.pass(minute)
	buyer.ended("one", ending{"settled", "", 40})
	w.reckon()
}

// TestKnownAmongStrangers: whom a seller has worked for before is answered though
// strangers flood it with Calls.
func TestKnownAmongStrangers(t *testing.T) {
	w := newTown(t, 1)
	seller, buyer := w.settle("seller").start(), w.settle("buyer").start()
	seller.secretly(50)
	for _, key := range []string{"before", "after"} {
		if key == "after" {
			for n := range 1000 {
				seller.tell(agent.Called{Call: callBy(stranger(n), w.now, 0)})
			}
		}
		buyer.orders(key, calling(10*second))
		w.pass(11 * second)
		w.pass(minute - w.now%minute) // a minute's ration is new
		buyer.ended(key, ending{"settled", "", 50})
	}
	w.reckon()
}

// TestCallersOutOfReach: a Call whose author cannot be reached is soon forgotten,
// and makes room for those of others.
func TestCallersOutOfReach(t *testing.T) {
	w := newTown(t, 1)
	seller, buyer := w.settle("seller").start(), w.settle("buyer").start()
	seller.secretly(50)
	for n := range 64 {
		seller.tell(agent.Called{Call: callBy(stranger(n), w.now, 0)})
	}
	buyer.orders("one", calling(10*second))
	w.pass(15 * second)
	buyer.ended("one", ending{agent.StageGivenUp, protocol.CodeNoOffer, 0})
	w.pass(10 * second)
	buyer.orders("two", calling(10*second))
	w.pass(15 * second)
	buyer.ended("two", ending{"settled", "", 50})
	w.reckon()
}

// TestCallAgain: where the one who answered a Call fails, the order calls again for
// the time that is left, and does not hire the same again.
func TestCallAgain(t *testing.T) {
	w := newTown(t, 1)
	bad, good, buyer := w.settle("bad").start(), w.settle("good").start(), w.settle("buyer").start()
	bad.work = fails(protocol.CodeWorkFailed, 10)
	bad.secretly(5)
	good.secretly(7)
	if r := buyer.orders("one", takeover, calling(10*second), func(o *agent.Order) { o.Deliver, o.Choose = hour, hire.ByPrice }); r != nil {
		t.Fatal(r)
	}
	w.pass(40 * second)
	v := buyer.ended("one", ending{"settled", "", 7})
	if v.Peer != good.key.Key() {
		t.Errorf("hired %s again", w.byKey(v.Peer).name)
	}
	var calls []*protocol.Call
	for _, n := range w.air {
		if c, ok := n.event.(agent.Called); ok {
			calls = append(calls, c.Call.Doc.(*protocol.Call))
		}
	}
	if len(calls) != 2 || calls[1].Deliver >= calls[0].Deliver {
		t.Errorf("%d calls: %+v", len(calls), calls)
	}
	w.reckon()
}

// TestQuotesOutOfTime: a quote that is over when the Call is, one of a time to come,
// and one that comes too late are not taken, however cheap.
func TestQuotesOutOfTime(t *testing.T) {
	w := newTown(t, 1)
	seller, buyer := w.settle("seller").start(), w.settle("buyer").start()
	seller.secretly(40)
	buyer.orders("one", calling(10*second))
	w.pass(second)
	call := w.air[0].event.(agent.Called).Call.ID
	buyer.told(quoteBy(stranger(1), w.now, w.now+5*second, buyer, call, 1))
	buyer.told(quoteBy(stranger(2), w.now+minute, w.now+hour, buyer, call, 1))
	buyer.told(quoteBy(stranger(3), w.now-minute, w.now-second, buyer, call, 1))
	w.pass(10 * second)
	buyer.told(quoteBy(stranger(4), w.now, w.now+hour, buyer, call, 1))
	w.pass(minute)
	buyer.ended("one", ending{"settled", "", 40})
	w.reckon()
}
