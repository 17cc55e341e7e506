package libp2p

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	golibp2p "github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/pnet"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	basicconnmgr "github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	quic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"
	"go.uber.org/fx"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// newHost makes the libp2p host: QUIC and TCP with Noise and yamux. Relays,
// hole punching, port mapping, address discovery, WebTransport and WebRTC are off.
func newHost(opts Options, ids protocols) (host.Host, error) {
	identity, err := identityOf(opts.Key)
	if err != nil {
		return nil, err
	}
	resources, err := newResources(ids, opts.conns())
	if err != nil {
		return nil, err
	}
	conns, err := basicconnmgr.NewConnManager(opts.conns()*6/10, opts.conns()*8/10, basicconnmgr.WithGracePeriod(spared), basicconnmgr.WithSilencePeriod(spared/2))
	if err != nil {
		return nil, fmt.Errorf("libp2p: connection manager: %w", err)
	}
	h, err := golibp2p.New(
		golibp2p.Identity(identity),
		golibp2p.UserAgent("souk"),
		golibp2p.ProtocolVersion("souk/"+opts.Net),
		golibp2p.Transport(newQUIC),
		// Dialling from the port listened on would make two who dial each other at
		// the same moment open one TCP connection on which both expect to be first.
		golibp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()),
		golibp2p.Security(noise.ID, noise.New),
		golibp2p.Muxer(yamux.ID, newYamux()),
		golibp2p.ResourceManager(resources),
		golibp2p.ConnectionManager(conns),
		golibp2p.ConnectionGater(gate{}),
		golibp2p.WithDialTimeout(p2p.DialTimeout),
		golibp2p.DisableRelay(),
		golibp2p.DisableIdentifyAddressDiscovery(),
		golibp2p.DisableMetrics(),
		golibp2p.WithFxOption(fx.NopLogger), // what fails is returned, not printed
		golibp2p.NoListenAddrs,              // listen does it
	)
	if err != nil {
		return nil, fmt.Errorf("libp2p: start: %w", err)
	}
	if err := listen(h, opts); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// spared is how long a new connection is spared where there are too many; they are
// looked at again after half of that. Tests choose less.
var spared = 20 * time.Second

// lostAfter is how long a QUIC connection is kept whose other side is gone without a
// word, and one over TCP three tenths longer: a slow line may take that to carry an
// answer. Whoever waits for a provider that is gone hires another no sooner. Tests
// choose less.
var lostAfter = 10 * time.Second

// newQUIC is libp2p's QUIC, in less time aware that the other side is gone. Of what the
// two sides of a connection would wait the lesser counts (RFC 9000, 10.1), so it is
// enough that who dials says so.
func newQUIC(key crypto.PrivKey, conns *quicreuse.ConnManager, psk pnet.PSK, g connmgr.ConnectionGater, m network.ResourceManager) (transport.Transport, error) {
	c := conns.ClientConfig()
	c.KeepAlivePeriod, c.MaxIdleTimeout = lostAfter*3/10, lostAfter*7/10 // one after the other
	return quic.NewTransport(key, conns, psk, g, m)
}

// newYamux is libp2p's yamux, likewise.
func newYamux() *yamux.Transport {
	t := *yamux.DefaultTransport
	t.KeepAliveInterval, t.ConnectionWriteTimeout = lostAfter*3/10, lostAfter
	return &t
}

func identityOf(key wire.PrivateKey) (crypto.PrivKey, error) {
	seed := key.Seed()
	identity, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		return nil, fmt.Errorf("libp2p: identity: %w", err)
	}
	return identity, nil
}

// gate lets in only peers whose ID is a key of the market, so that everyone
// beyond this room has a wire.Key.
type gate struct{}

var _ connmgr.ConnectionGater = gate{}

func (gate) InterceptPeerDial(peer.ID) bool                      { return true }
func (gate) InterceptAddrDial(peer.ID, multiaddr.Multiaddr) bool { return true }
func (gate) InterceptAccept(network.ConnMultiaddrs) bool         { return true }

func (gate) InterceptSecured(_ network.Direction, id peer.ID, _ network.ConnMultiaddrs) bool {
	_, err := keyOf(id)
	return err == nil
}

func (gate) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }
