package libp2p_test

import (
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
)

// late is a connection that does not say yet that it has ended.
type late struct {
	network.Conn
	closed bool
}

func (l *late) IsClosed() bool { return false }

func (l *late) Close() error {
	l.closed = true
	return l.Conn.Close()
}

// TestBury: a connection at its end is closed, over QUIC also where it does not say
// yet that it has ended; one that lives is left alone.
func TestBury(t *testing.T) {
	for _, over := range []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"} {
		t.Run(over, func(t *testing.T) {
			near, far := strangerAt(t, "near", over), strangerAt(t, "far", over)
			down := make(chan bool, 1)
			near.Network().Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) { down <- true }})
			if err := near.Connect(t.Context(), peer.AddrInfo{ID: far.ID(), Addrs: far.Addrs()}); err != nil {
				t.Fatal(err)
			}
			conn := near.Network().ConnsToPeer(far.ID())[0]
			l := &late{Conn: conn}
			if libp2p.Bury([]network.Conn{conn, l}) || l.closed || conn.IsClosed() {
				t.Fatal("a connection that lives was closed")
			}
			if err := far.Network().ClosePeer(near.ID()); err != nil {
				t.Fatal(err)
			}
			select {
			case <-down:
			case <-time.After(p2ptest.Patience):
				t.Fatal("the connection does not end")
			}
			if !libp2p.Bury([]network.Conn{conn}) {
				t.Error("a connection that has ended was taken for one that lives")
			}
			if conn.ConnState().Transport == "quic-v1" && (!libp2p.Bury([]network.Conn{l}) || !l.closed) {
				t.Error("one that does not say so yet was")
			}
		})
	}
}
