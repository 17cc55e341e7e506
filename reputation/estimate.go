package reputation

import (
	"github.com/souk-network/souk/protocol/wire"
)

// Estimate is how likely a provider is to do a job of one capability well, as
// the viewer sees it.
type Estimate struct {
	Success     float64 // (R + W·a)/(R + lambda·S + W), 0 to 1
	Uncertainty float64 // W/(R + lambda·S + W), 0 to 1: the share of the base rate in Success
	Low, High   float64 // 90 % interval of Beta(R + W·a, lambda·S + W·(1-a)). Decide on Low
	Good, Bad   float64 // R and S: weighed evidence; one whole vote on one job of full value is 1
	Base        float64 // a: success of somebody unknown, as the viewer has found it

	Tally    Tally   // outcomes that had any weight
	Reached  bool    // whether the viewer itself, or a rater whose vote is above Floor, said anything
	Pending  float64 // share of the viewer's trust that Step has not yet given on, 0 to 1: what the reach of raters still lacks
	Disputes int     // contested outcomes, as hirer or provider
	Forked   bool    // has equivocated: Success, Low and High are 0
}

// voice is what one rater has to say of a provider.
type voice struct {
	rater     int32
	vote      float64 // omega: 0 to 1
	good, bad float64 // after decay and likeness, before the vote
	floor     float64 // what its praise has where trust does not reach: before the cap
	tally     Tally
}

// Estimate answers for a provider and a capability at the instant at (Unix
// milliseconds). It reads what Step has done and changes nothing.
func (b *Book) Estimate(at uint64, provider wire.Key, capability string) Estimate {
	i, known := b.places[provider]
	switch {
	case !known:
		return b.conclude(nobody, nil)
	case b.parties[i].forked:
		return Estimate{Forked: true, Base: b.base(), Disputes: b.parties[i].disputes}
	}
	return b.conclude(i, b.voices(at, i, capability))
}

// Knows reports whether provider stands in the Book at all: of whom does not,
// Estimate says the same whoever it is.
func (b *Book) Knows(provider wire.Key) bool {
	_, known := b.places[provider]
	return known
}

// voices collects what each rater says of provider, by first outcome.
func (b *Book) voices(at uint64, provider int32, capability string) []voice {
	today, vote := at/day, b.votes(provider)
	alike := make([]float64, len(b.capabilities)) // 1 more, so that 0 is unknown
	var all []voice
	for _, t := range b.parties[provider].served {
		rater := b.ties[t].hirer
		if b.parties[rater].forked {
			continue
		}
		v := voice{rater: rater, vote: vote(rater)}
		for _, i := range b.ties[t].cells {
			c := &b.cells[i]
			like := &alike[c.capability]
			if *like == 0 {
				*like = 1 + b.policy.likeness(capability, b.capabilities[c.capability])
			}
			if *like == 1 || c.sum.good+c.sum.bad == 0 {
				continue
			}
			f := float64(b.scale(c, today) * (*like - 1))
			v.good += float64(f * c.sum.good)
			v.bad += float64(f * c.sum.bad)
			v.tally = v.tally.plus(c.sum.tally)
			if c.kind&unsettled == 0 {
				v.floor += float64(float64(max(0, b.policy.Floor-v.vote)*f) * c.sum.good)
			}
		}
		if v.good+v.bad > 0 {
			all = append(all, v)
		}
	}
	return all
}

// votes returns omega of each rater of one provider: 1 for the viewer, else what
// reaches all agents of the rater's owner over tau, and at most 1. Trust that
// came by way of the provider does not count. Where none has come to it, that
// is the view itself.
func (b *Book) votes(provider int32) func(rater int32) float64 {
	reach := b.now.reach
	if provider != self && b.now.touches(provider) {
		reach = b.look(provider).reach
	}
	return func(rater int32) float64 {
		if rater == self {
			return 1
		}
		owner := b.parties[rater].owner
		if b.parties[owner].forked {
			return 0
		}
		all := reach(owner)
		for _, i := range b.parties[owner].agents {
			if !b.parties[i].forked {
				all += reach(i)
			}
		}
		return min(1, all/b.policy.Tau)
	}
}

// base returns the success of somebody unknown: Base at first, and then more
// and more what the viewer's own jobs were like.
func (b *Book) base() float64 {
	hold := b.policy.BaseHold
	a := (float64(hold*b.policy.Base) + float64(b.score)/10_000) / (hold + float64(b.hires))
	return min(0.95, max(0.05, a))
}

// nobody is the place of who is not in the web.
const nobody int32 = -1

// conclude turns what is said of provider into an Estimate.
func (b *Book) conclude(provider int32, voices []voice) Estimate {
	e := Estimate{Base: b.base(), Pending: max(0, min(1, b.now.left))}
	if provider != nobody {
		e.Disputes = b.parties[provider].disputes
	}
	floor := 0.0
	for _, v := range voices {
		e.Good += float64(v.vote * v.good)
		e.Bad += float64(v.vote * v.bad)
		floor += v.floor
		if v.vote > 0 || v.floor > 0 {
			e.Tally = e.Tally.plus(v.tally)
		}
		e.Reached = e.Reached || v.vote > b.policy.Floor
	}
	e.Good += min(1, floor)
	pro := e.Good + float64(b.policy.Prior*e.Base)
	contra := float64(b.policy.Lambda*e.Bad) + float64(b.policy.Prior*(1-e.Base))
	total := pro + contra
	e.Success = pro / total
	e.Uncertainty = b.policy.Prior / total
	if total > MaxPrecision {
		pro = float64(pro*MaxPrecision) / total
		contra = float64(contra*MaxPrecision) / total
	}
	norm := lnBeta(pro, contra)
	e.Low = betaQuantile(0.05, pro, contra, norm)
	e.High = betaQuantile(0.95, pro, contra, norm)
	return e
}
