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
	if b.put(at, posting(0, "text/more@1", at, 1), wire.CID{}, nil) && b.authors[posting(0, "", 0, 0).By] >= MaxPerAuthor {
		t.Error("one of the crowd found more room")
	}
	if len(b.notices) != MaxBoard {
		t.Errorf("%d announcements on a board for %d", len(b.notices), MaxBoard)
	}
	counted := 0
	for _, n := range b.authors {
		counted += n
	}
	if counted != len(b.notices) {
		t.Errorf("%d announcements are counted, %d are there", counted, len(b.notices))
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
