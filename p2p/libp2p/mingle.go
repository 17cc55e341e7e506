package libp2p

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/multiformats/go-multiaddr"

	"github.com/souk-network/souk/protocol/wire"
)

const (
	firstRound = 100 * time.Millisecond // between a link that is up and the first question, so that both sides know each other
	lastRound  = time.Minute            // between two questions, at most
	strangers  = 3                      // peers dialled of one answer, so that no neighbour chooses all others
	visitTime  = 5 * time.Second        // for one of them to answer
)

// mingle seeks links while there are fewer than wanted, until Close: it asks one
// neighbour after the other whom it knows, with a pause that grows while that
// brings nobody new and starts anew when a link is lost.
func (n *Network) mingle() {
	pause := firstRound
	for n.ctx.Err() == nil {
		if n.sleepUnless(n.fewer, pause/2+rand.N(pause)) {
			pause = firstRound
		}
		links := n.Peers()
		if len(links) == 0 {
			pause = firstRound // the first link is someone else's to make
			continue
		}
		if missing := n.missing(); missing > 0 {
			n.meetFriends(links[rand.IntN(len(links))].Peer, min(missing, strangers))
			if n.missing() < missing {
				pause = firstRound
				continue
			}
		}
		pause = min(2*pause, lastRound)
	}
}

// missing returns how many links are still to be sought: none where this peer has
// opened twice as many as it needs, though they be near to one another.
func (n *Network) missing() int {
	links := n.ties()
	return min(n.opts.Neighbours-company(links, n.opts.Neighbours), 2*n.opts.Neighbours-opened(links))
}

// meetFriends asks one neighbour whom it knows, and dials at most most of those to
// whom there is no link: of each group of addresses one before any second.
func (n *Network) meetFriends(of wire.Key, most int) {
	var free []wire.Key
	for _, a := range n.askAddrs(n.ctx, of, wire.Key{}, introduced*introducedAt) {
		info, err := peer.AddrInfoFromP2pAddr(a)
		if err != nil {
			return
		}
		key, err := keyOf(info.ID)
		if err != nil || key == n.key || len(info.Addrs) == 0 || n.linked(key) != nil {
			continue
		}
		n.host.Peerstore().AddAddrs(info.ID, info.Addrs, peerstore.TempAddrTTL)
		if len(free) == 0 || free[len(free)-1] != key { // addresses of one peer come together
			free = append(free, key)
		}
	}
	rand.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	free = n.spread(free)
	var all sync.WaitGroup
	for _, key := range free[:min(len(free), most)] {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(n.ctx, visitTime)
			defer cancel()
			if n.reach(ctx, key) == nil {
				n.host.ConnManager().TagPeer(peerOf(key), "sought", soughtWorth)
			}
		})
	}
	all.Wait()
}

// introduce returns addresses of some peers linked here, chosen by chance, that
// end in /p2p/<peer ID>, for one who asks for anyone.
func (n *Network) introduce(to wire.Key) (addrs []multiaddr.Multiaddr) {
	links := n.Peers()
	rand.Shuffle(len(links), func(i, j int) { links[i], links[j] = links[j], links[i] })
	told := 0
	for _, l := range links {
		if told == introduced {
			break
		}
		if l.Peer == to {
			continue
		}
		id := peerOf(l.Peer)
		places := n.host.Peerstore().Addrs(id)
		if len(places) == 0 {
			continue // it only dials
		}
		rand.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		whole, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: id, Addrs: places[:min(len(places), introducedAt)]})
		if err != nil {
			continue
		}
		addrs = append(addrs, whole...)
		told++
	}
	return addrs
}
