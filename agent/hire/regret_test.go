package hire

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// seller is one provider of a market that is played through: how often it truly
// succeeds at the n-th choice, 0 while it is not there.
type seller struct {
	price uint64
	good  func(n int) float64
}

func always(p float64) func(int) float64 { return func(int) float64 { return p } }

func from(start int, p float64) func(int) float64 {
	return func(n int) float64 {
		if n < start {
			return 0
		}
		return p
	}
}

func turns(at int, before, after float64) func(int) float64 {
	return func(n int) float64 {
		if n < at {
			return before
		}
		return after
	}
}

// fair is a market with what a hirer has seen of it. What was seen counts half
// after memory tries of anybody; 0 for ever.
type fair struct {
	sellers   []seller
	good, bad []float64
	memory    float64
	done      float64 // tries that succeeded
	tries     float64
	stalls    []Candidate // by seller
}

func keyOf(i int) (k wire.Key) {
	binary.BigEndian.PutUint64(k[:], uint64(i+1)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint32(k[28:], uint32(i+1))
	return k
}

func indexOf(k wire.Key) int { return int(binary.BigEndian.Uint32(k[28:])) - 1 }

func (f *fair) Knows(k wire.Key) bool {
	i := indexOf(k)
	return i >= 0 && f.good[i]+f.bad[i] > 0
}

func (f *fair) Estimate(k wire.Key, _ string) reputation.Estimate {
	base := min(0.95, max(0.05, (5+f.done)/(10+f.tries))) // as reputation has it
	if !f.Knows(k) {
		return reputation.Estimate{Success: base, Uncertainty: 1, Base: base}
	}
	i := indexOf(k)
	n := f.good[i] + f.bad[i] + doubt
	return reputation.Estimate{
		Success: (f.good[i] + doubt*base) / n, Good: f.good[i], Bad: f.bad[i], Uncertainty: doubt / n, Base: base, Reached: true,
	}
}

// learn takes in how a try ended.
func (f *fair) learn(i int, ok bool) {
	if f.memory > 0 {
		fade := math.Exp2(-1 / f.memory)
		for k := range f.good {
			f.good[k] *= fade
			f.bad[k] *= fade
		}
	}
	f.tries++
	if ok {
		f.done++
		f.good[i]++
	} else {
		f.bad[i]++
	}
}

// offers returns who can be chosen at the n-th choice.
func (f *fair) offers(n int) []Candidate {
	terms := suitable()
	terms.Times.Deliver = 6_000 // a tenth of the deadline
	for i := len(f.stalls); i < len(f.sellers); i++ {
		f.stalls = append(f.stalls, Candidate{Provider: keyOf(i), Terms: &terms, Price: wire.Units(f.sellers[i].price)})
	}
	var all []Candidate
	for i, s := range f.sellers {
		if s.good(n) > 0 {
			all = append(all, f.stalls[i])
		}
	}
	return all
}

// way is a way of choosing.
type way func(f *fair, w Wish, all []Candidate, n int, rng *rand.Rand) int

func byCost(f *fair, w Wish, all []Candidate, _ int, rng *rand.Rand) int {
	var notes Notes // nothing is noted: each step knows the last
	for at := uint64(1); ; {
		prospects, _, done := w.Appraise(at, all, f, &notes)
		if !done {
			continue
		}
		var chance [16]byte
		binary.BigEndian.PutUint64(chance[:], rng.Uint64())
		p, ok := Arrange(prospects, w, chance)
		if !ok {
			panic("nobody suits")
		}
		return indexOf(p.Hire.Provider)
	}
}

func cheapest(_ *fair, _ Wish, all []Candidate, _ int, _ *rand.Rand) int {
	best := all[0]
	for _, c := range all {
		if c.Price.Cmp(best.Price) < 0 {
			best = c
		}
	}
	return indexOf(best.Provider)
}

func anyone(_ *fair, _ Wish, all []Candidate, _ int, rng *rand.Rand) int {
	return indexOf(all[rng.IntN(len(all))].Provider)
}

func omniscient(f *fair, w Wish, all []Candidate, n int, _ *rand.Rand) int {
	i, _ := f.best(w, all, n)
	return i
}

// best returns who truly costs least for each success, and what.
func (f *fair) best(w Wish, all []Candidate, n int) (int, float64) {
	best, least, rate := -1, math.Inf(1), going(all)
	for i := range all {
		k := indexOf(all[i].Provider)
		if x := expected(units(all[i].Price), w.stake(&all[i], rate), f.sellers[k].good(n)); x < least {
			best, least = k, x
		}
	}
	return best, least
}

// told is what came of many choices.
type told struct {
	spent, excess float64 // excess: over what the best would have cost for the same successes
	successes     float64
	stake, best   float64 // the largest of each
	met           int     // sellers that were tried
}

func (f *fair) play(n int, choose way, rng *rand.Rand) told {
	f.good, f.bad = make([]float64, len(f.sellers)), make([]float64, len(f.sellers))
	f.done, f.tries = 0, 0
	w := Wish{Capability: "text/words@1", Deliver: 60_000, Label: payload.Label{Class: payload.Public}}
	var t told
	tried := make([]bool, len(f.sellers))
	for k := range n {
		all := f.offers(k)
		i := choose(f, w, all, k, rng)
		_, best := f.best(w, all, k)
		stake := 0.0
		rate := going(all)
		for c := range all {
			s := w.stake(&all[c], rate)
			if t.stake = max(t.stake, s); indexOf(all[c].Provider) == i {
				stake = s
			}
		}
		t.best = max(t.best, best)
		tried[i] = true
		ok := rng.Float64() < f.sellers[i].good(k)
		if ok {
			t.spent += float64(f.sellers[i].price)
			t.excess += float64(f.sellers[i].price) - best
			t.successes++
		} else {
			t.spent += stake
			t.excess += stake
		}
		f.learn(i, ok)
	}
	for _, met := range tried {
		if met {
			t.met++
		}
	}
	return t
}

// over plays with many seeds and returns the mean.
func (f *fair) over(seeds, n int, choose way) told {
	var sum told
	for seed := range seeds {
		t := f.play(n, choose, rand.New(rand.NewPCG(uint64(seed), 3)))
		sum.spent += t.spent / float64(seeds)
		sum.excess += t.excess / float64(seeds)
		sum.successes += t.successes / float64(seeds)
		sum.stake, sum.best, sum.met = max(sum.stake, t.stake), max(sum.best, t.best), max(sum.met, t.met)
	}
	return sum
}

// bound is the one that Arrange promises.
func bound(t told, k, n int, strangersCome bool) float64 {
	b := 2*math.Sqrt(2*float64(k*n)*math.Log1p(float64(n))) + float64(3*Ajar*k)
	if strangersCome {
		b += float64(n) / Ajar
	}
	return b * (t.stake + t.best)
}

// TestRegret plays many markets and compares what the choices cost with the
// omniscient, the cheapest and anyone, and with the bound.
func TestRegret(t *testing.T) {
	const choices, seeds = 1000, 8
	flood := func(good ...seller) []seller { // each choice meets a fresh bad name that asks little
		for i := range choices {
			good = append(good, seller{1, func(n int) float64 {
				if n < i || n > i+20 {
					return 0
				}
				return 0.02
			}})
		}
		return good
	}
	alike := make([]seller, 20)
	for i := range alike {
		alike[i] = seller{uint64(5 + i%4), always(0.6 + 0.02*float64(i))}
	}
	for _, c := range []struct {
		name    string
		sellers []seller
		memory  float64
		flood   bool
		share   float64 // cost per success against the omniscient's that is allowed
	}{
		{name: "bad and cheap", sellers: []seller{{1, always(0.1)}, {1, always(0.15)}, {2, always(0.2)}, {5, always(0.95)}, {8, always(0.97)}}, share: 1.1},
		{name: "bad and dear", sellers: []seller{{9, always(0.3)}, {12, always(0.5)}, {5, always(0.9)}, {20, always(0.2)}}, share: 1.1},
		{name: "cheap is good", sellers: []seller{{2, always(0.95)}, {5, always(0.95)}, {8, always(0.99)}, {3, always(0.6)}}, share: 1.1},
		{name: "good and dear newcomers", sellers: []seller{{3, always(0.35)}, {4, always(0.55)}, {6, from(300, 0.97)}, {6, from(300, 0.2)}, {7, from(500, 0.5)}}, share: 1.15},
		{name: "good and cheap newcomers", sellers: []seller{{8, always(0.9)}, {3, from(300, 0.9)}, {2, from(300, 0.1)}, {2, from(400, 0.2)}}, share: 1.15},
		{name: "alike", sellers: alike, share: 1.35},
		{name: "drifting", sellers: []seller{{5, turns(choices/2, 0.95, 0.1)}, {5, turns(choices/2, 0.1, 0.95)}, {1, always(0.05)}}, memory: 150, share: 1.35},
		{name: "a flood of names", sellers: flood(seller{5, always(0.95)}, seller{7, always(0.9)}), flood: true, share: 1.15},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fair{sellers: c.sellers, memory: c.memory}
			got := f.over(seeds, choices, byCost)
			best, cheap, random := f.over(seeds, choices, omniscient), f.over(seeds, choices, cheapest), f.over(seeds, choices, anyone)
			k := len(c.sellers)
			if c.flood {
				k = 2 // the others are the strangers that keep coming
			}
			most := bound(got, k, choices, c.flood)
			each := func(x told) float64 { return x.spent / x.successes }
			t.Logf("one success costs %.2f; omniscient %.2f, cheapest %.2f, anyone %.2f; excess %.0f of at most %.0f; %d sellers tried",
				each(got), each(best), each(cheap), each(random), got.excess, most, got.met)
			// The bound is for the worst of markets. In these, an eighth of it does, so
			// that this test notices a rule that has become worse.
			if c.memory == 0 && got.excess > most/8 {
				t.Errorf("excess %.0f, the bound is %.0f", got.excess, most)
			}
			if each(got) > c.share*each(best) {
				t.Errorf("one success costs %.2f, over %.2f times the omniscient's %.2f", each(got), c.share, each(best))
			}
			if each(got) > each(random) || each(got) > 1.05*each(cheap) {
				t.Errorf("one success costs %.2f; %.2f with the cheapest, %.2f with anyone", each(got), each(cheap), each(random))
			}
		})
	}
}

// TestWithoutTheLot: who never draws one of those that wait never finds the good and
// cheap newcomer, and pays for it in every market that has one.
func TestWithoutTheLot(t *testing.T) {
	f := &fair{sellers: []seller{{8, always(0.9)}, {3, from(100, 0.9)}, {2, from(100, 0.1)}}}
	shut := chanceThat(false)
	never := func(f *fair, w Wish, all []Candidate, _ int, _ *rand.Rand) int {
		prospects, _, _ := w.Appraise(1, all, f, new(Notes))
		p, _ := Arrange(prospects, w, shut)
		return indexOf(p.Hire.Provider)
	}
	each := func(x told) float64 { return x.spent / x.successes }
	drawn, stuck, best := each(f.over(8, 600, byCost)), each(f.over(8, 600, never)), each(f.over(8, 600, omniscient))
	if stuck < 1.5*best || drawn > 1.2*best {
		t.Errorf("one success costs %.2f, without the lot %.2f, at best %.2f", drawn, stuck, best)
	}
}

// TestInferiorTries: how often one that is not the best is tried grows as the
// logarithm of the choices only, as Arrange says.
func TestInferiorTries(t *testing.T) {
	const seeds = 20
	f := &fair{sellers: []seller{{5, always(0.9)}, {5, always(0.5)}}}
	w := Wish{Deliver: 60_000}
	all := f.offers(0)
	_, best := f.best(w, all, 0)
	stake := w.stake(&all[1], going(all))
	y := stake / (stake + best - 5) // success at which the second would cost as much as the best
	for _, n := range []int{300, 3000} {
		f.over(1, n, byCost)
		sum := 0.0
		for seed := range seeds {
			f.play(n, byCost, rand.New(rand.NewPCG(uint64(seed), 9)))
			sum += f.good[1] + f.bad[1]
		}
		most := 2*math.Log1p(float64(n))*y*(1-y)/((y-0.5)*(y-0.5)) + doubt
		t.Logf("%d choices: tried %.1f times, about %.1f are foretold", n, sum/seeds, most)
		if sum/seeds > 2*most {
			t.Errorf("of %d choices %.1f went to the worse, foretold are %.1f", n, sum/seeds, most)
		}
	}
}

// BenchmarkChoose chooses from a full book: a quarter of the providers are known.
func BenchmarkChoose(b *testing.B) {
	for _, n := range []int{100, 1000, MaxOffers} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := &fair{sellers: make([]seller, n), good: make([]float64, n), bad: make([]float64, n)}
			for i := range f.sellers {
				f.sellers[i] = seller{uint64(1 + i%17), always(0.5)}
				if i%4 == 0 {
					f.good[i], f.bad[i] = float64(i%7), float64(i%5)
				}
			}
			all, w := f.offers(0), Wish{Deliver: 60_000}
			var notes Notes
			for {
				if _, _, done := w.Appraise(1, all, f, &notes); done {
					break
				}
			}
			for b.Loop() {
				prospects, _, _ := w.Appraise(1, all, f, &notes)
				if _, ok := Arrange(prospects, w, [16]byte{1}); !ok {
					b.Fatal("nobody")
				}
			}
		})
	}
}

// BenchmarkOrder is all that hire does for one order in a full market.
func BenchmarkOrder(b *testing.B) {
	var m Market
	for i := range MaxOffers {
		terms := suitable()
		terms.Price.Fixed = wire.Units(uint64(1 + i%17))
		m.Put(1, Listing{Offer: &protocol.Offer{Head: wire.Head{By: keyOf(i), At: 1}, Seq: 1, Expires: 2, Terms: terms}}, nothing)
	}
	w, f := wish(), &fair{sellers: make([]seller, MaxOffers), good: make([]float64, MaxOffers), bad: make([]float64, MaxOffers)}
	w.Budget = wire.Units(100)
	var notes Notes
	for b.Loop() {
		firm, _, _ := m.Candidates(1, keyOf(5000), w)
		all, _, done := w.Appraise(1, firm, f, &notes)
		if _, ok := Arrange(all, w, [16]byte{1}); !ok || !done || len(all) != MaxOffers {
			b.Fatal("nobody")
		}
	}
}
