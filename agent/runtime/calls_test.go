package runtime

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// callBy is a Call that key says at an instant, with what change makes of it.
func callBy(key wire.PrivateKey, at uint64, n byte, change ...func(*protocol.Call)) wire.Said {
	d := &protocol.Call{
		Head: wire.Head{Kind: protocol.KindCall, By: key.Key(), At: at, Nonce: wire.Nonce{n}}, Capability: "text/words@1",
		InputType: "text/plain", Label: payload.Label{Class: payload.Public}, Deliver: 60_000, Reply: at + 60_000,
		Assets: []string{"souk:credit/usd-6"}, Rails: []string{"credit"}, Owner: key.Key(), Mandate: wire.Sum(nil),
	}
	for _, f := range change {
		f(d)
	}
	return wire.Canonical{}.Name(d)
}

// TestJudgedCalls: a Call is passed on once, while it stands, in its own shard,
// and if its seal is good; only what its author did wrong is held against who sends it.
func TestJudgedCalls(t *testing.T) {
	author, shard, at := wire.NewPrivateKey([32]byte{2}), protocol.ShardOf("text/words@1"), now()
	good := callBy(author, at, 0)
	forged := bundleOf(t, "test", good.Raw)
	forged[len(forged)-1-len("sig")-64] ^= 1
	for name, c := range map[string]struct {
		raw   []byte
		shard uint8
		want  p2p.Judgement
	}{
		"a call":           {bundleOf(t, "test", good.Raw), shard, p2p.Accept},
		"in another shard": {bundleOf(t, "test", good.Raw), shard ^ 1, p2p.Reject},
		"another network":  {bundleOf(t, "souk", good.Raw), shard, p2p.Reject},
		"another's call":   {bundleOf(t, "test", callBy(wire.NewPrivateKey([32]byte{3}), at, 0).Raw), shard, p2p.Reject},
		"from the future":  {bundleOf(t, "test", callBy(author, at+2*protocol.Skew, 0).Raw), shard, p2p.Ignore},
		"over":             {bundleOf(t, "test", callBy(author, at-60_001, 0).Raw), shard, p2p.Ignore},
		"standing for two hours": {bundleOf(t, "test", callBy(author, at, 0, func(d *protocol.Call) {
			d.Reply = at + 2*protocol.MaxCallLife
		}).Raw), shard, p2p.Ignore},
		"two calls":       {bundleOf(t, "test", good.Raw, callBy(author, at, 1).Raw), shard, p2p.Ignore},
		"nobody's bundle": {good.Raw, shard, p2p.Reject},
		"a forged seal":   {forged, shard, p2p.Reject},
	} {
		e := listener()
		if got := e.OnAnnouncement(t.Context(), c.shard, wire.Key{}, c.raw); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		told := len(e.p.news.waiting)
		if (told == 1) != (c.want == p2p.Accept) {
			t.Errorf("%s: the core was told %d events", name, told)
		}
		if c.want == p2p.Accept {
			if _, ok := (<-e.p.news.waiting).(agent.Called); !ok {
				t.Errorf("%s: the core was told something else", name)
			}
			if again := e.OnAnnouncement(t.Context(), c.shard, wire.Key{}, c.raw); again != p2p.Ignore {
				t.Errorf("%s, said again: %v", name, again)
			}
			if pulled := e.OnPull(wire.Key{}, shard); len(pulled) != 1 || string(pulled[0]) != string(c.raw) {
				t.Errorf("%s: %d are handed to who joins", name, len(pulled))
			}
			if pulled := e.OnPull(wire.Key{}, shard^1); len(pulled) != 0 {
				t.Errorf("%s: handed over in another shard", name)
			}
		}
	}
}

// TestCallsAreForgotten: what a call's time is over for is dropped, so that its
// author may call again, and a replay of it is too late by then.
func TestCallsAreForgotten(t *testing.T) {
	const at = 1_800_000_000_000
	c, author := newCalls(), wire.NewPrivateKey([32]byte{2})
	put := func(at uint64, said wire.Said) bool {
		d := said.Doc.(*protocol.Call)
		return c.fresh(at, d, said.ID) && c.put(at, d, said.ID, said.Raw)
	}
	for n := range byte(MaxCallsOfOne) {
		if !put(at, callBy(author, at, n)) {
			t.Fatalf("call %d was not taken", n)
		}
	}
	if put(at, callBy(author, at, 99)) {
		t.Errorf("%d calls of one author", MaxCallsOfOne+1)
	}
	later := uint64(at + 60_000)
	if put(later, callBy(author, at, 0)) {
		t.Error("a call was taken when it was over")
	}
	if !put(later, callBy(author, later, 99)) {
		t.Error("the author may not call again")
	}
	if n := len(c.live(later, protocol.ShardOf("text/words@1"))); n != 1 || len(c.known) != 1 || len(c.authors) != 1 {
		t.Errorf("%d live, %d known of %d authors", n, len(c.known), len(c.authors))
	}
}

// TestFullOfCalls: where strangers fill the board with calls that stand for an hour,
// others are heard all the same, whom we know are not pushed out, and never are there
// more than the most.
func TestFullOfCalls(t *testing.T) {
	const at = 1_800_000_000_000
	c := newCalls()
	long := func(d *protocol.Call) { d.Reply = at + protocol.MaxCallLife }
	keys := make([]wire.PrivateKey, 2*MaxCalls)
	for n := range keys {
		keys[n] = wire.NewPrivateKey([32]byte{byte(n), byte(n >> 8), 1})
	}
	c.worth = func(k wire.Key) uint8 { return map[wire.Key]uint8{keys[0].Key(): 2}[k] }
	put := func(said wire.Said) bool {
		d := said.Doc.(*protocol.Call)
		return c.fresh(at, d, said.ID) && c.put(at, d, said.ID, said.Raw)
	}
	friend := callBy(keys[0], at, 0, long)
	put(friend)
	for _, key := range keys[1:] {
		if !put(callBy(key, at, 0, long)) {
			t.Fatal("there was no room")
		}
	}
	if _, there := c.known[friend.ID]; !there {
		t.Error("whom we know was pushed out")
	}
	short := callBy(wire.NewPrivateKey([32]byte{7, 7, 7}), at, 0)
	if !put(short) || len(c.known) != MaxCalls || len(c.authors) != MaxCalls {
		t.Errorf("one that is soon over: %d known of %d authors", len(c.known), len(c.authors))
	}
	if live := c.live(at, protocol.ShardOf("text/words@1")); len(live) != p2p.MaxPull/4 || string(live[0]) != string(short.Raw) {
		t.Errorf("%d are handed over, or not those that end first", len(live))
	}
}

// TestTalkPage keeps the numbers of docs/spec/talk.md those of the code.
func TestTalkPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/spec/talk.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(strings.Join(strings.Fields(string(b)), " "), ",", "")
	for _, says := range []string{
		fmt.Sprintf("keeps %d Offers %d of one author and %d Calls %d of one author", MaxBoard, MaxPerAuthor, MaxCalls, MaxCallsOfOne),
		fmt.Sprintf("After %d of them on one link it is closed", MaxFaults),
	} {
		if !strings.Contains(page, says) {
			t.Errorf("docs/spec/talk.md does not say %q", says)
		}
	}
}
