package reputation

import (
	"cmp"
	"slices"

	"github.com/souk-network/souk/protocol/wire"
)

// Explanation is an Estimate with its reasons.
type Explanation struct {
	Estimate Estimate
	Standing float64
	Raters   []Rater // heaviest first, at most MaxRaters
	Others   int     // further raters with some weight
	Floor    float64 // weight of praise by raters not reached, of Estimate.Good; at most 1
	Holes    []Hole  // in the provider's log
}

// Rater is one agent whose word the Estimate rests on.
type Rater struct {
	Key     wire.Key
	Vote    float64 // omega: 1 is a whole vote; 1 for the viewer
	Good    float64 // its part of Estimate.Good
	Bad     float64 // its part of Estimate.Bad
	Share   float64 // of all the weight R + lambda·S, 0 to 1
	Tally   Tally
	Path    []Hop    // the heaviest from the viewer; none where the rater is the viewer, or none was found within the limits
	Reach   float64  // trust that comes along Path, 0 to 1
	Without Estimate // what remains without this rater and the other agents of its owner
}

// Hop is one edge of a path, away from the viewer.
type Hop struct {
	To    wire.Key
	How   Bond
	Share float64 // of the trust of the agent before, 0 to 1
	Tally Tally   // outcomes between the two; none for an anchor
}

// Bond is why trust goes on from one agent to the next.
type Bond uint8

// Bonds.
const (
	BondHired    Bond = iota + 1 // the one before hired this one
	BondPaid                     // the one before was paid by this one
	BondAnchor                   // the user chose this one
	bondsDefined = iota
)

// String returns a word for people.
func (b Bond) String() string {
	if b < 1 || b > bondsDefined {
		return "unknown"
	}
	return [...]string{"hired", "paid by", "anchor"}[b-1]
}

// Why explains what Estimate answers. It reads what Step has done and changes
// nothing.
func (b *Book) Why(at uint64, provider wire.Key, capability string) Explanation {
	x := Explanation{Standing: b.Standing(provider), Holes: b.Holes(provider)}
	i, known := b.places[provider]
	if !known || b.parties[i].forked {
		x.Estimate = b.Estimate(at, provider, capability)
		return x
	}
	voices := b.voices(at, i, capability)
	x.Estimate = b.conclude(i, voices)
	total := x.Estimate.Good + float64(b.policy.Lambda*x.Estimate.Bad)
	heard := slices.DeleteFunc(slices.Clone(voices), func(v voice) bool { return v.vote == 0 })
	weight := func(v voice) float64 { return float64(v.vote * (v.good + float64(b.policy.Lambda*v.bad))) }
	slices.SortStableFunc(heard, func(a, b voice) int { return cmp.Compare(weight(b), weight(a)) })
	floor := 0.0
	for _, v := range voices {
		floor += v.floor
	}
	x.Floor = min(1, floor)
	x.Others = max(0, len(heard)-MaxRaters)
	heard = heard[:min(len(heard), MaxRaters)]
	paths := b.paths(i, heard)
	for j, v := range heard {
		owner := b.parties[v.rater].owner
		rest := slices.DeleteFunc(slices.Clone(voices), func(o voice) bool { return b.parties[o.rater].owner == owner })
		r := Rater{
			Key: b.parties[v.rater].key, Vote: v.vote, Good: float64(v.vote * v.good), Bad: float64(v.vote * v.bad),
			Tally: v.tally, Share: weight(v) / total, Without: b.conclude(i, rest),
		}
		r.Path, r.Reach = paths[j].hops, paths[j].reach
		x.Raters = append(x.Raters, r)
	}
	return x
}
