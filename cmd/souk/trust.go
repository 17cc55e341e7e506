package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	doorhttp "github.com/souk-network/souk/gateway/http"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
)

func trustCommand(p *program) *cobra.Command {
	var q gateway.TrustQuery
	var dot bool
	wait := time.Duration(0)
	c := &cobra.Command{
		Use: "trust [PEER]", Short: "Show whom this peer trusts, how far and why",
		Long: `Show whom this peer trusts: of everyone it has evidence of, or of one PEER, how far
its trust reaches (standing, 0 to 1) and how likely the next job ends well, with the
interval in which that lies 9 times of 10. UNSURE is the share of it that is a guess:
what rests on no evidence. PEER may be enough of the beginning of a peer ID, or an ID as
a table cuts it.

Evidence is paid jobs: this peer's own, and those in the logs of others. Every peer
sees the market from its own place: another sees it otherwise.`,
		Example: `  souk trust
  souk trust 12D3KooW… --why
  souk trust 12D3KooW… --capability text/words@1 --json
  souk trust 12D3KooW… --wait 10s
  souk trust --dot | dot -Tsvg > trust.svg`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			if q.Capability != "" {
				if err := protocol.CheckCapability(q.Capability); err != nil {
					return misuse(c, err)
				}
			}
			who, err := peerAmong(a)
			if err != nil {
				return err
			}
			if wait < 0 {
				return misuse(c, errors.New("--wait must be 0 or more"))
			}
			if dot && p.json {
				return misuse(c, errors.New("either --dot or --json"))
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			q := q
			q.Why = q.Why || dot
			if q.Peer, err = who.find(c.Context(), desk); err != nil {
				return err
			}
			t, err := p.trust(c.Context(), desk, q, wait)
			switch {
			case err != nil:
				return err
			case dot:
				return trustGraph(p.out, t)
			}
			t.Known = list(t.Known)
			return p.show(t, func(w io.Writer) error {
				if len(a) > 0 || q.Why {
					return p.trustPages(w, t)
				}
				return p.trustTable(w, t)
			})
		},
	}
	c.Flags().StringVar(&q.Capability, "capability", "", "for this `CAPABILITY` (default: what each was hired for most)")
	c.Flags().BoolVar(&q.Why, "why", false, "whose word it rests on, and what it would be without")
	c.Flags().DurationVar(&wait, "wait", 0, "where nothing is known, wait for it, at most this `time`")
	c.Flags().BoolVar(&dot, "dot", false, "print a graph for Graphviz")
	return c
}

// trust asks whom the peer trusts, again and again while nothing is known and
// wait lasts.
func (p *program) trust(ctx context.Context, desk *doorhttp.Client, q gateway.TrustQuery, wait time.Duration) (gateway.Trust, error) {
	knows := func(t gateway.Trust) bool {
		return len(t.Known) > 0 && (q.Peer.IsZero() || t.Known[0].Reached || t.Known[0].Forked)
	}
	t, err := desk.Trust(ctx, q)
	if err != nil || knows(t) || wait == 0 {
		return t, err
	}
	telling := p.begin("waiting for evidence")
	defer telling.end()
	again := time.NewTicker(listening)
	defer again.Stop()
	for late := time.After(wait); ; {
		select {
		case <-ctx.Done():
			return t, ctx.Err()
		case <-late:
			return t, &gateway.Error{
				Code: gateway.CodeTimeout, Message: fmt.Sprintf("nothing that counts is known, after %s", wait),
				Hint: "evidence comes from paid jobs, and from the logs of those dealt with", Retryable: true,
			}
		case <-again.C:
		}
		if t, err = desk.Trust(ctx, q); err != nil || knows(t) {
			return t, err
		}
	}
}

const knowsNothing = "this peer knows nothing of anyone: it has neither hired nor worked, and has seen nobody's log.\n" +
	"Whoever it hires first it hires blindly; `souk find` shows who there is"

func (p *program) trustTable(w io.Writer, t gateway.Trust) error {
	if len(t.Known) == 0 {
		_, err := fmt.Fprintln(w, knowsNothing)
		return err
	}
	rows := make([][]string, len(t.Known))
	for i, k := range t.Known {
		unsure := percent(k.Uncertainty)
		success := guess(k)
		if k.Forked {
			success, unsure = "forked", "-"
		}
		rows[i] = []string{
			k.Peer.String(), fmt.Sprintf("%.3f", k.Standing), success, unsure, or(k.Capability),
			fmt.Sprint(k.Jobs), fmt.Sprintf("%d/%d", k.Good, k.Jobs-k.Good), ago(k.Last),
		}
	}
	err := p.table([]column{
		{head: "PEER", least: 13, ends: true},
		{head: "STANDING", right: true},
		{head: "SUCCESS (90 %)", right: true},
		{head: "UNSURE", right: true},
		{head: "CAPABILITY", least: 8},
		{head: "JOBS", right: true},
		{head: "GOOD/BAD", right: true},
		{head: "LAST", right: true},
	}, rows)
	if err == nil && t.More {
		_, err = fmt.Fprintf(w, "and more than these %d\n", len(t.Known))
	}
	return err
}

func percent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

func between(low, high float64) string { return fmt.Sprintf("%.0f–%.0f", 100*low, 100*high) }

func guess(k gateway.Trusted) string { return percent(k.Success) + " (" + between(k.Low, k.High) + ")" }

// ago tells how long ago an instant was, roughly.
func ago(ms uint64) string {
	if ms == 0 {
		return "-"
	}
	since := max(0, time.Since(time.UnixMilli(int64(ms))))
	switch {
	case since < time.Minute:
		return fmt.Sprintf("%ds", since/time.Second)
	case since < time.Hour:
		return fmt.Sprintf("%dm", since/time.Minute)
	case since < 48*time.Hour:
		return fmt.Sprintf("%dh", since/time.Hour)
	}
	return fmt.Sprintf("%dd", since/(24*time.Hour))
}

// trustPages shows agents one after the other, with reasons where they were asked for.
func (p *program) trustPages(w io.Writer, t gateway.Trust) error {
	if len(t.Known) == 0 {
		_, err := fmt.Fprintln(w, knowsNothing)
		return err
	}
	width, _ := p.screen(w)
	for i, k := range t.Known {
		if i > 0 {
			fmt.Fprintln(w)
		}
		lines := trustLines(k)
		if k.Peer == t.Viewer {
			lines = append(lines, [2]string{"", "this is the peer itself"})
		}
		if err := p.listed(w, lines); err != nil {
			return err
		}
		if k.Why != nil && !k.Forked {
			if err := grounds(w, width, k); err != nil {
				return err
			}
		}
	}
	return nil
}

func trustLines(k gateway.Trusted) [][2]string {
	lines := [][2]string{{"peer", k.Peer.String()}}
	if !k.Owner.IsZero() {
		lines = append(lines, [2]string{"owner", k.Owner.String() + " (proved)"})
	}
	if k.Forked {
		return append(lines, [2]string{"forked", "it said two things where there can be one: it counts for nothing, for ever"})
	}
	lines = append(lines, [2]string{"standing", fmt.Sprintf("%.3f of 1", k.Standing)})
	what := "any job"
	if k.Capability != "" {
		what = k.Capability
	}
	if !k.Reached {
		lines = append(lines, [2]string{"estimate", fmt.Sprintf("%s for %s is a guess: nobody trusted says a word", guess(k), what)})
	} else {
		lines = append(lines, [2]string{"estimate", fmt.Sprintf("%s for %s; %s of it is a guess", guess(k), what, percent(k.Uncertainty))})
	}
	if k.Jobs > 0 {
		lines = append(lines, [2]string{"jobs", fmt.Sprintf("%d: %d good, %d bad, %d contested", k.Jobs, k.Good, k.Jobs-k.Good, k.Contested)})
	}
	if k.Hired > 0 {
		lines = append(lines, [2]string{"hired", "others for " + counted(k.Hired, "job")})
	}
	if k.Last > 0 {
		lines = append(lines, [2]string{"last", clock(k.Last)})
	}
	if k.Pending > 0.001 {
		lines = append(lines, [2]string{"pending", percent(k.Pending) + " of all trust is not yet thought over"})
	}
	return lines
}
