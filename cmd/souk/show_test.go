package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/souk-network/souk/protocol/wire"
)

// nasty is what a hostile peer might call itself.
var nasty = []string{
	"\x1b[2J\x1b[1;1Hyou won", "\x1b]0;title\x07", "a\rb", "a\nb", "a\tb", "\x00", "\x7f", "\u009b31m", "\u202egnp.exe",
	"zero\u200bwidth", "line\u2028sep", "\U000e0041tag", "\xff\xfe", "ok\xc3", "\u00a0", "\ufeff", "\ue000",
}

func TestSafe(t *testing.T) {
	for _, s := range nasty {
		got := safe(s)
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) || got == s {
			t.Errorf("%q is printed as %q", s, got)
		}
		if safe(got) != got {
			t.Errorf("%q is not stable", got)
		}
	}
	for _, s := range []string{"", "plain", "Übung 文書 🙂", `back\slash "quoted"`, "a\ufffdb"} {
		if got := safe(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	if got := safe("a\x1b[31m\u202e\xffb"); got != `a\x1b[31m\u202e\xffb` {
		t.Errorf("%s", got)
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := safe(s); strings.ContainsFunc(got, wild) {
			t.Errorf("%q is printed as %q", s, got)
		}
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var plain, tamed string
		if err := json.Unmarshal(b, &plain); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tame(string(b))), &tamed); err != nil || plain != tamed {
			t.Errorf("%q says %q once tamed (%v)", s, tamed, err)
		}
		if strings.ContainsFunc(tame(string(b)), func(r rune) bool { return wild(r) && r != unicode.ReplacementChar }) {
			t.Errorf("%q is not tamed", s)
		}
	})
}

func TestVeil(t *testing.T) {
	var out bytes.Buffer
	if n, err := (&veil{&out}).Write([]byte("one\ttwo\x1b[2J\nthree\r\n")); n != 19 || err != nil {
		t.Fatal(n, err)
	}
	if got := out.String(); got != "one\ttwo\\x1b[2J\nthree\\r\n" {
		t.Errorf("%q", got)
	}
}

func TestTable(t *testing.T) {
	columns := []column{{head: "JOB", least: 6}, {head: "PRICE", right: true}, {head: "TITLE", least: 5}}
	rows := func() [][]string {
		return [][]string{
			{strings.Repeat("bafyrei", 8), "5", "plain"},
			{"short", "100000", "wide 文書文書文書文書 and \x1b[31mred"},
			{"", "", ""},
		}
	}
	for _, width := range []int{0, 20, 40, 80, 200} {
		var b bytes.Buffer
		if err := table(&b, width, false, columns, rows()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) != 4 {
			t.Fatalf("%d lines", len(lines))
		}
		for _, l := range lines {
			if n := lipgloss.Width(l); width > 20 && n > width {
				t.Errorf("%d cells in %d: %s", n, width, l)
			}
			if strings.ContainsFunc(l, wild) {
				t.Errorf("%q", l)
			}
		}
		end := strings.Index(lines[0], "PRICE") + len("PRICE")
		if cells := lipgloss.Width(lines[1][:strings.Index(lines[1], "  ")]); width == 0 && cells != 56 {
			t.Errorf("cut to %d without need", cells)
		}
		if got := lines[2]; lipgloss.Width(got) < end || !strings.HasSuffix(got[:end], "100000") {
			t.Errorf("figures are not aligned at %d:\n%s", width, b.String())
		}
	}
}

// TestTableCutsIDsFirst: what can be typed back as it is cut gives way to what cannot.
func TestTableCutsIDsFirst(t *testing.T) {
	var b bytes.Buffer
	columns := []column{{head: "SAYS", least: 5}, {head: "ID", least: 12, first: true}}
	rows := [][]string{{strings.Repeat("word ", 6), strings.Repeat("bafyrei", 8)}}
	if err := table(&b, 44, false, columns, rows); err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(b.String(), "\n")[1]; got != strings.Repeat("word ", 6)+"  bafyreibafy…" {
		t.Errorf("%q", got)
	}
}

// TestTableKeepsTheEndsOfPeers: as narrow as a table makes it, the ID of a peer tells enough
// of it to deal with that peer.
func TestTableKeepsTheEndsOfPeers(t *testing.T) {
	id := wire.NewPrivateKey([32]byte{1}).Key().String()
	for least := 10; least <= 13; least++ {
		var b bytes.Buffer
		rows := [][]string{{id, strings.Repeat("x", 60)}, {"-", ""}}
		if err := table(&b, 80, false, []column{{head: "LINKED TO", least: least, ends: true}, {head: "AT"}}, rows); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		cell, _, _ := strings.Cut(lines[1], " ")
		if !strings.HasPrefix(lines[0], "LINKED TO ") || lines[2] != "-" || telling(cell) < leastTelling || !clippedOf(cell).of(id) {
			t.Errorf("%q", lines)
		}
	}
}

// TestEveryCommand asks of each command that it explains itself.
func TestEveryCommand(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s: %q, %q", c.CommandPath(), c.Short, c.Example)
		}
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			if n := lipgloss.Width(strings.TrimRight(line, "\n")); n > 100 {
				t.Errorf("%s: a line of its help has %d cells", c.CommandPath(), n)
			}
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(newRoot(&program{}))
}

func TestParseAmount(t *testing.T) {
	for s, hint := range map[string]string{
		"-1": "0 or more", "0.1": "100000", "1,5": "whole", "1e3": "1000", "007": "zeros", "": "whole", "five": "digits", "0x10": "decimal", "0x1e": "decimal",
		"340282366920938463463374607431768211456": "2^128-1", strings.Repeat("9", 60): "2^128-1",
	} {
		if _, err := parseAmount(s); err == nil || !strings.Contains(explain(err).Hint, hint) || exit(explain(err).Code) != 2 {
			t.Errorf("%q: %v, %+v", s, err, explain(err))
		}
	}
	for _, s := range []string{"0", "5", "340282366920938463463374607431768211455"} {
		if a, err := parseAmount(s); err != nil || a.String() != s {
			t.Errorf("%q: %v, %v", s, a, err)
		}
	}
}
