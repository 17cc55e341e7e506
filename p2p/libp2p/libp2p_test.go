package libp2p_test

import (
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

func open(listen string) p2ptest.Open {
	return func(t *testing.T, key wire.PrivateKey, h p2p.Handler) p2p.Network {
		n, err := libp2p.New(libp2p.Options{Key: key, Net: "test", Listen: []string{listen}}, h)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

func TestNetworkOverTCP(t *testing.T) {
	p2ptest.Run(t, func(*testing.T) p2ptest.Open { return open("/ip4/127.0.0.1/tcp/0") })
}

func TestNetworkOverQUIC(t *testing.T) {
	p2ptest.Run(t, func(*testing.T) p2ptest.Open { return open("/ip4/127.0.0.1/udp/0/quic-v1") })
}
