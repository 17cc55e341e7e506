package libp2p_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
)

// nextTrouble waits for the next thing told of a bootstrap peer.
func nextTrouble(t *testing.T, told <-chan libp2p.Trouble) libp2p.Trouble {
	t.Helper()
	select {
	case trouble := <-told:
		return trouble
	case <-time.After(p2ptest.Patience):
		t.Fatal("nothing is told of the bootstrap peers")
		return libp2p.Trouble{}
	}
}

// TestTrouble joins by addresses at which nobody is, another peer is, and a peer
// of another network is: each is said so, and when all have failed, that too.
func TestTrouble(t *testing.T) {
	for _, listen := range []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"} {
		other := start(t, "other", libp2p.Options{Listen: []string{listen}}, &p2ptest.Recorder{})
		foreign, err := libp2p.New(libp2p.Options{Key: p2ptest.Key("foreign"), Net: "elsewhere", Listen: []string{listen}}, &p2ptest.Recorder{})
		if err != nil {
			t.Fatal(err)
		}
		defer foreign.Close()
		at := func(addr string) string { return addr[:strings.Index(addr, "/p2p/")] }
		nobody := "/ip4/127.0.0.1/tcp/" + freePort(t) + "/p2p/" + p2ptest.Key("nobody").Key().String()
		wrong := at(other.Addrs()[0]) + "/p2p/" + p2ptest.Key("someone else").Key().String()

		told := make(chan libp2p.Trouble, 16)
		start(t, "n", libp2p.Options{
			Bootstrap: []string{nobody, wrong, foreign.Addrs()[0]},
			Trouble:   func(x libp2p.Trouble) { told <- x },
		}, &p2ptest.Recorder{})
		for i := range 3 {
			x := nextTrouble(t, told)
			if len(x.Addrs) != 1 || x.Err == nil || strings.Contains(x.Err.Error(), "\n") || x.Alone != (i == 2) {
				t.Errorf("told %+v", x)
				continue
			}
			t.Log(x.Err)
			switch x.Addrs[0] {
			case nobody:
				if !errors.Is(x.Err, p2p.ErrUnreachable) || !strings.Contains(x.Err.Error(), "refused") {
					t.Errorf("nobody is there: %v", x.Err)
				}
			case wrong:
				if !errors.Is(x.Err, libp2p.ErrOtherPeer) || !strings.Contains(x.Err.Error(), other.Self().String()) {
					t.Errorf("another peer is there: %v", x.Err)
				}
			default:
				if !errors.Is(x.Err, libp2p.ErrOtherNet) || !strings.Contains(x.Err.Error(), `"elsewhere"`) {
					t.Errorf("a peer of another network is there: %v", x.Err)
				}
			}
		}
	}
}

// TestTheLastOneAnswers joins by three of which two are dead; one of these comes
// up later, and that is told too.
func TestTheLastOneAnswers(t *testing.T) {
	place := "/ip4/127.0.0.1/tcp/" + freePort(t)
	dead := []string{
		"/ip4/127.0.0.1/tcp/" + freePort(t) + "/p2p/" + p2ptest.Key("dead").Key().String(),
		place + "/p2p/" + p2ptest.Key("late").Key().String(),
	}
	third := start(t, "third", libp2p.Options{Listen: []string{"/ip4/127.0.0.1/tcp/0"}}, &p2ptest.Recorder{})
	r, told := &p2ptest.Recorder{}, make(chan libp2p.Trouble, 16)
	start(t, "n", libp2p.Options{
		Bootstrap: append(dead, third.Addrs()[0]), Trouble: func(x libp2p.Trouble) { told <- x },
	}, r)
	r.Until(t, "it is linked with the third", up(r, third.Self()))
	for range dead {
		if x := nextTrouble(t, told); x.Err == nil || x.Alone {
			t.Errorf("told %+v", x)
		}
	}
	late := start(t, "late", libp2p.Options{Listen: []string{place}}, &p2ptest.Recorder{})
	r.Until(t, "it is linked with the late one", up(r, late.Self()))
	if x := nextTrouble(t, told); x.Err != nil || x.Peer != late.Self() {
		t.Errorf("told %+v", x)
	}
}
