package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/p2p/libp2p"
)

// joining logs which addresses cannot be listened on, and how it stands with the
// bootstrap peers: each that is not reached, with the reason and what to do, and once
// that none is.
func joining(set settings.Settings, log *slog.Logger) func(libp2p.Trouble) {
	return func(t libp2p.Trouble) {
		var deaf *libp2p.ListenError
		if errors.As(t.Err, &deaf) {
			do := "nothing, if it is not wanted, or take it out of --listen: the other addresses are listened on"
			if deaf.Port != "" {
				do = "stop the program that has port " + deaf.Port + ", or choose another port with --listen; the other addresses are listened on"
			}
			level := slog.LevelWarn
			if strings.Contains(deaf.Why(), "address family not supported") { // such as on a machine without IPv6
				level, do = slog.LevelInfo, "nothing: this machine has no such addresses"
			}
			log.Log(context.Background(), level, "an address cannot be listened on", "address", strings.Join(deaf.Addrs, " "), "why", deaf.Why(), "do", do)
			return
		}
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
