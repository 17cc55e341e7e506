package reputation

import (
	"github.com/souk-network/souk/protocol/wire"
)

// Standing returns the chance that trust which starts at the viewer, and at
// each agent stops with chance Restart or goes on to one whom that agent has
// reason to trust, ever comes to agent x: 1 for the viewer itself, 0 for who has
// equivocated or was never met.
//
// Trust that has come to x is not followed further, so no edge of x's own moves
// it by a single bit: neither whom x praises, nor any number of agents x made up
// and their praise of x. It is a lower bound: what falls below Precise, and
// what lies beyond MaxStanding edges, is not counted.
func (b *Book) Standing(at uint64, x wire.Key) float64 {
	target, known := b.places[x]
	switch {
	case !known || b.parties[target].forked:
		return 0
	case target == self:
		return 1
	}
	waits := make(map[int32]float64) // looked up only: the queue has the order
	queued := make(map[int32]bool)
	var queue []int32
	hit := 0.0
	give := func(to int32, amount float64) {
		if to == target {
			hit += amount
			return
		}
		waits[to] += amount
		if !queued[to] && waits[to] > b.policy.Precise {
			queued[to] = true
			queue = append(queue, to)
		}
	}
	for _, o := range b.start() {
		give(o.at, o.share)
	}
	for looked := 0; len(queue) > 0 && looked <= MaxStanding; {
		i := queue[0]
		queue, queued[i] = queue[1:], false
		row := b.rowNow(i, at/day)
		looked += 1 + b.degree(i)
		if waits[i] <= float64(b.policy.Precise*float64(max(1, len(row.to)))) {
			continue
		}
		spread := float64((1 - b.policy.Restart) * waits[i])
		waits[i] = 0
		for j, to := range row.to {
			give(to, float64(spread*row.share[j]))
		}
	}
	return min(1, hit)
}

// rowNow returns the row of i in the view of today, from the view that is read
// where it is up to date.
func (b *Book) rowNow(i int32, today uint64) *row {
	if v := b.now; v.day == today && int(i) < len(v.rows) && v.rows[i] != nil && !v.rows[i].dirty {
		return v.rows[i]
	}
	return b.row(i, today)
}
