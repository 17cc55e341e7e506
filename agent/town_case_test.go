package agent_test

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// TestWhatWasMadeGoodIsGraded: an evaluator that is told the case bundle by bundle, when
// the time for an answer is over, awards the Delivery that was to make good the first.
func TestWhatWasMadeGoodIsGraded(t *testing.T) {
	w, seller, buyer, bench := court(t, 21, 1, 0, 1)
	judge := bench[0]
	panel := protocol.Panel{Needed: 1, Members: []protocol.Third{judge.consents(seller)}}
	seller.work = seller.anew(5 * second)
	seller.sells(10, func(s *sell.Stand) { s.Panel = panel }, ruled(1))
	buyer.judge = picky(2)
	var second, awarded wire.CID
	judge.grade = func(g agent.Grade) (agent.Graded, uint64) {
		if g.Results[0].ID != second {
			return agent.Graded{Job: g.Job, Share: 1000}, 5
		}
		awarded = second
		return agent.Graded{Job: g.Job, Share: 9000}, 5
	}
	verdicts := map[wire.CID]bool{}
	w.drop = func(from, _ *citizen, docs []wire.Said) bool {
		for _, s := range docs {
			switch d := s.Doc.(type) {
			case *protocol.Delivery:
				second = d.Artefacts[0].ID
			case *protocol.Verdict:
				if verdicts[s.ID] || from != buyer {
					continue
				}
				if verdicts[s.ID] = true; len(verdicts) == 2 { // which is not answered
					w.after(1, seller.die)
					w.after(4*hour-minute, func() { seller.start() })
				}
			}
		}
		return false
	}
	w.pass(1000)
	buyer.sues("a", bench)
	w.pass(12 * hour)
	v := buyer.view("a")
	if awarded != second || v.Paid != wire.Units(9) {
		t.Errorf("it is %s, paid %s; %d verdicts, awarded is %s, delivered last %s", v.Stage, v.Paid, len(verdicts), awarded, second)
	}
	w.fall(6 * day)
	w.reckon()
}

// TestEachProviderHasItsShare: one provider and its hirers cannot take up all the room
// that an evaluator has for cases.
func TestEachProviderHasItsShare(t *testing.T) {
	w, seller, buyer, bench := court(t, 31, 1, 0, 1)
	judge := bench[0]
	other := w.settle("other")
	other.start()
	panel := protocol.Panel{Needed: 1, Members: []protocol.Third{judge.consents(other)}}
	for n := range 62 { // of 64 providers each has room for 4 of 256
		judge.consents(w.settle(fmt.Sprint("client", n)))
	}
	judge.grade = func(g agent.Grade) (agent.Graded, uint64) { // while there is a crowd
		return agent.Graded{Job: g.Job, Share: 5000}, 20 * minute
	}
	for n := range 12 {
		buyer.sues(fmt.Sprint("a", n), bench)
	}
	w.pass(5 * minute)
	if n := judge.agent.Cases(); n != 4 {
		t.Errorf("%d cases of one of 64 providers", n)
	}
	other.sells(10, func(s *sell.Stand) { s.Panel = panel })
	w.pass(second)
	buyer.orders("b", func(o *agent.Order) {
		o.Plan, o.Peer, o.Evaluators = agent.PlanSingle, other.key.Key(), []wire.Key{judge.key.Key()}
	})
	w.pass(minute)
	if n := judge.agent.Cases(); n != 5 {
		t.Errorf("%d cases, with one of another provider", n)
	}
	w.pass(6 * hour)
	if v := buyer.view("b"); v.Stage != "settled" || v.Paid != wire.Units(5) {
		t.Errorf("the other provider's case is %s (%s %s), paid %s", v.Stage, v.Code, v.Detail, v.Paid)
	}
	for n := range 12 { // when their turn comes, or by the split
		if v := buyer.view(fmt.Sprint("a", n)); !v.Final {
			t.Errorf("case %d is %s", n, v.Stage)
		}
	}
	seller.replays()
	judge.replays()
}

// TestACaseTellsOfOneJob: however many jobs lie between two, what their evaluator is
// shown of one tells of no other. A bundle is shown whole, so it must be of one job.
func TestACaseTellsOfOneJob(t *testing.T) {
	w, _, buyer, bench := court(t, 31, 1, 0, 1)
	w.loss = 0.2
	shown := 0
	w.drop = func(_, to *citizen, docs []wire.Said) bool {
		jobs := map[wire.CID]bool{}
		for _, s := range docs {
			named := agent.Statement{Said: s}
			if id := named.Job(); !id.IsZero() {
				jobs[id] = true
			}
			if d, ok := s.Doc.(*protocol.Countersign); ok {
				for _, id := range d.Taken {
					jobs[id] = true
				}
			}
		}
		if to == bench[0] {
			shown++
		}
		if to == bench[0] && len(jobs) > 1 {
			t.Errorf("a bundle of %d jobs is shown", len(jobs))
		}
		return false
	}
	for n := range 6 {
		buyer.sues(fmt.Sprint("a", n), bench)
	}
	w.pass(8 * hour)
	if shown < 20 {
		t.Errorf("%d bundles shown: too few to tell anything", shown)
	}
}
