package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// shownEvidence is the JSON of evidence verify: what evidence has been found to prove.
type shownEvidence struct {
	Schema     string        `json:"schema"` // "souk.evidence/v1"
	Valid      bool          `json:"valid"`
	Net        string        `json:"net"`
	Job        wire.CID      `json:"job"`
	Hirer      wire.Key      `json:"hirer"`
	Provider   wire.Key      `json:"provider"`
	Capability string        `json:"capability"`
	Asset      string        `json:"asset"`
	Price      wire.Amount   `json:"price"` // the most that the contract may come to
	Paid       wire.Amount   `json:"paid"`  // what receipts of the job show
	Stage      string        `json:"stage"` // as the documents shown tell it, at the last of their dates
	Fault      string        `json:"fault,omitempty"`
	Inputs     []payloadHash `json:"inputs"`
	Results    []payloadHash `json:"results"`
	Owner      wire.Key      `json:"owner,omitzero"`   // who granted the mandate, where that is shown
	Mandate    wire.CID      `json:"mandate,omitzero"` // where it is shown
	Receipts   []wire.CID    `json:"receipts"`         // the entries that have one
	Documents  []proven      `json:"documents"`
}

// payloadHash names one artefact: the commitment to its bytes, and their number.
type payloadHash struct {
	ID   wire.CID `json:"id"`
	Size uint64   `json:"size"`
	Type string   `json:"type"`
}

// proven is one document that evidence shows.
type proven struct {
	Kind   string   `json:"kind"`
	ID     wire.CID `json:"id"`
	By     wire.Key `json:"by"`
	Role   string   `json:"role"`
	At     uint64   `json:"at"`     // Unix milliseconds, by its author's clock
	Counts bool     `json:"counts"` // it has its place in the job
}

func evidenceCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "evidence", Short: "Export or verify all that proves one job",
		Long: `Evidence is one file with all that one side can show of a job: the contract both
signed, what names its inputs and results, the verdict, the receipts, the hirer's
mandate. It proves itself to a third machine, offline.`,
		Example: "  souk evidence export bafyreih3 > evidence.txt\n  souk evidence verify evidence.txt",
	}
	c.AddCommand(evidenceExportCommand(p), evidenceVerifyCommand(p), evidenceForksCommand(p))
	return c
}

func evidenceExportCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "export JOB", Short: "Write all that proves a job as one file",
		Long: `Write all that this peer can show of a job to standard output. JOB is a job's ID or
key, or enough of its beginning. It names both sides and the terms: mind whom you
give it to. The inputs and results themselves are not in it.`,
		Example: "  souk evidence export bafyreih3 > evidence.txt",
		Args:    args(cobra.ExactArgs(1)),
		RunE: p.withJob(func(ctx context.Context, desk gateway.Desk, j gateway.Job) error {
			text, err := desk.Evidence(ctx, name(j))
			if err != nil {
				return err
			}
			if p.json {
				return p.show(struct {
					Schema   string `json:"schema"`
					Evidence string `json:"evidence"`
				}{"souk.evidence-file/v1", string(text)}, nil)
			}
			_, err = p.out.Write(text)
			return err
		}),
	}
}

func evidenceVerifyCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "verify FILE", Short: "Check evidence offline, with no peer",
		Long: `Check every signature in FILE, that both sides signed the contract, that each document
is about the job and by one who has a part in it, every receipt and the mandate, and tell
the job anew. Nothing but the file is needed; - is standard input. What a file does not
show it does not deny: ask the other side for its own. FILE may also be what
` + "`souk evidence forks PEER`" + ` writes.`,
		Example: "  souk evidence verify evidence.txt",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			text, err := p.readFile(a[0], agent.MaxEvidence*2+1)
			if err != nil {
				return err
			}
			if bytes.HasPrefix(text, []byte("-----BEGIN SOUK EQUIVOCATION-----")) {
				return p.showFork(text)
			}
			r, err := readEvidence(text)
			if err != nil {
				return err
			}
			return p.show(r, func(w io.Writer) error { return p.evidencePage(w, r) })
		},
	}
}

// readEvidence checks evidence on the network it names, and returns what it proves.
func readEvidence(text []byte) (*shownEvidence, error) {
	x, err := agent.ReadEvidence(text)
	if err != nil {
		return nil, unbelievable(err)
	}
	v, err := x.Verify(protocol.Registry())
	if err != nil {
		return nil, unbelievable(err)
	}
	terms := v.Job.Terms()
	r := &shownEvidence{
		Schema: "souk.evidence/v1", Valid: true, Net: v.Net, Job: x.Job, Hirer: v.Job.Hirer(), Provider: v.Job.Provider(),
		Capability: terms.Capability, Asset: terms.Asset, Price: v.Job.Most(), Paid: v.Paid,
		Stage: v.Job.Stage(v.At).String(), Inputs: hashes(v.Job.Accept().Inputs), Results: []payloadHash{},
		Mandate: v.Mandate.ID, Receipts: []wire.CID{},
	}
	if fault := v.Job.Fault(v.At); v.Job.Stage(v.At) == job.Defaulted {
		r.Fault = fault.String()
	}
	if m, ok := v.Mandate.Doc.(*protocol.Mandate); ok {
		r.Owner = m.By
	}
	for _, s := range v.Receipted {
		r.Receipts = append(r.Receipts, s.ID)
	}
	for _, s := range v.Shown {
		head := s.Doc.Header()
		r.Documents = append(r.Documents, proven{
			Kind: agent.KindName(s.Doc), ID: s.ID, By: head.By, Role: v.Job.RoleOf(head.By).String(), At: head.At, Counts: s.Counts,
		})
		if d, ok := s.Doc.(*protocol.Delivery); ok && s.Counts {
			r.Results = append(r.Results, hashes(d.Artefacts)...)
		}
	}
	return r, nil
}

func hashes(all []payload.Artefact) []payloadHash {
	named := make([]payloadHash, len(all))
	for i, a := range all {
		named[i] = payloadHash{a.ID, a.Size, a.Type}
	}
	return named
}

// unbelievable is the error for evidence that proves nothing.
func unbelievable(err error) error {
	e := gateway.AsError(unproved(err))
	return &gateway.Error{
		Code: e.Code, Message: "this evidence proves nothing: " + err.Error(),
		Hint: "ask whoever gave it to you to export it again: `souk evidence export`",
	}
}

func (p *program) evidencePage(w io.Writer, r *shownEvidence) error {
	stage, mandate := r.Stage, "not shown"
	if r.Fault != "" {
		stage += " by the " + r.Fault
	}
	if !r.Mandate.IsZero() {
		mandate = fmt.Sprintf("%s, by %s", r.Mandate, r.Owner)
	}
	lines := [][2]string{
		{"valid", fmt.Sprintf("all signatures are good: %d documents, %d receipts", len(r.Documents), len(r.Receipts))},
		{"network", r.Net},
		{"job", r.Job.String()},
		{"hirer", r.Hirer.String()},
		{"provider", r.Provider.String()},
		{"capability", r.Capability},
		{"price", r.Price.String() + " " + r.Asset + " at most"},
		{"paid", r.Paid.String() + " by receipts"},
		{"stage", stage},
		{"mandate", mandate},
	}
	for _, a := range r.Inputs {
		lines = append(lines, [2]string{"input", a.line()})
	}
	for _, a := range r.Results {
		lines = append(lines, [2]string{"result", a.line()})
	}
	if err := p.listed(w, lines); err != nil {
		return err
	}
	for _, d := range r.Documents {
		place := ""
		if !d.Counts {
			place = " (changes nothing)"
		}
		if _, err := fmt.Fprintf(w, "%s  %-11s %-9s %s%s\n", clock(d.At), d.Kind, d.Role, d.ID, place); err != nil {
			return err
		}
	}
	return nil
}

func (a payloadHash) line() string { return fmt.Sprintf("%s, %d bytes, %s", a.ID, a.Size, a.Type) }
