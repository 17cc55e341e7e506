package memnet_test

import (
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/p2p/p2ptest"
	"github.com/souk-network/souk/protocol/wire"
)

func TestNetwork(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T) p2ptest.Open {
		hub, err := memnet.New(memnet.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return func(t *testing.T, key wire.PrivateKey, h p2p.Handler) p2p.Network {
			n, err := hub.Join(key.Key(), h)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	})
}
