package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
)

func statusCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how this peer is",
		Long:    "Show how this peer is. Live means that it answers; ready means that its journal is\nreplayed and its network is up.",
		Example: "  souk status\n  souk status --json",
		Args:    args(cobra.NoArgs),
		RunE: p.atDesk(func(ctx context.Context, desk gateway.Desk, _ []string) error {
			s, err := desk.Status(ctx)
			if err != nil {
				return err
			}
			return p.show(s, func(w io.Writer) error { return p.statusPage(w, s) })
		}),
	}
}

// counted says how many there are of what one noun names.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (p *program) statusPage(w io.Writer, s gateway.Status) error {
	ready := "live and ready"
	if !s.Ready {
		ready = "live, not ready: " + or(s.Why)
	}
	lines := [][2]string{
		{"state", ready},
		{"peer", s.Peer.String()},
		{"did", s.DID},
		{"network", s.Net},
		{"version", s.Version},
		{"since", clock(s.Started)},
	}
	if s.Bootstrap {
		lines = append(lines, [2]string{"helps", fmt.Sprintf("others to join: linked to %s, holds %s; it trades nothing", counted(len(s.Peers), "peer"), counted(s.Known, "offer"))})
	} else {
		lines = append(lines, [][2]string{
			{"owner", s.Owner.String()},
			{"sells", fmt.Sprintf("%s, knows %s of others", counted(s.Offers, "offer"), counted(s.Known, "offer"))},
			{"jobs open", fmt.Sprint(s.Jobs)},
			{"records", fmt.Sprint(s.Records)},
		}...)
	}
	for _, a := range s.Addrs {
		lines = append(lines, [2]string{"address", a})
	}
	for _, b := range s.Budgets {
		lines = append(lines, [2]string{"budget", fmt.Sprintf("%s spent of %s %s, at most %s a job", b.Spent, b.Total, b.Asset, b.PerJob)})
	}
	if err := p.listed(w, lines); err != nil {
		return err
	}
	if len(s.Peers) == 0 {
		_, err := fmt.Fprintln(w, "linked to  nobody")
		return err
	}
	fmt.Fprintln(w, strings.Repeat("-", 10))
	rows := make([][]string, len(s.Peers))
	for i, l := range s.Peers {
		rows[i] = []string{l.Peer.String(), l.Transport, l.Addr}
	}
	return p.table([]column{{head: "LINKED TO", least: 13, ends: true}, {head: "BY"}, {head: "AT", least: 10}}, rows)
}
