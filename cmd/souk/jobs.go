package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
)

// shownJobs is the JSON of jobs.
type shownJobs struct {
	Schema string        `json:"schema"` // "souk.jobs/v1"
	Jobs   []gateway.Job `json:"jobs"`
}

const allJobs = 10_000 // the most the API lists

func jobsCommand(p *program) *cobra.Command {
	limit := 0
	c := &cobra.Command{
		Use: "jobs", Short: "Show jobs, newest first",
		Example: "  souk jobs\n  souk jobs --limit 1000 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 || limit > allJobs {
				return misuse(c, fmt.Errorf("--limit must be from 1 to %d", allJobs))
			}
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			jobs, err := desk.Jobs(c.Context(), limit)
			if err != nil {
				return err
			}
			return p.show(shownJobs{"souk.jobs/v1", list(jobs)}, func(w io.Writer) error {
				if len(jobs) == 0 {
					_, err := fmt.Fprintln(w, "no jobs yet; `souk find` shows what can be hired")
					return err
				}
				return p.jobsTable(jobs)
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 100, "at most so many")
	return c
}

func (p *program) jobsTable(jobs []gateway.Job) error {
	rows := make([][]string, len(jobs))
	for i, j := range jobs {
		rows[i] = []string{
			name(j), j.Role, stage(j), j.Capability, j.Price.String(), j.Paid.String(),
			or(j.Peer.String()), hour(j.Opened),
		}
	}
	return p.table([]column{
		{head: "JOB", least: 14},
		{head: "AS"},
		{head: "STAGE", least: 9},
		{head: "CAPABILITY", least: 8},
		{head: "PRICE", right: true},
		{head: "PAID", right: true},
		{head: "WITH", least: 10, ends: true},
		{head: "OPENED"},
	}, rows)
}

// stage tells where a job stands among those of its order, too.
func stage(j gateway.Job) string {
	switch {
	case !j.TakenOver.IsZero():
		return j.Stage + ", taken over"
	case len(j.Needs) > 0:
		return j.Stage + ": needs " + strings.Join(j.Needs, "; ")
	case !j.Instead.IsZero() && !j.ID.IsZero():
		return j.Stage + ", took over"
	}
	return j.Stage
}

// name is what a job is called: its ID, or its order's key while it has none.
func name(j gateway.Job) string {
	if j.ID.IsZero() {
		return j.Key
	}
	return j.ID.String()
}

func jobCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "job", Short: "Show one job, fetch its result, provide for it, or end it",
		Long:    "Show one job, fetch its result, or end it. ID is a job's ID or an order's key,\nwhole, enough of its beginning, or as a table cuts it (bafyreih3…).",
		Example: "  souk job show bafyreih3\n  souk job result bafyreih3 > summary.txt\n  souk job cancel bafyreih3",
	}
	c.AddCommand(
		&cobra.Command{
			Use: "show ID", Short: "Show a job document by document",
			Example: "  souk job show bafyreih3",
			Args:    args(cobra.ExactArgs(1)),
			RunE: p.withJob(func(_ context.Context, _ gateway.Desk, j gateway.Job) error {
				return p.show(j, func(w io.Writer) error { return p.jobPage(w, j) })
			}),
		},
		resultCommand(p),
		jobProvideCommand(p),
		&cobra.Command{
			Use: "cancel ID", Short: "Ask for the end of a job, and of all others of its order",
			Long: `Ask for the end of a job. All other jobs of its order, where one took another over, are
ended with it, and nobody is hired in its place. What its provider has delivered is
judged and paid all the same.`,
			Example: "  souk job cancel bafyreih3",
			Args:    args(cobra.ExactArgs(1)),
			RunE: p.withJob(func(ctx context.Context, desk gateway.Desk, j gateway.Job) error {
				j, err := desk.Cancel(ctx, name(j))
				if err != nil {
					return err
				}
				return p.show(j, func(w io.Writer) error {
					said := "job %s is %s\n"
					if !j.Final {
						said = "the end of job %s is asked for; it is still %s\n"
					}
					_, err := fmt.Fprintf(w, said, name(j), safe(j.Stage))
					return err
				})
			}),
		},
	)
	return c
}

// withJob runs f with the job its argument names.
func (p *program) withJob(f func(context.Context, gateway.Desk, gateway.Job) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, a []string) error {
		if a[0] == "" {
			return misuse(c, errors.New("ID is empty: name a job, an order's key, or the beginning of one"))
		}
		return p.atDesk(func(ctx context.Context, desk gateway.Desk, a []string) error {
			job, err := lookUp(ctx, desk, a[0])
			if err != nil {
				return err
			}
			return f(ctx, desk, job)
		})(c, a)
	}
}

func resultCommand(p *program) *cobra.Command {
	out := ""
	c := &cobra.Command{
		Use: "result ID", Short: "Fetch the result of a delivered job again",
		Example: "  souk job result bafyreih3 --out summary.txt",
		Args:    args(cobra.ExactArgs(1)),
		RunE: p.withJob(func(ctx context.Context, desk gateway.Desk, j gateway.Job) error {
			if p.json && out == "" {
				return invalid(fmt.Errorf("a result is bytes, not JSON"), "write it to a file with --out, or leave --json out")
			}
			if err := p.fetch(ctx, desk, j, out); err != nil {
				return err
			}
			if p.json {
				return p.show(j, nil)
			}
			return nil
		}),
	}
	c.Flags().StringVar(&out, "out", "", "write it to this `FILE`")
	return c
}

// instalment tells where one part of a contract stands.
func instalment(x gateway.Instalment, most uint64) string {
	text := fmt.Sprintf("%s, of at most %d: %s of at most %s paid", x.Stage, most, x.Paid, x.Price)
	if x.Advance {
		text += ", in advance"
	}
	if x.Calls > 0 {
		text += fmt.Sprintf(", %d calls, %d units", x.Calls, x.Units)
	}
	return text
}

func (p *program) jobPage(w io.Writer, j gateway.Job) error {
	lines := [][2]string{
		{"job", name(j)},
		{"as", j.Role},
		{"with", or(j.Peer.String())},
		{"capability", j.Capability},
		{"stage", j.Stage},
		{"price", price(j.Price.String(), j.Asset, false)},
		{"paid", price(j.Paid.String(), j.Asset, false)},
		{"opened", clock(j.Opened)},
	}
	add := func(head, text string, there bool) {
		if there {
			lines = append(lines, [2]string{head, text})
		}
	}
	add("order", j.Key, j.Key != "" && !j.ID.IsZero())
	add("closed", clock(j.Closed), j.Closed != 0)
	add("next", fmt.Sprintf("%s at %s, unless something happens before", j.Next, due(j.NextAt)), j.Next != "")
	add("held", fmt.Sprintf("%s, at most until %s, unless it is claimed", price(j.Held.String(), j.Asset, false), due(j.HeldUntil)), !j.Held.IsZero())
	add("away", fmt.Sprintf("its provider is out of reach since %s%s", clock(j.Away), meanwhile(j)), j.Away != 0 && !j.Final)
	add("needs", needs(j), len(j.Needs) > 0)
	add("why", strings.TrimSpace(string(j.Code)+" "+j.Detail), j.Code != "" || j.Detail != "")
	add("plan", j.Plan, j.Plan != "")
	add("instead", fmt.Sprintf("of job %s: %s", j.Instead, j.Left), !j.Instead.IsZero() && !j.ID.IsZero())
	add("taken over", "by job "+j.TakenOver.String(), !j.TakenOver.IsZero())
	if j.Estimate != nil {
		add("estimate", estimate(j.Estimate, j.Asset), true)
	}
	add("part of", strings.TrimSpace(j.Parent.String()+" "+inBrackets(j.ParentStage)), !j.Parent.IsZero())
	add("score", fmt.Sprintf("%d of 10000", j.Score), j.Score != 0)
	for _, a := range j.Inputs {
		add("input", artefact(a), true)
	}
	if j.Result != nil && len(j.Results) == 0 {
		add("result", artefact(*j.Result), true)
	}
	for _, a := range j.Results {
		add("result", artefact(a), true)
	}
	for i, x := range j.Instalments {
		add(fmt.Sprintf("part %d", i+1), instalment(x, j.MostInstalments), true)
	}
	if err := p.listed(w, lines); err != nil {
		return err
	}
	if err := p.partsTable(w, j.Parts); err != nil {
		return err
	}
	if len(j.Documents) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	rows := make([][]string, len(j.Documents))
	for i, d := range j.Documents {
		by := "the other side"
		switch {
		case d.Kind == "Award":
			by = "an evaluator"
		case d.By != j.Peer:
			by = "this peer"
		}
		rows[i] = []string{hour(d.At), d.Kind, by, d.Says, d.ID.String()}
	}
	return p.table([]column{{head: "AT"}, {head: "DOCUMENT"}, {head: "BY"}, {head: "SAYS", least: 10}, {head: "ID", least: 12, first: true}}, rows)
}

// partsTable shows whom this peer has hired to do a job.
func (p *program) partsTable(w io.Writer, parts []gateway.Part) error {
	if len(parts) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	rows := make([][]string, len(parts))
	for i, x := range parts {
		id := x.Key
		if !x.ID.IsZero() {
			id = x.ID.String()
		}
		rows[i] = []string{x.Capability, x.Stage, x.Price.String(), x.Paid.String(), or(x.Peer.String()), id}
	}
	return p.table([]column{
		{head: "PART", least: 8},
		{head: "STAGE"},
		{head: "PRICE", right: true},
		{head: "PAID", right: true},
		{head: "WITH", least: 10, ends: true},
		{head: "JOB", least: 14},
	}, rows)
}

// inBrackets is s in brackets, or nothing.
func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

func artefact(a gateway.Artefact) string {
	held := "here"
	if !a.Held {
		held = "not here"
	}
	return fmt.Sprintf("%d bytes of %s, %s, %s", a.Size, a.Type, held, a.ID)
}
