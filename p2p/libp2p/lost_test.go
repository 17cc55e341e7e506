package libp2p_test

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
)

// line carries bytes between two peers until it is cut: from then on nothing comes
// through, and nobody is told.
type line struct {
	addr string // where it begins
	cut  atomic.Bool
	last atomic.Int64 // when something last came through, Unix nanoseconds
}

func (l *line) carries() bool {
	l.last.Store(time.Now().UnixNano())
	return !l.cut.Load()
}

// tcpLine leads to a TCP port of loopback.
func tcpLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{addr: fmt.Sprint("/ip4/127.0.0.1/tcp/", listener.Addr().(*net.TCPAddr).Port)}
	var all sync.WaitGroup
	var mu sync.Mutex
	ends := []net.Conn{}
	pass := func(from, to net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			if l.carries() {
				_, _ = to.Write(buf[:n])
			}
		}
	}
	all.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			mu.Lock()
			ends = append(ends, near, far)
			mu.Unlock()
			all.Go(func() { pass(near, far) })
			all.Go(func() { pass(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range ends {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l
}

// udpLine leads to a UDP port of loopback, for one peer.
func udpLine(t *testing.T, to string) *line {
	t.Helper()
	near, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{addr: fmt.Sprintf("/ip4/127.0.0.1/udp/%d/quic-v1", near.LocalAddr().(*net.UDPAddr).Port)}
	var all sync.WaitGroup
	var back atomic.Value // where the near side is
	all.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, from, err := near.ReadFrom(buf)
			if err != nil {
				return
			}
			back.Store(from)
			if l.carries() {
				_, _ = far.Write(buf[:n])
			}
		}
	})
	all.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := far.Read(buf)
			if err != nil {
				return
			}
			if to, ok := back.Load().(net.Addr); ok && l.carries() {
				_, _ = near.WriteTo(buf[:n], to)
			}
		}
	})
	t.Cleanup(func() {
		_ = near.Close()
		_ = far.Close()
		all.Wait()
	})
	return l
}

// TestAPeerIsGone: where nothing of a peer comes through any more, both sides notice
// in the time they are given, whatever carries their connection; a link on which
// nobody has anything to say is kept.
func TestAPeerIsGone(t *testing.T) {
	const given = 5 * time.Second // a machine that stands still for two of them does not lose the link
	t.Cleanup(libp2p.LoseAfter(given))
	for _, c := range []struct {
		name, listen string
		line         func(*testing.T, string) *line
	}{
		{"tcp", "/ip4/127.0.0.1/tcp/0", tcpLine},
		{"quic", "/ip4/127.0.0.1/udp/0/quic-v1", udpLine},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard, heardOf := &p2ptest.Recorder{}, &p2ptest.Recorder{}
			a := open(c.listen)(t, p2ptest.Key("a"+c.name), heard)
			b := open(c.listen)(t, p2ptest.Key("b"+c.name), heardOf)
			defer a.Close()
			defer b.Close()
			port := strings.Split(b.Addrs()[0], "/")[4]
			l := c.line(t, "127.0.0.1:"+port)
			if _, err := a.Connect(t.Context(), l.addr+"/p2p/"+b.Self().String()); err != nil {
				t.Fatal(err)
			}
			heardOf.Until(t, "the link is up", func() bool { ups, _ := heardOf.Links(a.Self()); return ups == 1 })
			up := time.Now()
			for time.Duration(l.last.Load()-up.UnixNano()) < 2*given { // something comes through, now and then
				if _, downs := heard.Links(b.Self()); downs > 0 {
					t.Fatal("a link on which nothing is said was lost")
				}
				select {
				case <-time.After(given / 20):
				case <-t.Context().Done():
					t.Fatal("the test was ended")
				}
			}
			l.cut.Store(true)
			began := time.Now()
			heard.Until(t, "a notices", func() bool { _, downs := heard.Links(b.Self()); return downs == 1 })
			heardOf.Until(t, "b notices", func() bool { _, downs := heardOf.Links(a.Self()); return downs == 1 })
			took := time.Since(began)
			t.Logf("noticed after %v of %v", took.Round(time.Millisecond), given)
			if took > 4*given {
				t.Errorf("it was noticed after %v only", took)
			}
		})
	}
}
