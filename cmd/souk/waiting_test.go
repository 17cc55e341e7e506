package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// TestWaits reads what hire says it waits for.
func TestWaits(t *testing.T) {
	today := uint64(time.Now().UnixMilli())
	at := hour(today)
	for want, j := range map[string]gateway.Job{
		"a/b@1: seeking, for an offer that suits":                                     {Stage: agent.StageSeeking},
		"a/b@1: seeking, for somebody to take over: job x is cancelled (work_failed)": {Stage: agent.StageSeeking, Instead: wire.Sum(nil), Detail: "job x is cancelled (work_failed)"},
		"a/b@1: agreed, waits for the provider to take it, at most until " + at:       {Stage: "agreed", NextAt: today},
		"a/b@1: working, waits for the delivery, at most until " + at:                 {Stage: "working", NextAt: today},
		"a/b@1: working, its provider is out of reach":                                {Stage: "working", NextAt: today, Away: 1},
		"a/b@1: working, its provider is out of reach; another is sought":             {Stage: "working", Away: 1, Takeover: agent.Sought},
		"a/b@1: working, its provider is out of reach; another costs more than what is left beside the 5 held, until " + at: {
			Stage: "working", Away: 1, Takeover: agent.SoughtBudget, Held: wire.Units(5), HeldUntil: today,
		},
		"a/b@1: settled": {Stage: "settled"},
	} {
		j.Capability = "a/b@1"
		if got := waits(j); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for stage := job.Quoted; !stage.Final(); stage++ {
		if stage != job.Countered && awaited[stage.String()] == "" {
			t.Errorf("nothing is said of a job that is %s", stage)
		}
	}
	if got := hour(today - 400*86_400_000); len(got) != len("2006-01-02 15:04:05") {
		t.Errorf("an instant of another year is shown as %s", got)
	}
	if got := due(today + 3_600_400); !strings.HasSuffix(got, " (in 1h0m0s)") {
		t.Error(got)
	}
	if got := due(today - 1000); !strings.HasSuffix(got, " (now)") {
		t.Error(got)
	}
}

// TestWrapped divides between words only, and loses none.
func TestWrapped(t *testing.T) {
	text := "the quick brown fox jumps over " + strings.Repeat("x", 30) + " and 文書文書"
	for width := -1; width < 60; width++ {
		lines := wrapped(text, width)
		if strings.Join(lines, " ") != text {
			t.Errorf("%d: %q", width, lines)
		}
		for _, l := range lines {
			if width > 0 && lipgloss.Width(l) > width && strings.Contains(l, " ") {
				t.Errorf("%d cells: %q", width, l)
			}
		}
	}
	var out bytes.Buffer
	p := &program{out: &out, lookup: func(name string) (string, bool) { return "40", name == "COLUMNS" }}
	if err := p.listed(&out, [][2]string{{"head", text}, {"other", "short"}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "head       the") || !strings.HasPrefix(lines[1], "           ") || lines[4] != "other      short" ||
		slices.ContainsFunc(lines, func(l string) bool { return lipgloss.Width(l) > 41 }) {
		t.Errorf("%q", lines)
	}
}

// TestProgressFits draws no line that would go on below itself.
func TestProgressFits(t *testing.T) {
	var out bytes.Buffer
	g := &progress{out: &out, live: true, width: 80, stage: strings.Repeat("long ", 40)}
	g.draw(3, 70*time.Second)
	line, ok := strings.CutPrefix(out.String(), "\r\x1b[K")
	if !ok || lipgloss.Width(line) > 79 || !strings.Contains(line, " 70s  long") {
		t.Errorf("%q", out.String())
	}
}
