package bench

import (
	"context"

	golibp2p "github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"go.uber.org/fx"
)

// bareProtocol is spoken between bare hosts only.
const bareProtocol protocol.ID = "/souk-bench/bare/1"

// bareHosts opens two libp2p hosts with what a peer uses on TCP, and links them.
func bareHosts(ctx context.Context) (from, to host.Host, err error) {
	open := func(listen golibp2p.Option) (host.Host, error) {
		return golibp2p.New(
			golibp2p.Transport(tcp.NewTCPTransport), golibp2p.Security(noise.ID, noise.New), golibp2p.Muxer(yamux.ID, yamux.DefaultTransport),
			golibp2p.ResourceManager(&network.NullResourceManager{}), golibp2p.DisableRelay(), golibp2p.DisableMetrics(),
			golibp2p.WithFxOption(fx.NopLogger), listen,
		)
	}
	if from, err = open(golibp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0")); err != nil {
		return nil, nil, err
	}
	if to, err = open(golibp2p.NoListenAddrs); err != nil {
		_ = from.Close()
		return nil, nil, err
	}
	if err := to.Connect(ctx, peer.AddrInfo{ID: from.ID(), Addrs: from.Addrs()}); err != nil {
		_, _ = from.Close(), to.Close()
		return nil, nil, err
	}
	return from, to, nil
}

// serveZeros answers each stream with so many bytes.
func serveZeros(h host.Host, size int64) {
	h.SetStreamHandler(bareProtocol, func(s network.Stream) {
		b := make([]byte, 64<<10)
		for left := size; left > 0; left -= int64(len(b)) {
			b = b[:min(left, int64(len(b)))]
			if _, err := s.Write(b); err != nil {
				_ = s.Reset() // who reads sees that bytes are missing
				return
			}
		}
		_ = s.Close()
	})
}
