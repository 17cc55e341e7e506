package libp2p

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/souk-network/souk/protocol/wire"
)

// stream opens a stream to a peer, dialling if need be. Where the peer cannot be
// reached at the addresses known, neighbours are asked for others.
func (n *Network) stream(ctx context.Context, to wire.Key, what protocol.ID) (network.Stream, error) {
	id := peerOf(to)
	if what == n.ids.where { // asked of neighbours alone: the way to them is not sought
		return n.host.NewStream(network.WithNoDial(ctx, "ask a neighbour"), id, what)
	}
	before := n.host.Network().ConnsToPeer(id)
	s, err := n.host.NewStream(ctx, id, what)
	if err != nil && bury(before) && ctx.Err() == nil {
		s, err = n.host.NewStream(ctx, id, what)
	}
	if err == nil || n.host.Network().Connectedness(id) == network.Connected || !n.seek(ctx, to) {
		return s, err
	}
	return n.host.NewStream(ctx, id, what)
}

// bury closes those of conns that are at their end, so that nothing is tried on
// them again, and reports whether there were any. Over QUIC nothing can be opened
// on a connection that has ended some moments before it says that it is closed. It
// is asked with a context that is over, so that one which lives opens nothing.
func bury(conns []network.Conn) (ended bool) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range conns {
		s, err := c.NewStream(over)
		if err == nil {
			_ = s.Reset()
		}
		if c.IsClosed() || errors.Is(err, net.ErrClosed) {
			_ = c.Close()
			ended = true
		}
	}
	return ended
}

// seek asks a few neighbours, one after the other, where key is, and reports
// whether an address new to this peer came of it. An address is a hint: that it
// is key's is proved by the connection.
func (n *Network) seek(ctx context.Context, key wire.Key) bool {
	known := make(map[string]bool)
	for _, a := range n.host.Peerstore().Addrs(peerOf(key)) {
		known[string(a.Bytes())] = true
	}
	links := n.Peers()
	rand.Shuffle(len(links), func(i, j int) { links[i], links[j] = links[j], links[i] })
	for _, l := range links[:min(len(links), asked)] {
		if l.Peer == key {
			continue
		}
		addrs := n.askWhere(ctx, l.Peer, key)
		n.host.Peerstore().AddAddrs(peerOf(key), addrs, peerstore.RecentlyConnectedAddrTTL)
		for _, a := range addrs {
			if !known[string(a.Bytes())] {
				return true
			}
		}
	}
	return false
}

// askWhere asks one neighbour where key is.
func (n *Network) askWhere(ctx context.Context, of, key wire.Key) []multiaddr.Multiaddr {
	return n.askAddrs(ctx, of, key, MaxPeerAddrs)
}

// askAddrs asks one neighbour where key is, or with the zero key for anyone, and
// reads at most most addresses. Those that it cannot well know are left out.
func (n *Network) askAddrs(ctx context.Context, of, key wire.Key, most int) (addrs []multiaddr.Multiaddr) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout/2)
	defer cancel()
	s, err := n.ask(ctx, of, n.ids.where, key[:])
	if err != nil {
		return nil
	}
	defer s.Reset() // all of it was read, or the rest is not wanted
	_ = s.SetReadDeadline(time.Now().Add(openTimeout / 2))
	r := bufio.NewReaderSize(s, maxAddr)
	for range most {
		b, err := readChunk(r, maxAddr)
		if err != nil {
			break
		}
		a, err := multiaddr.NewMultiaddrBytes(b)
		if err != nil {
			break
		}
		if credible(a, s.Conn().RemoteMultiaddr()) {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// credible reports whether a peer at one address may send others to another: no
// nearer to us than it is itself, so that a stranger far away has nobody knock at
// doors within our machine or private network, and nobody at those of a link
// (RFC 3927), where a cloud keeps its keys.
func credible(a, from multiaddr.Multiaddr) bool {
	ip, err := manet.ToIP(a)
	switch {
	case err != nil: // a name: who resolves it shows only when it is dialled
		return !manet.IsPublicAddr(from) || manet.IsPublicAddr(a)
	case ip.IsLinkLocalUnicast(), ip.IsMulticast(), ip.IsUnspecified(), ip.Equal(net.IPv4bcast):
		return false
	case manet.IsIPLoopback(from):
		return true
	case manet.IsPublicAddr(from):
		return manet.IsPublicAddr(a)
	}
	return !ip.IsLoopback()
}

// serveWhere says where a peer can be dialled, if its link is up here, or with
// the zero key where some of those linked here can be, and reports whether it
// said all there is.
func (n *Network) serveWhere(from wire.Key, s network.Stream) bool {
	var request [32]byte
	if !hear(s, request[:]) {
		return false
	}
	done, ok := n.showing.take(from)
	if !ok {
		return answer(s, answerBusy)
	}
	defer done()
	key := wire.Key(request)
	var addrs []multiaddr.Multiaddr
	switch {
	case key.IsZero():
		addrs = n.introduce(from)
	case n.linked(key) == nil:
		return answer(s, answerAbsent)
	default:
		addrs = n.host.Peerstore().Addrs(peerOf(key))
		addrs = addrs[:min(len(addrs), MaxPeerAddrs)]
	}
	if !answer(s, answerOK) {
		return false
	}
	w := bufio.NewWriterSize(s, len(addrs)*(maxAddr+2))
	for _, a := range addrs {
		if b := a.Bytes(); len(b) <= maxAddr && writeChunk(w, b) != nil {
			return false
		}
	}
	return w.Flush() == nil
}
