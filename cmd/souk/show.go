package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"
)

// safe makes text from elsewhere fit to be printed on one line: what could move
// the cursor, colour the screen, hide or turn round what follows is escaped.
func safe(s string) string {
	if !strings.ContainsFunc(s, wild) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch _, size := utf8.DecodeRuneInString(s[i:]); {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case wild(r):
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// wild reports whether r is not to be printed as it is: control and format
// characters (directions, joiners, tags), line and paragraph separators,
// private and unassigned characters, spaces other than the plain one.
func wild(r rune) bool { return !unicode.IsPrint(r) }

// tame does to JSON what safe does to text, in JSON's own way, so that a
// terminal may be shown it. Such characters stand only within strings.
func tame(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == utf8.RuneError || !wild(r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// show prints v as one line of JSON where that was asked for, otherwise what
// people prints.
func (p *program) show(v any, people func(w io.Writer) error) error {
	if !p.json {
		return people(p.out)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err = fmt.Fprintln(p.out, tame(string(b)))
	return err
}

// listed prints what is told of one thing, a name and a value on each line. On a terminal
// values go on below themselves between two words.
func (p *program) listed(w io.Writer, lines [][2]string) error {
	width, _ := p.screen(p.out)
	for _, l := range lines {
		head := l[0]
		for _, text := range wrapped(safe(l[1]), width-11) {
			if _, err := fmt.Fprintf(w, "%-10s %s\n", head, text); err != nil {
				return err
			}
			head = ""
		}
	}
	return nil
}

// wrapped divides text into lines of at most width cells, where there is a space to do so; a
// width of nothing or less leaves it whole.
func wrapped(text string, width int) []string {
	if width <= 0 || lipgloss.Width(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case lipgloss.Width(line)+1+lipgloss.Width(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// column is one column of a table.
type column struct {
	head  string
	right bool // for figures
	least int  // may be cut down to so many cells; 0 for never
	first bool // and is, before others are: an ID may be typed back as it is cut
	ends  bool // and keeps its end: peer IDs all begin alike
}

// table prints rows under columns, aligned, cut to fit width cells (0 for any
// width). Cells are made safe.
func table(w io.Writer, width int, bold bool, columns []column, rows [][]string) error {
	wide := make([]int, len(columns))
	for i, c := range columns {
		wide[i] = lipgloss.Width(c.head)
		for _, r := range rows {
			r[i] = safe(r[i])
			wide[i] = max(wide[i], lipgloss.Width(r[i]))
		}
	}
	fit(wide, columns, width)
	heads := make([]string, len(columns))
	for i, c := range columns {
		heads[i] = c.head
	}
	for n, r := range append([][]string{heads}, rows...) {
		var line strings.Builder
		for i, cell := range r {
			if i > 0 {
				line.WriteString("  ")
			}
			if columns[i].ends && n > 0 {
				cell = cutFront(cell, wide[i])
			} else {
				cell = cut(cell, wide[i])
			}
			space := strings.Repeat(" ", wide[i]-lipgloss.Width(cell))
			if columns[i].right {
				line.WriteString(space + cell)
			} else {
				line.WriteString(cell + space)
			}
		}
		text := strings.TrimRight(line.String(), " ")
		if n == 0 && bold {
			text = lipgloss.NewStyle().Bold(true).Render(text)
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// fit narrows the widest column that may be narrowed, until all of them fit.
func fit(wide []int, columns []column, width int) {
	total := 2 * (len(wide) - 1)
	for _, n := range wide {
		total += n
	}
	for ; width > 0 && total > width; total-- {
		widest := -1
		for i, c := range columns {
			if c.least == 0 || wide[i] <= c.least {
				continue
			}
			if widest < 0 || c.first && !columns[widest].first || c.first == columns[widest].first && wide[i] > wide[widest] {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		wide[widest]--
	}
}

// cut shortens text to width cells.
func cut(s string, width int) string {
	if lipgloss.Width(s) <= width {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if lipgloss.Width(b.String()+string(r)) >= width {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// cutFront shortens an ID to width cells and keeps its end.
func cutFront(s string, width int) string {
	if len(s) <= width {
		return s
	}
	return "…" + s[len(s)-width+1:]
}

// table prints a table on the command's output as wide as its terminal.
func (p *program) table(columns []column, rows [][]string) error {
	width, isTerminal := p.screen(p.out)
	return table(p.out, width, isTerminal && p.coloured(), columns, rows)
}

// screen returns the width of the terminal that w is, or 0 where it is none.
func (p *program) screen(w io.Writer) (width int, isTerminal bool) {
	if n, err := strconv.Atoi(p.env("COLUMNS")); err == nil && n > 0 {
		width = n
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return width, false
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		width = n
	}
	return width, true
}

// coloured reports whether the user likes more than plain text (no-color.org).
func (p *program) coloured() bool {
	return p.env("NO_COLOR") == "" && p.env("TERM") != "dumb"
}

// clock shows Unix milliseconds in the reader's time zone; nothing for 0.
func clock(ms uint64) string {
	if ms == 0 {
		return "-"
	}
	return time.UnixMilli(int64(ms)).Format("2006-01-02 15:04:05")
}

// due shows an instant to come, and how far off it is.
func due(ms uint64) string {
	left := time.Until(time.UnixMilli(int64(ms))).Round(time.Second)
	if left <= 0 {
		return clock(ms) + " (now)"
	}
	return fmt.Sprintf("%s (in %s)", clock(ms), left)
}

// span shows a duration of milliseconds.
func span(ms uint64) string { return (time.Duration(ms) * time.Millisecond).String() }

// or returns s, or a dash for nothing.
func or(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
