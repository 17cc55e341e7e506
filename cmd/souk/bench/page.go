package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Page writes a report for people, in lines of at most 80 cells.
func (r *Report) Page(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", r.Name, r.Machine)
	var kinds []Row
	for _, row := range r.All() {
		if row.Parts == nil && row.Counts[allocations] > 0 {
			kinds = append(kinds, row)
			continue
		}
		row.page(&b)
	}
	kindsPage(&b, kinds)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Row) page(b *strings.Builder) {
	b.WriteByte('\n')
	wrapped(b, r.Case)
	fmt.Fprintf(b, "  %s %s, %s measured\n", Figure(r.Rate), r.Unit, Figure(float64(r.N)))
	fmt.Fprintf(b, "  %-12s%12s%12s%12s%12s%12s\n", "µs", "p50", "p95", "p99", "max", "CPU")
	line := func(name string, p Percentiles, cpu float64) {
		fmt.Fprintf(b, "  %-12s%12s%12s%12s%12s%12s\n", name, Figure(p.P50), Figure(p.P95), Figure(p.P99), Figure(p.Max), Figure(cpu))
	}
	if r.Max > 0 {
		line("measured", r.Percentiles, r.CPU)
	} else {
		fmt.Fprintf(b, "  %-60s%12s\n", "measured", Figure(r.CPU))
	}
	if ref := r.Reference; ref != nil {
		if ref.Max > 0 {
			line("reference", ref.Percentiles, ref.CPU)
		} else {
			fmt.Fprintf(b, "  %-60s%12s\n", "reference", Figure(ref.CPU))
		}
		said := fmt.Sprintf("ratio %s of %s; reference %s %s: %s", Figure(r.Ratio), r.RatioOf, Figure(ref.Rate), r.Unit, ref.Case)
		if r.Goal != "" {
			said += "; goal: " + r.Goal
		}
		wrapped(b, said)
	}
	if len(r.Parts) > 0 {
		b.WriteString("  CPU by part\n")
		for _, part := range Parts {
			if us, ok := r.Parts[part]; ok {
				fmt.Fprintf(b, "    %-12s%10s µs%8.1f %%\n", part, Figure(us), 100*us/r.CPU)
			}
		}
	}
	if len(r.Counts) > 0 {
		b.WriteString("  counted for each\n")
		for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
			fmt.Fprintf(b, "    %-28s%12s\n", name, Figure(r.Counts[name]))
		}
	}
}

// Markdown writes a report as lines of the tables in docs/performance.md. What is a
// kind of another row is left out.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	for _, row := range r.All() {
		if row.Parts == nil && row.Counts[allocations] > 0 {
			continue
		}
		wait := "-"
		if row.Max > 0 {
			wait = Figure(row.P50) + " / " + Figure(row.P99)
		}
		fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %s: %s %s, CPU %s | **%s** of %s | %s |\n", row.Case, Figure(row.Rate), row.Unit, wait,
			Figure(row.CPU), row.Reference.Case, Figure(row.Reference.Rate), row.Unit, Figure(row.Reference.CPU), Figure(row.Ratio), row.RatioOf, row.Goal)
		row.inWords(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inWords writes what CPU time went into and what was counted as a line of its own.
func (r *Row) inWords(b *strings.Builder) {
	var said []string
	for _, part := range Parts {
		if us := r.Parts[part]; us >= r.CPU/200 {
			said = append(said, fmt.Sprintf("%s %.0f %%", part, 100*us/r.CPU))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
		said = append(said, name+" "+Figure(r.Counts[name]))
	}
	if len(said) > 0 {
		fmt.Fprintf(b, "| | %s | | | | | |\n", strings.Join(said, ", "))
	}
}

// kindsPage writes rows that are kinds of one thing, a line for each.
func kindsPage(b *strings.Builder, rows []Row) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n  %-42s%8s%8s%8s%8s\n", "µs", "n", "mean", "p50", "allocs")
	for _, r := range rows {
		name := []rune(r.Case)
		if len(name) > 41 {
			name = append(name[:40], '…')
		}
		fmt.Fprintf(b, "  %-42s%8s%8s%8s%8s\n", string(name), Figure(float64(r.N)), Figure(r.CPU), Figure(r.P50), Figure(r.Counts[allocations]))
	}
}

// wrapped writes words in lines of at most 80 cells.
func wrapped(b *strings.Builder, text string) {
	line := " "
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 80 {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// Figure writes a number with three or more significant digits, thousands apart.
func Figure(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f == float64(int64(f)) && f < 1000:
		return strconv.FormatInt(int64(f), 10)
	case f < 0.1:
		return strconv.FormatFloat(f, 'f', 4, 64)
	case f < 10:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 100:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	s := strconv.FormatFloat(f, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
