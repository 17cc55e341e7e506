package agent_test

import (
	"cmp"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

func says(code protocol.Code, after uint64) func(agent.Judge) (agent.Judged, uint64) {
	return func(j agent.Judge) (agent.Judged, uint64) { return agent.Judged{Job: j.Job, Code: code}, after }
}

// TestTestimony tells for every way in which a taken job may end what is said of
// it, who logs that, and what each side then thinks of the other.
func TestTestimony(t *testing.T) {
	rule := func(s *sell.Stand) { s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`} }
	plain := func(*sell.Stand) {}
	type step = func(w *town, seller, buyer *citizen)
	nothing := func(*town, *citizen, *citizen) {}
	const (
		praised = iota + 1
		blamed
		untouched
	)
	for _, c := range []struct {
		name   string
		stand  func(*sell.Stand)
		set    step
		then   step // five seconds after the order
		wait   uint64
		said   string // in the buyer's journal
		heard  string // in the seller's, where it differs
		others string // what the buyer's log makes third parties believe
		retold string // … and the seller's, where it differs
		buyer  int    // what the buyer thinks of the seller then
		bad    float64
		payer  bool // the seller's trust reaches the buyer
		apart  bool // the seller never hears of the end
	}{
		{
			name: "delivered and paid", buyer: praised, payer: true,
			said:   "hirer: ended 1, score 10000, conduct 1, logged by hirer provider",
			others: "agreed: ended 1, score 10000, conduct 1, band 3 paid",
		},
		{
			name: "for nothing", stand: func(s *sell.Stand) { s.Price = wire.Amount{} }, buyer: praised,
			said:   "hirer: ended 1, score 10000, conduct 5, logged by hirer provider",
			others: "agreed: ended 1, score 10000, conduct 5, band 0",
		},
		{
			name: "cancelled by the provider", set: func(_ *town, s, _ *citizen) { s.work = fails(protocol.CodeWorkFailed, 10) },
			said: "hirer: ended 6, score 0, conduct 5, logged by hirer provider", buyer: blamed, bad: 0.5,
			others: "agreed: ended 6, score 0, conduct 5, band 3",
		},
		{
			name: "cancelled at the hirer's wish", set: func(_ *town, s, _ *citizen) { s.work = slow(minute) },
			then: func(_ *town, _, b *citizen) { b.tell(agent.Withdrew{Job: b.view("one").ID}) },
			said: "hirer: ended 6, score 10000, conduct 5, logged by hirer provider", buyer: untouched,
			others: "agreed: ended 6, score 10000, conduct 5, band 3",
		},
		{
			name: "interrupted, and called back meanwhile", set: func(_ *town, s, _ *citizen) { s.work = slow(minute) },
			then: func(w *town, s, b *citizen) {
				s.die()
				b.tell(agent.Withdrew{Job: b.view("one").ID})
				w.after(minute, func() { s.start() })
			},
			said: "hirer: ended 6, score 0, conduct 5, logged by hirer provider", buyer: blamed, bad: 0.5,
			others: "agreed: ended 6, score 0, conduct 5, band 3",
		},
		{
			name: "never delivered", set: func(_ *town, s, _ *citizen) { s.work = slow(20 * minute) }, wait: hour,
			said: "hirer: ended 5, score 0, conduct 5, logged by hirer provider", buyer: blamed, bad: 0.5,
			others: "agreed: ended 5, score 0, conduct 5, band 3",
		},
		{
			name: "the provider is gone for good", set: func(_ *town, s, _ *citizen) { s.work = slow(5 * minute) },
			then: func(_ *town, s, _ *citizen) { s.die() }, wait: hour,
			said: "hirer: ended 5, score 0, conduct 5, logged by hirer", buyer: blamed, bad: 0.5,
			others: "shown: ended 5, score 0, conduct 5, band 3",
		},
		{
			name: "bytes that never came", set: func(_ *town, _, b *citizen) { b.judge = says(protocol.CodeArtefact, minute) },
			said: "hirer: ended 1, score 0, conduct 5, logged by hirer provider", buyer: blamed, bad: 0.5,
			others: "agreed: ended 1, score 0, conduct 5, band 3",
		},
		{
			name: "a failing check, never answered", stand: rule, wait: 6 * hour,
			set: func(w *town, s, b *citizen) {
				b.judge = says(protocol.CodeCheck, 5)
				w.drop = func(from, _ *citizen, docs []wire.Said) bool {
					if from == b && docs[0].Doc.Header().Kind == protocol.KindAck {
						w.after(1, s.die)
					}
					return false
				}
			},
			said: "hirer: ended 1, score 0, conduct 5, logged by hirer", buyer: blamed, bad: 0.5, apart: true,
			others: "shown: ended 1, score 0, conduct 5, band 3",
		},
		{
			name: "word against word", stand: rule, wait: 6 * hour, set: func(_ *town, _, b *citizen) { b.judge = says(protocol.CodeCheck, 5) },
			said: "hirer: ended 3, score 0, conduct 4, logged by hirer; provider: ended 3, score 10000, conduct 4, logged by provider", buyer: blamed, bad: 0.25,
			others: "contested: ended 3, score 0, conduct 4, band 3 paid",
			heard:  "hirer: ended 3, score 0, conduct 4, logged by hirer; provider: ended 3, score 10000, conduct 4, logged by provider",
		},
		{
			name: "a silent hirer that pays in the end", wait: 3 * hour, buyer: praised, payer: true,
			set: func(_ *town, _, b *citizen) { b.judge = says("", 30*minute) },
			said: "provider: ended 2, score 10000, conduct 3, logged by provider; " +
				"hirer: ended 2, score 10000, conduct 2, logged by hirer provider",
			others: "agreed: ended 2, score 10000, conduct 2, band 3 paid",
			retold: "nothing; agreed: ended 2, score 10000, conduct 2, band 3 paid",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			if c.stand == nil {
				c.stand = plain
			}
			for _, f := range []*step{&c.set, &c.then} {
				if *f == nil {
					*f = nothing
				}
			}
			c.set(w, seller, buyer)
			seller.sells(5, c.stand)
			w.pass(second)
			blank := buyer.trusts(seller)
			buyer.orders("one")
			w.pass(5 * second)
			c.then(w, seller, buyer)
			w.pass(max(c.wait, 20*minute))
			if got := believed(buyer.shows()); got != c.others {
				t.Errorf("the buyer's log makes others believe\n%s\nwant\n%s", got, c.others)
			}
			if got, want := believed(seller.shows()), cmp.Or(c.retold, c.others); got != want && seller.agent != nil {
				t.Errorf("the seller's log makes others believe\n%s\nwant\n%s", got, want)
			}
			if got := buyer.tells(); got != c.said {
				t.Errorf("the buyer has\n%s\nwant\n%s", got, c.said)
			}
			e := buyer.trusts(seller)
			switch c.buyer {
			case praised:
				if e.Success <= blank.Success || e.Bad != 0 {
					t.Errorf("the buyer's estimate went from %+v to %+v", blank, e)
				}
			case blamed:
				if e.Success >= blank.Success || e.Good != 0 || e.Bad != c.bad {
					t.Errorf("the buyer's estimate went from %+v to %+v", blank, e)
				}
			default:
				if e.Success != blank.Success || e.Tally != blank.Tally || e.Base != blank.Base {
					t.Errorf("the buyer's estimate went from %+v to %+v", blank, e)
				}
			}
			if seller.agent != nil {
				if got := seller.tells(); c.heard != "" && got != c.heard {
					t.Errorf("the seller has\n%s\nwant\n%s", got, c.heard)
				}
				if got := seller.agent.Standing(buyer.key.Key()); (got > 0) != c.payer {
					t.Errorf("the seller's trust reaches the buyer by %v", got)
				}
			}
			if c.apart {
				buyer.replays()
				return
			}
			w.fall(3 * day)
			if seller.agent == nil {
				seller.start()
				w.pass(hour)
			}
			w.reckon()
		})
	}
}

// TestHirerGone: of a hirer that never comes back the provider's word counts once
// nobody answers, and it says nothing of the provider.
func TestHirerGone(t *testing.T) {
	w, seller, buyer := pair(t)
	buyer.judge = says("", hour)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	buyer.die()
	w.fall(10 * day)
	if got, want := seller.tells(), "provider: ended 2, score 10000, conduct 3, logged by provider"; got != want {
		t.Errorf("the seller has\n%s\nwant\n%s", got, want)
	}
	if n := seller.agent.Open(); n != 0 {
		t.Errorf("%d jobs still want something of the seller", n)
	}
	// A second, paid job afterwards is needed before trust reaches it again.
	if got := seller.agent.Standing(buyer.key.Key()); got != 0 {
		t.Errorf("the seller's trust reaches a buyer that did not pay by %v", got)
	}
	fresh, err := agent.New(seller.conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range seller.journal {
		r, err := agent.ReadRecord(seller.reg, b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fresh.Fold(r); err != nil {
			t.Fatal(err)
		}
	}
	seller.remembers(fresh)
}

// without has a citizen leave documents out of all it says.
func (c *citizen) without(hide func(wire.Document) bool) {
	c.twist = func(_ *citizen, docs []wire.Said) [][]wire.Said {
		var said []wire.Said
		for _, d := range docs {
			if !hide(d.Doc) {
				said = append(said, d)
			}
		}
		if len(said) == 0 {
			return nil
		}
		return [][]wire.Said{said}
	}
}

// TestNoVanishing: whatever a provider that failed does or leaves out, the
// hirer's word of it counts in full once its answer is overdue.
func TestNoVanishing(t *testing.T) {
	late := func(w agent.Work) (agent.Worked, uint64) { return slow(20 * minute)(w) }
	for _, c := range []struct {
		name string
		set  func(w *town, seller, buyer *citizen)
	}{
		{"it logs nothing", func(_ *town, s, _ *citizen) {
			s.without(func(d wire.Document) bool { _, ok := d.(*protocol.LogEntry); return ok })
		}},
		{"it praises itself first", func(w *town, s, b *citizen) {
			w.after(10*minute+30*second+15, func() { s.boasts(b) })
		}},
		{"it praises itself afterwards", func(w *town, s, b *citizen) {
			s.without(func(d wire.Document) bool { _, ok := d.(*protocol.LogEntry); return ok })
			w.after(15*minute, func() { s.boasts(b) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := pair(t)
			seller.work = late
			c.set(w, seller, buyer)
			seller.sells(5)
			w.pass(second)
			blank := buyer.trusts(seller)
			buyer.orders("one")
			w.pass(3 * hour)
			buyer.ended("one", ending{"defaulted", protocol.CodeDefaulted, 0})
			if e := buyer.trusts(seller); e.Bad != 0.5 || e.Good != 0 || e.Success >= blank.Success {
				t.Errorf("the estimate went from %+v to %+v: %s", blank, e, buyer.tells())
			}
			w.fall(2 * day)
			buyer.replays()
		})
	}
}

// boasts has a provider tell of its only job as if all had gone well.
func (c *citizen) boasts(to *citizen) {
	v := c.stageOf()
	terms := &protocol.Terms{}
	for _, d := range to.heard {
		if o, ok := d.Doc.(*protocol.Offer); ok {
			terms = &o.Terms
		}
	}
	var hold wire.CID
	for _, d := range c.heard {
		if e, ok := d.Doc.(*protocol.Entry); ok && e.Act == protocol.ActHold && e.Job == v.ID {
			hold = d.ID
		}
	}
	if v.Role != job.Provider || hold.IsZero() {
		c.t.Fatalf("no job to boast of: %+v %+v", v, terms)
	}
	o := wire.Canonical{}.Name(&protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: c.key.Key(), At: c.clock(), Nonce: wire.Nonce{9}},
		Job:  v.ID, Hirer: to.key.Key(), Provider: c.key.Key(), HirerOwner: to.conf.Mandate.Doc.Header().By,
		ProviderOwner: c.conf.Mandate.Doc.Header().By, Capability: v.Capability, Asset: v.Asset,
		Band: uint64(v.Price.BitLen()), Score: protocol.Full, Ended: protocol.EndedSilent, Conduct: protocol.PaidLate,
		Entry: hold, Opened: v.Opened, Closed: c.clock(),
	})
	entry := wire.Canonical{}.Name(&protocol.LogEntry{
		Head:    wire.Head{Kind: protocol.KindLogEntry, By: c.key.Key(), At: c.clock(), Nonce: wire.Nonce{8}},
		Outcome: o.ID, Epoch: c.agent.Epoch(), Seq: 1,
	})
	c.send(to, []wire.Said{o, entry})
}

// TestOwnEyes: what a hirer has seen itself counts at once, however long the
// provider's terms allow for an answer; and half, once that shows another story.
func TestOwnEyes(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(5 * minute)
	seller.sells(5)
	w.pass(second)
	blank := buyer.trusts(seller)
	buyer.orders("one")
	w.pass(minute)
	seller.die()
	w.pass(10 * minute) // delivery was due within ten
	if v := buyer.view("one"); v.Stage != "defaulted" {
		t.Fatal(v.Stage)
	}
	if e := buyer.trusts(seller); e.Bad != 0.5 || e.Success >= blank.Success {
		t.Errorf("the estimate went from %+v to %+v", blank, e)
	}
	if n := buyer.agent.Open(); n == 0 {
		t.Error("nobody waits for an answer")
	}
	w.fall(day)
	seller.start()
	w.pass(hour)
	if n := buyer.agent.Open() + seller.agent.Open(); n != 0 {
		t.Errorf("%d deals still wait for an answer", n)
	}
	w.reckon()
}
