package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
)

// shownFound is the JSON of find.
type shownFound struct {
	Schema string          `json:"schema"` // "souk.find/v1"
	Offers []gateway.Found `json:"offers"`
}

func findCommand(p *program) *cobra.Command {
	wait := time.Duration(0)
	c := &cobra.Command{
		Use: "find [CAPABILITY]", Short: "Show live offers, the least expected cost first",
		Long: `Show live offers. SUCCESS is between what and what this peer expects the work to
succeed, from its own jobs and those of whom it trusts: 5-95% of somebody unknown,
until others have been tried. PRICE is the most a job may cost, or one window of what
is metered. COST is what one success is expected to cost, failed tries counted: it is
what hire goes by. --json has more digits.`,
		Example: "  souk find\n  souk find text/words@1 --json\n  souk find text/words@1 --wait 10s",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			capability := strings.Join(a, "")
			if wait < 0 {
				return misuse(c, errors.New("--wait must be 0 or more"))
			}
			if len(a) > 0 {
				if err := protocol.CheckCapability(capability); err != nil {
					return misuse(c, err)
				}
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			found, err := p.find(c.Context(), desk, capability, wait)
			if err != nil {
				return err
			}
			return p.show(shownFound{"souk.find/v1", list(found)}, func(w io.Writer) error {
				if len(found) == 0 {
					_, err := fmt.Fprintf(w, "%s; `souk status` shows whom this peer is linked to\n", nobody(capability))
					return err
				}
				return p.foundTable(found)
			})
		},
	}
	c.Flags().DurationVar(&wait, "wait", 0, "where there is none, wait for an offer, at most this `time`")
	return c
}

// find asks for live offers, again and again while there are none and wait lasts.
func (p *program) find(ctx context.Context, desk gateway.Desk, capability string, wait time.Duration) ([]gateway.Found, error) {
	found, err := desk.Find(ctx, capability)
	if err != nil || len(found) > 0 || wait == 0 {
		return found, err
	}
	telling := p.begin("waiting for an offer")
	defer telling.end()
	again := time.NewTicker(listening)
	defer again.Stop()
	for late := time.After(wait); ; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late:
			return nil, &gateway.Error{
				Code: gateway.CodeTimeout, Message: fmt.Sprintf("%s, after %s", nobody(capability), wait),
				Hint: "`souk status` shows whom this peer is linked to", Retryable: true,
			}
		case <-again.C:
		}
		if found, err = desk.Find(ctx, capability); err != nil || len(found) > 0 {
			return found, err
		}
	}
}

const listening = 100 * time.Millisecond // between two looks at the offers heard

func nobody(capability string) string {
	if capability == "" {
		return "nobody offers anything right now"
	}
	return "nobody offers " + safe(capability) + " right now"
}

func (p *program) foundTable(found []gateway.Found) error {
	rows := make([][]string, len(found))
	for i, f := range found {
		who, cost := f.Peer.String(), f.Price.String()
		if f.Own {
			who = "(this peer)"
		}
		if f.Ask {
			cost = "ask"
		}
		success, expected := "-", "-"
		if e := f.Estimate; e != nil {
			success = within(e)
			if !f.Ask {
				expected = e.Expected.String()
			}
		}
		rows[i] = []string{f.Capability, cost, expected, success, f.Asset, who, or(f.Rule), span(f.DeliverMS), f.Title}
	}
	return p.table([]column{
		{head: "CAPABILITY", least: 12},
		{head: "PRICE", right: true},
		{head: "COST", right: true},
		{head: "SUCCESS", right: true},
		{head: "ASSET", least: 6},
		{head: "PEER", least: 13, ends: true},
		{head: "CHECK", least: 5},
		{head: "WITHIN", right: true},
		{head: "TITLE", least: 5},
	}, rows)
}

// within shows between what and what a success is expected.
func within(e *gateway.Estimate) string {
	return fmt.Sprintf("%.0f-%.0f%%", 100*e.Low, 100*e.High)
}

// estimate tells people what was thought of the provider of a job, and why it was hired.
func estimate(e *gateway.Estimate, asset string) string {
	s := fmt.Sprintf("success %.0f%%, between %s, of which %.0f%% is what is thought of strangers; one expected to cost %s",
		100*e.Success, within(e), 100*e.Uncertainty, price(e.Expected.String(), asset, false))
	switch e.Why {
	case "only":
		s += "; nobody else suited"
	case "named":
		s += "; named by the order"
	case "cheapest":
		s += fmt.Sprintf("; the lowest price of %d, as the order goes by it", e.Of)
	case "random":
		s += fmt.Sprintf("; drawn by lot of %d, as the order goes by it", e.Of)
	case "trial":
		s += fmt.Sprintf("; drawn by lot of %d, to learn of somebody of whom nothing good is known", e.Of)
	default:
		s += fmt.Sprintf("; the least of %d", e.Of)
	}
	if e.NextCost != nil {
		s += fmt.Sprintf("; the next was %s at %s", e.Next, e.NextCost)
	}
	return s
}
