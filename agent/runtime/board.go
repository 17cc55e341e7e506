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
// later, and tells new ones from repeated or outdated ones.
type board struct {
	mu      sync.Mutex
	notices map[noticeKey]notice
	authors map[wire.Key]int
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
}

// Bounds of renewing one offer: an author says so much at once, and once more in
// each renewPause milliseconds. What is beyond is not passed on to anybody.
const (
	renewals   = 16
	renewPause = 5_000
)

// lately returns how often n was renewed and what of that is not yet forgotten.
func (n notice) lately(at uint64) float64 {
	return max(0, n.renewed-float64(at-min(n.kept, at))/renewPause)
}

func newBoard() *board {
	return &board{notices: map[noticeKey]notice{}, authors: map[wire.Key]int{}}
}

// fresh reports whether an offer is of our time and later than what is known.
func (b *board) fresh(at uint64, o *protocol.Offer, id wire.CID) bool {
	if o.At > at+protocol.Skew || o.At+protocol.MaxOfferLife < at || (o.Expires > o.At && o.Expires <= at) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	known, ok := b.notices[noticeKey{o.By, o.Terms.Capability}]
	return !ok || known.before(o.Seq, id) && known.lately(at) < renewals
}

// before reports whether another offer of the same author takes n's place: a
// later one, or of two with one seq that with the lower CID.
func (n notice) before(seq uint64, id wire.CID) bool {
	return n.seq < seq || n.seq == seq && bytes.Compare(id[:], n.id[:]) < 0
}

// put keeps an offer, and reports whether it is new and there was room.
func (b *board) put(at uint64, o *protocol.Offer, id wire.CID, raw []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := noticeKey{o.By, o.Terms.Capability}
	known, ok := b.notices[key]
	if ok && !known.before(o.Seq, id) {
		return false
	}
	if !ok {
		if len(b.notices) >= MaxBoard {
			b.sweep(at)
		}
		if b.authors[o.By] >= MaxPerAuthor || len(b.notices) >= MaxBoard && !b.yield(b.authors[o.By]+1) {
			return false
		}
		b.authors[o.By]++
	}
	b.notices[key] = notice{
		seq: o.Seq, id: id, until: max(o.Expires, o.At+protocol.MaxOfferLife), expires: o.Expires, bytes: raw,
		renewed: known.lately(at) + 1, kept: at,
	}
	return true
}

// yield drops one announcement of the author that has most, if these are more than
// than: where a few keys fill the board, others find room all the same.
func (b *board) yield(than int) bool {
	var drop noticeKey
	most := than
	for key := range b.notices {
		n := b.authors[key.by]
		if n > most || n == most && most > than && cmp.Or(bytes.Compare(key.by[:], drop.by[:]), cmp.Compare(key.capability, drop.capability)) > 0 {
			drop, most = key, n
		}
	}
	if most == than {
		return false
	}
	delete(b.notices, drop)
	b.authors[drop.by]--
	return true
}

// sweep forgets what no replay can bring back.
func (b *board) sweep(at uint64) {
	for key, n := range b.notices {
		if n.until < at {
			delete(b.notices, key)
			if b.authors[key.by]--; b.authors[key.by] == 0 {
				delete(b.authors, key.by)
			}
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
	return b.notices[noticeKey{by, capability}].expires
}
