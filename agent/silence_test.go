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

// stageOf is how the only job of a citizen stands.
func (c *citizen) stageOf() agent.View {
	c.t.Helper()
	all := c.agent.Jobs(c.clock(), 10)
	if len(all) != 1 {
		c.t.Fatalf("%s has %d jobs", c.name, len(all))
	}
	return all[0]
}

// TestBuyerSilent: a buyer that dies with the result in its hands pays when it
// comes back, and whoever never comes back traps nobody.
func TestBuyerSilent(t *testing.T) {
	for _, c := range []struct {
		name   string
		away   uint64
		seller string // where the seller's job stands while the buyer is away
		want   string // and both when it is back
		paid   uint64
	}{
		{"back before the review", 5 * minute, "delivered", "settled", 5},
		{"back after the review", 40 * minute, "settling", "settled", 5},
		{"back after the claim's time", 3 * hour, "settling", "settled", 5},
		{"back when it should have settled", 6 * hour, "unresolved", "settled", 5},
		{"back too late", 3 * day, "defaulted", "defaulted", 5},
		{"never", 0, "defaulted", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.sells(5)
			w.pass(second)
			w.drop = func(from, _ *citizen, docs []wire.Said) bool {
				if from == seller && slices.ContainsFunc(docs, func(d wire.Said) bool { return d.Doc.Header().Kind == protocol.KindDelivery }) {
					w.after(w.latency+1, buyer.die) // it has heard it, and says no more
				}
				return false
			}
			buyer.judge = func(j agent.Judge) (agent.Judged, uint64) { return agent.Judged{Job: j.Job}, second }
			buyer.orders("one")
			w.pass(5 * second)
			w.drop = nil
			if buyer.agent != nil {
				t.Fatal("the buyer lives")
			}
			if c.away == 0 {
				w.fall(10 * day)
			} else {
				w.pass(c.away)
			}
			if v := seller.stageOf(); v.Stage != c.seller {
				t.Errorf("the seller's job is %s, want %s", v.Stage, c.seller)
			}
			if c.away == 0 {
				if n := seller.agent.Open(); n != 0 {
					t.Errorf("%d jobs still want something of the seller", n)
				}
				return
			}
			buyer.start()
			w.pass(10 * minute)
			if v := buyer.view("one"); v.Stage != c.want || v.Paid != wire.Units(c.paid) {
				t.Errorf("the buyer's job is %s, paid %s; want %s, %d", v.Stage, v.Paid, c.want, c.paid)
			}
			w.fall(2 * day)
			w.reckon()
			if n := seller.agent.Open() + buyer.agent.Open(); n != 0 {
				t.Errorf("%d jobs still want something: %+v %+v", n, buyer.stageOf(), seller.stageOf())
			}
		})
	}
}

// TestSellerGone: a seller that dies in mid-work and never comes back has
// defaulted; the hold falls, and the budget is free again.
func TestSellerGone(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(5 * minute)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	if v := buyer.stageOf(); v.Stage != "working" {
		t.Fatal(v.Stage)
	}
	seller.die()
	w.pass(12 * minute)
	buyer.ended("one", ending{"defaulted", protocol.CodeDefaulted, 0})
	if buyer.agent.Spent(asset) != wire.Units(5) {
		t.Errorf("%s set aside", buyer.agent.Spent(asset))
	}
	w.pass(2 * hour)
	if !buyer.agent.Spent(asset).IsZero() {
		t.Errorf("%s still set aside", buyer.agent.Spent(asset))
	}
	before := w.n
	w.pass(day)
	if n := w.n - before; n > 500 {
		t.Errorf("%d things happened in a day in which nothing could", n)
	}
	seller.start()
	w.pass(hour)
	w.reckon()
}

// TestPartition cuts the two apart in each phase of a job, for a while that no
// deadline notices or for one that all do.
func TestPartition(t *testing.T) {
	for _, apart := range []uint64{5 * second, 20 * minute, 4 * hour, day} {
		for phase := uint64(0); phase <= 3000; phase += 300 {
			for _, ask := range []bool{false, true} {
				w, seller, buyer := pair(t)
				seller.work = slow(1500)
				seller.sells(5, func(s *sell.Stand) { s.Ask = ask })
				w.pass(second)
				buyer.orders("one")
				w.pass(phase)
				w.sever(seller, buyer, true)
				w.pass(apart)
				w.sever(seller, buyer, false)
				w.pass(2 * hour)
				w.reckon()
				if t.Failed() {
					t.Fatalf("cut for %d ms, %d ms after the order, asked %v", apart, phase, ask)
				}
			}
		}
	}
}

// TestCancel: who may still end a job, when, and how it then ends on both sides.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		name   string
		after  uint64 // milliseconds from the order on
		seller bool   // the seller's owner wishes it
		stage  string
		code   protocol.Code // of the order
		answer protocol.Code // to who wishes it
		paid   uint64
	}{
		{"before there is a contract", 0, false, agent.StageGivenUp, protocol.CodeWithdrawn, "", 0},
		{"before it is taken", 2030, false, "cancelled", protocol.CodeWithdrawn, "", 0},
		{"in the midst of the work", 5000, false, "cancelled", protocol.CodeWithdrawn, "", 0},
		{"when it is delivered", 32_100, false, "settled", "", "", 5},
		{"when it is settled", 40_000, false, "settled", "", protocol.CodeDuplicate, 5},
		{"by the seller in the midst of the work", 5000, true, "cancelled", protocol.CodeWithdrawn, "", 0},
		{"by the seller when it is delivered", 32_100, true, "settled", "", protocol.CodeLate, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work = slow(30 * second)
			buyer.judge = func(j agent.Judge) (agent.Judged, uint64) { return agent.Judged{Job: j.Job}, 2 * second }
			buyer.orders("one")
			w.after(2*second, func() { seller.sells(5) })
			w.pass(c.after)
			who, ev := buyer, agent.Withdrew{Key: "one", Job: buyer.view("one").ID}
			if c.seller {
				who, ev = seller, agent.Withdrew{Job: seller.stageOf().ID}
			}
			for range 2 { // said twice, it is one wish
				r := who.tell(ev)
				if code := protocol.Code(""); r != nil {
					if code = r.Code; code != c.answer && code != protocol.CodeDuplicate {
						t.Errorf("refused as %s, want %q", code, c.answer)
					}
				} else if c.answer != "" {
					t.Errorf("taken, want %q", c.answer)
				}
			}
			w.pass(5 * minute)
			buyer.ended("one", ending{c.stage, c.code, c.paid})
			w.reckon()
		})
	}
}

// TestPayloadWaits: nothing but what is public may be had by a provider that has
// not taken the job.
func TestPayloadWaits(t *testing.T) {
	for _, class := range []payload.Class{payload.Public, payload.Internal} {
		for _, size := range []uint64{100, payload.MaxInline, payload.MaxInline + 1} {
			w, seller, buyer := pair(t)
			seller.sells(5, func(s *sell.Stand) { s.Slots = 1 })
			seller.work = slow(10 * second)
			w.pass(second)
			inline := class == payload.Public && size <= payload.MaxInline
			w.drop = func(from, _ *citizen, docs []wire.Said) bool {
				if from == buyer && docs[0].Doc.Header().Kind != protocol.KindRefuse && len(docs) > 1 && buyer.served[wire.Sum([]byte("payload"))] != inline {
					t.Errorf("%v input of %d bytes: served %v before it is taken", class, size, !inline)
				}
				return from == seller // nothing of the seller's arrives
			}
			in := artefact("payload", size, class)
			buyer.orders("one", func(o *agent.Order) { o.Input = in })
			w.pass(20)
			if buyer.served[in.ID] != inline {
				t.Errorf("%v input of %d bytes: served %v before it is taken", class, size, buyer.served[in.ID])
			}
			w.drop = nil
			w.pass(8 * second)
			if !buyer.served[in.ID] {
				t.Errorf("%v input of %d bytes is not served though the job is taken", class, size)
			}
			buyer.orders("two", func(o *agent.Order) { o.Input = artefact("other", size, class) })
			w.pass(minute)
			if v := buyer.view("two"); v.Code != protocol.CodeBusy {
				t.Fatalf("the second order is %s %s", v.Stage, v.Code)
			}
			if buyer.served[wire.Sum([]byte("other"))] || buyer.served[in.ID] {
				t.Error("an input of a job that is over or was declined is still served")
			}
			w.pass(hour)
			w.reckon()
		}
	}
}

// TestRetention: a provider erases payload a day after the job's end, whatever
// restarts lie between, and has it in its journal.
func TestRetention(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	v := buyer.stageOf()
	gone := func() bool {
		return slices.Contains(seller.erased, v.Inputs[0].ID) && slices.Contains(seller.erased, v.Results[0].ID)
	}
	for range 11 {
		w.pass(2 * hour)
		seller.die()
		seller.start()
		if !seller.served[v.Results[0].ID] {
			t.Fatal("a paid result cannot be fetched again")
		}
	}
	if gone() {
		t.Fatal("erased before its time")
	}
	w.pass(2 * hour)
	if !gone() {
		t.Fatalf("not erased: %v", seller.erased)
	}
	seller.erased = nil // it died between the fact and the deed
	seller.die()
	seller.start()
	if !gone() {
		t.Errorf("not erased at the next start: %v", seller.erased)
	}
	n := len(seller.erased)
	w.fall(2 * day)
	if len(seller.erased) != n || seller.served[v.Results[0].ID] {
		t.Error("erased again, or served after it was erased")
	}
	w.reckon()
}

// TestPeriod: a budget's cap for any period holds over restarts.
func TestPeriod(t *testing.T) {
	w, seller, buyer := pair(t)
	m := *buyer.conf.Mandate.Doc.(*protocol.Mandate)
	m.Budgets = slices.Clone(m.Budgets)
	m.Budgets[0].Period, m.Budgets[0].PerPeriod = hour, wire.Units(10)
	buyer.conf.Mandate = wire.Canonical{}.Name(&m)
	buyer.die()
	buyer.start()
	seller.sells(5)
	w.pass(second)
	for i := range 5 {
		buyer.orders(fmt.Sprint(i), func(o *agent.Order) { o.Budget = wire.Units(5) })
		w.pass(20 * minute)
		buyer.die()
		buyer.start()
		buyer.link(seller)
		w.pass(2 * second)
	}
	settled := 0
	for i := range 5 {
		if v := buyer.view(fmt.Sprint(i)); v.Stage == "settled" {
			settled++
		} else if v.Code != protocol.CodeBudget {
			t.Errorf("order %d is %s (%s)", i, v.Stage, v.Code)
		}
	}
	if settled != 4 { // at 0, 20, 60 and 80 minutes
		t.Errorf("%d settled in 100 minutes, at most 2 in any hour", settled)
	}
	w.reckon()
}

// TestKeptBackIsOlder: a countersign that was kept back, and is said after that of
// an OPEN, does not take its place: who lost the latter and asks again gets it.
func TestKeptBackIsOlder(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(3 * second)
	seller.sells(5)
	w.pass(second)
	buyer.orders("first")
	w.pass(minute)
	buyer.orders("second")
	w.pass(100) // the seller has it, and keeps its countersign back
	buyer.die()
	buyer.start()
	lost := 0
	w.drop = func(from, _ *citizen, docs []wire.Said) bool {
		for _, d := range docs {
			if cs, ok := d.Doc.(*protocol.Countersign); ok && from == seller && cs.Seq == 1 && lost == 0 {
				lost++
				return true
			}
		}
		return false
	}
	buyer.link(seller)
	buyer.orders("third")
	w.pass(5 * minute)
	if lost != 1 {
		t.Error("nothing was lost")
	}
	for _, key := range []string{"first", "second", "third"} {
		buyer.ended(key, ending{"settled", "", 5})
	}
	w.reckon()
}
