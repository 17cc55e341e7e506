package hire

import (
	"math"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// units returns an amount as a float: for comparing expectations, never for money.
func units(a wire.Amount) float64 {
	hi, lo := a.Words()
	return math.Ldexp(float64(hi), 64) + float64(lo)
}

// amount returns an expectation in whole units, rounded up; the most there is where it is beyond that.
func amount(x float64) wire.Amount {
	switch most := math.Ldexp(1, 128); {
	case !(x > 0):
		return wire.Amount{}
	case x >= most:
		return wire.FromWords(math.MaxUint64, math.MaxUint64)
	}
	x = math.Ceil(x)
	hi := math.Floor(math.Ldexp(x, -64))
	return wire.FromWords(uint64(hi), uint64(x-math.Ldexp(hi, 64)))
}

// stake returns what a try with c costs if it fails, in smallest units: the
// share of the price that may have to be paid all the same, and what the time is
// worth that went by. Without evaluators that share is all of it, since a result
// that breaks its rule is paid where it is word against word; with them it is
// what the terms leave to the provider if they stay silent. Time is worth rate,
// the going rate of the job, for each whole deadline of the wish.
func (w Wish) stake(c *Candidate, rate float64) float64 {
	t, risk := c.Terms, 1.0
	if !t.Panel.IsZero() {
		risk = float64(t.Panel.Split) / protocol.Full
	}
	wait := 1.0
	if t.Times.Deliver < w.Deliver {
		wait = float64(t.Times.Deliver) / float64(w.Deliver)
	}
	return float64(risk*units(c.Price)) + float64(rate*wait)
}

// expected returns the cost of one success by tries that succeed with
// probability p, cost price if they do and stake if not: (p·price +
// (1-p)·stake)/p. To try candidates in the order of it, each once and until one
// succeeds, costs least in expectation, whatever comes after the last of them:
// of two neighbours that with the lower one belongs first (W. E. Smith, Naval
// Research Logistics Quarterly 3, 1956). So the cost of the next best plan is in
// the order, and a single try and a take-over begin with the same candidate.
func expected(price, stake, p float64) float64 {
	if p <= 0 {
		return math.Inf(1)
	}
	return price + float64(stake*(1-p))/p
}

// going returns the going rate, in smallest units: the price in the middle of all.
func going(candidates []Candidate) float64 {
	prices := make([]float64, len(candidates))
	for i := range candidates {
		prices[i] = units(candidates[i].Price)
	}
	slices.Sort(prices)
	return prices[len(prices)/2]
}
