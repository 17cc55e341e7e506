package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// grades grades a case, as the hands do.
func (c *citizen) grades(g agent.Grade, alive func() bool) {
	done, delay := agent.Graded{Job: g.Job, Share: 5000}, uint64(5)
	if c.grade != nil {
		done, delay = c.grade(g)
	}
	c.after(delay, func() {
		if alive() {
			c.tell(done)
		}
	})
}

// fixed grades everything alike.
func fixed(share uint64) func(agent.Grade) (agent.Graded, uint64) {
	return func(g agent.Grade) (agent.Graded, uint64) { return agent.Graded{Job: g.Job, Share: share}, 5 }
}

// consents lets a provider name c as evaluator, and returns how.
func (c *citizen) consents(to *citizen) protocol.Third {
	c.t.Helper()
	doc := &protocol.Consent{
		Head: wire.Head{Kind: protocol.KindConsent, By: c.key.Key(), At: c.clock(), Nonce: wire.Nonce{byte(len(c.journal))}},
		To:   to.key.Key(), Role: protocol.RoleEvaluator, Scopes: []string{"text/*"}, Asset: asset, Payer: protocol.PaysLoser,
		Data: payload.Handling{Most: payload.Internal, Retention: day}, Owner: c.conf.Mandate.Doc.Header().By,
		NotBefore: c.clock() - hour, Expires: c.clock() + 30*day,
	}
	if err := doc.Check(); err != nil {
		c.t.Fatal(err)
	}
	said := wire.Canonical{}.Name(doc)
	bundle, err := wire.Seal(c.key, net, said.Raw)
	if err != nil {
		c.t.Fatal(err)
	}
	if r := c.tell(agent.Consented{Consent: said, Bundle: bundle, Judge: sell.Stand{Technology: "exec"}}); r != nil {
		c.t.Fatal(r)
	}
	return protocol.Third{Key: doc.By, Owner: doc.Owner, Payer: doc.Payer, Data: doc.Data, Consent: said.ID}
}

// court is a town with a seller, a buyer, and evaluators whom both accept.
func court(t *testing.T, seed uint64, needed uint8, split uint64, judges int) (w *town, seller, buyer *citizen, bench []*citizen) {
	t.Helper()
	w = newTown(t, seed)
	seller, buyer = w.settle("seller"), w.settle("buyer")
	seller.start()
	buyer.start()
	panel := protocol.Panel{Needed: needed, Split: split}
	for i := range judges {
		j := w.settle(fmt.Sprint("judge", i+1))
		j.start()
		panel.Members = append(panel.Members, j.consents(seller))
		bench = append(bench, j)
	}
	seller.sells(5, func(s *sell.Stand) { s.Panel = panel })
	buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
		return agent.Judged{Job: j.Job, Code: protocol.CodeCheck, Clause: "expect", Detail: "too long"}, 5
	}
	w.pass(second)
	return w, seller, buyer, bench
}

// sues buys what will be found wrong.
func (c *citizen) sues(key string, bench []*citizen) {
	c.orders(key, func(o *agent.Order) {
		o.Plan = agent.PlanSingle
		for _, j := range bench {
			o.Evaluators = append(o.Evaluators, j.key.Key())
		}
	})
}

func (c *citizen) outcome(id wire.CID) (found *protocol.Outcome) {
	for _, said := range c.heard {
		if o, ok := said.Doc.(*protocol.Outcome); ok && o.Job == id {
			found = o
		}
	}
	return found
}

// TestDisputes: what two cannot agree on is awarded by those whom both named, and
// both end alike, whoever stays silent.
func TestDisputes(t *testing.T) {
	for _, c := range []struct {
		name   string
		judges int
		needed uint8
		split  uint64
		set    func(w *town, seller, buyer *citizen, bench []*citizen)
		wait   uint64 // long enough for it to be over
		stage  string
		paid   uint64
		ended  uint64
	}{
		{
			name: "one, who awards", judges: 1, needed: 1, wait: minute, stage: "settled", paid: 3, ended: protocol.EndedResolved,
			set: func(_ *town, _, _ *citizen, bench []*citizen) { bench[0].grade = fixed(6000) },
		},
		{
			name: "one, who awards nothing", judges: 1, needed: 1, split: 6000, wait: minute, stage: "defaulted", ended: protocol.EndedResolved,
			set: func(_ *town, _, _ *citizen, bench []*citizen) { bench[0].grade = fixed(0) },
		},
		{
			name: "three", judges: 3, needed: 2, wait: minute, stage: "settled", paid: 2, ended: protocol.EndedResolved,
			set: func(_ *town, _, _ *citizen, bench []*citizen) {
				bench[0].grade, bench[1].grade, bench[2].grade = fixed(10_000), fixed(4000), fixed(0)
			},
		},
		{
			name: "one, who never answers", judges: 1, needed: 1, split: 4000, wait: 5 * hour, stage: "settled", paid: 2, ended: protocol.EndedContested,
			set: func(_ *town, _, _ *citizen, bench []*citizen) { bench[0].die() },
		},
		{
			name: "one, who cannot grade", judges: 1, needed: 1, split: 4000, wait: 5 * hour, stage: "settled", paid: 2, ended: protocol.EndedContested,
			set: func(_ *town, _, _ *citizen, bench []*citizen) {
				bench[0].grade = func(g agent.Grade) (agent.Graded, uint64) {
					return agent.Graded{Job: g.Job, Code: protocol.CodeWorkFailed}, 5
				}
			},
		},
		{
			name: "three, of whom one is silent", judges: 3, needed: 2, wait: 5 * hour, stage: "settled", paid: 1, ended: protocol.EndedResolved,
			set: func(_ *town, _, _ *citizen, bench []*citizen) {
				bench[0].grade, bench[1].grade = fixed(10_000), fixed(2000)
				bench[2].die()
			},
		},
		{
			name: "three, of whom two are silent", judges: 3, needed: 2, split: 8000, wait: 5 * hour, stage: "settled", paid: 4, ended: protocol.EndedContested,
			set: func(_ *town, _, _ *citizen, bench []*citizen) {
				bench[1].die()
				bench[2].die()
			},
		},
		{
			name: "one, whom only the seller reaches", judges: 1, needed: 1, wait: hour, stage: "settled", paid: 2, ended: protocol.EndedResolved,
			set: func(w *town, _, b *citizen, bench []*citizen) { w.sever(b, bench[0], true) },
		},
		{
			name: "one, whom only the buyer reaches", judges: 1, needed: 1, wait: hour, stage: "settled", paid: 2, ended: protocol.EndedResolved,
			set: func(w *town, s, _ *citizen, bench []*citizen) { w.sever(s, bench[0], true) },
		},
		{
			name: "one, who dies at every record", judges: 1, needed: 1, wait: hour, stage: "settled", paid: 2, ended: protocol.EndedResolved,
			set: func(w *town, _, _ *citizen, bench []*citizen) {
				for at := uint64(100); at < 3*second; at += 170 {
					w.after(at, func() {
						bench[0].die()
						bench[0].start()
					})
				}
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer, bench := court(t, 9, c.needed, c.split, c.judges)
			c.set(w, seller, buyer, bench)
			buyer.sues("a", bench)
			w.pass(c.wait)
			v := buyer.view("a")
			if v.Stage != c.stage || v.Paid != wire.Units(c.paid) {
				t.Errorf("it ended %s (%s %s), paid %s; want %s, paid %d", v.Stage, v.Code, v.Detail, v.Paid, c.stage, c.paid)
			}
			awarded := strings.HasPrefix(v.Detail, "too long; its evaluators awarded ")
			if v.Code != protocol.CodeCheck || awarded != (c.ended == protocol.EndedResolved) {
				t.Errorf("its owner is told (%s) %q", v.Code, v.Detail)
			}
			w.fall(6 * day)
			o := seller.outcome(v.ID)
			if o == nil || o.Ended != c.ended || (len(o.Evaluators) > 0) != (c.ended == protocol.EndedResolved) {
				t.Errorf("the outcome is %+v, want ended %d", o, c.ended)
			}
			w.reckon()
			for _, j := range bench {
				if j.agent != nil && j.agent.Cases() != 0 {
					t.Errorf("%s still keeps a case", j.name)
				}
			}
		})
	}
}

// TestNoStrangersJudge: a buyer takes no terms whose disputes others judge than
// those it named, and nobody judges without its consent.
func TestNoStrangersJudge(t *testing.T) {
	w, _, buyer, _ := court(t, 3, 1, 0, 1)
	buyer.orders("a")
	w.pass(minute)
	if v := buyer.view("a"); v.Stage != agent.StageGivenUp {
		t.Errorf("without naming its evaluator, the order is %s", v.Stage)
	}

	w = newTown(t, 4)
	seller, buyer, judge := w.settle("seller"), w.settle("buyer"), w.settle("judge")
	seller.start()
	buyer.start()
	judge.start()
	third := judge.consents(buyer) // not to the seller
	seller.sells(5, func(s *sell.Stand) {
		s.Panel = protocol.Panel{Members: []protocol.Third{third}, Needed: 1, Split: 10_000}
	})
	buyer.judge = func(j agent.Judge) (agent.Judged, uint64) {
		return agent.Judged{Job: j.Job, Code: protocol.CodeCheck, Clause: "expect"}, 5
	}
	w.pass(second)
	buyer.sues("a", []*citizen{judge})
	w.pass(minute)
	if judge.agent.Cases() != 0 {
		t.Error("a case was taken without a consent")
	}
	w.pass(5 * hour)
	buyer.ended("a", ending{"settled", protocol.CodeCheck, 5})
	w.fall(5 * day)
	w.reckon()
}

// rages lets people die and links be cut so many times, and then all come back.
func (w *town) rages(times int) {
	for range times {
		w.pass(w.rng.Uint64N(3 * minute))
		switch who := w.folk[w.rng.IntN(len(w.folk))]; {
		case w.rng.IntN(4) == 0 && who.agent != nil:
			who.die()
		case who.agent == nil:
			who.start()
		}
		a, b := w.folk[w.rng.IntN(len(w.folk))], w.folk[w.rng.IntN(len(w.folk))]
		w.sever(a, b, w.rng.IntN(5) == 0)
	}
	for _, c := range w.folk {
		for _, d := range w.folk {
			w.sever(c, d, false)
		}
		if c.agent == nil {
			c.start()
		}
	}
	w.loss = 0
}

// TestStormInCourt: disputes among loss, cuts and deaths of everyone, both sides
// always ending alike.
func TestStormInCourt(t *testing.T) {
	for seed := range uint64(*seeds) {
		w, _, buyer, bench := court(t, 900+seed, 2, 3000, 3)
		for i, j := range bench {
			j.grade = fixed(uint64(i) * 4000)
		}
		w.loss = 0.2
		for n := range 5 {
			buyer.sues(string(rune('a'+n)), bench)
		}
		w.rages(60)
		w.pass(6 * hour)
		w.fall(6 * day)
		w.reckon()
	}
}

// TestForgersInCourt: whatever a forging evaluator or side says, the honest ones
// do not fall, replay to what they know, and if both sides are honest they end alike.
func TestForgersInCourt(t *testing.T) {
	for seed := range uint64(*seeds) * 3 {
		w, seller, buyer, bench := court(t, 1300+seed, 1, 3000, 2)
		forger := []*citizen{bench[0], seller, buyer}[seed%3]
		newForger(forger)
		for n := range 4 {
			buyer.sues(string(rune('a'+n)), bench)
		}
		w.pass(6 * hour)
		if forger == bench[0] {
			w.fall(6 * day)
			w.reckon()
			continue
		}
		for _, c := range w.folk {
			if c != forger {
				c.replays()
			}
		}
	}
}

// TestAwardsEnd: an evaluator whose Award ends a job, which takes no Acks then, hears
// them all the same, and says no more of it.
func TestAwardsEnd(t *testing.T) {
	w, _, buyer, bench := court(t, 5, 1, 0, 1)
	bench[0].grade = fixed(0)
	said := 0
	w.drop = func(from, _ *citizen, docs []wire.Said) bool {
		for _, d := range docs {
			if _, ok := d.Doc.(*protocol.Award); ok && from == bench[0] {
				said++
			}
		}
		return false
	}
	buyer.sues("a", bench)
	w.pass(hour)
	buyer.ended("a", ending{"defaulted", protocol.CodeCheck, 0})
	if said < 4 || said > 8 {
		t.Errorf("its two Awards were said %d times to the two sides", said)
	}
}
