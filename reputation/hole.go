package reputation

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Head is how far an author's log is known.
type Head struct {
	Epoch protocol.Epoch
	Seq   uint64
	Entry wire.CID
}

// Head returns the last entry the Book has of the epoch of author's log that it
// heard of last; false where there is none.
func (b *Book) Head(author wire.Key) (Head, bool) {
	l := b.logs[author]
	if l == nil {
		return Head{}, false
	}
	e := &l.epochs[len(l.epochs)-1]
	if len(e.lines) == 0 {
		return Head{}, false
	}
	last := e.lines[len(e.lines)-1]
	return Head{e.epoch, last.seq, last.id}, true
}

// Holes returns where an author's log is not whole, by epoch as first heard of
// and then by seq. None means: of every epoch known, all entries up to the last
// one told of are here and linked to one another.
func (b *Book) Holes(author wire.Key) []Hole {
	l := b.logs[author]
	if l == nil {
		return nil
	}
	at := make(map[wire.CID][2]int) // looked up only
	for i := range l.epochs {
		for j := range l.epochs[i].lines {
			at[l.epochs[i].lines[j].id] = [2]int{i, j}
		}
	}
	var holes []Hole
	skipped := make([]int, len(l.epochs)) // lines after the head a later epoch cites
	begun := false
	continued := make(map[wire.CID]bool) // heads that a later epoch cites; looked up only
	for i := range l.epochs {
		e := &l.epochs[i]
		holes = e.inner(holes)
		if len(e.lines) == 0 || e.lines[0].seq != 1 {
			continue
		}
		first := e.lines[0]
		cited, here := at[first.prev]
		switch {
		case first.prev.IsZero() && !begun:
			begun = true
		case !here || cited[0] == i || continued[first.prev]:
			holes = append(holes, Hole{e.epoch, 1, 1, GapUnlinked})
		default:
			continued[first.prev] = true
			before := &l.epochs[cited[0]]
			skipped[cited[0]] = max(skipped[cited[0]], len(before.lines)-1-cited[1])
		}
	}
	for i, n := range skipped {
		if e := &l.epochs[i]; n > 0 {
			holes = append(holes, Hole{e.epoch, e.lines[len(e.lines)-n].seq, e.lines[len(e.lines)-1].seq, GapSkipped})
		}
	}
	return holes
}

// inner appends the holes within one epoch.
func (e *logEpoch) inner(holes []Hole) []Hole {
	next := uint64(1)
	for i, l := range e.lines {
		if l.seq > next {
			holes = append(holes, Hole{e.epoch, next, l.seq - 1, GapMissing})
		} else if i > 0 && l.prev != e.lines[i-1].id {
			holes = append(holes, Hole{e.epoch, l.seq, l.seq, GapBroken})
		}
		next = l.seq + 1
	}
	if i, here := e.find(e.told); here && e.lines[i].id != e.head {
		holes = append(holes, Hole{e.epoch, e.told, e.told, GapHead})
	}
	if e.told >= next {
		holes = append(holes, Hole{e.epoch, next, e.told, GapMissing})
	}
	return holes
}
