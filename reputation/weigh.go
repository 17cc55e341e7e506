package reputation

import "github.com/souk-network/souk/protocol"

// says turns a record into its part of its cell's sum.
func (b *Book) says(r *record) sum {
	c := &b.cells[r.cell]
	v := r.value
	if b.ties[c.tie].hirer == self {
		v = b.ownWeight(v, c.kind)
	}
	s := sum{tally: Tally{Jobs: 1}}
	if c.kind&doubted != 0 {
		s.tally.Contested = 1
	}
	score := float64(r.score) / protocol.Full
	if c.kind&grave != 0 {
		score = 0
	}
	if c.kind&onesided == 0 {
		s.good, s.bad = float64(v*score), float64(v*(1-score))
		if free := c.kind&unpaid != 0 && b.ties[c.tie].hirer != self; free || c.kind&(cut|kin) != 0 {
			s.good = 0
		} else if score >= 0.5 {
			s.tally.Good = 1
		}
	}
	if r.how == Shown { // nobody attests one's own conduct
		return s
	}
	switch {
	case r.conduct == protocol.PaidNot, r.conduct == protocol.PaidAgainst:
		s.broke = v
	case c.kind&unsettled != 0:
	case r.conduct == protocol.PaidInTime:
		s.paid = v
	case r.conduct == protocol.PaidLate:
		s.paid = float64(v * b.policy.Late)
	}
	return s
}

func (s sum) plus(o sum) sum {
	return sum{
		s.good + o.good, s.bad + o.bad,
		s.paid + o.paid, s.broke + o.broke, s.tally.plus(o.tally),
	}
}

// ownWeight is the weight of one job of the viewer's own: no pair can collude
// against itself, so there each job counts, and none for less than OwnFloor.
func (b *Book) ownWeight(x float64, k kind) float64 {
	if k&unvalue != 0 && x > 0 {
		x = b.policy.Unknown
	}
	return max(b.policy.weight(x), b.policy.OwnFloor)
}

// factor is what turns the sums of a cell into weight, before decay.
func (b *Book) factor(c *cell) float64 {
	f := 1.0
	if b.ties[c.tie].hirer != self {
		p := &b.pots[c.pot]
		switch {
		case !(p.value > 0):
			return 0
		case c.kind&unvalue != 0:
			f = b.policy.weight(b.policy.Unknown) / p.value
		default:
			f = b.policy.weight(p.value) / p.value
		}
	}
	if c.kind&doubted != 0 {
		f *= b.policy.Half
	}
	return f
}

// scale is factor with decay.
func (b *Book) scale(c *cell, today uint64) float64 {
	return float64(b.factor(c) * b.policy.decay(today, uint64(c.epoch), c.kind&grave != 0))
}

// service is the weight of the edge from hirer to provider: max(0, good - lambda·bad).
func (b *Book) service(t int32, today uint64) float64 {
	var good, bad float64
	for _, i := range b.ties[t].cells {
		c := &b.cells[i]
		f := b.scale(c, today)
		good += float64(f * c.sum.good)
		bad += float64(f * c.sum.bad)
	}
	return max(0, good-float64(b.policy.Lambda*bad))
}

// payment is the weight of the edge from provider to hirer: beta times max(0, paid - lambda·broke).
func (b *Book) payment(t int32, today uint64) float64 {
	var paid, broke float64
	for _, i := range b.ties[t].cells {
		c := &b.cells[i]
		f := b.scale(c, today)
		paid += float64(f * c.sum.paid)
		broke += float64(f * c.sum.broke)
	}
	return float64(b.policy.Beta * max(0, paid-float64(b.policy.Lambda*broke)))
}

// stain marks the rows that a change of cell c touches: those of all who have
// part in its pot.
func (b *Book) stain(c int32) {
	for _, i := range b.pots[b.cells[c].pot].cells {
		t := b.ties[b.cells[i].tie]
		for _, v := range b.views() {
			v.stain(t.hirer)
			v.stain(t.provider)
		}
	}
}
