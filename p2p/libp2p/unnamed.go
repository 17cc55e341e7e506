package libp2p

import (
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// ratedEach is how many looks at the streams there are between two at the links' worth.
const ratedEach = 30

// watch ends, until Close, connections of peers that open streams and do not say what
// for: so a few could take what there is for all. An honest peer names a stream's
// protocol with its first bytes. Now and then it notes anew what links are worth.
func (n *Network) watch() {
	tick := time.NewTicker(unnamedFor)
	defer tick.Stop()
	var before map[string]bool // connections that had too many, the last time
	for look := 1; ; look++ {
		select {
		case <-tick.C:
		case <-n.ctx.Done():
			return
		}
		now := make(map[string]bool)
		for _, c := range n.host.Network().Conns() {
			if unnamedOn(c) <= unnamed {
				continue
			}
			if now[c.ID()] = true; before[c.ID()] {
				_ = c.Close()
			}
		}
		before = now
		if look%ratedEach == 0 {
			for _, l := range n.Peers() {
				n.rate(l.Peer)
			}
		}
	}
}

// unnamedOn counts the streams that the other side of a connection has opened and not
// said what for.
func unnamedOn(c network.Conn) (count int) {
	for _, s := range c.GetStreams() {
		if s.Stat().Direction == network.DirInbound && s.Protocol() == "" {
			count++
		}
	}
	return count
}
