package libp2p_test

import (
	"fmt"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/multiformats/go-multiaddr"

	"github.com/souk-network/souk/p2p/libp2p"
)

// TestConnectionsOfOneAddress opens as many connections of one address as are let
// in: all of a private network's, few of a public one's.
func TestConnectionsOfOneAddress(t *testing.T) {
	for addr, want := range map[string]int{
		"/ip4/127.0.0.1": 60, "/ip4/192.168.1.2": 60, "/ip4/10.1.2.3": 60, "/ip4/172.31.0.1": 60,
		"/ip6/::1": 60, "/ip6/fd00::2": 60,
		"/ip4/192.0.2.1": 8, "/ip4/172.32.0.1": 8, "/ip6/2001:db8::1": 8,
	} {
		resources, err := libp2p.NewResources(libp2p.Connections)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for i := range 60 {
			a, err := multiaddr.NewMultiaddr(fmt.Sprintf("%s/udp/%d/quic-v1", addr, 1000+i))
			if err != nil {
				t.Fatal(err)
			}
			scope, err := resources.OpenConnection(network.DirOutbound, false, a)
			if err != nil {
				continue
			}
			if i >= 40 { // connections still being made are few
				scope.Done()
			}
			got++
		}
		t.Logf("%s: %d of 60", addr, got)
		if got != want {
			t.Errorf("%s: %d of 60 connections were let in, want %d", addr, got, want)
		}
		_ = resources.Close()
	}
}

// TestACrowdComes opens inbound connections that are still being made: a peer known
// by address bears a crowd of them, any other a few.
func TestACrowdComes(t *testing.T) {
	for conns, want := range map[int]int{libp2p.Connections: 32, 1024: 128, libp2p.MaxConnections: 200} {
		resources, err := libp2p.NewResources(conns)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for i := range 200 {
			a, err := multiaddr.NewMultiaddr(fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", 1000+i))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := resources.OpenConnection(network.DirInbound, true, a); err == nil {
				got++
			}
		}
		if got != want {
			t.Errorf("of %d connections, %d may be under way at once; want %d", conns, got, want)
		}
		_ = resources.Close()
	}
}
