package runtime

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// listener is an ear with nobody behind it.
func listener() *ear {
	ready := make(chan struct{})
	close(ready)
	return &ear{ready: ready, p: &Peer{
		o: Options{Agent: wire.NewPrivateKey([32]byte{1}), Net: "test"}, reg: protocol.Registry(), log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		inbox: make(chan message, 8*MaxFaults), done: make(chan struct{}), board: newBoard(), news: newNews(), calls: newCalls(), links: newLinks(),
	}}
}

// bundleOf is what other says on a network.
func bundleOf(t *testing.T, net string, docs ...[]byte) []byte {
	t.Helper()
	b, err := wire.Seal(wire.NewPrivateKey([32]byte{2}), net, docs...)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func offerOf(title string, seq uint64, change ...func(*protocol.Offer)) []byte {
	at, provider := now(), wire.NewPrivateKey([32]byte{2}).Key()
	o := &protocol.Offer{
		Head: wire.Head{Kind: protocol.KindOffer, By: provider, At: at}, Seq: seq, Expires: at + 60_000, Title: title,
		Terms: protocol.Terms{
			Capability: "text/words@1", InputType: "text/plain", OutputType: "text/plain", Asset: "souk:credit/usd-6",
			Data: payload.Handling{Most: payload.Public}, Rail: protocol.Rail{Name: "credit"},
			Owner: provider, Mandate: wire.Sum([]byte("mandate")), ValidUntil: at + 60_000,
		},
	}
	for _, f := range change {
		f(o)
	}
	return wire.Canonical{}.Name(o).Raw
}

func ofKind(t *testing.T, kind wire.Kind) []byte {
	t.Helper()
	raw, err := wire.Encode(map[string]any{
		"kind": kind, "by": wire.NewPrivateKey([32]byte{2}).Key(), "at": now(), "nonce": wire.Nonce{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAnnouncements(t *testing.T) {
	shard := protocol.ShardOf("text/words@1")
	one := offerOf("one", 1)
	refuse := wire.Canonical{}.Name(&protocol.Refuse{
		Head: wire.Head{Kind: protocol.KindRefuse, By: wire.NewPrivateKey([32]byte{2}).Key(), At: now()},
		Of:   wire.Sum(one), Code: protocol.CodeBusy,
	}).Raw
	forged := bundleOf(t, "test", one)
	forged[len(forged)-len(one)-16] ^= 1
	b, err := wire.Seal(wire.NewPrivateKey([32]byte{3}), "test", one)
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw   []byte
		shard uint8
		want  p2p.Judgement
	}{
		"an offer":               {bundleOf(t, "test", one), shard, p2p.Accept},
		"in another shard":       {bundleOf(t, "test", one), shard ^ 1, p2p.Reject},
		"of another network":     {bundleOf(t, "souk", one), shard, p2p.Reject},
		"no bundle":              {one, shard, p2p.Reject},
		"a kind of later":        {bundleOf(t, "test", ofKind(t, 999)), shard, p2p.Ignore},
		"a reserved kind":        {bundleOf(t, "test", ofKind(t, protocol.KindApproval)), shard, p2p.Ignore},
		"another kind we know":   {bundleOf(t, "test", refuse), shard, p2p.Ignore},
		"an offer and more":      {bundleOf(t, "test", one, refuse), shard, p2p.Ignore},
		"an offer nobody sealed": {forged, shard, p2p.Reject},
		"another's offer":        {stolen, shard, p2p.Reject},
	} {
		for _, h := range []p2p.Handler{listener(), crierOf("test")} {
			if got := h.OnAnnouncement(t.Context(), c.shard, wire.Key{}, c.raw); got != c.want {
				t.Errorf("%s, to %T: %v, want %v", name, h, got, c.want)
			}
		}
	}
}

// TestNewsIsNotLost: what is announced while the loop has more to do than its inbox
// holds is passed on, is heard by the loop later, and stands in nobody's way.
func TestNewsIsNotLost(t *testing.T) {
	e := listener()
	t.Cleanup(func() { close(e.p.done) })
	go e.p.tellNews()
	for range cap(e.p.inbox) {
		e.p.inbox <- message{event: agent.Woke{}}
	}
	raw, shard := bundleOf(t, "test", offerOf("one", 1)), protocol.ShardOf("text/words@1")
	if j := e.OnAnnouncement(t.Context(), shard, wire.Key{}, raw); j != p2p.Accept {
		t.Errorf("%v, want it passed on", j)
	}
	for deadline := time.After(time.Minute); ; {
		select {
		case m := <-e.p.inbox:
			if l, ok := m.event.(agent.Listed); ok && l.Listing.Offer.Title == "one" {
				return
			}
		case <-deadline:
			t.Fatal("the board knows an offer that the core has not heard of")
		}
	}
}

// TestNewsWithoutRoom: what there is no room to tell of is not on the board either,
// so that it is news when it is heard again.
func TestNewsWithoutRoom(t *testing.T) {
	e := listener()
	for range MaxNews {
		e.p.news.take()
	}
	raw, shard := bundleOf(t, "test", offerOf("one", 1)), protocol.ShardOf("text/words@1")
	if j := e.OnAnnouncement(t.Context(), shard, wire.Key{}, raw); j != p2p.Ignore {
		t.Errorf("%v, want Ignore", j)
	}
	e.p.news.leave()
	if j := e.OnAnnouncement(t.Context(), shard, wire.Key{}, raw); j != p2p.Accept || len(e.p.news.waiting) != 1 {
		t.Errorf("%v with %d to tell of, want it accepted and told", j, len(e.p.news.waiting))
	}
}

// TestSchemaOnArrival: an offer whose schema is none that this peer reads is passed on,
// since others may read it, and nobody here is told of it.
func TestSchemaOnArrival(t *testing.T) {
	shard := protocol.ShardOf("text/words@1")
	for schema, told := range map[string]bool{"": true, `{"type":"object"}`: true, "bad": false} {
		e := listener()
		e.p.rules = newRules(&patient{}, func(wire.Key) uint8 { return 0 })
		raw := bundleOf(t, "test", offerOf("one", 1, func(o *protocol.Offer) { o.Schema = schema }))
		if j := e.OnAnnouncement(t.Context(), shard, wire.Key{}, raw); j != p2p.Accept || len(e.OnPull(wire.Key{}, shard)) != 1 {
			t.Errorf("schema %q: %v, want it passed on", schema, j)
		}
		if got := len(e.p.news.waiting) == 1; got != told {
			t.Errorf("schema %q: told %t", schema, got)
		}
	}
}

// TestOfTwoOffers: whichever of two offers with one seq comes first, the one
// with the lower CID stands at the end.
func TestOfTwoOffers(t *testing.T) {
	low, high := offerOf("one", 1), offerOf("another", 1)
	if a, b := wire.Sum(low), wire.Sum(high); string(a[:]) > string(b[:]) {
		low, high = high, low
	}
	shard := protocol.ShardOf("text/words@1")
	for _, order := range [][2][]byte{{low, high}, {high, low}} {
		e := listener()
		for _, offer := range order {
			e.OnAnnouncement(t.Context(), shard, wire.Key{}, bundleOf(t, "test", offer))
		}
		live := e.OnPull(wire.Key{}, shard)
		if len(live) != 1 || string(live[0]) != string(bundleOf(t, "test", low)) {
			t.Errorf("%d announcements live, or the wrong one", len(live))
		}
	}
}

// TestWhatIsNotKnownYet: who speaks of kinds of a later version is refused each
// time and keeps its link; who speaks nonsense loses it.
func TestWhatIsNotKnownYet(t *testing.T) {
	from := wire.NewPrivateKey([32]byte{2}).Key()
	e := listener()
	e.p.links.up(from)
	e.p.links.greet(from)
	frame := func(bundle []byte) []byte {
		b, err := (&protocol.Frame{Bundles: [][]byte{bundle}}).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for range 2 * MaxFaults {
		if err := e.OnFrame(from, frame(bundleOf(t, "test", ofKind(t, protocol.KindSetOff)))); err != nil {
			t.Fatal(err)
		}
		if g, ok := (<-e.p.inbox).event.(agent.Garbled); !ok || g.Code != protocol.CodeUnknownKind {
			t.Fatalf("%+v", g)
		}
	}
	var err error
	for range MaxFaults + 1 {
		err = e.OnFrame(from, frame(bundleOf(t, "souk", ofKind(t, protocol.KindOffer))))
	}
	if err == nil {
		t.Error("nonsense without end keeps the link")
	}
}
