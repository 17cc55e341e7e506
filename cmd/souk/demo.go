package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/check"
	"github.com/souk-network/souk/cmd/souk/bench"
	"github.com/souk-network/souk/cmd/souk/demo"
	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/store/files"
)

const maxDemoInput = 1 << 20 // bytes; the built-in summary reads no more

func demoCommand(p *program) *cobra.Command {
	jobs, in, keep := 24, "", ""
	c := &cobra.Command{
		Use: "demo", Short: "Play the whole market on this machine, in seconds",
		Long: `Real peers, with homes, keys and sockets of their own on this machine, offer, are
found, quote, contract, work, deliver, are checked and paid. Some of it goes wrong
on purpose:

  the copyist   delivers rubbish, which fails its check, and stands by it:
                the appraiser, whom both have named, awards it nothing
  the tinker    is a process of its own, killed in mid-work: the abacus takes over
  the editor    hires the scribe and the printer to do a job (with --jobs 1 nobody
                asks it: that one job is the one that is taken over)
  one order     may cost more than the mandate allows, and is refused

On a terminal the jobs under way are drawn again and again below those that are
over; elsewhere each is told once, when it is over. At the end it is told what did
not go straight, who trusts whom and why, what the books of every two peers say of
each other, and what a success cost. All of it is read from the peers; where
something that is promised here did not come true, the command fails and says what.

Nothing is left behind, neither a process nor a folder, however the command ends.
With --keep the homes stay: any of them can be looked into, or run again.`,
		Example: "  souk demo\n  souk demo --in README.md --jobs 60\n  souk demo --keep /tmp/market && SOUK_NET=souk-demo SOUK_HOME=/tmp/market/weaver souk up",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if jobs < 1 || jobs > demo.MaxJobs {
				return misuse(c, fmt.Errorf("--jobs must be from 1 to %d", demo.MaxJobs))
			}
			text, err := p.demoText(in)
			if err != nil {
				return err
			}
			return p.demo(c.Context(), jobs, text, keep)
		},
	}
	c.Flags().IntVar(&jobs, "jobs", jobs, "jobs to be settled; what goes wrong comes on top")
	c.Flags().StringVar(&in, "in", "", "`FILE` of a text to work on, - for standard input")
	c.Flags().StringVar(&keep, "keep", "", "leave the homes in this `DIR`")
	c.AddCommand(demoPeerCommand(p), demoSweepCommand(p))
	return c
}

// demoText is what is worked on.
func (p *program) demoText(in string) ([]byte, error) {
	if in == "" {
		return demo.Text, nil
	}
	b, err := p.readFile(in, maxDemoInput+1)
	if err != nil {
		return nil, err
	}
	if len(b) > maxDemoInput {
		return nil, invalid(fmt.Errorf("%s has over %d bytes", in, maxDemoInput), "the demo's summary reads no more; try a shorter text")
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, invalid(fmt.Errorf("%s has no text in it", in), "--in names a text of at least one word, or - for standard input")
	}
	return b, nil
}

// demo plays and shows the market.
func (p *program) demo(ctx context.Context, jobs int, text []byte, keep string) (err error) {
	began := time.Now()
	folder := keep
	if keep == "" {
		var done func() error
		if folder, done, err = demoFolder(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
	}
	live := p.beginBoard(jobs)
	defer live.end()
	report, err := demo.Play(ctx, demo.Options{
		Jobs: jobs, Input: text, Asset: settings.Defaults().Asset, WordCount: wordCount(),
		Scene: live.setting, Tell: live.tell,
		Open: func(ctx context.Context, o demo.Opening) (demo.Peer, error) {
			return p.openFresh(ctx, folder, o)
		},
		Spawn: func(ctx context.Context, o demo.Opening) (demo.Mortal, error) {
			home, set := demoHome(folder, o)
			return p.spawn(ctx, home, set)
		},
	})
	live.end()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // whatever was under way says of it what it can
	}
	if err != nil {
		return err
	}
	shown := shownOf(report, time.Since(began))
	if broken := report.Broken(); len(broken) > 0 {
		if !p.json {
			err = p.demoPage(p.out, report, shown)
		}
		return errors.Join(&gateway.Error{
			Code: gateway.CodeInternal, Message: "not everything came true: " + strings.Join(broken, "; "),
			Hint: "run it again with --keep DIR and look into the homes",
		}, err)
	}
	return p.show(shown, func(w io.Writer) error { return p.demoPage(w, report, shown) })
}

// demoFolder makes a folder that is removed by done, or, where this process does
// not live to call it, by another that watches over it.
func demoFolder() (folder string, done func() error, err error) {
	if folder, err = os.MkdirTemp("", "souk-demo-"); err != nil {
		return "", nil, fmt.Errorf("make the homes: %w", err)
	}
	watch, err := startChild("demo", "sweep", folder)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("start the sweeper: %w", err), os.RemoveAll(folder))
	}
	return folder, func() error {
		_ = watch.leash.Close() // it is closed already where the sweeper is gone
		if <-watch.ended == nil {
			return nil
		}
		return sweep(folder) // then there is nobody else to do it
	}, nil
}

// wordCount is wc where there is one, otherwise what is built in.
func wordCount() (d gateway.OfferDraft) {
	by := hand{builtin: "words"}
	if _, err := osexec.LookPath("wc"); err == nil {
		by = hand{exec: "wc -w"}
	}
	d.Technology, d.Settings = by.technology()
	return d
}

// demoHome is where a peer of the demo lives, on loopback only.
func demoHome(folder string, o demo.Opening) (settings.Home, settings.Settings) {
	data := filepath.Join(folder, o.Name)
	set := settings.Defaults()
	set.Net = bench.DemoNet
	// TCP alone: its end shows at once. That of a QUIC connection whose other side was
	// killed shows when it has been silent for half a minute.
	set.Listen = []string{"/ip4/127.0.0.1/tcp/0"}
	set.Bootstrap, set.Local = o.Bootstrap, false
	set.Local = false
	set.Log = "error"
	return settings.Home{Data: data, File: filepath.Join(data, "souk.toml")}, set
}

// openFresh makes a home and opens its peer in this process.
func (p *program) openFresh(ctx context.Context, folder string, o demo.Opening) (demo.Peer, error) {
	home, set := demoHome(folder, o)
	with := crew{workers: []worker.Maker{demo.Craft{}}}
	if o.Blind {
		with.checker = blind{}
	}
	peer, err := p.openIn(ctx, home, set, with)
	if err != nil {
		return nil, err
	}
	return peer, nil
}

// openIn makes a home and opens its peer in this process.
func (p *program) openIn(ctx context.Context, home settings.Home, set settings.Settings, with crew) (*running, error) {
	unencrypted := &secret{none: true}
	if _, err := p.found(home, set, unencrypted); err != nil {
		return nil, err
	}
	release, err := files.Lock(home.Data)
	if err != nil {
		return nil, err
	}
	agent, err := p.unlock(home, unencrypted)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	peer, err := openPeer(ctx, opening{home, set, agent, p.logger(set.Log), with})
	if err != nil {
		return nil, errors.Join(err, release())
	}
	peer.shut = append(peer.shut, release)
	return peer, nil
}

// blind is a dishonest provider's checker: it says yes to everything.
type blind struct{ check.Checker }

// Check fulfils worker.Checker.
func (blind) Check(context.Context, worker.Rule, io.Reader, io.Reader) error { return nil }
