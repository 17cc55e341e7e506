package hire

import (
	"math"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// Judge tells what is to be expected of a provider.
type Judge interface {
	// Knows reports whether there may be anything to say about provider.
	Knows(provider wire.Key) bool
	// Estimate says how likely provider is to do a job of capability well. Of all
	// whom Knows does not know it says the same.
	Estimate(provider wire.Key, capability string) reputation.Estimate
}

// Limits of what is noted: an estimate is work, and a step may not wait for a
// thousand of them.
const (
	MaxNotes = 8192    // providers about whom estimates are noted; over it all are forgotten
	MaxFresh = 4       // estimates made in one step; the rest waits for the next
	Fresh    = 300_000 // milliseconds for which a note counts
	Unheard  = 2_000   // and of whom nobody trusted had said anything, once the web was thought over anew
)

// Notes are estimates as they were when last asked for. They are soft: what is
// forgotten is asked for again.
type Notes struct {
	of   map[wire.Key][]note
	turn uint64
}

type note struct {
	capability string
	at, turn   uint64
	estimate   reputation.Estimate
}

// Reconsider tells that trust may reach further than it did: who was not reached
// is asked about anew. What is known of others grows old as it did.
func (n *Notes) Reconsider() { n.turn++ }

// Forget drops what is noted about a provider, since there is news of it.
func (n *Notes) Forget(provider wire.Key) { delete(n.of, provider) }

// look returns the estimate noted for a provider and a capability, if it still counts.
func (n *Notes) look(at uint64, provider wire.Key, capability string) (*reputation.Estimate, bool) {
	known := n.of[provider]
	for i := range known {
		if x := &known[i]; x.capability == capability {
			// However often there is news: an order must come to its choice.
			counts := at < x.at+Fresh && (x.estimate.Reached || x.turn == n.turn || at < x.at+Unheard)
			return &x.estimate, counts
		}
	}
	return nil, false
}

// take notes an estimate.
func (n *Notes) take(at uint64, provider wire.Key, capability string, e reputation.Estimate) *reputation.Estimate {
	if n.of == nil || len(n.of) >= MaxNotes {
		n.of = make(map[wire.Key][]note)
	}
	known := n.of[provider]
	for i := range known {
		if x := &known[i]; x.capability == capability {
			x.at, x.turn, x.estimate = at, n.turn, e
			return &x.estimate
		}
	}
	n.of[provider] = append(known, note{capability, at, n.turn, e})
	return &n.of[provider][len(known)].estimate
}

// Prospect is a candidate and what is to be expected of it.
type Prospect struct {
	*Candidate
	Estimate *reputation.Estimate
	Cost     float64 // of one success, in smallest units, by the estimate's mean
	hopeful  float64 // Cost where it is as good as it may well be
}

// Expected returns Cost as an amount.
func (p *Prospect) Expected() wire.Amount { return amount(p.Cost) }

// Appraise adds to each candidate what is to be expected of it. It leaves out who
// has equivocated, and who is less sure to succeed than the wish demands; less
// tells that the latter happened. It reports done as false where more estimates
// are to be made than one step has time for: then it is called again, with the
// notes it left.
func (w Wish) Appraise(at uint64, candidates []Candidate, judge Judge, notes *Notes) (all []Prospect, less, done bool) {
	if len(candidates) == 0 {
		return nil, false, true
	}
	rate := going(candidates)
	unknown := judge.Estimate(wire.Key{}, w.Capability)
	fresh := 0
	all = make([]Prospect, 0, len(candidates))
	for i := range candidates {
		c, e := &candidates[i], &unknown
		if judge.Knows(c.Provider) {
			var noted bool
			if e, noted = notes.look(at, c.Provider, w.Capability); !noted {
				if fresh++; fresh > MaxFresh {
					continue
				}
				e = notes.take(at, c.Provider, w.Capability, judge.Estimate(c.Provider, w.Capability))
			}
		}
		if e.Forked {
			continue
		}
		if uint64(e.Low*protocol.Full) < w.Least {
			less = true
			continue
		}
		p := Prospect{Candidate: c, Estimate: e, hopeful: w.stake(c, rate)}
		p.Cost = expected(units(c.Price), p.hopeful, e.Success)
		all = append(all, p)
	}
	if fresh > MaxFresh {
		return nil, false, false
	}
	hope(all)
	return all, less, true
}

// hope works out what each prospect costs if it is as good as it may well be: at
// the upper end of Wilson's interval (Journal of the American Statistical
// Association 22, 1927) with z² = 2·ln(1+n), where n is how many jobs' worth of
// evidence there is about all of them.
func hope(all []Prospect) {
	var n float64
	for _, p := range all {
		if p.Estimate.Reached {
			n += p.Estimate.Good + p.Estimate.Bad
		}
	}
	z2 := 2 * logOf(1+n)
	for i := range all {
		p := &all[i]
		e := p.Estimate
		p.hopeful = expected(units(p.Price), p.hopeful, upper(e.Success, e.Good+e.Bad+doubt, z2))
	}
}

// doubt is how many jobs the base rate counts as in an estimate (Policy.Prior).
const doubt = 2

// upper is the largest q with (q-p)²·m <= z2·q(1-q): how likely success may well
// be that was seen with a frequency of p in m tries. No more than p+√(z2/4m).
func upper(p, m, z2 float64) float64 {
	half := z2 / 2
	root := math.Sqrt(float64(z2 * float64(float64(m*float64(p*(1-p)))+z2/4)))
	return min(1, (float64(m*p)+half+root)/(m+z2))
}

// logOf is ln x for x >= 1, to 2e-5, with the same bits on every machine.
func logOf(x float64) float64 {
	frac, exp := math.Frexp(x) // x = frac·2^exp, frac from 1/2 on
	t := float64(2*frac) - 1   // 0 to 1
	s := t / (2 + t)           // ln(1+t) = 2(s + s³/3 + s⁵/5 + …)
	s2 := float64(s * s)
	series := 1 + float64(s2*(1.0/3+float64(s2*(1.0/5+float64(s2*(1.0/7))))))
	return float64(float64(exp-1)*math.Ln2) + float64(2*float64(s*series))
}
