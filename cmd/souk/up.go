package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	doorhttp "github.com/souk-network/souk/gateway/http"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store/files"
	"github.com/souk-network/souk/store/keyfile"
)

// shownUp is the one line of JSON that up prints when the peer is ready.
type shownUp struct {
	Schema string   `json:"schema"` // "souk.up/v1"
	Peer   wire.Key `json:"peer"`
	Net    string   `json:"net"`
	Addrs  []string `json:"addrs"`
	API    string   `json:"api"` // path of the unix socket
}

func upCommand(p *program) *cobra.Command {
	var s secret
	c := &cobra.Command{
		Use: "up", Short: "Run the peer in the foreground",
		Long: `Run the peer of this home until it is interrupted (Ctrl-C, SIGTERM). Other commands
reach it over a socket in the home that only this user may open.`,
		Example: `  souk up
  souk up --listen /ip4/127.0.0.1/tcp/0
  souk up --bootstrap /ip4/192.0.2.1/tcp/4901/p2p/12D3KooW…`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			home, set, _, err := p.settings(c)
			if err != nil {
				return err
			}
			return p.up(c.Context(), home, set, &s, crew{})
		},
	}
	s.flags(c, false)
	peerFlags(c)
	localFlag(c)
	return c
}

// localFlag is the setting that only a peer with an agent has.
func localFlag(c *cobra.Command) {
	c.Flags().Bool("no-mdns", false, "do not seek peers on the local network, nor be found there")
}

// peerFlags are the settings that the command line may give for one run.
func peerFlags(c *cobra.Command) {
	// The values are read by settings, which knows the flags by these names.
	c.Flags().StringArray("listen", nil, "`ADDR` to listen on, again for more (default: all interfaces, QUIC and TCP, port 4901)")
	c.Flags().StringSlice("bootstrap", nil, "`ADDR` of a peer to join the network by, again or after a comma for more")
	c.Flags().String("net", "", "`NAME` of the network")
	c.Flags().String("log", "", "least `LEVEL` logged: debug, info, warn or error")
}

// up runs a home's peer until ctx ends or a fault ends it.
func (p *program) up(ctx context.Context, home settings.Home, set settings.Settings, s *secret, with crew) (err error) {
	if err := whole(home); err != nil {
		return err
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	agent, err := p.unlock(home, s)
	if err != nil {
		return err
	}
	peer, err := openPeer(ctx, opening{home, set, agent, p.logger(set.Log), with})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	return serveUntil(ctx, home, peer, peer.Done(), func() error { return p.sayReady(ctx, peer, home) })
}

// serveUntil serves a peer's local API until ctx or the peer ends, and calls ready
// once it does.
func serveUntil(ctx context.Context, home settings.Home, peer gateway.Living, ended <-chan struct{}, ready func() error) error {
	l, err := doorhttp.Listen(home.Socket())
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	open, shut := context.WithCancel(ctx)
	defer shut()
	go func() { served <- doorhttp.Serve(open, l, peer) }()
	if err := ready(); err != nil {
		shut()
		return errors.Join(err, <-served)
	}
	select {
	case <-ctx.Done(): // asked to stop
	case <-ended: // its Close tells why
	case err := <-served:
		return err
	}
	shut()
	return <-served
}

// whole refuses a home without a peer.
func whole(home settings.Home) error {
	_, err := os.Stat(home.Mandate())
	if errors.Is(err, fs.ErrNotExist) {
		if helps(home) {
			return taken(home)
		}
		if err := lived(home); err != nil {
			return err
		}
		return &gateway.Error{
			Code: gateway.CodeNotFound, Message: "there is no peer in " + home.Data,
			Hint: "`souk init` makes one; SOUK_HOME or --home names another home",
		}
	}
	return err
}

// unlock opens the agent's key.
func (p *program) unlock(home settings.Home, s *secret) (wire.PrivateKey, error) {
	options, err := s.open(p, home.Keys(), agentKey)
	if errors.Is(err, fs.ErrPermission) {
		return wire.PrivateKey{}, exposed(err, home)
	}
	if err != nil {
		return wire.PrivateKey{}, err
	}
	ring, err := keyfile.Open(home.Keys(), options)
	if err != nil {
		return wire.PrivateKey{}, fmt.Errorf("open the keys: %w", err)
	}
	key, err := ring.Signer(agentKey)
	if errors.Is(err, fs.ErrPermission) {
		return wire.PrivateKey{}, exposed(err, home)
	}
	if err != nil {
		return wire.PrivateKey{}, fmt.Errorf("open the keys: %w", err)
	}
	return key, nil
}

// exposed is the error for a key that this user may not read, or others may.
func exposed(err error, home settings.Home) error {
	path := filepath.Join(home.Keys(), agentKey+".key")
	about, other := os.Stat(path)
	if other != nil || about.Mode().Perm()&0o077 == 0 {
		return fmt.Errorf("open the keys: %w", err)
	}
	return &gateway.Error{
		Code: gateway.CodeDisk, Message: fmt.Sprintf("others may use the key %s (mode %04o)", path, about.Mode().Perm()),
		Hint: "make sure that none did, then `chmod 600 " + path + "`",
	}
}

// logger logs to the command's error output: for people, or JSON with --json.
func (p *program) logger(level string) *slog.Logger {
	options := new(slog.HandlerOptions)
	var l slog.Level
	if l.UnmarshalText([]byte(level)) == nil { // settings has checked it
		options.Level = l
	}
	if p.json {
		return slog.New(slog.NewJSONHandler(p.err, options))
	}
	return slog.New(slog.NewTextHandler(p.err, options))
}

// sayReady tells where the peer can be reached.
func (p *program) sayReady(ctx context.Context, desk gateway.Desk, home settings.Home) error {
	s, err := desk.Status(ctx)
	if err != nil {
		return err
	}
	up := shownUp{"souk.up/v1", s.Peer, s.Net, list(s.Addrs), home.Socket()}
	return p.show(up, func(w io.Writer) error {
		lines := [][2]string{{"peer", s.Peer.String()}, {"network", s.Net}, {"home", home.Data}}
		for _, a := range s.Addrs {
			lines = append(lines, [2]string{"address", a})
		}
		lines = append(lines, [2]string{"api", up.API}, [2]string{"ready", "Ctrl-C stops it; another terminal may now `souk find` and `souk hire`"})
		return p.listed(w, lines)
	})
}
