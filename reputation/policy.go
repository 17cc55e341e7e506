package reputation

import (
	"fmt"
	"math"
	"slices"

	"github.com/souk-network/souk/protocol"
)

// Worth tells from when on an amount of an asset means something.
type Worth struct {
	Asset string
	Least float64 // v0: smallest units that count as one; from 2^-64 to 2^127
}

// Policy is how a viewer weighs evidence. Two viewers with the same evidence
// and the same Policy in the same place see the same. All weights are pure
// numbers. What is marked provisional was chosen by argument and few
// measurements.
type Policy struct {
	Lambda  float64 // what a bad counts against a good, 1 to 16. More fits ratings better and arms slanderers
	Beta    float64 // what being paid in time says of a hirer as a rater, 0 to 1. At 0 a pure hirer is reached by nobody
	Restart float64 // alpha: chance that trust goes no further at each step, 0.05 to 0.95
	Tau     float64 // reach from which on a rater has a whole vote, 1e-6 to 1. Provisional
	Precise float64 // eps: reach per edge that is not worth passing on, 1e-9 to 1e-2; work grows as 1/(Restart·Precise)

	Prior    float64 // W: how many jobs the base rate counts as, 0.1 to 100
	Base     float64 // success of somebody unknown while one has no experience, 0.05 to 0.95
	BaseHold float64 // own jobs that move the base rate half way to one's own experience, 1 to 1000

	Anchors  float64 // share of the start that goes to the anchors where there are any, 0 to 0.5
	Floor    float64 // vote of a rater not reached, for praise; all such together have at most one vote. 0 to 0.1
	OwnFloor float64 // least weight of one's own job, however cheap: nobody sells me mine. 0 to 1
	Half     float64 // weight of what is contested or was accepted by silence, 0 to 1
	Late     float64 // credit of a payment that came late, 0 to 1

	HalfLife float64 // days after which evidence counts half, 1 to 10,000
	Grave    float64 // how many times slower a job not delivered is forgotten, 1 to 10
	Epoch    uint64  // days over which the value between a pair is summed, 1 to 366

	Worths  []Worth // assets of known worth; at most 64, each once
	Unknown float64 // what any amount of another asset counts as, in the unit of Least: all such jobs of a pair and epoch together
	Span    float64 // Vmax/v0: value, in the unit of Least, that has the full weight 1. 1 to 2^60

	Sibling float64 // similarity of capabilities per word of their paths that differs, once the first is shared. 0 to 1
	Version float64 // similarity of two versions of one capability, 0 to 1
}

// Defaults returns the policy of a peer that was told nothing else. Source of
// the numbers: docs/spec/trust.md.
func Defaults() Policy {
	return Policy{
		Lambda: 3, Beta: 0.3, Restart: 0.15, Tau: 0.01, Precise: 1e-5,
		Prior: 2, Base: 0.5, BaseHold: 10,
		Anchors: 0.2, Floor: 0.02, OwnFloor: 0.5, Half: 0.5, Late: 0.5,
		HalfLife: 180, Grave: 3, Epoch: 30,
		Worths:  []Worth{{"souk:credit/usd-6", 1}, {"souk:credit/eur-6", 1}},
		Unknown: 1, Span: 1 << 20,
		Sibling: 0.3, Version: 0.5,
	}
}

// Check reports the first field out of its range.
func (p Policy) Check() error {
	for _, f := range []struct {
		name             string
		has, least, most float64
	}{
		{"Lambda", p.Lambda, 1, 16},
		{"Beta", p.Beta, 0, 1},
		{"Restart", p.Restart, 0.05, 0.95},
		{"Tau", p.Tau, 1e-6, 1},
		{"Precise", p.Precise, 1e-9, 1e-2},
		{"Prior", p.Prior, 0.1, 100},
		{"Base", p.Base, 0.05, 0.95},
		{"BaseHold", p.BaseHold, 1, 1000},
		{"Anchors", p.Anchors, 0, 0.5},
		{"Floor", p.Floor, 0, 0.1},
		{"OwnFloor", p.OwnFloor, 0, 1},
		{"Half", p.Half, 0, 1},
		{"Late", p.Late, 0, 1},
		{"HalfLife", p.HalfLife, 1, 10_000},
		{"Grave", p.Grave, 1, 10},
		{"Epoch", float64(p.Epoch), 1, 366},
		{"Unknown", p.Unknown, 0, 1 << 60},
		{"Span", p.Span, 1, 1 << 60},
		{"Sibling", p.Sibling, 0, 1},
		{"Version", p.Version, 0, 1},
	} {
		if !(f.has >= f.least && f.has <= f.most) { // so that NaN is refused
			return fmt.Errorf("policy: %s is %v, want %v to %v", f.name, f.has, f.least, f.most)
		}
	}
	if len(p.Worths) > 64 {
		return fmt.Errorf("policy: %d Worths, at most 64", len(p.Worths))
	}
	for i, w := range p.Worths {
		if err := protocol.CheckAsset(w.Asset); err != nil {
			return fmt.Errorf("policy: Worths: %w", err)
		}
		if !(w.Least >= math.Ldexp(1, -64) && w.Least <= math.Ldexp(1, 127)) {
			return fmt.Errorf("policy: Worths: Least of %s is %v, want 2^-64 to 2^127", w.Asset, w.Least)
		}
		if slices.ContainsFunc(p.Worths[:i], func(o Worth) bool { return o.Asset == w.Asset }) {
			return fmt.Errorf("policy: Worths: %s stands there twice", w.Asset)
		}
	}
	return nil
}

// value returns what a band of asset counts as, in the unit of Least, and
// whether the worth of asset is known. A band stands for its lowest amount, so
// that nobody is credited with more than was paid.
func (p *Policy) value(asset string, band uint64) (x float64, known bool) {
	if band == 0 {
		return 0, true
	}
	for _, w := range p.Worths {
		if w.Asset == asset {
			return math.Ldexp(1, int(band)-1) / w.Least, true
		}
	}
	return 1, false
}

// weight is q: 0 for nothing, 1 from Span on, and in between the logarithm, so
// that ten small jobs are not ten votes.
func (p *Policy) weight(x float64) float64 {
	if x >= p.Span {
		return 1
	}
	return ln(1+x) / ln(1+p.Span)
}

// decay returns what evidence of an epoch still counts on a day: its age runs
// from the end of the epoch, alike for all in it.
func (p *Policy) decay(today, epoch uint64, grave bool) float64 {
	end := (epoch + 1) * p.Epoch
	if today <= end {
		return 1
	}
	life := p.HalfLife
	if grave {
		life = float64(life * p.Grave)
	}
	return half(float64(today-end) / life)
}
