package libp2p

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/souk-network/souk/protocol/wire"
)

// Whoever holds many addresses holds them next to one another. So peers whose
// addresses are near to one another are not taken for many: a peer that is linked with
// nobody but one hand's crowd hears what that hand wants, and nothing else.
const (
	groupBits4   = 16 // of an IPv4 address name its group
	groupBits6   = 32 // of an IPv6 address
	ofOneGroup   = 2  // links of one group that count as neighbours sought
	soughtWorth  = 50 // of a link that this peer has sought, where there are too many; as of half a standing
	unnamedGroup = "name"
)

// groupOf names the group of an address; "" for this machine and private networks,
// where being near is no sign of one hand. What a name stands for shows only when it
// is dialled: all names are one group.
func groupOf(a multiaddr.Multiaddr) string {
	raw, err := manet.ToIP(a)
	if err != nil {
		return unnamedGroup
	}
	ip, ok := netip.AddrFromSlice(raw)
	if !ok {
		return unnamedGroup
	}
	ip = ip.Unmap()
	if slices.ContainsFunc(nearby, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return ""
	}
	bits := groupBits6
	if ip.Is4() {
		bits = groupBits4
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}

// Group names the group of a multiaddr, as text: addresses of one are likely to be of one
// hand. It is empty for this machine and private networks, and for what is no address.
func Group(addr string) string {
	a, err := multiaddr.NewMultiaddr(addr)
	if err != nil {
		return ""
	}
	return groupOf(a)
}

// tie is a link as far as its place on the map goes.
type tie struct {
	group   string
	inbound bool
}

// ties returns the links now up.
func (n *Network) ties() (all []tie) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, nb := range n.peers {
		if nb.up != nil {
			c := nb.up.stream.Conn()
			all = append(all, tie{groupOf(c.RemoteMultiaddr()), c.Stat().Direction == network.DirInbound})
		}
	}
	return all
}

// company returns how many neighbours links amount to where so many are sought: of one
// group few count, and of those who came by themselves at most half. Who fills a peer's
// links from outside does not keep it from seeking others.
func company(links []tie, sought int) (n int) {
	came, of := 0, map[string]int{}
	slices.SortFunc(links, func(a, b tie) int { return cmp.Compare(rank(a.inbound), rank(b.inbound)) })
	for _, l := range links {
		switch {
		case l.group == "":
		case of[l.group] == ofOneGroup, l.inbound && came >= sought/2:
			continue
		case l.inbound:
			came++
		}
		of[l.group]++
		n++
	}
	return n
}

func rank(inbound bool) int {
	if inbound {
		return 1
	}
	return 0
}

// opened returns how many of the links this peer has opened.
func opened(links []tie) (n int) {
	for _, l := range links {
		n += 1 - rank(l.inbound)
	}
	return n
}

// spread puts those first whose group has the fewest links and the fewest before them
// in the list; else it leaves their order.
func (n *Network) spread(peers []wire.Key) []wire.Key {
	of := map[string]int{}
	for _, l := range n.ties() {
		of[l.group]++
	}
	groups := map[wire.Key][]string{}
	for _, k := range peers {
		for _, a := range n.host.Peerstore().Addrs(peerOf(k)) {
			groups[k] = append(groups[k], groupOf(a))
		}
	}
	return spread(peers, groups, of)
}

// spread is that for peers of some groups, where there are links of some. Of a peer
// that names several groups that counts which has most.
func spread(peers []wire.Key, groups map[wire.Key][]string, links map[string]int) []wire.Key {
	turn := map[wire.Key]int{}
	for _, k := range peers {
		for _, g := range groups[k] {
			if g != "" {
				turn[k] = max(turn[k], links[g])
			}
		}
		for _, g := range groups[k] {
			links[g] = max(links[g], turn[k]+1)
		}
	}
	peers = slices.Clone(peers)
	slices.SortStableFunc(peers, func(a, b wire.Key) int { return cmp.Compare(turn[a], turn[b]) })
	return peers
}
