package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

func ledgerExportCommand(p *program) *cobra.Command {
	format := ""
	c := &cobra.Command{
		Use: "export [PEER]", Short: "Write all entries for an accountant",
		Long: `Write every entry of the books to standard output: as CSV, one line for each with the
totals of its lane after it, or as a journal for hledger, one transaction for each
entry that changes what is owed, with the balance after it asserted. Amounts are in
an asset's smallest units; two assets are never added. What is only set aside (HOLD,
VOID) is owed by nobody, and is in the CSV alone.`,
		Example: "  souk ledger export --format csv > books.csv\n  souk ledger export --format hledger > books.journal && hledger -f books.journal balance",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			write, ok := map[string]func(io.Writer, []gateway.Posting) error{"csv": writeCSV, "hledger": writeHledger}[format]
			if !ok {
				return misuse(c, fmt.Errorf("--format is csv or hledger, not %q", format))
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			peer := ""
			if len(a) > 0 {
				l, err := desk.Ledger(c.Context(), "")
				if err != nil {
					return err
				}
				pairs, err := pairsOf(l.Pairs, a[0])
				if err != nil {
					return err
				}
				peer = pairs[0].Peer.String()
			}
			all, err := desk.Postings(c.Context(), peer)
			if err != nil {
				return err
			}
			if p.json {
				return p.show(all, nil)
			}
			return write(p.out, all.Entries)
		},
	}
	c.Flags().StringVar(&format, "format", "csv", "csv or hledger")
	return c
}

func date(ms uint64) time.Time { return time.UnixMilli(int64(ms)).UTC() }

// writeCSV writes one line for each entry (RFC 4180, with line feeds).
func writeCSV(w io.Writer, entries []gateway.Posting) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"date", "peer", "direction", "asset", "act", "amount", "posted", "held", "released", "credited", "settled",
		"owed", "countersigned", "job", "entry",
	}}
	for _, x := range entries {
		owed, err := outstanding(x)
		if err != nil {
			return err
		}
		rows = append(rows, []string{
			date(x.At).Format(time.RFC3339), x.Peer.String(), direction(x), x.Asset, x.Act, x.Amount.String(), x.Posted.String(),
			x.Held.String(), x.Released.String(), x.Credited.String(), x.Settled.String(), owed.String(),
			strconv.FormatBool(x.Seen), x.Job.String(), x.Entry.String(),
		})
	}
	return out.WriteAll(rows)
}

func direction(x gateway.Posting) string {
	if x.Owed {
		return "owed_to_me"
	}
	return "i_owe"
}

// outstanding is what is owed in a lane after an entry.
func outstanding(x gateway.Posting) (wire.Amount, error) {
	owed, err := x.Posted.Minus(x.Credited)
	if err == nil {
		owed, err = owed.Minus(x.Settled)
	}
	if err != nil {
		return owed, fmt.Errorf("entry %s: its totals cannot be: %w", x.Entry, err)
	}
	return owed, nil
}

// writeHledger writes a transaction for each entry that changes what is owed, by the
// date that its payer gives, or that of the entry before where its clock went back:
// hledger asserts balances in the order of dates. Names are hashes and keys, which cannot break out of a line;
// an asset's name, which a peer chooses, is checked.
func writeHledger(w io.Writer, entries []gateway.Posting) error {
	lane, last := "", uint64(0)
	for _, x := range entries {
		if this := x.Peer.String() + direction(x) + x.Asset; this != lane {
			lane, last = this, 0
		}
		last = max(last, x.At)
		if x.Amount.IsZero() || x.Act == protocol.ActHold.String() || x.Act == protocol.ActVoid.String() {
			continue
		}
		owed, err := outstanding(x)
		if err != nil {
			return err
		}
		account, other, sign, counter := "liabilities:souk:"+x.Peer.String(), "expenses:souk", "-", ""
		if x.Owed {
			account, other, sign, counter = "assets:souk:"+x.Peer.String(), "income:souk", "", "-"
		}
		after := sign + owed.String()
		switch x.Act {
		case protocol.ActSettled.String():
			other = "assets:settled"
			fallthrough
		case protocol.ActCredit.String():
			sign, counter = counter, sign
		}
		if owed.IsZero() {
			after = "0"
		}
		mark := "!" // not countersigned yet
		if x.Seen {
			mark = "*"
		}
		_, err = fmt.Fprintf(w, "%s %s %s\n    ; job: %s, entry: %s\n    %s  %s%s %s = %s %s\n    %s  %s%s %s\n\n",
			date(last).Format(time.DateOnly), mark, x.Act, or(x.Job.String()), x.Entry,
			account, sign, x.Amount, commodity(x.Asset), after, commodity(x.Asset),
			other, counter, x.Amount, commodity(x.Asset))
		if err != nil {
			return err
		}
	}
	return nil
}

// commodity is an asset's name as hledger takes it: in double quotes, which an asset's
// name cannot hold.
func commodity(asset string) string { return strconv.Quote(asset) }
