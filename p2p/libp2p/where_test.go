package libp2p_test

import (
	"testing"

	"github.com/multiformats/go-multiaddr"

	"github.com/souk-network/souk/p2p/libp2p"
)

// TestCredible: nobody sends this peer to doors nearer to it than its own.
func TestCredible(t *testing.T) {
	const far, near, here = "/ip4/8.8.8.8/tcp/4001", "/ip4/192.168.1.2/udp/4001/quic-v1", "/ip4/127.0.0.1/tcp/4001"
	for _, c := range []struct {
		addr string
		from []string // who may tell of it
	}{
		{"/ip4/9.9.9.9/tcp/22", []string{far, near, here}},
		{"/ip6/2606:4700::1111/udp/1/quic-v1", []string{far, near, here}},
		{"/dns4/example.org/tcp/4001", []string{far, near, here}},
		{"/ip4/10.0.0.5/tcp/22", []string{near, here}},
		{"/ip4/192.168.1.1/tcp/80", []string{near, here}},
		{"/ip6/fd00::1/tcp/80", []string{near, here}},
		{"/ip4/100.64.0.1/tcp/80", []string{near, here}},
		{"/dns/localhost/tcp/80", []string{near, here}},
		{"/ip4/127.0.0.1/tcp/6379", []string{here}},
		{"/ip6/::1/tcp/6379", []string{here}},
		{"/ip4/169.254.169.254/tcp/80", nil},
		{"/ip6/fe80::1/tcp/80", nil},
		{"/ip4/0.0.0.0/tcp/80", nil},
		{"/ip6/::/tcp/80", nil},
		{"/ip4/224.0.0.251/udp/5353/quic-v1", nil},
		{"/ip4/255.255.255.255/udp/9/quic-v1", nil},
		{"/ip6/::ffff:127.0.0.1/tcp/6379", []string{here}},
	} {
		a := multiaddr.StringCast(c.addr)
		may := map[string]bool{}
		for _, from := range c.from {
			may[from] = true
		}
		for _, from := range []string{far, near, here} {
			if got := libp2p.Credible(a, multiaddr.StringCast(from)); got != may[from] {
				t.Errorf("%s, told by one at %s: %v", c.addr, from, got)
			}
		}
	}
}
