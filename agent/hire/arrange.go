package hire

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/souk-network/souk/protocol/wire"
)

// Why somebody was chosen.
const (
	WhyBest  = "best"  // the least expected cost of several
	WhyOnly  = "only"  // nobody else suits
	WhyNamed = "named" // the order names its provider
	WhyTrial = "trial" // drawn by lot, to learn of somebody of whom nothing good is known

	WhyCheapest = "cheapest" // the lowest price: the order goes by nothing else
	WhyRandom   = "random"   // drawn by lot of all
)

// What an order may go by, if not by the cost of a success: to compare with.
const (
	ByPrice = "cheapest"
	ByLot   = "random"
)

// Plan is whom to hire, and who comes next.
type Plan struct {
	Hire Prospect
	Next []Prospect // at most MaxNext, the likeliest first
	Why  string
	Of   int // how many prospects there were
}

// How much is looked ahead, and explored.
const (
	MaxNext = 3
	likely  = 0.5 // success from which on somebody known is good enough to keep others waiting
	Ajar    = 10  // at one choice in so many one of those is drawn all the same
)

// Arrange chooses whom to hire: who has the least expected cost of a success,
// counting what a failed try costs. It reports false where there is nobody.
// chance is fresh. A wish that goes by something else (By) goes by nothing but that.
//
// Two things make it find out about others than it knows best:
//
//   - Who is known and likelier than not to succeed is taken to be as good as it
//     may well be (hope). The more is known of it, the closer that is to its
//     estimate; who was left aside is looked at again in time.
//   - Everybody else, strangers before all, waits as long as there is one of those.
//     But at one choice in Ajar, as chance has it, one of those that wait and could
//     cost less is drawn by lot, whatever its price and their number. So fresh
//     names, of which anyone can make any number, get one order in Ajar. Where
//     nobody good is known, who waits is compared by its estimate; and where
//     strangers have been found to be bad too, any is drawn at every second choice.
//
// Bound. Let a try cost its price if it succeeds and its stake if it does not,
// and let best be what one success costs with the best of the K candidates that
// there are at a time, which is likelier than not to succeed. What N choices cost
// beyond best for each success they bring is in expectation at most
//
//	H·(2·√(2·K·N·ln(1+N)) + 3·Ajar·K + N/Ajar)
//
// where H is best and the largest stake together. The root is paid for learning
// which of the good is best; 3·Ajar·K for the time until the best was drawn, and
// drawn again until it is known to be good; N/Ajar for drawing. Where candidates
// differ by much the root is far less: one
// that succeeds with p, and would be best with y, is tried about
// 2·ln(1+N)·y(1-y)/(y-p)² times. All of it holds as long as nobody's true success
// lies beyond what it is hoped to be. docs/spec/hiring.md shows why.
func Arrange(all []Prospect, w Wish, chance [16]byte) (Plan, bool) {
	draw := wire.Sum(chance[:])
	p := Plan{Of: len(all)}
	if len(all) == 0 {
		return p, false
	}
	switch w.By {
	case ByPrice:
		p.Why, p.Next = WhyCheapest, first(MaxNext+1, all, anybody, func(a, b *Prospect) int {
			return cmp.Or(a.Price.Cmp(b.Price), drawn(draw, a, b))
		})
	case ByLot:
		p.Why, p.Next = WhyRandom, anyOf(MaxNext+1, all, draw)
	default:
		p.Why, p.Next = likeliest(all, draw)
	}
	p.Hire, p.Next = p.Next[0], p.Next[1:min(len(p.Next), 1+MaxNext)]
	switch {
	case !w.Peer.IsZero():
		p.Why = WhyNamed
	case p.Of == 1:
		p.Why = WhyOnly
	}
	return p, true
}

// likeliest returns first whom the least cost, or else the lot, speaks for, and why.
func likeliest(all []Prospect, draw wire.CID) (string, []Prospect) {
	sure := slices.ContainsFunc(all, func(p Prospect) bool { return !p.waits() })
	next := first(MaxNext+1, all, func(p *Prospect) bool { return !sure || !p.waits() }, func(a, b *Prospect) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), a.Price.Cmp(b.Price), drawn(draw, a, b))
	})
	guest := invited(all, next[0].rank(), sure, draw)
	if len(guest) == 0 || guest[0].Provider == next[0].Provider {
		return WhyBest, next
	}
	return WhyTrial, append(guest, slices.DeleteFunc(next, func(x Prospect) bool { return x.Provider == guest[0].Provider })...)
}

func anybody(*Prospect) bool { return true }

// anyOf draws n of all, each of them as likely as any other.
func anyOf(n int, all []Prospect, draw wire.CID) []Prospect {
	all = slices.Clone(all)
	n = min(n, len(all), len(draw)/8)
	for i := range n {
		k := i + int(binary.BigEndian.Uint64(draw[8*i:])%uint64(len(all)-i))
		all[i], all[k] = all[k], all[i]
	}
	return all[:n]
}

// waits reports whether a prospect is one of whom nothing good is known.
func (p *Prospect) waits() bool { return !p.Estimate.Reached || p.Estimate.Success < likely }

// rank is the cost by which a prospect is compared: nothing is hoped of who waits.
func (p *Prospect) rank() float64 {
	if p.waits() {
		return p.Cost
	}
	return p.hopeful
}

// invited returns one of those that wait, if one is drawn at this choice. least is
// the cost of who would be chosen otherwise.
func invited(all []Prospect, least float64, sure bool, draw wire.CID) []Prospect {
	lost := !sure && !slices.ContainsFunc(all, func(p Prospect) bool { return p.Estimate.Success >= likely })
	switch n := binary.BigEndian.Uint64(draw[24:]); {
	case lost && n%2 == 0:
		least = math.Inf(1)
	case n%Ajar != 0:
		return nil
	}
	return first(1, all, func(p *Prospect) bool { return p.waits() && p.hopeful < least },
		func(a, b *Prospect) int { return drawn(draw, a, b) })
}

// drawn compares two by lot: whose key is nearer to what was drawn comes first.
func drawn(draw wire.CID, a, b *Prospect) int {
	for i := range a.Provider {
		if c := cmp.Compare(a.Provider[i]^draw[i], b.Provider[i]^draw[i]); c != 0 {
			return c
		}
	}
	return 0
}

// first returns the first n of all that count, in order.
func first(n int, all []Prospect, counts func(*Prospect) bool, compare func(a, b *Prospect) int) []Prospect {
	var best []*Prospect
	for i := range all {
		p := &all[i]
		if !counts(p) || len(best) == n && compare(p, best[n-1]) >= 0 {
			continue
		}
		k, _ := slices.BinarySearchFunc(best, p, compare)
		best = slices.Insert(best, k, p)
		best = best[:min(len(best), n)]
	}
	out := make([]Prospect, len(best))
	for i, p := range best {
		out[i] = *p
	}
	return out
}
