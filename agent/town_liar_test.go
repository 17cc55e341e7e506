package agent_test

import (
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// TestPauseRunOutBlamesNobody: a hirer that left its provider without what it asked
// for does not say that the provider failed, and neither side logs that it did.
func TestPauseRunOutBlamesNobody(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = needing("map")
	seller.sells(5, lacks)
	w.pass(second)
	buyer.orders("a")
	w.pass(9 * hour)
	v := buyer.ended("a", ending{"cancelled", protocol.CodeDefaulted, 0})
	w.fall(4 * day)
	w.reckon()
	o := seller.outcome(v.ID)
	if o == nil || o.Ended != protocol.EndedCancelled || o.Score != protocol.Full {
		t.Errorf("the outcome is %+v: it blames the provider for its hirer's silence", o)
	}
}

// TestPauseRunOutIsNotConceded: a provider does not log an Outcome that blames it
// for its hirer's silence.
func TestPauseRunOutIsNotConceded(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = needing("map")
	seller.sells(5, lacks)
	var lie wire.CID
	w.drop = func(from, to *citizen, docs []wire.Said) bool {
		for _, d := range docs {
			if o, ok := d.Doc.(*protocol.Outcome); ok && from == buyer {
				if lie.IsZero() {
					bad := *o
					bad.Score = 0
					said := wire.Canonical{}.Name(&bad)
					lie = said.ID
					from.send(to, []wire.Said{said})
				}
				return true
			}
		}
		return false
	}
	w.pass(second)
	buyer.orders("a")
	w.pass(2 * hour)
	if lie.IsZero() {
		t.Fatal("nothing was lied about")
	}
	for _, said := range buyer.heard {
		if e, ok := said.Doc.(*protocol.LogEntry); ok && e.Outcome == lie {
			t.Error("the provider logged that it failed, though it was left waiting")
		}
	}
	seller.replays()
}

// TestAwardOfALaterPart: evaluators award a part that is not the first, too.
func TestAwardOfALaterPart(t *testing.T) {
	w, seller, buyer, bench := court(t, 11, 1, 9000, 1)
	seller.work = piece(10)
	panel := protocol.Panel{Needed: 1, Split: 9000, Members: []protocol.Third{bench[0].consents(seller)}}
	seller.sells(30, tranches(3, 0), func(s *sell.Stand) { s.Panel = panel })
	good := 1
	buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
		if good--; good >= 0 {
			return agent.Judged{Job: j.Job}, 5
		}
		return agent.Judged{Job: j.Job, Code: protocol.CodeCheck, Clause: "expect"}, 5
	}
	bench[0].grade = fixed(4000)
	w.pass(second)
	buyer.sues("a", bench)
	w.pass(6 * hour)
	if v := buyer.view("a"); v.Stage != "settled" || v.Paid != wire.Units(14) || len(v.Instalments) != 2 {
		t.Errorf("it is %s, paid %s: %+v", v.Stage, v.Paid, v.Instalments)
	}
	w.fall(6 * day)
	w.reckon()
}

// sued is a document that was said of the only job of a town, by its author.
func sued[D wire.Document](c *citizen) (doc D, said wire.Said) {
	for _, s := range c.heard {
		if d, ok := s.Doc.(D); ok {
			doc, said = d, s
		}
	}
	return doc, said
}

// blames is an Outcome of the buyer's, as it pleases.
func (c *citizen) blames(seller *citizen, at uint64) wire.Said {
	accept, job := sued[*protocol.Accept](seller)
	terms, err := accept.Terms()
	if err != nil {
		c.t.Fatal(err)
	}
	var hold wire.CID
	for _, s := range seller.heard {
		if e, ok := s.Doc.(*protocol.Entry); ok && e.Act == protocol.ActHold {
			hold = s.ID
		}
	}
	o := &protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: c.key.Key(), At: at, Nonce: wire.Nonce{7}},
		Job:  job.ID, Hirer: c.key.Key(), Provider: seller.key.Key(), HirerOwner: accept.Owner, ProviderOwner: terms.Owner,
		Capability: terms.Capability, Asset: terms.Asset, Band: 1, Ended: protocol.EndedDefault, Conduct: protocol.PaidNothing,
		Entry: hold, Opened: accept.At, Closed: at,
	}
	if err := o.Check(); err != nil {
		c.t.Fatal(err)
	}
	return wire.Canonical{}.Name(o)
}

// TestDatedNextMonth: a side cannot end a case for its evaluator by a date.
func TestDatedNextMonth(t *testing.T) {
	w, seller, buyer, bench := court(t, 9, 1, 0, 1)
	bench[0].grade = func(g agent.Grade) (agent.Graded, uint64) {
		return agent.Graded{Job: g.Job, Share: 6000}, minute
	}
	buyer.sues("a", bench)
	w.pass(30 * second)
	buyer.send(bench[0], []wire.Said{buyer.blames(seller, buyer.clock()+30*day)})
	w.pass(hour)
	buyer.ended("a", ending{"settled", protocol.CodeCheck, 3})
	w.fall(6 * day)
	w.reckon()
}

// TestWhatComesLaterIsShownFirst: a side cannot make its evaluator think that the
// other was late, by first showing it what was said later.
func TestWhatComesLaterIsShownFirst(t *testing.T) {
	w, seller, buyer, bench := court(t, 9, 1, 0, 1)
	judge := bench[0]
	seller.work, judge.grade = seller.anew(5*second), fixed(6000)
	w.drop = func(from, to *citizen, docs []wire.Said) bool {
		return from == buyer && to == judge && slices.ContainsFunc(docs, func(s wire.Said) bool {
			switch s.Doc.(type) {
			case *protocol.Delivery, *protocol.Verdict, *protocol.Contest:
				return true
			}
			return false
		})
	}
	w.sever(seller, judge, true)
	buyer.sues("a", bench)
	w.pass(20 * minute)
	buyer.send(judge, []wire.Said{buyer.blames(seller, buyer.clock())})
	w.pass(minute)
	if n := judge.agent.Cases(); n != 1 {
		t.Fatalf("%d cases", n)
	}
	w.drop = nil
	w.sever(seller, judge, false)
	w.pass(hour)
	buyer.ended("a", ending{"settled", protocol.CodeCheck, 3})
	w.fall(6 * day)
	w.reckon()
}

// TestNoPartAfterAFailure: who must pay for a part that failed its rule, word
// against word, does not go on with the next.
func TestNoPartAfterAFailure(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work, buyer.judge = piece(10), picky(3)
	seller.sells(30, tranches(3, 0), ruled(0))
	w.pass(second)
	buyer.orders("a")
	w.pass(6 * hour)
	if v := buyer.view("a"); v.Stage != "settled" || v.Paid != wire.Units(10) || len(v.Instalments) != 1 {
		t.Errorf("it is %s, paid %s: %+v", v.Stage, v.Paid, v.Instalments)
	}
	w.fall(3 * day)
	w.reckon()
}

// TestNoEchoes: two peers who are far apart do not answer each other's answers for ever.
func TestNoEchoes(t *testing.T) {
	w, seller, buyer := pair(t)
	w.latency = 3 * second // what is said again crosses what answers it
	seller.work = needing("map")
	seller.sells(5, lacks)
	said := 0
	w.drop = func(_, _ *citizen, _ []wire.Said) bool {
		said++
		return said > 1000 // a storm shall end the test, not the machine
	}
	w.pass(minute)
	buyer.orders("a")
	w.pass(20 * minute)
	if v := buyer.view("a"); v.Stage != "paused" || said > 50 {
		t.Errorf("it is %s, and %d bundles were said", v.Stage, said)
	}
	buyer.tell(agent.Provided{Job: buyer.view("a").ID, Input: artefact("map", 9, payload.Public)})
	w.pass(20 * minute)
	buyer.ended("a", ending{"settled", "", 5})
	if said > 100 {
		t.Errorf("%d bundles were said", said)
	}
}
