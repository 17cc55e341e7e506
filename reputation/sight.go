package reputation

import "github.com/souk-network/souk/protocol/wire"

// sight is how trust spreads from the viewer when one agent passes nothing on:
// a forward push with that target absorbing. Whatever reaches somebody only by
// way of the target is not in it. So the target is judged by none whom it
// brought along: neither agents it made up that praise it, nor those who bought
// a job of it in order to slander it.
//
// It is kept between calls for its memory alone.
type sight struct {
	hit   float64 // trust that comes to the target
	seen  []uint32
	waits []float64
	given []float64
	in    []bool // the queue
	queue []int32
	turn  uint32
}

// reach returns the trust that came to party i in this turn.
func (s *sight) reach(i int32) float64 {
	if int(i) >= len(s.seen) || s.seen[i] != s.turn {
		return 0
	}
	return s.given[i]
}

// begin forgets the turn before. size is the number of parties.
func (s *sight) begin(size int) {
	if s.turn++; s.turn == 0 {
		clear(s.seen)
		s.turn = 1
	}
	if more := size - len(s.seen); more > 0 {
		s.seen, s.in = append(s.seen, make([]uint32, more)...), append(s.in, make([]bool, more)...)
		s.waits, s.given = append(s.waits, make([]float64, more)...), append(s.given, make([]float64, more)...)
	}
	s.hit, s.queue = 0, s.queue[:0]
}

func (s *sight) add(i int32, x, worth float64) {
	if s.seen[i] != s.turn {
		s.seen[i], s.waits[i], s.given[i], s.in[i] = s.turn, 0, 0, false
	}
	s.waits[i] += x
	if !s.in[i] && s.waits[i] > worth {
		s.in[i] = true
		s.queue = append(s.queue, i)
	}
}

// look spreads trust from the viewer with target absorbing, over the rows of the
// view that is read, nearest first, and over at most MaxSight edges: what is
// left then is not counted.
func (b *Book) look(target int32) *sight {
	s, alpha, worth := &b.sight, b.policy.Restart, b.policy.Precise
	s.begin(len(b.parties))
	give := func(to int32, x float64) {
		if to == target {
			s.hit += x
			return
		}
		s.add(to, x, worth)
	}
	for _, o := range b.start() {
		give(o.at, o.share)
	}
	looked := 0
	for first := 0; first < len(s.queue) && looked <= MaxSight; first++ {
		i := s.queue[first]
		s.in[i] = false
		row := b.rowNow(i)
		looked += 1 + b.degree(i)
		waits := s.waits[i]
		if waits <= float64(worth*float64(max(1, len(row.to)))) {
			continue
		}
		s.waits[i] = 0
		s.given[i] += float64(alpha * waits)
		spread := float64((1 - alpha) * waits)
		for j, to := range row.to {
			give(to, float64(spread*row.share[j]))
		}
	}
	return s
}

// rowNow returns the row of i in the view that is read.
func (b *Book) rowNow(i int32) *row {
	if v := b.now; int(i) < len(v.rows) && v.rows[i] != nil {
		return v.rows[i]
	}
	return b.row(i, b.now.day)
}

// Standing returns the chance that trust which starts at the viewer, and at
// each agent stops with chance Restart or goes on to one whom that agent has
// reason to trust, ever comes to agent x: 1 for the viewer itself, 0 for who has
// equivocated or was never met.
//
// Trust that has come to x is not followed further, so no edge of x's own moves
// it by a single bit: neither whom x praises, nor any number of agents x made up
// and their praise of x. It is a lower bound: what falls below Precise, and
// what lies beyond MaxSight edges, is not counted.
func (b *Book) Standing(x wire.Key) float64 {
	target, known := b.places[x]
	switch {
	case !known || b.parties[target].forked:
		return 0
	case target == self:
		return 1
	}
	return min(1, b.look(target).hit)
}
