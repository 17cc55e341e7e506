package runtime

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// posting is an offer of an author as far as the board looks at it.
func posting(author uint16, capability string, at, seq uint64) *protocol.Offer {
	by := wire.Key(binary.BigEndian.AppendUint16(make([]byte, 30), author))
	return &protocol.Offer{Head: wire.Head{By: by, At: at}, Seq: seq, Expires: at + 60_000, Terms: protocol.Terms{Capability: capability}}
}

// TestRenewedWithoutEnd: who renews an offer again and again is heard as often as an
// honest author needs, and then from time to time.
func TestRenewedWithoutEnd(t *testing.T) {
	b, at, seq := newBoard(), now(), uint64(0)
	say := func(times int) (heard int) {
		for range times {
			seq++
			if o := posting(1, "text/words@1", at, seq); b.fresh(at, o, wire.CID{}) && b.put(at, o, wire.CID{}, nil) {
				heard++
			}
		}
		return heard
	}
	if n := say(1000); n != renewals {
		t.Errorf("%d of 1000 heard, want %d", n, renewals)
	}
	at += 10 * renewPause
	if n := say(1000); n != 10 {
		t.Errorf("%d of 1000 heard after a while, want 10", n)
	}
	at += 100_000 // as often as ours is renewed
	if n := say(1); n != 1 {
		t.Error("an offer renewed in its time is not heard")
	}
}

// TestCrowdedBoard: a few keys that announce all they may keep nobody else out, and
// none of them gets more room by it.
func TestCrowdedBoard(t *testing.T) {
	b, at := newBoard(), now()
	for author := range uint16(MaxBoard / MaxPerAuthor) {
		for i := range MaxPerAuthor {
			if !b.put(at, posting(author, fmt.Sprintf("text/n%d@1", i), at, 1), wire.CID{}, nil) {
				t.Fatal("no room on an empty board")
			}
		}
	}
	for author := range uint16(200) {
		if !b.put(at, posting(1000+author, "text/words@1", at, 1), wire.CID{}, nil) {
			t.Fatalf("the board is full for newcomer %d", author)
		}
	}
	if b.put(at, posting(0, "text/more@1", at, 1), wire.CID{}, nil) && *b.authors[posting(0, "", 0, 0).By] >= MaxPerAuthor {
		t.Error("one of the crowd found more room")
	}
	if len(b.notices) != MaxBoard {
		t.Errorf("%d announcements on a board for %d", len(b.notices), MaxBoard)
	}
	counted := 0
	for _, n := range b.authors {
		counted += *n
	}
	if counted != len(b.notices) {
		t.Errorf("%d announcements are counted, %d are there", counted, len(b.notices))
	}
}

// TestCrowdOfNames: more keys than there is room for announce one offer each, again and
// again. They push out nobody whom this peer knows, and whoever else comes finds room.
func TestCrowdOfNames(t *testing.T) {
	b, at := newBoard(), now()
	b.worth = func(k wire.Key) uint8 {
		return map[wire.Key]uint8{posting(1, "", 0, 0).By: 2, posting(2, "", 0, 0).By: 1}[k]
	}
	put := func(author uint16) bool {
		at++
		return b.put(at, posting(author, "text/words@1", at, at), wire.CID{}, nil)
	}
	has := func(author uint16) bool { return b.expiry(posting(author, "", 0, 0).By, "text/words@1") > 0 }
	put(1)
	put(2)
	for author := range uint16(MaxBoard + 500) {
		if !put(100 + author) {
			t.Fatalf("no room for name %d: those before it hold it for good", author)
		}
	}
	if !has(1) || !has(2) || len(b.notices) != MaxBoard || len(b.authors) != MaxBoard {
		t.Errorf("dealt with %v, trusted %v, of %d announcements by %d", has(1), has(2), len(b.notices), len(b.authors))
	}
	if newest := uint16(100 + MaxBoard + 499); !has(newest) || has(100) {
		t.Error("it is not the oldest that made room")
	}
	if b.put(at, posting(20_000, "text/more@1", at, at), wire.CID{}, nil); !b.put(at, posting(1, "text/more@1", at, at), wire.CID{}, nil) {
		t.Error("whom we know finds no room for a second")
	}
}

// TestCrowdedShard: a few keys that announce much in one shard leave room for others
// in what a newcomer is handed.
func TestCrowdedShard(t *testing.T) {
	b, at := newBoard(), now()
	for author := range uint16(p2p.MaxPull / MaxPerAuthor) {
		for i := range MaxPerAuthor {
			b.put(at, posting(author, fmt.Sprintf("text/a%d@1", i), at, 1), wire.CID{}, []byte("crowd"))
		}
	}
	b.put(at, posting(1000, "text/words@1", at, 1), wire.CID{}, []byte("one"))
	live := b.live(at, protocol.ShardOf("text/words@1"))
	if len(live) != p2p.MaxPull || !slices.ContainsFunc(live, func(m []byte) bool { return string(m) == "one" }) {
		t.Errorf("%d are handed over, and not what one alone announced", len(live))
	}
}
