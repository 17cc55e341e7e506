package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// overdue is a court whose buyer complains in time, of which the seller hears nothing before
// an instant of the terms.
func overdue(t *testing.T, split uint64, until func(*protocol.Times) uint64, set func(w *town, seller, buyer *citizen, bench []*citizen)) (w *town, seller, buyer *citizen) {
	t.Helper()
	w, seller, buyer, bench := court(t, 9, 1, split, 1)
	w.drop = func(from, to *citizen, docs []wire.Said) bool {
		return from == buyer && to == seller && slices.ContainsFunc(docs, func(s wire.Said) bool {
			v, ok := s.Doc.(*protocol.Verdict)
			return ok && !v.Pass
		})
	}
	set(w, seller, buyer, bench)
	buyer.sues("a", bench)
	w.pass(minute)
	accept, _ := sued[*protocol.Accept](seller)
	terms, err := accept.Terms()
	if err != nil {
		t.Fatal(err)
	}
	w.pass(accept.At + until(&terms.Times) - w.now)
	if _, claimed := sued[*protocol.Claim](buyer); claimed.Doc == nil {
		t.Fatal("nothing was claimed")
	}
	w.drop = nil
	w.pass(accept.At + terms.Times.Resolve + minute - w.now)
	return w, seller, buyer
}

// TestComplaintHeardLate: a seller that has claimed, and hears of its buyer's complaint when
// that cannot be answered any more, takes what it is paid. What evaluators awarded settles
// the job; the split of silent ones it disputes. Both books are the same in the end.
func TestComplaintHeardLate(t *testing.T) {
	silent := func(_ *town, _, _ *citizen, bench []*citizen) { bench[0].die() }
	awards := func(share uint64) func(*town, *citizen, *citizen, []*citizen) {
		return func(_ *town, _, _ *citizen, bench []*citizen) { bench[0].grade = fixed(share) }
	}
	late := func(t *protocol.Times) uint64 { return t.Answer + 2*protocol.Skew }
	for _, c := range []struct {
		name    string
		split   uint64
		until   func(*protocol.Times) uint64
		set     func(w *town, seller, buyer *citizen, bench []*citizen)
		stage   string
		paid    uint64
		missing uint64 // of five
		held    uint64 // that nobody can end
	}{
		{name: "the split is paid", split: 4000, until: late, set: silent, stage: "defaulted", paid: 2, missing: 3},
		{name: "the award is paid", split: 4000, until: late, set: awards(6000), stage: "settled", paid: 3},
		{name: "awarded nothing", split: 4000, until: late, set: awards(0), stage: "defaulted"},
		{name: "a split of nothing", split: 0, until: late, set: silent, stage: "defaulted", held: 5},
		{
			name: "heard in time after all", split: 4000, set: silent, stage: "settled", paid: 2,
			until: func(t *protocol.Times) uint64 { return t.Answer - 30*minute }, // within which a peer is asked again
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer := overdue(t, c.split, c.until, c.set)
			v := buyer.view("a")
			o, _ := seller.agent.ByID(seller.clock(), v.ID)
			for who, v := range map[string]string{"buyer": v.Stage, "seller": o.Stage} {
				if v != c.stage {
					t.Errorf("for the %s it is %s, want %s", who, v, c.stage)
				}
			}
			if v.Paid != wire.Units(c.paid) || o.Paid != v.Paid {
				t.Errorf("the buyer paid %s, the seller has %s, want %d", v.Paid, o.Paid, c.paid)
			}
			if told := strings.Contains(o.Detail, "too late"); told != (c.missing > 0) {
				t.Errorf("the seller is told %q", o.Detail)
			}
			w.fall(6 * day)
			mine, theirs := buyer.agent.Positions(), seller.agent.Positions()
			if len(mine) != 1 || len(theirs) != 1 || mine[0].IOwe != theirs[0].OwedToMe || mine[0].HeldByMe != theirs[0].HeldForMe {
				t.Errorf("the books differ: %+v and %+v", mine, theirs)
			}
			if mine[0].IOwe != wire.Units(c.paid) || mine[0].HeldByMe != wire.Units(c.missing+c.held) {
				t.Errorf("owed are %s and claimed %s", mine[0].IOwe, mine[0].HeldByMe)
			}
			if n := buyer.agent.Open() + seller.agent.Open(); n > 0 {
				t.Errorf("%d deals still want something", n)
			}
			buyer.replays()
			seller.replays()
			buyer.judge = nil
			seller.sells(5)
			w.pass(second)
			buyer.orders("b") // the lane goes on
			w.pass(minute)
			buyer.ended("b", ending{"settled", "", 5})
		})
	}
}

// TestSplitPaidWhenAllIsOver: a buyer that speaks only when the seller has given its job up
// gets no more by that than one that said nothing: a complaint is refused then, and of the
// split of one that was heard before the seller disputes that it is all.
func TestSplitPaidWhenAllIsOver(t *testing.T) {
	for _, heard := range []bool{false, true} {
		for _, wait := range []uint64{0, hour, 2 * day} {
			t.Run(fmt.Sprintf("complaint heard %v, waits %d h", heard, wait/hour), func(t *testing.T) {
				w, seller, buyer, bench := court(t, 9, 1, 4000, 1)
				bench[0].die()
				var verdict, post []wire.Said
				w.drop = func(from, to *citizen, docs []wire.Said) bool {
					if from != buyer || to != seller {
						return false
					}
					for _, s := range docs {
						switch d := s.Doc.(type) {
						case *protocol.Verdict:
							if !d.Pass {
								verdict = docs
								return true
							}
						case *protocol.Entry:
							if d.Act == protocol.ActPost {
								post = docs
								return true
							}
						}
					}
					return false
				}
				buyer.sues("a", bench)
				w.pass(minute)
				accept, _ := sued[*protocol.Accept](seller)
				terms, err := accept.Terms()
				if err != nil {
					t.Fatal(err)
				}
				w.pass(accept.At + terms.Times.Resolve - hour - w.now)
				if heard {
					buyer.send(seller, verdict)
				}
				w.pass(hour + minute + wait)
				w.drop = nil
				buyer.send(seller, verdict)
				w.pass(minute)
				buyer.send(seller, post)
				w.fall(6 * day)
				mine, theirs := buyer.agent.Positions()[0], seller.agent.Positions()[0]
				if mine.IOwe != wire.Units(2) || mine.HeldByMe != wire.Units(3) || buyer.agent.Spent(asset) != wire.Units(5) {
					t.Errorf("of five the buyer owes %s, and %s are claimed of it", mine.IOwe, mine.HeldByMe)
				}
				owed := uint64(0)
				if heard {
					owed = 2
				}
				if theirs.OwedToMe != wire.Units(owed) || theirs.HeldForMe != wire.Units(5-owed) {
					t.Errorf("of five the seller is owed %s, and claims %s", theirs.OwedToMe, theirs.HeldForMe)
				}
				if late := slices.Contains(buyer.refused, string(protocol.CodeLate)); late == heard {
					t.Errorf("refused were %v", buyer.refused)
				}
				seller.replays()
				buyer.replays()
			})
		}
	}
}
