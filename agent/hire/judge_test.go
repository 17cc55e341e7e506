package hire

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// opinions is a judge that was told what to think.
type opinions map[wire.Key]reputation.Estimate

func (o opinions) Knows(k wire.Key) bool { _, ok := o[k]; return ok }

func (o opinions) Estimate(k wire.Key, _ string) reputation.Estimate {
	if e, ok := o[k]; ok {
		return e
	}
	return reputation.Estimate{Success: 0.5, Low: 0.05, High: 0.95, Uncertainty: 1, Base: 0.5}
}

// seen is the estimate after so many good and bad jobs.
func seen(good, bad float64) reputation.Estimate {
	n := good + bad + doubt
	return reputation.Estimate{Success: (good + 1) / n, Low: good / (n + 2), Good: good, Bad: bad, Uncertainty: doubt / n, Reached: true}
}

func candidates(prices ...uint64) []Candidate {
	terms := suitable()
	var all []Candidate
	for i, p := range prices {
		all = append(all, Candidate{Provider: keyOf(i), Terms: &terms, Price: wire.Units(p)})
	}
	return all
}

// chanceThat returns chance under which strangers are let in, or not.
func chanceThat(letIn bool) (chance [16]byte) {
	for ; ; chance[0]++ {
		draw := wire.Sum(chance[:])
		if n := binary.BigEndian.Uint64(draw[24:]); (n%Ajar == 0) == letIn {
			return chance
		}
	}
}

func TestArrange(t *testing.T) {
	for name, c := range map[string]struct {
		prices []uint64
		think  opinions
		letIn  bool
		wish   Wish
		want   int // who is hired; -1 for nobody
		why    string
	}{
		"nobody":                        {want: -1},
		"the only one":                  {prices: []uint64{5}, want: 0, why: WhyOnly},
		"strangers by price":            {prices: []uint64{5, 3, 4}, want: 1, why: WhyBest},
		"the good for its price":        {prices: []uint64{5, 1}, think: opinions{keyOf(0): seen(20, 0), keyOf(1): seen(1, 20)}, want: 0, why: WhyBest},
		"the cheaper of two good":       {prices: []uint64{5, 3}, think: opinions{keyOf(0): seen(20, 0), keyOf(1): seen(20, 0)}, want: 1, why: WhyBest},
		"the good keep strangers out":   {prices: []uint64{5, 1}, think: opinions{keyOf(0): seen(20, 0)}, want: 0, why: WhyBest},
		"but not always":                {prices: []uint64{5, 1}, think: opinions{keyOf(0): seen(20, 0)}, letIn: true, want: 1, why: WhyTrial},
		"and never who cannot be worth": {prices: []uint64{5, 9}, think: opinions{keyOf(0): seen(20, 0)}, letIn: true, want: 0, why: WhyBest},
		"strangers before the bad":      {prices: []uint64{5, 5}, think: opinions{keyOf(0): seen(0, 9)}, want: 1, why: WhyBest},
		"who has equivocated":           {prices: []uint64{5, 9}, think: opinions{keyOf(0): {Forked: true}}, want: 1, why: WhyOnly},
		"surer than demanded":           {prices: []uint64{5, 1}, think: opinions{keyOf(0): seen(50, 0)}, wish: Wish{Least: 9000}, want: 0, why: WhyOnly},
		"nobody so sure":                {prices: []uint64{5, 1}, wish: Wish{Least: 9000}, want: -1},
		"named":                         {prices: []uint64{5}, wish: Wish{Peer: keyOf(0)}, want: 0, why: WhyNamed},
		"for nothing":                   {prices: []uint64{0, 0}, think: opinions{keyOf(1): seen(9, 0)}, want: 1, why: WhyBest},
	} {
		t.Run(name, func(t *testing.T) {
			c.wish.Deliver = 60_000
			all, less, done := c.wish.Appraise(1, candidates(c.prices...), c.think, new(Notes))
			if !done || less != (c.wish.Least > 0) {
				t.Fatalf("done %t, less %t", done, less)
			}
			p, found := Arrange(all, c.wish, chanceThat(c.letIn))
			switch {
			case !found && c.want >= 0, found && c.want < 0:
				t.Fatalf("found %t, want %d", found, c.want)
			case found && (p.Hire.Provider != keyOf(c.want) || p.Why != c.why):
				t.Errorf("%d is hired (%s), want %d (%s)", indexOf(p.Hire.Provider), p.Why, c.want, c.why)
			}
		})
	}
}

// TestOrderOfTries: whatever the prospects, to try them in the order of their cost
// is cheapest, against every other order.
// TestCompared chooses by what an order may go by to compare with: the lowest
// price, whatever is known; and by lot, in which each of all is as likely.
func TestCompared(t *testing.T) {
	const n = 8_000
	all := candidates(50, 70, 60, 40, 90, 80, 65, 75)
	think := opinions{keyOf(3): seen(0, 30), keyOf(1): seen(30, 0)}
	var count [8]int
	for i := range n {
		var chance [16]byte
		binary.BigEndian.PutUint64(chance[:], uint64(i))
		w := Wish{By: ByPrice}
		prospects, _, _ := w.Appraise(1, all, think, new(Notes))
		p, ok := Arrange(prospects, w, chance)
		if !ok || p.Hire.Price != wire.Units(40) || p.Why != WhyCheapest || len(p.Next) != MaxNext || p.Next[0].Price != wire.Units(50) {
			t.Fatalf("the cheapest is %v, %q, then %v", p.Hire.Price, p.Why, p.Next)
		}
		p, ok = Arrange(prospects, Wish{By: ByLot}, chance)
		if !ok || p.Why != WhyRandom || len(p.Next) != MaxNext {
			t.Fatalf("%q, %d next", p.Why, len(p.Next))
		}
		seen := map[wire.Key]bool{p.Hire.Provider: true}
		for _, x := range p.Next {
			seen[x.Provider] = true
		}
		if len(seen) != 1+MaxNext {
			t.Fatal("one stands there twice")
		}
		count[indexOf(p.Hire.Provider)]++
	}
	for i, c := range count {
		if want := n / len(count); c < want*8/10 || c > want*12/10 {
			t.Errorf("prospect %d was drawn %d times of %d, about %d were due", i, c, n, want)
		}
	}
}

func TestOrderOfTries(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	type try struct{ price, stake, p float64 }
	total := func(order []try) (cost float64) {
		reached := 1.0
		for _, x := range order {
			cost += reached * (x.p*x.price + (1-x.p)*x.stake)
			reached *= 1 - x.p
		}
		return cost + reached*100
	}
	for range 500 {
		order := make([]try, 4)
		for i := range order {
			order[i] = try{rng.Float64() * 10, rng.Float64() * 10, 0.01 + 0.98*rng.Float64()}
		}
		best := append([]try(nil), order...)
		for range best { // few enough for the simplest sort
			for i := range len(best) - 1 {
				a, b := best[i], best[i+1]
				if expected(a.price, a.stake, a.p) > expected(b.price, b.stake, b.p) {
					best[i], best[i+1] = b, a
				}
			}
		}
		for range 24 {
			rng.Shuffle(4, func(i, j int) { order[i], order[j] = order[j], order[i] })
			if total(order) < total(best)-1e-9 {
				t.Fatalf("%v costs %v, %v only %v", best, total(best), order, total(order))
			}
		}
	}
}

// TestSlices: a thousand estimates are not made in one step, and each is made once.
func TestSlices(t *testing.T) {
	think := opinions{}
	prices := make([]uint64, 100)
	for i := range prices {
		prices[i] = uint64(1 + i)
		think[keyOf(i)] = seen(float64(i), 3)
	}
	var notes Notes
	w, asked := Wish{Deliver: 60_000}, counting{think, new(int)}
	steps := 1
	for ; ; steps++ {
		before := *asked.n
		_, _, done := w.Appraise(5, candidates(prices...), asked, &notes)
		if *asked.n-before > MaxFresh+1 { // and one of somebody unknown
			t.Fatalf("%d estimates in one step", *asked.n-before)
		}
		if done {
			break
		}
	}
	if steps != 25 || *asked.n != 100+steps {
		t.Errorf("%d estimates in %d steps", *asked.n, steps)
	}
	notes.Forget(keyOf(7))
	before := *asked.n
	if _, _, done := w.Appraise(5, candidates(prices...), asked, &notes); !done || *asked.n != before+2 {
		t.Error("what was forgotten is not asked for again")
	}
	if _, _, done := w.Appraise(5+Fresh, candidates(prices...), asked, &notes); done {
		t.Error("what is old counts")
	}
}

type counting struct {
	opinions
	n *int
}

func (c counting) Estimate(k wire.Key, capability string) reputation.Estimate {
	*c.n++
	return c.opinions.Estimate(k, capability)
}

// TestUpper holds the closed form to what it solves, and the logarithm to math's.
func TestUpper(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 10_000 {
		p, m, z2 := rng.Float64(), 0.5+100*rng.Float64(), 1+15*rng.Float64()
		q := upper(p, m, z2)
		if q < p || q > 1 || q > p+math.Sqrt(z2/(4*m))+1e-9 {
			t.Fatalf("upper(%v, %v, %v) = %v", p, m, z2, q)
		}
		if off := (q-p)*(q-p)*m - z2*q*(1-q); math.Abs(off) > 1e-6 {
			t.Fatalf("upper(%v, %v, %v) = %v is off by %v", p, m, z2, q, off)
		}
		if x := math.Exp(20 * rng.Float64()); math.Abs(logOf(x)-math.Log(x)) > 2e-5 {
			t.Fatalf("ln %v = %v, not %v", x, math.Log(x), logOf(x))
		}
	}
}

// TestAmounts: an expectation is shown in whole units, and never as less.
func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want string
	}{
		{0, "0"},
		{0.1, "1"},
		{5, "5"},
		{5.01, "6"},
		{1 << 40, "1099511627776"},
		{math.Ldexp(1, 64), "18446744073709551616"},
		{math.Inf(1), "340282366920938463463374607431768211455"},
		{math.NaN(), "0"},
	} {
		if got := amount(c.x).String(); got != c.want {
			t.Errorf("%v is shown as %s, want %s", c.x, got, c.want)
		}
	}
	most, _ := wire.ParseAmount("340282366920938463463374607431768211455")
	if units(most) != math.Ldexp(1, 128) || units(wire.Units(7)) != 7 {
		t.Error("an amount is another as a float")
	}
}

// TestReconsider: who was not reached when it was asked about is asked about anew
// once trust may reach further, though not at every step; of who was, the note counts on.
func TestReconsider(t *testing.T) {
	all := candidates(5, 8)
	unheard := reputation.Estimate{Success: 0.5, Low: 0.05, High: 0.95, Uncertainty: 1, Base: 0.5}
	think := opinions{all[0].Provider: unheard, all[1].Provider: seen(9, 0)}
	wish := Wish{Deliver: all[0].Terms.Times.Deliver}
	var notes Notes
	cost := func(at uint64) [2]float64 {
		prospects, _, done := wish.Appraise(at, all, think, &notes)
		if !done || len(prospects) != 2 {
			t.Fatalf("%d prospects, %v", len(prospects), done)
		}
		return [2]float64{prospects[0].Cost, prospects[1].Cost}
	}
	before := cost(1)
	think[all[0].Provider], think[all[1].Provider] = seen(9, 0), seen(99, 0)
	if got := cost(1 + 10*Unheard); got != before {
		t.Errorf("with no news it went from %v to %v", before, got)
	}
	notes.Reconsider()
	if got := cost(Unheard); got != before {
		t.Errorf("at the next step already it went from %v to %v", before, got)
	}
	switch got := cost(1 + Unheard); {
	case got[0] >= before[0]:
		t.Errorf("who is now reached is expected to cost %v, and was %v", got[0], before[0])
	case got[1] != before[1]:
		t.Errorf("who was reached was asked about again: %v, %v", before[1], got[1])
	}
}
