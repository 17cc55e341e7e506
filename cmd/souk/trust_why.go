package main

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// grounds tells whose word an estimate rests on, heaviest first: by which way
// trust comes to each, and what the estimate would be without.
func grounds(w io.Writer, width int, k gateway.Trusted) error {
	if len(k.Why.Raters) == 0 {
		if _, err := fmt.Fprintln(w, "why        nobody that counts has hired it"); err != nil {
			return err
		}
	}
	for i, r := range k.Why.Raters {
		head := ""
		if i == 0 {
			head = "why"
		}
		way := append(ways(r), fmt.Sprintf("%s: %s", short(k.Peer), dealings(r.Jobs, r.Good, r.Contested)))
		lines := wrap(way, width-19)
		lines = append(lines, fmt.Sprintf("without: %s (%s)", percent(r.Without.Success), between(r.Without.Low, r.Without.High)))
		for j, line := range lines {
			share := ""
			if j == 0 {
				share = percent(r.Share)
			} else {
				head, line = "", "  "+line
			}
			if _, err := fmt.Fprintf(w, "%-10s %5s  %s\n", head, share, safe(line)); err != nil {
				return err
			}
		}
	}
	return footnotes(w, k.Why)
}

func footnotes(w io.Writer, why *gateway.Why) error {
	var notes []string
	if why.Others > 0 {
		notes = append(notes, fmt.Sprintf("and %s of less weight", counted(why.Others, "rater")))
	}
	if why.Floor > 0 {
		notes = append(notes, fmt.Sprintf("and praise by strangers, together worth %.2f of a job", why.Floor))
	}
	for _, n := range notes {
		if _, err := fmt.Fprintf(w, "%-10s %5s  %s\n", "", "", n); err != nil {
			return err
		}
	}
	for i, h := range why.Holes {
		head := ""
		if i == 0 {
			head = "log"
		}
		if i == 4 {
			_, err := fmt.Fprintf(w, "%-10s and %d more holes\n", "", len(why.Holes)-i)
			return err
		}
		if _, err := fmt.Fprintf(w, "%-10s %s: entries %d to %d of epoch %.8s\n", head, safe(h.Why), h.From, h.To, safe(h.Epoch)); err != nil {
			return err
		}
	}
	return nil
}

// ways is the path to a rater, one hop each.
func ways(r gateway.Rater) []string {
	way := []string{"you"}
	for _, h := range r.Path {
		said := fmt.Sprintf("%s (%s, %s)", short(h.To), h.How, dealings(h.Jobs, h.Good, 0))
		if h.How == "anchor" {
			said = short(h.To) + " (chosen by you)"
		}
		way = append(way, said)
	}
	if !r.Self && len(r.Path) == 0 {
		way = append(way, "… "+short(r.Peer))
	}
	return way
}

func dealings(jobs, good, contested int) string {
	s := fmt.Sprintf("%s, %d good", counted(jobs, "job"), good)
	if contested > 0 {
		s += fmt.Sprintf(", %d contested", contested)
	}
	return s
}

// short names a peer by the beginning of its ID, which commands take as well.
func short(k wire.Key) string { return k.String()[:16] + "…" }

// wrap joins parts by arrows in lines of at most width cells (0 or less for any width).
func wrap(parts []string, width int) []string {
	lines := []string{parts[0]}
	for _, p := range parts[1:] {
		last := &lines[len(lines)-1]
		if joined := *last + " → " + p; width <= 0 || lipgloss.Width(joined) <= width {
			*last = joined
		} else {
			lines = append(lines, "→ "+p)
		}
	}
	return lines
}

// trustGraph prints the ways by which trust comes to those shown, for Graphviz.
func trustGraph(w io.Writer, t gateway.Trust) error {
	var b strings.Builder
	b.WriteString("digraph souk {\n  rankdir=LR; node [shape=box, fontname=sans]; edge [fontname=sans, fontsize=10];\n")
	fmt.Fprintf(&b, "  %q [label=\"you\", style=bold];\n", t.Viewer)
	nodes, edges := map[wire.Key]bool{t.Viewer: true}, map[[2]wire.Key]bool{}
	node := func(k wire.Key, label string) {
		if !nodes[k] {
			nodes[k] = true
			fmt.Fprintf(&b, "  %q [label=%q];\n", k, label)
		}
	}
	edge := func(from, to wire.Key, label, style string) {
		if e := [2]wire.Key{from, to}; !edges[e] {
			edges[e] = true
			fmt.Fprintf(&b, "  %q -> %q [label=%q, style=%s];\n", from, to, label, style)
		}
	}
	for _, k := range t.Known {
		node(k.Peer, short(k.Peer)+"\n"+guess(k))
	}
	for _, k := range t.Known {
		if k.Why == nil {
			continue
		}
		for _, r := range k.Why.Raters {
			from := t.Viewer
			for _, h := range r.Path {
				node(h.To, short(h.To))
				edge(from, h.To, h.How+", "+dealings(h.Jobs, h.Good, 0), "solid")
				from = h.To
			}
			node(r.Peer, short(r.Peer))
			edge(r.Peer, k.Peer, "hired, "+dealings(r.Jobs, r.Good, r.Contested), "solid")
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}
