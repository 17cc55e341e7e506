package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/bench"
	"github.com/souk-network/souk/cmd/souk/demo"
	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// weighed is a process that is measured.
type weighed struct {
	*child
	addr  string
	ready time.Duration
}

// PID fulfils bench.Process.
func (w *weighed) PID() int { return w.cmd.Process.Pid }

// Addr fulfils bench.Process.
func (w *weighed) Addr() string { return w.addr }

// Ready fulfils bench.Process.
func (w *weighed) Ready() time.Duration { return w.ready }

// Close ends the process well, or else by force.
func (w *weighed) Close() error {
	asked := w.cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-w.ended:
		return errors.Join(asked, err)
	case <-time.After(20 * time.Second):
		return errors.Join(asked, w.cmd.Process.Kill(), <-w.ended)
	}
}

// runMeasured runs this program again, and waits until it says that it is ready.
func runMeasured(ctx context.Context, words ...string) (bench.Process, error) {
	c, err := startChild(words...)
	if err != nil {
		return nil, err
	}
	w := &weighed{child: c}
	select {
	case line := <-c.first:
		w.ready = time.Since(c.began)
		var up shownUp
		if err := json.Unmarshal([]byte(line), &up); err != nil || len(up.Addrs) == 0 {
			return nil, errors.Join(fmt.Errorf("a process did not come up, it said %q", line), w.Close())
		}
		w.addr = up.Addrs[0]
		return w, nil
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), w.Close())
	}
}

// spawnMeasured runs the peer of a home in a process of its own. Where there is no
// such home yet it is made, and filled.
func (p *program) spawnMeasured(ctx context.Context, folder, name string, fill bench.Fill) (bench.Process, error) {
	home, set := demoHome(folder, demo.Opening{Name: name})
	if _, err := os.Stat(home.Mandate()); err != nil {
		if _, err := p.found(home, set, &secret{none: true}); err != nil {
			return nil, err
		}
	}
	if fill != nil {
		if err := p.fill(home, set, fill); err != nil {
			return nil, fmt.Errorf("fill the journal: %w", err)
		}
	}
	words := []string{"demo", "peer", "--json", "--home", home.Data, "--net", set.Net, "--log", set.Log, "--no-mdns"}
	for _, a := range set.Listen {
		words = append(words, "--listen", a)
	}
	return runMeasured(ctx, words...)
}

// fill lets a past be written into the journal of a home.
func (p *program) fill(home settings.Home, set settings.Settings, fill bench.Fill) error {
	key, err := p.unlock(home, &secret{none: true})
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(home.Mandate())
	if err != nil {
		return err
	}
	b, err := wire.ReadBundle(raw)
	if err != nil {
		return err
	}
	said, err := protocol.Registry().Read(b, set.Net)
	if err != nil {
		return err
	}
	db, err := openDatabase(home, nil)
	if err != nil {
		return err
	}
	return errors.Join(fill(key, said[0], set.Net, db), db.Close())
}

// benchHostCommand is the process of a bare libp2p host.
func benchHostCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "host", Short: "Run a bare libp2p host, until standard input ends", Hidden: true,
		Example: "  souk bench host",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			go func() {
				_, _ = io.Copy(io.Discard, p.in) // however it ends, who measures is gone
				os.Exit(1)
			}()
			return bench.Listen(c.Context(), func(addr string) error {
				return json.NewEncoder(p.out).Encode(shownUp{Schema: "souk.up/v1", Addrs: []string{addr}})
			})
		},
	}
}
