package agent_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// retells shows a payer what it has forgotten, from the journal.
func (c *citizen) retells(e agent.Retell) {
	c.t.Helper()
	var records []*agent.Record
	entries := map[wire.CID]*protocol.Entry{}
	for _, b := range c.journal {
		r, err := agent.ReadRecord(c.reg, b)
		if err != nil {
			c.t.Fatal(err)
		}
		records = append(records, r)
		for _, s := range r.Statements() {
			if d, ok := s.Doc.(*protocol.Entry); ok {
				entries[s.ID] = d
			}
		}
	}
	names, jobs, ok := e.Back(func(id wire.CID) (*protocol.Entry, bool) { d, ok := entries[id]; return d, ok })
	if !ok {
		c.t.Errorf("%s cannot go back to %s", c.name, e.After)
	}
	for _, r := range records {
		if !slices.ContainsFunc(r.Statements(), func(s agent.Statement) bool {
			return slices.Contains(names, s.ID) || !s.Job().IsZero() && slices.Contains(jobs, s.Job())
		}) {
			continue
		}
		for _, b := range r.Between(e.To) {
			docs, err := c.reg.Documents(b)
			if err != nil {
				c.t.Fatal(err)
			}
			c.say(&agent.Saying{To: e.To, Docs: docs, Bundle: b})
		}
	}
}

// restore brings c back from a copy of its journal after so many records.
func (c *citizen) restore(records int) {
	c.die()
	c.journal = slices.Clone(c.journal[:records])
	c.start()
}

// position is what c's book says of the money between it and another.
func (c *citizen) position(other *citizen) settlement.Position {
	for _, p := range c.agent.Positions() {
		if p.Peer == other.key.Key() && p.Asset == asset {
			return p
		}
	}
	return settlement.Position{}
}

// agree reports a difference between what two citizens say of the money between them.
func agree(t *testing.T, what string, a, b *citizen) {
	t.Helper()
	p, q := a.position(b), b.position(a)
	if p.IOwe != q.OwedToMe || p.HeldByMe != q.HeldForMe || p.OwedToMe != q.IOwe || p.HeldForMe != q.HeldByMe {
		t.Errorf("%s: books of %s and %s differ: %+v and %+v", what, a.name, b.name, p, q)
	}
}

// TestOldCopy: an agent that comes back from an old copy of its journal learns what it
// has forgotten before it says anything, signs nothing in a place it has forgotten, and
// both books agree with nobody's help.
func TestOldCopy(t *testing.T) {
	for _, jobs := range []int{1, 40} {
		w, seller, buyer := pair(t)
		seller.sells(5)
		w.pass(second)
		buyer.orders("before")
		w.pass(minute)
		copied := len(buyer.journal)
		for i := range jobs {
			buyer.orders(fmt.Sprint("forgotten ", i))
			w.pass(10 * second)
		}
		w.pass(minute)
		owed := wire.Units(5 * uint64(jobs+1))
		buyer.restore(copied)
		if p := buyer.position(seller); p.IOwe != wire.Units(5) {
			t.Fatalf("the copy says %s", p.IOwe)
		}
		seller.heard = nil
		buyer.link(seller)
		w.pass(second)
		if p := buyer.position(seller); p.IOwe != owed {
			t.Errorf("%d jobs forgotten: it says it owes %s, not %s", jobs, p.IOwe, owed)
		}
		if len(seller.heard) > 0 {
			t.Errorf("it said %T before it knew", seller.heard[0].Doc)
		}
		agree(t, "once it was told", buyer, seller)
		if spent := buyer.agent.Spent(asset); spent != owed {
			t.Errorf("%s spent under the mandate, not %s", spent, owed)
		}
		buyer.orders("after")
		w.pass(minute)
		buyer.ended("after", ending{"settled", "", 5})
		agree(t, "one job later", buyer, seller)
		if slices.Contains(seller.refused, string(protocol.CodeFork)) || slices.Contains(buyer.refused, string(protocol.CodeFork)) {
			t.Error("it signed two entries for one place")
		}
		seller.replays()
		buyer.replays()
	}
}

// TestOldCopyOfAnything brings a payer back from a copy made at each record of its life,
// also before its first, with an order that waits for the link. It always comes to the
// seller's books.
func TestOldCopyOfAnything(t *testing.T) {
	lived := func() (*town, *citizen, *citizen) {
		w, seller, buyer := pair(t)
		seller.sells(5)
		w.pass(second)
		for i := range 3 {
			buyer.orders(fmt.Sprint(i))
			w.pass(minute)
			if i == 1 { // a second epoch
				buyer.die()
				buyer.start()
				buyer.link(seller)
			}
		}
		return w, seller, buyer
	}
	_, _, buyer := lived()
	records := len(buyer.journal)
	for n := range records + 1 {
		w, seller, buyer := lived()
		buyer.restore(n)
		buyer.orders("waits") // said as soon as there is a link, perhaps before the Hello is heard
		buyer.link(seller)
		w.pass(2 * hour)
		buyer.ended("waits", ending{"settled", "", 5})
		what := fmt.Sprintf("copied after record %d of %d", n, records)
		agree(t, what, buyer, seller)
		if p := seller.position(buyer); p.OwedToMe != wire.Units(20) || !p.HeldForMe.IsZero() {
			t.Errorf("%s: the seller's book says %+v", what, p)
		}
		if slices.Contains(seller.refused, string(protocol.CodeFork)) || slices.Contains(buyer.refused, string(protocol.CodeFork)) {
			t.Errorf("%s: it signed two entries for one place", what)
		}
		seller.replays()
		buyer.replays()
	}
}

// TestOldCopyInMidJob brings a payer back, while a job is under way, from each record
// before: in the end nothing is held, both books agree, and no more is owed than was agreed.
func TestOldCopyInMidJob(t *testing.T) {
	lived := func() (*town, *citizen, *citizen) {
		w, seller, buyer := pair(t)
		seller.sells(5)
		w.pass(second)
		buyer.orders("before")
		w.pass(minute)
		seller.work = slow(30 * second)
		buyer.orders("under way")
		w.pass(10 * second)
		return w, seller, buyer
	}
	_, _, buyer := lived()
	records := len(buyer.journal)
	for n := range records + 1 {
		for _, away := range []uint64{0, hour}[n%2 : n%2+1] {
			w, seller, buyer := lived()
			buyer.restore(n)
			w.pass(away)
			buyer.link(seller)
			w.pass(minute)
			buyer.link(seller)
			seller.tell(agent.Closed{Capability: "text/words@1"}) // and announces no more
			w.fall(5 * day)
			what := fmt.Sprintf("copied after record %d of %d, away for %d", n, records, away)
			agree(t, what, buyer, seller)
			p := seller.position(buyer)
			if owed := p.OwedToMe; owed != wire.Units(10) && owed != wire.Units(5) || !p.HeldForMe.IsZero() {
				t.Errorf("%s: the seller's book says %+v", what, p)
			}
			if spent := buyer.agent.Spent(asset); spent != p.OwedToMe {
				t.Errorf("%s: %s spent under the mandate, %s owed", what, spent, p.OwedToMe)
			}
			seller.replays()
			buyer.replays()
		}
	}
}

// TestShownNothing: a payee that claims to have more of a lane than there is, and comes
// and goes, keeps nobody from paying for longer than once in a run.
func TestShownNothing(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("before")
	w.pass(minute)
	buyer.die()
	buyer.start()
	told := 0
	seller.hello = func(h *protocol.Hello) {
		for i := range h.Lanes {
			if !h.Lanes[i].Payer {
				h.Lanes[i].Seq, h.Lanes[i].Head = h.Lanes[i].Seq+7, wire.Sum([]byte("never said"))
				told++
			}
		}
	}
	buyer.link(seller)
	buyer.orders("after")
	for range 8 {
		w.pass(5 * second)
		buyer.unlink(seller)
		buyer.link(seller)
	}
	w.pass(second) // it would wait on for 20 s
	buyer.ended("after", ending{"settled", "", 5})
	if told < 8 {
		t.Errorf("it was told %d times", told)
	}
	agree(t, "told of what is not", buyer, seller)
	buyer.replays()
}

// TestStrangeWord: our own word of another's lane, or of what is known, changes nothing,
// whoever shows it.
func TestStrangeWord(t *testing.T) {
	w, seller, buyer := pair(t)
	other := w.settle("other").start()
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	for _, c := range []*citizen{seller, other} {
		buyer.link(c)
		w.pass(second)
		records := len(buyer.journal)
		for _, b := range buyer.journal {
			r, err := agent.ReadRecord(w.reg, b)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range r.Sayings() {
				c.say(&agent.Saying{To: buyer.key.Key(), Docs: s.Docs, Bundle: s.Bundle})
			}
		}
		w.pass(second)
		if len(buyer.journal) != records {
			t.Errorf("shown by %s it is recorded again", c.name)
		}
	}
	agree(t, "shown what is known", buyer, seller)
}
