package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/souk-network/souk/cmd/souk/demo"
)

// shownDemo is the last line of demo's JSON.
type shownDemo struct {
	Schema        string  `json:"schema"` // "souk.demo/v1"
	Peers         int     `json:"peers"`
	Jobs          int     `json:"jobs"` // that were to be settled
	Settled       int     `json:"settled"`
	Capabilities  int     `json:"capabilities"` // different ones among the settled
	FailedCheck   int     `json:"failed_check"`
	Awarded       int     `json:"awarded"` // of them brought to an evaluator, and ended against their providers
	RefusedBudget int     `json:"refused_budget"`
	TakenOver     int     `json:"taken_over"`
	SubHired      int     `json:"sub_hired"` // jobs for whose parts others were hired
	BooksAgree    bool    `json:"books_agree"`
	Seconds       float64 `json:"seconds"`

	Incidents []demo.Incident `json:"incidents"`
	Chains    []demo.Chain    `json:"chains"` // jobs whose providers hired others
	Costs     []demo.Cost     `json:"costs"`
	Trust     []demo.Trust    `json:"trust"`
	Why       *demo.Why       `json:"why"` // one of them explained
}

func shownOf(r *demo.Report, took time.Duration) shownDemo {
	return shownDemo{
		Schema: "souk.demo/v1", Peers: r.Peers, Jobs: r.Wanted, Settled: r.Settled(), Capabilities: r.Capabilities(),
		FailedCheck: r.FailedCheck(), Awarded: r.Awarded(), RefusedBudget: r.RefusedBudget(), TakenOver: r.TakenOver(), SubHired: r.SubHired(),
		Incidents: list(r.Incidents()), Chains: list(r.Chains()), Costs: list(r.Costs), Trust: list(r.Trust), Why: r.Why,
		BooksAgree: r.Agree, Seconds: float64(took.Milliseconds()) / 1000,
	}
}

// demoPage shows what is left when the play is over.
func (p *program) demoPage(w io.Writer, r *demo.Report, shown shownDemo) error {
	p.demoIncidents(w, r)
	if err := p.demoChains(w, r); err != nil {
		return err
	}
	p.demoResults(w, r)
	for _, show := range []func(io.Writer, *demo.Report) error{p.demoTrust, p.demoBooks, p.demoCosts} {
		if err := show(w, r); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%d peers, %d of %d jobs settled, %.1f s\n", shown.Peers, shown.Settled, shown.Jobs, shown.Seconds)
	return err
}

// demoIncidents tells what did not go smoothly, each with its code and a sentence.
func (p *program) demoIncidents(w io.Writer, r *demo.Report) {
	fmt.Fprintf(w, "\nWHAT DID NOT GO STRAIGHT, AND WHAT CAME OF IT\n")
	for _, x := range r.Incidents() {
		p.paragraph(w, fmt.Sprintf("job %-3d %s (%s). %s", x.N, x.What, x.Code, x.Says), "        ")
	}
}

// demoChains shows who did what for whom where a provider hired others.
func (p *program) demoChains(w io.Writer, r *demo.Report) error {
	for _, c := range r.Chains() {
		fmt.Fprintln(w)
		rows := [][]string{{fmt.Sprintf("job %d: %s", c.N, c.Buyer), c.Provider, c.Capability, c.Stage, c.Paid.String()}}
		for i, x := range c.Parts {
			branch := "├─ "
			if i == len(c.Parts)-1 {
				branch = "└─ "
			}
			rows = append(rows, []string{branch + c.Provider, x.Provider, x.Capability, x.Stage, x.Paid.String()})
		}
		if err := p.table([]column{
			{head: "WHO HIRED"}, {head: "WHOM"}, {head: "FOR"}, {head: "STAGE"}, {head: "PAID", right: true},
		}, rows); err != nil {
			return err
		}
	}
	return nil
}

// paragraph prints text in lines as wide as the terminal, at most 100 cells, all
// but the first of them indented.
func (p *program) paragraph(w io.Writer, text, indent string) {
	width, _ := p.screen(p.out)
	if width == 0 || width > 100 {
		width = 100
	}
	line := ""
	for word := range strings.FieldsSeq(safe(text)) {
		if line != "" && lipgloss.Width(line+" "+word) > width {
			fmt.Fprintln(w, line)
			line = indent + word
			continue
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(w, cut(line, width))
}

const shownLines = 3 // of a result

// demoResults shows one result of each kind.
func (p *program) demoResults(w io.Writer, r *demo.Report) {
	said := map[string]bool{}
	for _, j := range r.Jobs {
		if said[j.Capability] || !j.OK {
			continue
		}
		said[j.Capability] = true
		fmt.Fprintf(w, "\n%s of the %s says:\n", safe(j.Capability), j.Provider)
		n := 0
		for line := range strings.Lines(string(j.Result)) {
			if n++; n > shownLines {
				fmt.Fprintln(w, "  …")
				break
			}
			fmt.Fprintf(w, "  %s\n", p.fit(safe(strings.TrimRight(line, "\n")), 2))
		}
	}
}

// fit cuts a line that is indented to the width of the terminal.
func (p *program) fit(line string, indent int) string {
	if width, _ := p.screen(p.out); width > 0 {
		return cut(line, max(width-indent, 10))
	}
	return line
}

// demoTrust shows whom the buyers trust now, and why in one case.
func (p *program) demoTrust(w io.Writer, r *demo.Report) error {
	fmt.Fprintln(w)
	rows := make([][]string, len(r.Trust))
	for i, t := range r.Trust {
		rows[i] = []string{
			t.Viewer, t.Peer, t.Capability, percent(t.Success), between(t.Low, t.High), percent(t.Uncertainty),
			strconv.Itoa(t.Jobs), fmt.Sprintf("%d/%d", t.Good, t.Jobs-t.Good),
		}
	}
	err := p.table([]column{
		{head: "WHO TRUSTS"},
		{head: "WHOM"},
		{head: "WITH"},
		{head: "SUCCESS", right: true},
		{head: "9 OF 10", right: true},
		{head: "UNSURE", right: true},
		{head: "JOBS", right: true},
		{head: "GOOD/BAD", right: true},
	}, rows)
	if err != nil || r.Why == nil {
		return err
	}
	fmt.Fprintf(w, "\nWhy the %s thinks so of the %s:\n", r.Why.Viewer, r.Why.Peer)
	for _, g := range r.Why.Grounds {
		p.paragraph(w, fmt.Sprintf("%5s  %s; without: %s", percent(g.Share), g.Path, percent(g.Without)), "       ")
	}
	return nil
}

func (p *program) demoBooks(w io.Writer, r *demo.Report) error {
	fmt.Fprintln(w)
	books := make([][]string, len(r.Pairs))
	for i, q := range r.Pairs {
		agree := "agree"
		if !q.Agree {
			agree = "DIFFER"
		}
		books[i] = []string{q.Payer, q.Payee, q.Owes.String(), q.IsOwed.String(), q.Holds.String(), q.IsFor.String(), agree}
	}
	return p.table([]column{
		{head: "BOOKS OF"},
		{head: "AND"},
		{head: "OWES", right: true},
		{head: "IS OWED", right: true},
		{head: "HOLDS", right: true},
		{head: "HELD FOR", right: true},
		{head: "THEY"},
	}, books)
}

func (p *program) demoCosts(w io.Writer, r *demo.Report) error {
	fmt.Fprintln(w)
	rows := make([][]string, len(r.Costs))
	for i, c := range r.Costs {
		rows[i] = []string{c.Capability, strconv.Itoa(c.Tries), strconv.Itoa(c.Settled), c.Paid.String(), c.Each.String()}
	}
	return p.table([]column{
		{head: "WHAT THE BUYERS PAID FOR"},
		{head: "TRIES", right: true},
		{head: "SUCCESSES", right: true},
		{head: "PAID", right: true},
		{head: "EACH", right: true},
	}, rows)
}
