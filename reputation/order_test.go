package reputation

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol"
)

// (6) What is known counts, and not in which order it became known: neither of
// jobs, nor of how each is attested, nor of when an owner was proved.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		events := happenings(t, rt)
		one, other := newTown(t, fine), newTown(t, fine)
		for _, do := range events {
			do(one)
		}
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 0))
		chance.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for i, do := range events {
			if do(other); i%3 == 0 { // thinking in between makes no difference
				other.book.Step(noon, 20)
			}
		}
		for _, w := range []*town{one, other} {
			for !w.book.Step(noon+day, 1<<20) { // from the start, on a new day
			}
		}
		for i := range 7 {
			x, y := one.book.Why(noon+day, who(i), words), other.book.Why(noon+day, who(i), words)
			a := []float64{x.Standing, x.Estimate.Success, x.Estimate.Low, x.Estimate.Good, x.Estimate.Bad, x.Estimate.Base, x.Floor}
			b := []float64{y.Standing, y.Estimate.Success, y.Estimate.Low, y.Estimate.Good, y.Estimate.Bad, y.Estimate.Base, y.Floor}
			for j := range a {
				if math.Abs(a[j]-b[j]) > 1e-6 {
					rt.Fatalf("agent %d: %v in one order, %v in another", i, a, b)
				}
			}
			if x.Estimate.Tally != y.Estimate.Tally || x.Estimate.Disputes != y.Estimate.Disputes || len(x.Raters) != len(y.Raters) {
				rt.Fatalf("agent %d: %+v in one order, %+v in another", i, x.Estimate, y.Estimate)
			}
		}
	})
}

func fine(p *Policy) { p.Precise = 1e-9 }

// happenings draws jobs among seven agents, of which the fourth and fifth have
// one owner, with all by which each job is ever attested, and proofs of owners.
func happenings(t *testing.T, rt *rapid.T) (events []func(w *town)) {
	draw := newTown(t, nil)
	ownerOf := func(i int) int {
		if i == 5 {
			return 4
		}
		return i
	}
	for n := range rapid.IntRange(1, 12).Draw(rt, "jobs") {
		hirer, provider := rapid.IntRange(0, 6).Draw(rt, "hirer"), rapid.IntRange(0, 6).Draw(rt, "provider")
		if ownerOf(hirer) == ownerOf(provider) {
			continue
		}
		tell := func(o *protocol.Outcome) {
			o.HirerOwner, o.ProviderOwner = firm(ownerOf(hirer)), firm(ownerOf(provider))
			o.Job = id(uint64(1000+n), 1)
		}
		by := draw.outcome(hirer, provider, func(o *protocol.Outcome) {
			tell(o)
			o.Score = rapid.SampledFrom([]uint64{0, 5000, protocol.Full}).Draw(rt, "score")
			o.Band = rapid.SampledFrom([]uint64{1, 10, 20}).Draw(rt, "band")
		})
		claim := draw.outcome(hirer, provider, func(o *protocol.Outcome) {
			tell(o)
			o.By, o.Ended, o.Conduct = o.Provider, protocol.EndedSilent, protocol.PaidNot
		})
		for _, how := range rapid.SliceOfNDistinct(rapid.SampledFrom([]Attested{Claimed, Shown, Contested, Agreed}), 1, 4, rapid.ID).Draw(rt, "how") {
			e := by
			if how == Claimed {
				e = claim
			}
			e.How = how
			e.HirerOwned, e.ProviderOwned = rapid.Bool().Draw(rt, "hirer owned"), rapid.Bool().Draw(rt, "provider owned")
			events = append(events, func(w *town) {
				var no *Refusal
				if err := w.book.Learn(noon, e); err != nil && !errors.Is(err, ErrKnown) && !errors.As(err, &no) {
					rt.Fatal(err)
				}
			})
		}
	}
	for i := 1; i < 7; i++ { // in the end, all of them are proved
		events = append(events, func(w *town) { w.book.Owned(who(i), firm(ownerOf(i))) })
	}
	events = append(events, func(w *town) { w.book.Owned(who(0), firm(0)) })
	return events
}

// What two of one owner did for one another counts for nothing, whenever that comes out.
func TestOneOwnerComesOutLate(t *testing.T) {
	for _, agents := range [][]int{{1, 2}, {2, 1}} {
		w := newTown(t, nil)
		blank := w.estimate(2)
		w.good(1, 2)
		w.bad(2, 1)
		w.good(3, 2)
		for _, n := range agents {
			w.book.Owned(w.name(n), firm(9))
		}
		other := newTown(t, nil)
		for _, n := range agents {
			other.book.Owned(other.name(n), firm(9))
		}
		other.good(3, 2)
		if have, want := w.estimate(2), other.estimate(2); have != want || have == blank {
			t.Errorf("proved late, its estimate is %+v, want %+v", have, want)
		}
		if a, _ := w.book.Met(w.name(1)); a.Served+a.Hired != 0 {
			t.Errorf("%+v", a)
		}
	}
}
