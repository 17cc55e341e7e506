package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store/files"
	"github.com/souk-network/souk/store/keyfile"
)

// shownBootstrap is the one line of JSON that bootstrap prints when it is ready.
type shownBootstrap struct {
	Schema      string   `json:"schema"` // "souk.bootstrap/v1"
	Peer        wire.Key `json:"peer"`
	Net         string   `json:"net"`
	Addrs       []string `json:"addrs"`
	API         string   `json:"api"`         // path of the unix socket
	Connections int      `json:"connections"` // most at once
}

const bootstrapConnections = 1024

func bootstrapCommand(p *program) *cobra.Command {
	var s secret
	connections := bootstrapConnections
	c := &cobra.Command{
		Use: "bootstrap", Short: "Run a peer that only helps others join",
		Long: `Run a peer that only helps others join the network: it keeps connections, tells
where peers are, passes announcements on and hands them to newcomers. It sells and
buys nothing, needs no mandate and keeps no journal.

Its key is made in its home at the first start and kept: its addresses stay good.
docs/operate.md tells how to run one, or several.`,
		Example: `  souk bootstrap --home /var/lib/souk-bootstrap --no-passphrase
  souk bootstrap --listen /ip4/0.0.0.0/tcp/4901 --listen /ip4/0.0.0.0/udp/4901/quic-v1
  souk bootstrap --bootstrap /ip4/192.0.2.1/tcp/4901/p2p/12D3KooW…   link with another one
  souk status --home /var/lib/souk-bootstrap --json`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if connections < libp2p.MinConnections || connections > libp2p.MaxConnections {
				return misuse(c, fmt.Errorf("--connections must be from %d to %d", libp2p.MinConnections, libp2p.MaxConnections))
			}
			home, set, _, err := p.settings(c)
			if err != nil {
				return err
			}
			return p.bootstrap(c.Context(), home, set, &s, connections)
		},
	}
	s.flags(c, true)
	peerFlags(c)
	c.Flags().IntVar(&connections, "connections", connections, "most connections at once, each a file descriptor")
	return c
}

// bootstrap runs a bootstrap peer until ctx ends.
func (p *program) bootstrap(ctx context.Context, home settings.Home, set settings.Settings, s *secret, connections int) (err error) {
	if _, err := os.Lstat(home.Mandate()); err == nil {
		return &gateway.Error{
			Code: gateway.CodeExists, Message: "the peer in " + home.Data + " trades",
			Hint: "`souk up` runs it; give the bootstrap peer a home of its own with --home or SOUK_HOME",
		}
	}
	if err := os.MkdirAll(home.Data, 0o700); err != nil {
		return fmt.Errorf("make the home: %w", err)
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	key, err := p.bootstrapKey(home, s)
	if err != nil {
		return err
	}
	log := p.logger(set.Log)
	if most := descriptors(); most > 0 && most < connections+64 {
		log.Warn("fewer file descriptors are allowed than the connections may need", "allowed", most, "needed", connections+64, "do", "raise the limit (ulimit -n), or lower --connections")
	}
	peer, err := openBootstrap(home, set, key, log, connections)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	status, err := peer.Status(ctx)
	if err != nil {
		return err
	}
	return serveUntil(ctx, home, peer, nil, func() error { return p.sayBootstrap(status, home, connections) })
}

// helping is the file that marks the home of a bootstrap peer.
func helping(home settings.Home) string { return filepath.Join(home.Data, "bootstrap") }

// helps reports whether a home is that of a bootstrap peer.
func helps(home settings.Home) bool {
	_, err := os.Lstat(helping(home))
	return err == nil
}

// taken refuses the home of a bootstrap peer to one that trades.
func taken(home settings.Home) error {
	return &gateway.Error{
		Code: gateway.CodeExists, Message: home.Data + " is the home of a bootstrap peer, which trades nothing",
		Hint: "`souk bootstrap` runs it; SOUK_HOME or --home names another home",
	}
}

// bootstrapKey opens the key of a bootstrap peer, or makes it at the first start.
func (p *program) bootstrapKey(home settings.Home, s *secret) (wire.PrivateKey, error) {
	if helps(home) {
		if _, err := os.Lstat(filepath.Join(home.Keys(), agentKey+".key")); err == nil {
			return p.unlock(home, s)
		}
	} else if err := lived(home); err != nil {
		return wire.PrivateKey{}, err // keys of another peer
	}
	options, err := s.choose(p)
	if err != nil {
		return wire.PrivateKey{}, err
	}
	if err := writeWhole(helping(home), nil); err != nil {
		return wire.PrivateKey{}, fmt.Errorf("make the home: %w", err)
	}
	ring, err := keyfile.Open(home.Keys(), options)
	if err != nil {
		return wire.PrivateKey{}, fmt.Errorf("make the keys: %w", err)
	}
	key, err := makeKey(ring, agentKey)
	if err != nil {
		return key, err
	}
	return key, writeSettings(home.File)
}

// sayBootstrap tells where the peer can be reached.
func (p *program) sayBootstrap(s gateway.Status, home settings.Home, connections int) error {
	shown := shownBootstrap{"souk.bootstrap/v1", s.Peer, s.Net, list(s.Addrs), home.Socket(), connections}
	return p.show(shown, func(w io.Writer) error {
		lines := [][2]string{{"peer", s.Peer.String()}, {"network", s.Net}, {"home", home.Data}}
		for _, a := range s.Addrs {
			lines = append(lines, [2]string{"address", a})
		}
		lines = append(lines,
			[2]string{"api", shown.API},
			[2]string{"helps", fmt.Sprintf("up to %d connections; it trades nothing", connections)},
			[2]string{"ready", "Ctrl-C stops it; others join with `souk up --bootstrap ADDRESS`"})
		return p.listed(w, lines)
	})
}
