package libp2p_test

import (
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

// start opens a peer with opts, filled up, and closes it with the test.
func start(t *testing.T, name string, opts libp2p.Options, r *p2ptest.Recorder) *libp2p.Network {
	t.Helper()
	opts.Key, opts.Net = p2ptest.Key(name), "test"
	n, err := libp2p.New(opts, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, w := range r.Wrong() {
			t.Error(w)
		}
	})
	return n
}

// freePort returns a TCP port of this machine that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	port, err := p2ptest.Port()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

func up(r *p2ptest.Recorder, peer wire.Key) func() bool {
	return func() bool { ups, downs := r.Links(peer); return ups == downs+1 }
}

// TestBootstrap starts a peer before those it is told of: the first never
// comes, the second comes late, goes, and comes again.
func TestBootstrap(t *testing.T) {
	nowhere := "/ip4/127.0.0.1/tcp/" + freePort(t) + "/p2p/" + p2ptest.Key("nobody").Key().String()
	place := "/ip4/127.0.0.1/tcp/" + freePort(t)
	late := p2ptest.Key("late").Key()

	r := &p2ptest.Recorder{}
	start(t, "n", libp2p.Options{Bootstrap: []string{nowhere, place + "/p2p/" + late.String()}}, r)
	for range 2 {
		n := open(place)(t, p2ptest.Key("late"), &p2ptest.Recorder{})
		r.Until(t, "the link is up", up(r, late))
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		r.Until(t, "the link is down", func() bool { return !up(r, late)() })
	}
}

// TestRemembered has a peer learn an address, and another start with it.
func TestRemembered(t *testing.T) {
	place := start(t, "place", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}}, &p2ptest.Recorder{})
	var mu sync.Mutex
	remembered := make(map[wire.Key][]string)
	r := &p2ptest.Recorder{}
	n := start(t, "n", libp2p.Options{
		Bootstrap: place.Addrs(),
		Remember: func(peer wire.Key, addrs []string) {
			mu.Lock()
			defer mu.Unlock()
			remembered[peer] = addrs
		},
		Standing: func(wire.Key) int { return 1000 },
	}, r)
	r.Until(t, "the link is up", up(r, place.Self()))
	// Up means known to both, and Remember is called before the first frame.
	if err := place.Send(t.Context(), n.Self(), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	r.Until(t, "the frame is there", func() bool { return r.Count(place.Self()) == 1 })
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	known := remembered[place.Self()]
	mu.Unlock()
	if len(known) == 0 || known[0] != place.Addrs()[0] {
		t.Fatalf("remembered %v, want %v", known, place.Addrs())
	}
	again := &p2ptest.Recorder{}
	start(t, "n", libp2p.Options{Known: known}, again)
	again.Until(t, "the link is up", up(again, place.Self()))
}

// TestNeighboursKnowTheWay has two peers that know only a third find each other.
func TestNeighboursKnowTheWay(t *testing.T) {
	loopback := []string{"/ip4/127.0.0.1/tcp/0"}
	rm, ra, rb := &p2ptest.Recorder{}, &p2ptest.Recorder{}, &p2ptest.Recorder{}
	middle := start(t, "middle", libp2p.Options{Listen: loopback}, rm)
	a := start(t, "a", libp2p.Options{Listen: loopback, Bootstrap: middle.Addrs()}, ra)
	b := start(t, "b", libp2p.Options{Listen: loopback, Bootstrap: middle.Addrs()}, rb)
	ra.Until(t, "a is linked", up(ra, middle.Self()))
	rb.Until(t, "b is linked", up(rb, middle.Self()))
	rm.Until(t, "the middle is linked with b", up(rm, b.Self()))
	if err := a.Send(t.Context(), b.Self(), []byte("found you")); err != nil {
		t.Fatal(err)
	}
	rb.Until(t, "the frame is there", func() bool { return rb.Count(a.Self()) == 1 })
}

// TestConnectedIsKept breaks a link that Connect made; it comes again by itself.
func TestConnectedIsKept(t *testing.T) {
	place := "/ip4/127.0.0.1/tcp/" + freePort(t)
	r := &p2ptest.Recorder{}
	n := start(t, "n", libp2p.Options{}, r)
	other := open(place)(t, p2ptest.Key("other"), &p2ptest.Recorder{})
	if _, err := n.Connect(t.Context(), other.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	r.Until(t, "the link is down", func() bool { return !up(r, other.Self())() })
	other = open(place)(t, p2ptest.Key("other"), &p2ptest.Recorder{})
	defer other.Close()
	r.Until(t, "the link is up again", up(r, other.Self()))
}

// TestCloseLeavesNothing closes linked peers in the midst of things.
func TestCloseLeavesNothing(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	a := open("/ip4/127.0.0.1/udp/0/quic-v1")(t, p2ptest.Key("a"), &p2ptest.Recorder{})
	b := open("/ip4/127.0.0.1/tcp/0")(t, p2ptest.Key("b"), &p2ptest.Recorder{})
	if _, err := a.Connect(t.Context(), b.Addrs()[0]); err != nil {
		t.Fatal(err)
	}
	for _, n := range []p2p.Network{a, b} {
		if err := n.Join(0); err != nil {
			t.Fatal(err)
		}
		if err := n.Publish(t.Context(), 0, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	goleak.VerifyNone(t, leaks)
}

func TestOptionsCheck(t *testing.T) {
	key := p2ptest.Key("a")
	many := make([]string, libp2p.MaxKept+1)
	for i := range many {
		many[i] = "/ip4/127.0.0.1/tcp/1/p2p/" + key.Key().String()
	}
	for name, o := range map[string]libp2p.Options{
		"no key":           {Net: "test"},
		"no network":       {Key: key},
		"a slash":          {Key: key, Net: "a/b"},
		"a long name":      {Key: key, Net: string(make([]byte, wire.MaxNetBytes+1))},
		"no multiaddr":     {Key: key, Net: "test", Listen: []string{"127.0.0.1:80"}},
		"no peer":          {Key: key, Net: "test", Bootstrap: []string{"/ip4/127.0.0.1/tcp/1"}},
		"no place":         {Key: key, Net: "test", Known: []string{"/p2p/" + key.Key().String()}},
		"an RSA peer":      {Key: key, Net: "test", Known: []string{"/ip4/127.0.0.1/tcp/1/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN"}},
		"too many to keep": {Key: key, Net: "test", Bootstrap: many},
		"few connections":  {Key: key, Net: "test", Connections: libp2p.MinConnections - 1},
		"a crowd":          {Key: key, Net: "test", Neighbours: libp2p.MaxNeighbours + 1},
	} {
		if err := o.Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := libp2p.New(o, &p2ptest.Recorder{}); err == nil {
			t.Errorf("%s: a peer was made", name)
		}
	}
	if _, err := libp2p.New(libp2p.Options{Key: key, Net: "test"}, nil); err == nil {
		t.Error("no handler: a peer was made")
	}
}
