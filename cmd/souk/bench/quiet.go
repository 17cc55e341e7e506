package bench

import (
	"context"
	"errors"
	"io"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/protocol/wire"
)

// quiet is a peer of the network that says nothing and has nothing: what is
// measured without an agent embeds it.
type quiet struct{}

func (quiet) OnUp(wire.Key)                   {}
func (quiet) OnDown(wire.Key)                 {}
func (quiet) OnFrame(wire.Key, []byte) error  { return nil }
func (quiet) OnPull(wire.Key, uint8) [][]byte { return nil }

func (quiet) OnAnnouncement(context.Context, uint8, wire.Key, []byte) p2p.Judgement {
	return p2p.Accept
}

func (quiet) OnFetch(wire.Key, wire.CID, uint64) (io.ReadCloser, error) {
	return nil, p2p.ErrNoArtefact
}
func (quiet) OnLog(wire.Key, p2p.Place) ([][]byte, error) { return nil, p2p.ErrNoLog }

// keyNumber is the key of the nth of those who have no home.
func keyNumber(n int) wire.PrivateKey {
	return wire.NewPrivateKey([32]byte{0xbe, byte(n), byte(n >> 8), byte(n >> 16)})
}

// join opens a bare network on loopback.
func join(key wire.PrivateKey, net string, h p2p.Handler, bootstrap ...string) (p2p.Network, error) {
	return libp2p.New(libp2p.Options{
		Key: key, Net: net, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Bootstrap: bootstrap,
	}, h)
}

// Listen is a libp2p host and nothing else: it calls ready with an address at which
// it listens, on loopback, and ends with ctx.
func Listen(ctx context.Context, ready func(addr string) error) error {
	n, err := join(keyNumber(0), DemoNet, quiet{})
	if err != nil {
		return err
	}
	if err = ready(n.Addrs()[0]); err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, n.Close())
}
