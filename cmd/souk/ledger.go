package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

func ledgerCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "ledger [PEER]", Short: "Show what is owed, per peer and asset",
		Long:    "Show what is owed, per peer and asset. PEER may be enough of the beginning of a peer ID,\nor an ID as a table cuts it. Amounts of two assets are never added.",
		Example: "  souk ledger\n  souk ledger --json",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: p.atDesk(func(ctx context.Context, desk gateway.Desk, a []string) error {
			l, err := desk.Ledger(ctx, "")
			if err != nil {
				return err
			}
			if len(a) > 0 {
				if l.Pairs, err = pairsOf(l.Pairs, a[0]); err != nil {
					return err
				}
			}
			l.Pairs = list(l.Pairs)
			return p.show(l, func(w io.Writer) error {
				if len(l.Pairs) == 0 {
					_, err := fmt.Fprintln(w, "nothing is owed, and nothing ever was")
					return err
				}
				rows := make([][]string, len(l.Pairs))
				for i, q := range l.Pairs {
					rows[i] = []string{
						q.Peer.String(), q.Asset, q.IOwe.String(), q.OwedToMe.String(),
						q.HeldByMe.String(), q.HeldForMe.String(),
					}
				}
				return p.table([]column{
					{head: "PEER", least: 13, ends: true},
					{head: "ASSET", least: 8},
					{head: "I OWE", right: true},
					{head: "OWED TO ME", right: true},
					{head: "I HOLD", right: true},
					{head: "HELD FOR ME", right: true},
				}, rows)
			})
		}),
	}
	c.AddCommand(ledgerExportCommand(p))
	return c
}

// pairsOf returns the pairs of the peer that a word names.
func pairsOf(pairs []gateway.Pair, word string) ([]gateway.Pair, error) {
	all := make([]called[wire.Key], len(pairs))
	for i, q := range pairs {
		all[i] = called[wire.Key]{q.Peer, []string{q.Peer.String(), q.Peer.DID()}}
	}
	key, err := meant(word, "peers", all, &gateway.Error{
		Code: gateway.CodeNotFound, Message: fmt.Sprintf("no dealings with a peer %q", word),
		Hint: "`souk ledger` shows all there are",
	})
	return slices.DeleteFunc(pairs, func(q gateway.Pair) bool { return q.Peer != key }), err
}
