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

	"github.com/souk-network/souk/cmd/souk/demo"
	"github.com/souk-network/souk/cmd/souk/settings"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/store/files"
)

// shownDemo is the last line of demo's JSON.
type shownDemo struct {
	Schema     string  `json:"schema"` // "souk.demo/v1"
	Peers      int     `json:"peers"`
	Jobs       int     `json:"jobs"`
	Settled    int     `json:"settled"`
	BooksAgree bool    `json:"books_agree"`
	Seconds    float64 `json:"seconds"`
}

const maxDemoInput = 1 << 20 // bytes; the built-in summary reads no more

func demoCommand(p *program) *cobra.Command {
	jobs, in, keep := 2, "", ""
	c := &cobra.Command{
		Use: "demo", Short: "Play the whole market on this machine, in seconds",
		Long: `Three real peers, with homes, keys and sockets of their own on this machine: a
summariser, a word counter and a hirer. They offer, are found, quote, contract,
work, deliver, are checked and paid. All that is told is read from the peers.`,
		Example: "  souk demo\n  souk demo --in README.md --jobs 10\n  souk demo --keep /tmp/market && SOUK_NET=souk-demo SOUK_HOME=/tmp/market/hirer souk up",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if jobs < 1 || jobs > demo.MaxJobs {
				return misuse(c, fmt.Errorf("--jobs must be from 1 to %d", demo.MaxJobs))
			}
			text := demo.Text
			if in != "" {
				b, err := p.readFile(in, maxDemoInput+1)
				if err != nil {
					return err
				}
				if len(b) > maxDemoInput {
					return invalid(fmt.Errorf("%s has over %d bytes", in, maxDemoInput), "the demo's summary reads no more; try a shorter text")
				}
				if len(bytes.TrimSpace(b)) == 0 {
					return invalid(fmt.Errorf("%s has no text in it", in), "--in names a text of at least one word, or - for standard input")
				}
				text = b
			}
			return p.demo(c.Context(), jobs, text, keep)
		},
	}
	c.Flags().IntVar(&jobs, "jobs", jobs, "jobs to be done")
	c.Flags().StringVar(&in, "in", "", "`FILE` of a text to work on, - for standard input")
	c.Flags().StringVar(&keep, "keep", "", "leave the three homes in this `DIR`")
	return c
}

// demo plays and shows the market.
func (p *program) demo(ctx context.Context, jobs int, text []byte, keep string) (err error) {
	began := time.Now()
	folder := keep
	if keep == "" {
		if folder, err = os.MkdirTemp("", "souk-demo-"); err != nil {
			return fmt.Errorf("make the homes: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	telling := p.begin("opening the market")
	defer telling.end()
	report, err := demo.Play(ctx, demo.Options{
		Jobs: jobs, Input: text, Tell: telling.step, WordCount: wordCount(),
		Open: func(ctx context.Context, name string, bootstrap []string) (demo.Peer, error) {
			return p.openFresh(ctx, filepath.Join(folder, name), bootstrap)
		},
	})
	telling.end()
	if err != nil {
		return err
	}
	shown := shownDemo{
		"souk.demo/v1", report.Peers, len(report.Jobs), report.Settled(), report.Agree,
		time.Since(began).Round(time.Millisecond).Seconds(),
	}
	if shown.Settled != shown.Jobs || !shown.BooksAgree {
		if !p.json {
			err = p.demoPage(p.out, report, shown)
		}
		return errors.Join(&gateway.Error{
			Code: gateway.CodeInternal, Message: fmt.Sprintf("%d of %d jobs are settled; books agree: %t", shown.Settled, shown.Jobs, shown.BooksAgree),
			Hint: "run it again with --keep DIR and look into the homes",
		}, err)
	}
	return p.show(shown, func(w io.Writer) error { return p.demoPage(w, report, shown) })
}

// wordCount is wc where there is one, otherwise what is built in.
func wordCount() gateway.OfferDraft {
	s := stall{builtin: "words"}
	if _, err := osexec.LookPath("wc"); err == nil {
		s = stall{exec: "wc -w"}
	}
	d := gateway.OfferDraft{Asset: settings.Defaults().Asset}
	d.Technology, d.Settings = technology(&s)
	return d
}

// openFresh makes a home and opens its peer, on loopback only.
func (p *program) openFresh(ctx context.Context, folder string, bootstrap []string) (demo.Peer, error) {
	home := settings.Home{Data: folder, File: filepath.Join(folder, "souk.toml")}
	set := settings.Defaults()
	set.Net = "souk-demo"
	set.Listen = []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}
	set.Bootstrap = bootstrap
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
	peer, err := openPeer(ctx, opening{home, set, agent, p.logger("error")})
	if err != nil {
		return nil, errors.Join(err, release())
	}
	peer.shut = append(peer.shut, release)
	return peer, nil
}

func (p *program) demoPage(w io.Writer, r *demo.Report, shown shownDemo) error {
	rows := make([][]string, len(r.Steps))
	for i, s := range r.Steps {
		rows[i] = []string{fmt.Sprintf("%.3f", s.At.Seconds()), s.Who, s.What, s.Says}
	}
	if err := p.table([]column{{head: "SECOND", right: true}, {head: "WHO"}, {head: "DOES"}, {head: "SAYS", least: 20}}, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	said := map[string]bool{}
	for _, j := range r.Jobs {
		if said[j.Capability] || !j.OK {
			continue
		}
		said[j.Capability] = true
		fmt.Fprintf(w, "%s of the %s says:\n", safe(j.Capability), j.Provider)
		for line := range strings.Lines(string(j.Result)) {
			fmt.Fprintf(w, "  %s\n", safe(strings.TrimRight(line, "\n")))
		}
	}
	fmt.Fprintln(w)
	books := make([][]string, len(r.Pairs))
	for i, q := range r.Pairs {
		agree := "agree"
		if !q.Agree {
			agree = "DIFFER"
		}
		books[i] = []string{q.Provider, q.Asset, q.Owes.String(), q.IsOwed.String(), agree}
	}
	if err := p.table([]column{
		{head: "BOOKS WITH"},
		{head: "ASSET"},
		{head: "THE HIRER OWES", right: true},
		{head: "THE PROVIDER IS OWED", right: true},
		{head: "THEY"},
	}, books); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d peers, %d of %d jobs settled, %.1f s\n", shown.Peers, shown.Settled, shown.Jobs, shown.Seconds)
	return err
}
