package libp2p

import (
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"

	"github.com/souk-network/souk/protocol/wire"
)

// Options says who a peer is and where it meets others.
type Options struct {
	// Key is the peer's identity; its peer ID is Key.Key().String().
	Key wire.PrivateKey

	// Net is the network's name, 1 to wire.MaxNetBytes bytes of a-z, 0-9, '.' and
	// '-'. It is part of every protocol ID and topic, so peers of different
	// networks may be connected but never speak.
	Net string

	// Listen holds the multiaddrs to listen on, TCP or QUIC, such as
	// /ip4/0.0.0.0/tcp/4901 or /ip4/0.0.0.0/udp/4901/quic-v1. Without any, the
	// peer only dials. Those that cannot be had are told to Trouble, unless it is all.
	Listen []string

	// Bootstrap holds multiaddrs that end in /p2p/<peer ID>. The links to these
	// peers are kept: made again, with a growing pause, whenever they are gone.
	Bootstrap []string

	// Local has the peer find those of its network that are on the local networks of
	// its machine, and be found by them (multicast DNS). It speaks only on interfaces
	// with an address that it listens at, never on loopback.
	Local bool

	// Trouble, if not nil, is called when a bootstrap peer is not reached, again when
	// the reason is another one, and when it is linked after that; and before New returns
	// for each address that cannot be listened on. It must return soon.
	Trouble func(Trouble)

	// Known holds multiaddrs that end in /p2p/<peer ID>, remembered from before.
	// They are tried once at the start, and again while the peer has no link.
	Known []string

	// Connections is the most connections at once, MinConnections to MaxConnections; 0
	// for Connections. Each takes up to one file descriptor and some 100 KiB.
	Connections int

	// Neighbours is how many links the peer seeks: with fewer it asks those it is
	// linked with whom else they know, and dials some of these. 0 to MaxNeighbours; 0
	// seeks none. Where all know only the peer they joined by, that one can pass an
	// announcement on to a dozen of them, and the others miss it.
	Neighbours int

	// Remember, if not nil, is called each time a link comes up, with addresses at
	// which that peer can be dialled, of the same form as Known, at most
	// MaxPeerAddrs. It must return soon.
	Remember func(peer wire.Key, addrs []string)

	// Standing, if not nil, says from 0 to 100 how much a link to peer is worth
	// keeping when there are too many; those worth least go first. It is asked
	// when a link comes up, and again each half minute. Without it all are worth the same.
	Standing func(peer wire.Key) int
}

// conns is the most connections at once.
func (o Options) conns() int {
	if o.Connections == 0 {
		return Connections
	}
	return o.Connections
}

// Check refuses Options with which no peer can be made.
func (o Options) Check() error {
	if o.Key.Key().IsZero() {
		return errors.New("libp2p: a peer needs a key")
	}
	if err := checkNet(o.Net); err != nil {
		return err
	}
	if o.Neighbours < 0 || o.Neighbours > MaxNeighbours {
		return fmt.Errorf("libp2p: %d neighbours sought, at most %d", o.Neighbours, MaxNeighbours)
	}
	if o.Connections != 0 && (o.Connections < MinConnections || o.Connections > MaxConnections) {
		return fmt.Errorf("libp2p: %d connections, want %d to %d", o.Connections, MinConnections, MaxConnections)
	}
	for _, list := range []struct {
		name  string
		addrs []string
		max   int
	}{{"listen", o.Listen, MaxListen}, {"bootstrap", o.Bootstrap, MaxKept}, {"known", o.Known, MaxKnown}} {
		if len(list.addrs) > list.max {
			return fmt.Errorf("libp2p: %d %s addresses, at most %d", len(list.addrs), list.name, list.max)
		}
	}
	for _, a := range o.Listen {
		if _, err := multiaddr.NewMultiaddr(a); err != nil {
			return fmt.Errorf("libp2p: listen address %.200q: %w", a, err)
		}
	}
	for _, a := range append(append([]string(nil), o.Bootstrap...), o.Known...) {
		if _, _, err := readAddr(a); err != nil {
			return err
		}
	}
	return nil
}

func checkNet(name string) error {
	if err := wire.CheckNet(name); err != nil {
		return fmt.Errorf("libp2p: %w", err)
	}
	return nil
}

// readAddr takes a multiaddr that ends in /p2p/<peer ID> apart.
func readAddr(addr string) (peer.AddrInfo, wire.Key, error) {
	info, err := peer.AddrInfoFromString(addr)
	if err != nil {
		return peer.AddrInfo{}, wire.Key{}, fmt.Errorf("libp2p: address %.200q: %w", addr, err)
	}
	key, err := wire.ParseKey(info.ID.String())
	if err != nil {
		return peer.AddrInfo{}, wire.Key{}, fmt.Errorf("libp2p: address %.200q: %w", addr, err)
	}
	if len(info.Addrs) == 0 {
		return peer.AddrInfo{}, wire.Key{}, fmt.Errorf("libp2p: address %.200q names a peer but no place", addr)
	}
	return *info, key, nil
}

// peerOf returns the libp2p peer ID of a key.
func peerOf(k wire.Key) peer.ID {
	// The peer ID of an Ed25519 key is its identity multihash (libp2p peer-ids specification).
	return peer.ID("\x00\x24\x08\x01\x12\x20" + string(k[:]))
}

// keyOf returns the key a peer ID carries. The error is that of wire.KeyFromBytes:
// the ID is no acceptable Ed25519 key.
func keyOf(id peer.ID) (wire.Key, error) {
	rest, ok := strings.CutPrefix(string(id), "\x00\x24\x08\x01\x12\x20")
	if !ok {
		return wire.Key{}, wire.ErrKey
	}
	return wire.KeyFromBytes([]byte(rest))
}
