package libp2p

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"

	"github.com/souk-network/souk/protocol/wire"
)

const (
	shortPause = 200 * time.Millisecond // before a link is tried again, at first
	longPause  = 30 * time.Second       // and at most
	atOnce     = 4                      // known addresses tried at the same time
	enough     = 16                     // links at which no more known addresses are tried

	knownFor = peerstore.PermanentAddrTTL
)

// meet begins to reach the bootstrap and known peers.
func (n *Network) meet() {
	n.bootstraps()
	for key := range n.boot {
		n.keep(key)
	}
	var known []wire.Key
	for _, addr := range n.opts.Known {
		if key, ok := n.note(addr); ok {
			known = append(known, key)
		}
	}
	if len(known) > 0 && n.begin() {
		known := n.spread(known)
		go func() {
			defer n.work.Done()
			n.revisit(known)
		}()
	}
	if n.opts.Local {
		if err := n.seekLocally(); err != nil && n.opts.Trouble != nil {
			n.opts.Trouble(Trouble{Err: err})
		}
	}
	if n.opts.Neighbours > 0 && n.begin() {
		go func() {
			defer n.work.Done()
			n.mingle()
		}()
	}
}

// note makes the place of a peer known to the host. Check has read the address before.
func (n *Network) note(addr string) (wire.Key, bool) {
	info, key, err := readAddr(addr)
	if err != nil || key == n.key {
		return key, false
	}
	n.host.Peerstore().AddAddrs(info.ID, info.Addrs, knownFor)
	return key, true
}

// keep makes the link to key again whenever it is gone, until Close. It returns
// false when too many are kept already.
func (n *Network) keep(key wire.Key) bool {
	n.mu.Lock()
	kept, full := n.kept[key], len(n.kept) >= MaxKept
	if !kept && !full {
		n.kept[key] = true
	}
	n.mu.Unlock()
	if kept || full {
		return kept
	}
	n.host.ConnManager().Protect(peerOf(key), "kept")
	if n.begin() {
		go func() {
			defer n.work.Done()
			n.keepUp(key)
		}()
	}
	return true
}

// keepUp tries, waits while the link is up, pauses, and tries again; the pause
// doubles with each link that did not last.
func (n *Network) keepUp(key wire.Key) {
	pause := shortPause
	for n.ctx.Err() == nil {
		n.unblock(key)
		err := n.reach(n.ctx, key)
		n.tellTrouble(key, err)
		if err == nil {
			began := time.Now()
			n.untilDown(key)
			if time.Since(began) > longPause {
				pause = shortPause
			}
		}
		n.sleep(pause/2 + rand.N(pause))
		pause = min(2*pause, longPause)
	}
}

// unblock lifts the host's own pause between two dials to a peer: this room keeps a shorter one.
func (n *Network) unblock(key wire.Key) {
	if s, ok := n.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(peerOf(key))
	}
}

// untilDown waits until the link to key is down.
func (n *Network) untilDown(key wire.Key) {
	var down chan struct{}
	n.mu.Lock()
	if nb := n.peers[key]; nb != nil && nb.up != nil {
		down = nb.up.done
	}
	n.mu.Unlock()
	if down == nil {
		return
	}
	select {
	case <-down:
	case <-n.ctx.Done():
	}
}

func (n *Network) sleep(d time.Duration) { n.sleepUnless(nil, d) }

// sleepUnless sleeps for d, and reports whether a signal cut it short.
func (n *Network) sleepUnless(signal <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-n.ctx.Done():
	case <-signal:
		return true
	}
	return false
}

// revisit tries the known peers at the start and whenever no link is left.
func (n *Network) revisit(known []wire.Key) {
	pause := shortPause
	for n.ctx.Err() == nil {
		n.visit(known)
		for len(n.Peers()) > 0 && n.ctx.Err() == nil {
			pause = shortPause
			select {
			case <-n.lonely:
			case <-n.ctx.Done():
			}
		}
		n.sleep(pause/2 + rand.N(pause))
		pause = min(2*pause, longPause)
	}
}

// visit tries each known peer once, a few at a time, until there are links enough.
func (n *Network) visit(known []wire.Key) {
	var all sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, key := range known {
		free <- struct{}{}
		if n.ctx.Err() != nil || len(n.Peers()) >= enough {
			break
		}
		n.unblock(key)
		all.Go(func() {
			_ = n.reach(n.ctx, key) // a peer that is gone is tried again when no link is left
			<-free
		})
	}
	all.Wait()
}

// rate notes the worth of a link.
func (n *Network) rate(key wire.Key) {
	if n.opts.Standing != nil {
		n.host.ConnManager().TagPeer(peerOf(key), "standing", max(0, min(100, n.opts.Standing(key))))
	}
}

// greet notes the worth and the addresses of a peer whose link has come up.
func (n *Network) greet(key wire.Key) {
	id := peerOf(key)
	n.rate(key)
	if n.opts.Remember != nil {
		var addrs []string
		for _, a := range n.host.Peerstore().Addrs(id) {
			if len(addrs) < MaxPeerAddrs {
				addrs = append(addrs, a.String()+"/p2p/"+key.String())
			}
		}
		n.opts.Remember(key, addrs)
	}
}
