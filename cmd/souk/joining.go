package main

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/p2p/libp2p"
)

// joining logs how it stands with the bootstrap peers: each that is not reached,
// with the reason and what to do, and once that none is.
func joining(set settings.Settings, log *slog.Logger) func(libp2p.Trouble) {
	return func(t libp2p.Trouble) {
		if t.Peer.IsZero() {
			log.Warn("peers on the local network are not found", "why", t.Err.Error(), "do", "nothing, if they are not wanted: --no-mdns or local_discovery = false; the others are")
			return
		}
		addrs := strings.Join(t.Addrs, " ")
		if t.Err == nil {
			log.Info("a bootstrap peer is reached after all", "address", addrs)
			return
		}
		do := "nothing, if it comes back: it is tried again"
		switch {
		case errors.Is(t.Err, libp2p.ErrOtherPeer):
			do = "ask its operator for the address: the key in it is another's, or was lost"
		case errors.Is(t.Err, libp2p.ErrOtherNet):
			do = "take an address of a peer of this network, or another network with --net (now " + set.Net + ")"
		}
		log.Warn("a bootstrap peer is not reached", "address", addrs, "why", t.Err.Error(), "do", do)
		if t.Alone {
			log.Warn("no peer of the network is reached; all are tried again and again", "tried", strings.Join(set.Bootstrap, " "),
				"do", "give another address with --bootstrap; remembered peers are tried too, and others may still dial this one")
		}
	}
}
