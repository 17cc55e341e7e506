package runtime

import (
	"bytes"
	"cmp"

	"github.com/souk-network/souk/protocol/wire"
)

// places are the authors whose logs are read and kept, and the bounds of what is
// kept of each and of all. There are only so many, so that names, which are free,
// cannot fill the shelf; and who holds one gives it up to a worthier, so that names
// cannot hold them for good either. Whoever uses places guards them.
type places struct {
	of        map[wire.Key]*author
	strangers int // of them
	clock     uint64
	running   int   // being read
	strange   int   // strangers being read
	all       stock // kept of all
	foreign   stock // kept of strangers
}

// stock is how much is kept.
type stock struct{ pages, bytes int }

func (h *stock) add(pages, bytes int) { h.pages, h.bytes = h.pages+pages, h.bytes+bytes }

// author is the place of one author.
type author struct {
	key      wire.Key
	dealt    bool    // we have dealt with it
	standing float64 // as it was when its log was last asked for
	asked    uint64  // when that was, in askings
	state    state
	again    bool // it was asked for once more while it is read
	tries    int  // how often it was busy

	mark mark
	kept stock
}

type state uint8

const (
	idle     state = iota
	waiting        // to be read
	underWay       // being read
	resting        // to be waiting again after a while
)

func newPlaces() places { return places{of: map[wire.Key]*author{}} }

// take returns the place of an author whose log is asked for, and the authors whose
// logs are to be forgotten for it; nil where all places are held by worthier ones.
func (p *places) take(key wire.Key, dealt bool, standing float64) (a *author, gone []wire.Key) {
	p.clock++
	if a = p.of[key]; a == nil {
		a = &author{key: key, dealt: dealt, standing: standing, asked: p.clock}
		for !p.free(a) {
			least := p.least(!dealt)
			if least == nil || !least.yields(a) {
				return nil, gone
			}
			p.drop(least)
			gone = append(gone, least.key)
		}
		p.of[key] = a
		if !dealt {
			p.strangers++
		}
		return a, gone
	}
	if dealt && !a.dealt {
		a.dealt = true
		p.strangers--
		p.foreign.add(-a.kept.pages, -a.kept.bytes)
		if a.state == underWay {
			p.strange--
		}
	}
	a.standing, a.asked = standing, p.clock
	return a, nil
}

// free reports whether there is a place for one more.
func (p *places) free(a *author) bool {
	return len(p.of) < MaxLogAuthors && (a.dealt || p.strangers < MaxLogAuthors/2)
}

// yields reports whether a gives up its place to b.
func (a *author) yields(b *author) bool {
	return b.dealt || !a.dealt && a.standing <= b.standing
}

// least returns the author that is to give up its place first, if anybody is:
// strangers before those we have dealt with, of these who stands lowest, of
// these who was not asked for the longest. What is being read stays.
func (p *places) least(strangers bool) (least *author) {
	for _, a := range p.of {
		if a.state == underWay || strangers && a.dealt {
			continue
		}
		if least == nil || a.rank(least) < 0 {
			least = a
		}
	}
	return least
}

// rank orders authors by what their places are worth, the worthiest last.
func (a *author) rank(b *author) int {
	switch {
	case a.dealt != b.dealt:
		if b.dealt {
			return -1
		}
		return 1
	case a.dealt: // however low it stands: we may have to show what it did
		return cmp.Or(cmp.Compare(a.asked, b.asked), bytes.Compare(a.key[:], b.key[:]))
	}
	return cmp.Or(cmp.Compare(a.standing, b.standing), cmp.Compare(a.asked, b.asked), bytes.Compare(a.key[:], b.key[:]))
}

// drop takes an author's place away.
func (p *places) drop(a *author) {
	delete(p.of, a.key)
	p.all.add(-a.kept.pages, -a.kept.bytes)
	if !a.dealt {
		p.strangers--
		p.foreign.add(-a.kept.pages, -a.kept.bytes)
	}
}

// next returns the worthiest of those that wait to be read, if one more may be read
// now, and counts it as being read.
func (p *places) next() (next *author) {
	if p.running >= readers {
		return nil
	}
	for _, a := range p.of {
		if a.state == waiting && (a.dealt || p.strange < strange) && (next == nil || next.later(a)) {
			next = a
		}
	}
	if next != nil {
		p.running++
		if !next.dealt {
			p.strange++
		}
	}
	return next
}

// later reports whether b is to be read before a: those we have dealt with, then who
// stands higher, then who has waited longer.
func (a *author) later(b *author) bool {
	if a.dealt != b.dealt {
		return b.dealt
	}
	return cmp.Or(cmp.Compare(b.standing, a.standing), cmp.Compare(a.asked, b.asked), bytes.Compare(a.key[:], b.key[:])) > 0
}

// leave counts an author off that was read. A stranger of whose log nothing is kept
// has no place.
func (p *places) leave(a *author) {
	p.running--
	if !a.dealt {
		p.strange--
	}
	if a.state == idle && !a.dealt && a.kept.pages == 0 {
		p.drop(a)
	}
}

// mark returns how far an author's log was read.
func (p *places) mark(key wire.Key) mark {
	if a := p.of[key]; a != nil {
		return a.mark
	}
	return mark{}
}

// keep makes room for a page more of an author's log, of so many bytes, and returns
// whose logs are to be forgotten for it; false where there is none.
func (p *places) keep(a *author, size int) (gone []wire.Key, ok bool) {
	most, share := stock{MaxLogOf, MaxLogBytesOf}, stock{MaxLogPages, MaxLogBytes}
	kept := &p.all
	if !a.dealt {
		most, share = stock{MaxStrangers, MaxStrangeSize}, stock{MaxLogPages / 2, MaxLogBytes / 2}
		kept = &p.foreign
	}
	if !a.kept.fits(size, most) {
		return nil, false
	}
	for !kept.fits(size, share) {
		least := p.leastBut(a)
		if least == nil {
			return gone, false
		}
		p.drop(least)
		gone = append(gone, least.key)
	}
	a.kept.add(1, size)
	p.all.add(1, size)
	if !a.dealt {
		p.foreign.add(1, size)
	}
	return gone, true
}

func (h stock) fits(size int, most stock) bool {
	return h.pages < most.pages && h.bytes+size <= most.bytes
}

// leastBut returns the stranger that has pages and gives them up to a first.
func (p *places) leastBut(a *author) (least *author) {
	for _, b := range p.of {
		if b == a || b.dealt || b.kept.pages == 0 || b.state == underWay || !b.yields(a) {
			continue
		}
		if least == nil || b.rank(least) < 0 {
			least = b
		}
	}
	return least
}
