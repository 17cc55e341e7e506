package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
)

// shownFound is the JSON of find.
type shownFound struct {
	Schema string          `json:"schema"` // "souk.find/v1"
	Offers []gateway.Found `json:"offers"`
}

func findCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "find [CAPABILITY]", Short: "Show live offers, cheapest first",
		Example: "  souk find\n  souk find text/words@1 --json",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			capability := ""
			if len(a) > 0 {
				capability = a[0]
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			found, err := desk.Find(c.Context(), capability)
			if err != nil {
				return err
			}
			return p.show(shownFound{"souk.find/v1", list(found)}, func(w io.Writer) error {
				if len(found) == 0 {
					what := "anything"
					if capability != "" {
						what = safe(capability)
					}
					_, err := fmt.Fprintf(w, "nobody offers %s right now; `souk status` shows whom this peer is linked to\n", what)
					return err
				}
				return p.foundTable(found)
			})
		},
	}
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
