package libp2p

import (
	"fmt"
	"slices"
	"testing"

	"github.com/multiformats/go-multiaddr"

	"github.com/souk-network/souk/protocol/wire"
)

func group(t *testing.T, addr string) string {
	t.Helper()
	a, err := multiaddr.NewMultiaddr(addr)
	if err != nil {
		t.Fatal(err)
	}
	return groupOf(a)
}

// TestGroups tells which addresses are near to one another, and where that says nothing.
func TestGroups(t *testing.T) {
	for addr, want := range map[string]string{
		"/ip4/127.0.0.1/tcp/1": "", "/ip4/10.9.8.7/udp/1/quic-v1": "", "/ip4/192.168.3.4/tcp/1": "", "/ip4/172.31.0.1/tcp/1": "",
		"/ip6/::1/tcp/1": "", "/ip6/fd00::1/tcp/1": "", "/ip6/fe80::1/tcp/1": "", "/ip6/::ffff:10.0.0.1/tcp/1": "",
		"/ip4/203.0.113.7/tcp/1": "203.0.0.0/16", "/ip4/203.0.200.1/udp/9/quic-v1": "203.0.0.0/16", "/ip4/203.1.0.1/tcp/1": "203.1.0.0/16",
		"/ip6/::ffff:203.0.113.7/tcp/1": "203.0.0.0/16",
		"/ip6/2001:db8:1::1/tcp/1":      "2001:db8::/32", "/ip6/2001:db8:ffff::9/tcp/1": "2001:db8::/32", "/ip6/2001:db9::1/tcp/1": "2001:db9::/32",
		"/dns4/a.example.org/tcp/1": "name", "/dns6/b.example.org/tcp/1": "name",
	} {
		if got := group(t, addr); got != want {
			t.Errorf("%s is of %q, want %q", addr, got, want)
		}
	}
}

// TestEclipse: one hand that fills a peer's links with its crowd, from one network or
// from several, does not keep it from seeking others.
func TestEclipse(t *testing.T) {
	ties := func(n int, group string, inbound bool) (all []tie) {
		for i := range n {
			g := group
			if group == "many" {
				g = fmt.Sprint(i)
			}
			all = append(all, tie{g, inbound})
		}
		return all
	}
	for _, c := range []struct {
		name  string
		links []tie
		want  int
	}{
		{"nobody", nil, 0},
		{"a demo on one machine", ties(6, "", true), 6},
		{"a private network", slices.Concat(ties(2, "", true), ties(4, "", false)), 6},
		{"a crowd of one network that came", ties(100, "1.2.0.0/16", true), 2},
		{"a crowd of many networks that came", ties(100, "many", true), 3},
		{"a crowd of one network that was met", ties(9, "1.2.0.0/16", false), 2},
		{"six that were sought, apart", ties(6, "many", false), 6},
		{"and a crowd besides", slices.Concat(ties(100, "x", true), ties(6, "many", false)), 8},
		{"behind names", ties(9, unnamedGroup, false), 2},
	} {
		if got := company(c.links, Neighbours); got != c.want {
			t.Errorf("%s: %d links amount to %d neighbours, want %d", c.name, len(c.links), got, c.want)
		}
	}
	if n := opened(slices.Concat(ties(100, "x", true), ties(4, "y", false))); n != 4 {
		t.Errorf("%d links were opened, want 4", n)
	}
}

// TestSpread: of peers that could be dialled those come first that are apart from the
// links there are and from one another, whatever groups a crowd says it is of.
func TestSpread(t *testing.T) {
	k := func(n byte) wire.Key { return wire.Key{n} }
	groups := map[wire.Key][]string{
		k(1): {"a"}, k(2): {"a"}, k(3): {"a"}, k(4): {"b"}, k(5): {"linked"}, k(6): {""}, k(7): {""}, k(8): {"linked", "c"}, k(9): {"b", "d"},
	}
	var all []wire.Key
	for i := range byte(9) {
		all = append(all, k(i+1))
	}
	got := spread(all, groups, map[string]int{"linked": 1})
	// One of a, b and of no group first; then the second of a, those of what is linked,
	// and who is of b although it says d too; last the third of a, and the second of those linked.
	want := []wire.Key{k(1), k(4), k(6), k(7), k(2), k(5), k(9), k(3), k(8)}
	if !slices.Equal(got, want) {
		t.Errorf("in order: %v", got)
	}
	if all[1] != k(2) {
		t.Error("the list given was changed")
	}
}
