package runtime

import (
	"errors"
	"log/slog"
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// crierOf is what a network calls of a bootstrap peer that is on none.
func crierOf(net string) crier {
	c := crier{&Bootstrap{
		square: square{protocol.Registry(), net, newBoard(), newCalls()},
		o:      BootstrapOptions{Net: net, Self: wire.NewPrivateKey([32]byte{1}).Key()},
		log:    slog.New(slog.DiscardHandler), ready: make(chan struct{}), heard: map[wire.Key]bool{},
	}}
	close(c.ready)
	return c
}

func helloOf(net string, change func(*protocol.Hello)) *protocol.Frame {
	h := &protocol.Hello{
		Head: wire.Head{Kind: protocol.KindHello, By: wire.NewPrivateKey([32]byte{2}).Key(), At: now()},
		Net:  net, Least: protocol.Version, Most: protocol.Version, Epoch: protocol.Epoch{1},
	}
	change(h)
	return &protocol.Frame{Bare: [][]byte{wire.Canonical{}.Name(h).Raw}}
}

// TestBootstrapFrames: a bootstrap peer wants a Hello of its network first and
// reads nothing after it, whatever it is.
func TestBootstrapFrames(t *testing.T) {
	from := wire.NewPrivateKey([32]byte{2}).Key()
	bytesOf := func(f *protocol.Frame) []byte {
		b, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	sound := bytesOf(helloOf("test", func(*protocol.Hello) {}))
	for name, first := range map[string][]byte{
		"no frame":          []byte("no frame"),
		"another network":   bytesOf(helloOf("other", func(*protocol.Hello) {})),
		"another's":         bytesOf(helloOf("test", func(h *protocol.Hello) { h.By = wire.NewPrivateKey([32]byte{3}).Key() })),
		"a version to come": bytesOf(helloOf("test", func(h *protocol.Hello) { h.Least, h.Most = 7, 9 })),
		"an offer":          bytesOf(&protocol.Frame{Bundles: [][]byte{bundleOf(t, "test", offerOf("one", 1))}}),
		"an offer, bare":    bytesOf(&protocol.Frame{Bare: [][]byte{offerOf("one", 1)}}),
	} {
		c := crierOf("test")
		if c.OnFrame(from, first) == nil {
			t.Errorf("%s was taken for a Hello", name)
		}
		if err := c.OnFrame(from, sound); err != nil {
			t.Errorf("a Hello: %v", err)
		}
		if err := c.OnFrame(from, first); err != nil {
			t.Errorf("%s after a Hello: %v", name, err)
		}
		c.OnDown(from)
		if c.OnFrame(from, first) == nil {
			t.Errorf("%s was taken for a Hello on the next link", name)
		}
	}
}

// TestBootstrapHelps has a bootstrap peer greet, pass an announcement on, hand it
// to one who comes later, and serve no artefact.
func TestBootstrapHelps(t *testing.T) {
	hub, err := memnet.New(memnet.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	self := p2ptest.Key("bootstrap").Key()
	b, err := OpenBootstrap(BootstrapOptions{
		Net: "test", Self: self, Dial: func(h p2p.Handler) (p2p.Network, error) { return hub.Join(self, h) },
	})
	if err != nil {
		t.Fatal(err)
	}
	shard := protocol.ShardOf("text/words@1")
	join := func(name string) (p2p.Network, *p2ptest.Recorder) {
		r := &p2ptest.Recorder{}
		n, err := hub.Join(p2ptest.Key(name).Key(), r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Close() })
		if err := n.Join(shard); err != nil {
			t.Fatal(err)
		}
		if err := n.Dial(t.Context(), self); err != nil {
			t.Fatal(err)
		}
		r.Until(t, name+" is greeted", func() bool { return r.Count(self) == 1 })
		f, err := protocol.ReadFrame(r.Frames(self)[0])
		if err == nil {
			_, err = readHello(protocol.Registry(), "test", self, f)
		}
		if err != nil {
			t.Errorf("the greeting of a bootstrap peer: %v", err)
		}
		return n, r
	}
	seller, _ := join("seller")
	_, early := join("early")
	offer := bundleOf(t, "test", offerOf("one", 1))
	if err := seller.Publish(t.Context(), shard, offer); err != nil {
		t.Fatal(err)
	}
	early.Until(t, "the offer is passed on", func() bool { return early.Heard(shard, offer) })
	n, late := join("late")
	late.Until(t, "the offer is handed to one who comes later", func() bool { return late.Heard(shard, offer) })
	if _, err := n.Fetch(t.Context(), self, wire.Sum(offer), 0); !errors.Is(err, p2p.ErrNoArtefact) {
		t.Errorf("fetch: %v, want %v", err, p2p.ErrNoArtefact)
	}
	s, err := b.Status(t.Context())
	if err != nil || !s.Bootstrap || !s.Ready || s.Known != 1 || len(s.Peers) != 3 || !s.Owner.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = b.Status(t.Context()); err != nil || s.Ready {
		t.Errorf("closed: %+v, %v", s, err)
	}
}
