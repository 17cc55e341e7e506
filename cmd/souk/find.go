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
		Use: "find [CAPABILITY]", Short: "Show live offers, cheapest first",
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
		left := max(0, time.Until(time.UnixMilli(int64(f.Expires)))).Truncate(time.Second)
		rows[i] = []string{f.Capability, cost, f.Asset, who, or(f.Rule), span(f.DeliverMS), left.String(), f.Title}
	}
	return p.table([]column{
		{head: "CAPABILITY", least: 12},
		{head: "PRICE", right: true},
		{head: "ASSET", least: 8},
		{head: "PEER", least: 13},
		{head: "CHECK", least: 5},
		{head: "WITHIN", right: true},
		{head: "LIVES", right: true},
		{head: "TITLE", least: 5},
	}, rows)
}
