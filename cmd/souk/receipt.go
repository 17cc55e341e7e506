package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// shownReceipt is the JSON of receipt show and receipt verify: what a receipt
// has been found to prove.
type shownReceipt struct {
	Schema string          `json:"schema"` // "souk.receipt/v1"
	Valid  bool            `json:"valid"`
	Net    string          `json:"net"`
	Payer  wire.Key        `json:"payer"`
	Payee  wire.Key        `json:"payee"`
	Asset  string          `json:"asset"`
	Act    string          `json:"act"`
	Amount wire.Amount     `json:"amount"`
	Seq    uint64          `json:"seq"`
	Entry  wire.CID        `json:"entry"`
	Job    wire.CID        `json:"job,omitzero"`
	Said   uint64          `json:"said"` // Unix milliseconds by the payer's clock
	Seen   uint64          `json:"seen"` // Unix milliseconds by the payee's clock
	Totals protocol.Totals `json:"-"`
	After  after           `json:"after"`
}

// after is where the two stand after the entry.
type after struct {
	Posted   wire.Amount `json:"posted"`
	Held     wire.Amount `json:"held"`
	Released wire.Amount `json:"released"`
	Credited wire.Amount `json:"credited"`
	Settled  wire.Amount `json:"settled"`
}

func receiptCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "receipt", Short: "Show, export or verify what proves a payment",
		Long: `A receipt is what a payer has signed that it owes, with its payee's signature that
it has seen it. One file proves it to a third machine, offline.`,
		Example: "  souk receipt export --last > receipt.txt\n  souk receipt verify receipt.txt",
	}
	c.AddCommand(
		receiptPart(p, "show", "Show what a receipt says", func(text []byte) error {
			r, err := readReceipt(text)
			if err != nil {
				return err
			}
			return p.show(r, func(w io.Writer) error { return p.receiptPage(w, r) })
		}),
		receiptPart(p, "export", "Write a receipt as a file that proves itself", func(text []byte) error {
			if p.json {
				return p.show(struct {
					Schema  string `json:"schema"`
					Receipt string `json:"receipt"`
				}{"souk.receipt-file/v1", string(text)}, nil)
			}
			_, err := p.out.Write(text)
			return err
		}),
		receiptVerifyCommand(p),
	)
	return c
}

// receiptPart is a command about one receipt of the running peer.
func receiptPart(p *program, verb, says string, f func([]byte) error) *cobra.Command {
	last := false
	c := &cobra.Command{
		Use: verb + " [ID | --last]", Short: says,
		Long:    says + ".\n\nID is a job's or an entry's ID, or enough of the beginning of a job's. Without one it is\nthe newest receipt.",
		Example: "  souk receipt " + verb + " --last\n  souk receipt " + verb + " bafyreih3",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			if last && len(a) > 0 {
				return misuse(c, errors.New("an ID and --last were both given"))
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			id := "last"
			if len(a) > 0 {
				id = a[0]
			}
			text, err := receiptOf(c.Context(), desk, id)
			if err != nil {
				return err
			}
			return f(text)
		},
	}
	c.Flags().BoolVar(&last, "last", false, "the newest receipt")
	return c
}

// receiptOf asks for a receipt by an ID, or by the beginning of a job's.
func receiptOf(ctx context.Context, desk gateway.Desk, id string) ([]byte, error) {
	text, err := desk.Receipt(ctx, id)
	if err == nil || gateway.AsError(err).Code != gateway.CodeNotFound || id == "last" {
		return text, err
	}
	job, other := lookUp(ctx, desk, id)
	switch {
	case other == nil:
	case gateway.AsError(other).Code == gateway.CodeNotFound:
		return nil, err
	default:
		return nil, other
	}
	return desk.Receipt(ctx, name(job))
}

func receiptVerifyCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "verify FILE", Short: "Check a receipt offline, with no peer",
		Long: `Check that a receipt's payer signed the payment and its payee has seen it. Nothing
but the file is needed. FILE may be - for standard input.`,
		Example: "  souk receipt verify receipt.txt",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			text, err := p.readFile(a[0], settlement.MaxReceipt*2+1)
			if err != nil {
				return err
			}
			r, err := readReceipt(text)
			if err != nil {
				return err
			}
			return p.show(r, func(w io.Writer) error { return p.receiptPage(w, r) })
		},
	}
}

// readFile reads a file the user named, or standard input for "-", up to most bytes.
func (p *program) readFile(path string, most int64) ([]byte, error) {
	in := p.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, invalid(err, "name a file that is there, or - for standard input")
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return nil, invalid(err, "name a file that can be read, or - for standard input")
	}
	return b, nil
}

// readReceipt checks a receipt on the network it names, and returns what it proves.
func readReceipt(text []byte) (*shownReceipt, error) {
	r, err := settlement.ReadReceipt(text)
	if err != nil {
		return nil, unproved(err)
	}
	e, seen, err := r.Verify(protocol.Registry(), r.Entry.Net)
	if err != nil {
		return nil, unproved(err)
	}
	return &shownReceipt{
		Schema: "souk.receipt/v1", Valid: true, Net: r.Entry.Net, Payer: e.By, Payee: e.Payee, Asset: e.Asset,
		Act: act(e.Act), Amount: e.Amount, Seq: e.Seq, Entry: wire.Sum(r.Entry.Doc), Job: e.Job,
		Said: e.At, Seen: seen.At, Totals: e.Totals,
		After: after{
			Posted: e.Totals.Posted, Held: e.Totals.Held, Released: e.Totals.Released,
			Credited: e.Totals.Credited, Settled: e.Totals.Settled,
		},
	}, nil
}

// unproved is the error for a receipt that proves nothing.
func unproved(err error) error {
	code := protocol.CodeMalformed
	switch {
	case errors.Is(err, wire.ErrSeal):
		code = protocol.CodeSeal
	case errors.Is(err, wire.ErrNetwork):
		code = protocol.CodeNetwork
	case errors.Is(err, wire.ErrLimit):
		code = protocol.CodeTooLarge
	}
	return &gateway.Error{
		Code: code, Message: "this receipt proves nothing: " + err.Error(),
		Hint: "ask whoever gave it to you to export it again: `souk receipt export`",
	}
}

// act names what an entry does.
func act(a protocol.Act) string {
	names := [...]string{"", "open", "pay", "hold", "post", "void", "meter", "award", "credit", "settled", "close"}
	if int(a) < len(names) && a > 0 {
		return names[a]
	}
	return fmt.Sprintf("act %d", a)
}

func (p *program) receiptPage(w io.Writer, r *shownReceipt) error {
	owed := "unknown"
	if n, err := r.Totals.Posted.Minus(r.Totals.Credited); err == nil {
		if n, err = n.Minus(r.Totals.Settled); err == nil {
			owed = n.String()
		}
	}
	return p.listed(w, [][2]string{
		{"valid", "both signatures are good"},
		{"network", r.Net},
		{"payer", r.Payer.String()},
		{"payee", r.Payee.String()},
		{"asset", r.Asset},
		{"amount", fmt.Sprintf("%s (%s)", r.Amount, r.Act)},
		{"owed then", owed + " in all, after this entry"},
		{"job", or(r.Job.String())},
		{"entry", fmt.Sprintf("%s, number %d of its lane", r.Entry, r.Seq)},
		{"said", clock(r.Said) + " by the payer's clock"},
		{"seen", clock(r.Seen) + " by the payee's clock"},
	})
}
