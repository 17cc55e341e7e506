package runtime

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// board keeps the announcements now live, ours included, for peers that join
// later, and tells new ones from repeated or outdated ones. Where it is full, those
// make room whose authors are worth least, as in the core's own book of offers.
type board struct {
	worth func(wire.Key) uint8 // of authors, where there is not room for all

	mu      sync.Mutex
	notices map[noticeKey]*notice
	authors map[wire.Key]*int // how many each has
}

type noticeKey struct {
	by         wire.Key
	capability string
}

type notice struct {
	seq     uint64
	id      wire.CID // of the offer
	until   uint64   // kept to know it again; a withdrawal too
	expires uint64
	bytes   []byte

	renewed float64 // how often of late, at kept
	kept    uint64  // Unix milliseconds
	worth   uint8   // its author's, as it was when it was last asked
	of      *int    // how many its author has
}

// Bounds of renewing one offer: an author says so much at once, and once more in
// each renewPause milliseconds. What is beyond is not passed on to anybody.
const (
	renewals   = 16
	renewPause = 5_000
)

// lately returns how often n was renewed and what of that is not yet forgotten.
func (n *notice) lately(at uint64) float64 {
	return max(0, n.renewed-float64(at-min(n.kept, at))/renewPause)
}

func newBoard() *board {
	return &board{worth: alike, notices: map[noticeKey]*notice{}, authors: map[wire.Key]*int{}}
}

// fresh reports whether an offer is of our time and later than what is known.
func (b *board) fresh(at uint64, o *protocol.Offer, id wire.CID) bool {
	if o.At > at+protocol.Skew || o.At+protocol.MaxOfferLife < at || (o.Expires > o.At && o.Expires <= at) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.notices[noticeKey{o.By, o.Terms.Capability}]
	return known == nil || known.before(o.Seq, id) && known.lately(at) < renewals
}

// before reports whether another offer of the same author takes n's place: a
// later one, or of two with one seq that with the lower CID.
func (n *notice) before(seq uint64, id wire.CID) bool {
	return n.seq < seq || n.seq == seq && bytes.Compare(id[:], n.id[:]) < 0
}

// put keeps an offer, and reports whether it is new and there was room.
func (b *board) put(at uint64, o *protocol.Offer, id wire.CID, raw []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := noticeKey{o.By, o.Terms.Capability}
	renewed := 1.0
	known := b.notices[key]
	of := b.authors[o.By]
	if of == nil {
		of = new(int)
	}
	switch {
	case known != nil && !known.before(o.Seq, id):
		return false
	case known != nil:
		renewed += known.lately(at)
	case !b.room(at, o.By, *of):
		return false
	default:
		*of++
		b.authors[o.By] = of
	}
	b.notices[key] = &notice{
		seq: o.Seq, id: id, until: max(o.Expires, o.At+protocol.MaxOfferLife), expires: o.Expires, bytes: raw,
		renewed: renewed, kept: at, of: of,
	}
	return true
}

// room makes room for one announcement more of an author that has own already: a few
// keys keep nobody out, nor do many that nobody knows. It reports whether there is any.
func (b *board) room(at uint64, author wire.Key, own int) bool {
	if own >= MaxPerAuthor {
		return false
	}
	if len(b.notices) >= MaxBoard {
		b.sweep(at)
	}
	if len(b.notices) < MaxBoard {
		return true
	}
	first := b.least()
	for b.worth(first.by) > b.notices[first].worth {
		b.notices[first].worth = b.worth(first.by) // it has risen since it was last asked
		first = b.least()
	}
	n, worth := b.notices[first], b.worth(author)
	if n.worth > worth || n.worth == worth && *n.of <= own {
		return false
	}
	b.remove(first)
	return true
}

// least returns the announcement that is to make room first.
func (b *board) least() (first noticeKey) {
	var last *notice
	for key, n := range b.notices {
		if last == nil || n.yields(last) {
			first, last = key, n
		}
	}
	return first
}

// yields reports whether n is to make room before m: that of an author of less worth,
// of such the one who has most here, of such the one kept longest ago.
func (n *notice) yields(m *notice) bool {
	switch {
	case n.worth != m.worth:
		return n.worth < m.worth
	case *n.of != *m.of:
		return *n.of > *m.of
	}
	return n.kept < m.kept
}

func (b *board) remove(key noticeKey) {
	n := b.notices[key]
	delete(b.notices, key)
	if *n.of--; *n.of == 0 {
		delete(b.authors, key.by)
	}
}

// sweep forgets what no replay can bring back.
func (b *board) sweep(at uint64) {
	for key, n := range b.notices {
		if n.until < at {
			b.remove(key)
		}
	}
}

// live returns the announcements of a shard that are not over: of each author one
// before any second, for a pull hands over only so many.
func (b *board) live(at uint64, shard uint8) [][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(at)
	keys := slices.SortedFunc(maps.Keys(b.notices), func(x, y noticeKey) int {
		return cmp.Or(cmp.Compare(x.capability, y.capability), bytes.Compare(x.by[:], y.by[:]))
	})
	keys = slices.DeleteFunc(keys, func(key noticeKey) bool {
		return b.notices[key].expires <= at || protocol.ShardOf(key.capability) != shard
	})
	place, of := map[noticeKey]int{}, map[wire.Key]int{}
	for _, key := range keys {
		place[key] = of[key.by]
		of[key.by]++
	}
	slices.SortStableFunc(keys, func(x, y noticeKey) int { return cmp.Compare(place[x], place[y]) })
	var out [][]byte
	for _, key := range keys[:min(len(keys), p2p.MaxPull)] {
		out = append(out, b.notices[key].bytes)
	}
	return out
}

// count returns how many announcements are live.
func (b *board) count(at uint64) (live int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.notices {
		if n.expires > at {
			live++
		}
	}
	return live
}

// expiry returns when an author's announcement of a capability ends, or 0.
func (b *board) expiry(by wire.Key, capability string) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.notices[noticeKey{by, capability}]; n != nil {
		return n.expires
	}
	return 0
}

// alike is what authors are worth to who has dealt with nobody.
func alike(wire.Key) uint8 { return 0 }
