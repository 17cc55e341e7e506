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

// pair is a town of a seller and a buyer who know of each other.
func pair(t *testing.T, settings ...setting) (w *town, seller, buyer *citizen) {
	t.Helper()
	w = newTown(t, 1)
	seller, buyer = w.settle("seller", settings...), w.settle("buyer", settings...)
	seller.start()
	buyer.start()
	return w, seller, buyer
}

// ending is how an order must have ended.
type ending struct {
	stage string
	code  protocol.Code
	paid  uint64
}

func (c *citizen) ended(key string, want ending) agent.View {
	c.t.Helper()
	v := c.view(key)
	if v.Stage != want.stage || v.Code != want.code || v.Paid != wire.Units(want.paid) {
		c.t.Errorf("order %s is %s (%s, %q), paid %s; want %s (%s), %d", key, v.Stage, v.Code, v.Detail, v.Paid, want.stage, want.code, want.paid)
	}
	return v
}

func fails(code protocol.Code, after uint64) func(agent.Work) (agent.Worked, uint64) {
	return func(w agent.Work) (agent.Worked, uint64) { return agent.Worked{Job: w.Job, Code: code}, after }
}

func slow(ms uint64) func(agent.Work) (agent.Worked, uint64) {
	return func(w agent.Work) (agent.Worked, uint64) {
		return agent.Worked{Job: w.Job, Results: []payload.Artefact{artefact(w.Job.String(), 7, payload.Public)}}, ms
	}
}

// TestEndings tells of every way in which one job may end, and the code that
// its owner is shown.
func TestEndings(t *testing.T) {
	rule := func(s *sell.Stand) { s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`} }
	ask := func(s *sell.Stand) { s.Ask = true }
	for _, c := range []struct {
		name  string
		stand func(*sell.Stand)
		order func(*agent.Order)
		set   func(w *town, seller, buyer *citizen)
		wait  uint64
		want  ending
	}{
		{name: "ordinary", stand: ask, want: ending{"settled", "", 5}},
		{name: "posted price", want: ending{"settled", "", 5}},
		{name: "for nothing", stand: func(s *sell.Stand) { s.Price = wire.Amount{} }, want: ending{"settled", "", 0}},
		{name: "with a rule", stand: rule, want: ending{"settled", "", 5}},
		{name: "long work", set: func(_ *town, s, _ *citizen) { s.work = slow(5 * minute) }, wait: hour, want: ending{"settled", "", 5}},
		{name: "worker fails", set: func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeWorkFailed, 10) }, want: ending{"cancelled", protocol.CodeWorkFailed, 0}},
		{name: "worker fails late", set: func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeWorkFailed, minute) }, want: ending{"cancelled", protocol.CodeWorkFailed, 0}},
		{name: "own check fails", stand: rule, set: func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeCheck, 10) }, want: ending{"cancelled", protocol.CodeCheck, 0}},
		{name: "worker floods", set: func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeTooLarge, 10) }, want: ending{"cancelled", protocol.CodeTooLarge, 0}},
		{
			name: "worker hangs past the deadline", wait: day,
			set:  func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeWorkTimeout, 10*minute+5) },
			want: ending{"defaulted", protocol.CodeDefaulted, 0},
		},
		{
			name: "worker hangs until the deadline", wait: day,
			set:  func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeWorkTimeout, 10*minute-200) },
			want: ending{"cancelled", protocol.CodeWorkTimeout, 0},
		},
		{name: "result just too late", wait: day, set: func(_ *town, s, _ *citizen) { s.work = slow(10*minute + 100) }, want: ending{"defaulted", protocol.CodeDefaulted, 0}},
		{name: "result far too late", wait: day, set: func(_ *town, s, _ *citizen) { s.work = slow(20 * minute) }, want: ending{"defaulted", protocol.CodeDefaulted, 0}},
		{name: "over the order's budget", order: func(o *agent.Order) { o.Budget = wire.Units(4) }, want: ending{agent.StageGivenUp, protocol.CodeBudget, 0}},
		{name: "over the order's budget, told on request", stand: ask, order: func(o *agent.Order) { o.Budget = wire.Units(4) }, want: ending{agent.StageGivenUp, protocol.CodeBudget, 0}},
		{name: "nobody offers it", order: func(o *agent.Order) { o.Capability = "text/other@1" }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}},
		{name: "too slow for the order", order: func(o *agent.Order) { o.Deliver = minute }, want: ending{agent.StageGivenUp, protocol.CodeLate, 0}},
		{name: "label not accepted", stand: func(s *sell.Stand) { s.Data.Most = payload.Public }, order: func(o *agent.Order) { o.Input = artefact("in", 9, payload.Internal) }, want: ending{agent.StageGivenUp, protocol.CodeLabel, 0}},
		{name: "input of another type", stand: func(s *sell.Stand) { s.InputType = "image/png" }, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}},
		{name: "input too large", order: func(o *agent.Order) { o.Input.Size = sell.MaxInput + 1 }, want: ending{"refused", protocol.CodeTooLarge, 0}},
		{name: "too large for a quote", stand: ask, order: func(o *agent.Order) { o.Input.Size = sell.MaxInput + 1 }, want: ending{agent.StageGivenUp, protocol.CodeTooLarge, 0}},
		{
			name: "withdrawn between find and accept", want: ending{"settled", "", 5}, // own posted offers are honoured
			set: func(w *town, s, _ *citizen) {
				w.after(second, func() { s.tell(agent.Closed{Capability: "text/words@1"}) })
			},
		},
		{
			name: "result not good", stand: rule, wait: 6 * hour, want: ending{"settled", protocol.CodeCheck, 5}, // word against word pays
			set: func(_ *town, _, b *citizen) {
				b.judge = func(j agent.Judge) (agent.Judged, uint64) {
					return agent.Judged{Job: j.Job, Code: protocol.CodeCheck}, 5
				}
			},
		},
		{
			name: "judged bad without a rule", want: ending{"settled", "", 5}, // that is no complaint
			set: func(_ *town, _, b *citizen) {
				b.judge = func(j agent.Judge) (agent.Judged, uint64) {
					return agent.Judged{Job: j.Job, Code: protocol.CodeCheck}, 5
				}
			},
		},
		{
			name: "result bytes never came", want: ending{"cancelled", protocol.CodeArtefact, 0},
			set: func(_ *town, _, b *citizen) {
				b.judge = func(j agent.Judge) (agent.Judged, uint64) {
					return agent.Judged{Job: j.Job, Code: protocol.CodeArtefact}, minute
				}
			},
		},
		{
			name: "judged after the review", wait: 6 * hour, want: ending{"settled", "", 5},
			set: func(_ *town, _, b *citizen) {
				b.judge = func(j agent.Judge) (agent.Judged, uint64) {
					return agent.Judged{Job: j.Job, Code: protocol.CodeArtefact}, 20*minute + 3
				}
			},
		},
		{name: "buyer's clock ahead", set: func(_ *town, _, b *citizen) { b.skew = 40 * second }, wait: 2 * day, want: ending{"refused", protocol.CodeClock, 0}},
		{name: "buyer's clock behind", set: func(_ *town, _, b *citizen) { b.skew = -40 * second }, wait: 2 * day, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}},
		{name: "buyer's clock a little ahead", set: func(_ *town, _, b *citizen) { b.skew = 25 * second }, want: ending{"settled", "", 5}},
		{name: "buyer's clock a little behind", set: func(_ *town, _, b *citizen) { b.skew = -25 * second }, want: ending{"settled", "", 5}},
		{name: "buyer's clock ahead, quoted", stand: ask, set: func(_ *town, _, b *citizen) { b.skew = 40 * second }, wait: 2 * day, want: ending{"refused", protocol.CodeClock, 0}},
		{name: "buyer's clock behind, quoted", stand: ask, set: func(_ *town, _, b *citizen) { b.skew = -40 * second }, wait: 2 * day, want: ending{agent.StageGivenUp, protocol.CodeNoOffer, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			if c.set != nil {
				c.set(w, seller, buyer)
			}
			if c.stand == nil {
				c.stand = func(*sell.Stand) {}
			}
			if c.order == nil {
				c.order = func(*agent.Order) {}
			}
			seller.sells(5, c.stand)
			w.pass(second)
			if r := buyer.orders("one", c.order); r != nil {
				t.Fatal(r)
			}
			w.pass(max(c.wait, 2*minute))
			v := buyer.ended("one", c.want)
			if v.Final && v.Stage == "defaulted" {
				w.pass(day) // until the hold falls
			}
			w.pass(10 * minute)
			w.reckon()
		})
	}
}

// TestRefusedOrders: what the mandate can never allow is refused at once.
func TestRefusedOrders(t *testing.T) {
	w, seller, buyer := pair(t, budget(50, 1000))
	seller.sells(5)
	w.pass(second)
	for _, c := range []struct {
		code   protocol.Code
		change func(*agent.Order)
	}{
		{protocol.CodeBudget, func(o *agent.Order) { o.Budget = wire.Units(51) }},
		{protocol.CodeBudget, func(o *agent.Order) { o.Asset = "souk:credit/eur-6" }},
		{protocol.CodeLabel, func(o *agent.Order) { o.Input = artefact("x", 1, payload.Sensitive) }},
	} {
		if r := buyer.orders("no", c.change); r == nil || r.Code != c.code {
			t.Errorf("got %v, want %s", r, c.code)
		}
	}
	if r := buyer.orders("yes", func(o *agent.Order) { o.Budget = wire.Units(50) }); r != nil {
		t.Fatal(r)
	}
	if r := buyer.orders("yes", func(o *agent.Order) { o.Budget = wire.Units(50) }); r != nil {
		t.Fatalf("the same order twice: %v", r)
	}
	w.pass(minute)
	if n := len(buyer.agent.Jobs(w.now, 10)); n != 1 {
		t.Errorf("%d jobs of one order", n)
	}
	w.reckon()
}

// TestSlots: who has its hands full declines as busy, and the hold is let go at once.
func TestSlots(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(minute)
	seller.sells(5, func(s *sell.Stand) { s.Slots = 2 })
	w.pass(second)
	for i := range 5 {
		buyer.orders(fmt.Sprint(i), func(o *agent.Order) { o.Budget = wire.Units(100) })
	}
	w.pass(10 * second)
	busy := 0
	for i := range 5 {
		if v := buyer.view(fmt.Sprint(i)); v.Stage == "refused" && v.Code == protocol.CodeBusy {
			busy++
		}
	}
	if busy != 3 || buyer.agent.Spent(asset) != wire.Units(10) {
		t.Errorf("%d of 5 declined, %s set aside", busy, buyer.agent.Spent(asset))
	}
	w.pass(10 * minute)
	w.reckon()
}

// TestNewcomerPool: what is taken on the credit of strangers is bounded.
func TestNewcomerPool(t *testing.T) {
	w, seller, buyer := pair(t, pool(12))
	seller.sells(5)
	w.pass(second)
	for i := range 3 {
		buyer.orders(fmt.Sprint(i))
		w.pass(10 * second)
	}
	buyer.ended("0", ending{"settled", "", 5})
	buyer.ended("1", ending{"settled", "", 5})
	buyer.ended("2", ending{"refused", protocol.CodeOverLimit, 0})
	w.reckon()
}

// TestBudget: however many hires are under way at once, what is posted and set
// aside never passes the mandate's total.
func TestBudget(t *testing.T) {
	for _, n := range []int{10, 1000} {
		w, seller, buyer := pair(t, budget(5, 20), pool(1<<40))
		seller.work = slow(30 * second)
		seller.sells(5, func(s *sell.Stand) { s.Slots = 1000 })
		w.pass(second)
		most := wire.Amount{}
		for i := range n {
			buyer.orders(fmt.Sprint(i), func(o *agent.Order) { o.Budget = wire.Units(5) })
			if s := buyer.agent.Spent(asset); s.Cmp(most) > 0 {
				most = s
			}
		}
		for range 100 {
			w.pass(second)
			if s := buyer.agent.Spent(asset); s.Cmp(most) > 0 {
				most = s
			}
		}
		w.pass(10 * minute)
		settled, refused := 0, 0
		for i := range n {
			switch v := buyer.view(fmt.Sprint(i)); {
			case v.Stage == "settled":
				settled++
			case v.Stage == agent.StageGivenUp && v.Code == protocol.CodeBudget:
				refused++
			}
		}
		if settled != 4 || refused != n-4 || most != wire.Units(20) {
			t.Errorf("%d orders: %d settled, %d refused, at most %s spent", n, settled, refused, most)
		}
		w.reckon()
	}
}

// TestThousandHires: a thousand orders at once to one provider all settle, though
// a lane has room for fewer.
func TestThousandHires(t *testing.T) {
	w, seller, buyer := pair(t, budget(5, 1<<40), pool(1<<40))
	seller.sells(5, func(s *sell.Stand) { s.Slots = 10_000 })
	w.pass(second)
	const n = 1500
	for i := range n {
		if i == 700 { // the rest waits for the lane to be opened again
			buyer.die()
			buyer.start()
		}
		if r := buyer.orders(fmt.Sprint(i), func(o *agent.Order) { o.Budget = wire.Units(5) }); r != nil {
			t.Fatal(r)
		}
	}
	w.pass(5 * minute)
	for i := range n {
		if v := buyer.view(fmt.Sprint(i)); v.Stage != "settled" {
			t.Fatalf("order %d is %s (%s %s)", i, v.Stage, v.Code, v.Detail)
		}
	}
	w.reckon()
}
