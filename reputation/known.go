package reputation

import "github.com/souk-network/souk/protocol/wire"

// Acquaintance is an agent that the Book has something of.
type Acquaintance struct {
	Key        wire.Key
	Owner      wire.Key // proved; zero where none is
	Capability string   // what it was hired for most, first of those where several were; "" where it never was
	Served     int      // outcomes as provider
	Hired      int      // outcomes as hirer
	Last       uint64   // when the last of its jobs was closed, as told by who sealed it: Unix milliseconds
	Forked     bool
}

// Known returns agents by first mention, the viewer left out: it looks at up to
// most of them from the place from on, and returns the place to go on from, or
// 0 where there are no more. Start at 0.
func (b *Book) Known(from, most int) (known []Acquaintance, next int) {
	from = max(from, int(self)+1)
	until := min(len(b.parties), from+most)
	for i := from; i < until; i++ {
		if p := &b.parties[i]; b.degree(int32(i)) > 0 || p.forked {
			known = append(known, b.acquaintance(int32(i)))
		}
	}
	if until < len(b.parties) {
		return known, until
	}
	return known, 0
}

// Met returns what the Book has of one agent; false where it has nothing.
func (b *Book) Met(key wire.Key) (Acquaintance, bool) {
	i, ok := b.places[key]
	if !ok || b.degree(i) == 0 && !b.parties[i].forked {
		return Acquaintance{Key: key}, false
	}
	return b.acquaintance(i), true
}

func (b *Book) acquaintance(i int32) Acquaintance {
	p := &b.parties[i]
	a := Acquaintance{Key: p.key, Last: p.last, Forked: p.forked}
	if p.owner != i {
		a.Owner = b.parties[p.owner].key
	}
	for _, t := range p.hired {
		a.Hired += b.jobs(t, nil)
	}
	count := make([]int, len(b.capabilities))
	for _, t := range p.served {
		a.Served += b.jobs(t, count)
	}
	most := 0
	for c, n := range count {
		if n > most {
			most, a.Capability = n, b.capabilities[c]
		}
	}
	return a
}

// jobs counts the outcomes of a tie, and adds them by capability to count, if
// that is given.
func (b *Book) jobs(t int32, count []int) (n int) {
	for _, i := range b.ties[t].cells {
		c := &b.cells[i]
		n += len(c.records)
		if count != nil {
			count[c.capability] += len(c.records)
		}
	}
	return n
}
