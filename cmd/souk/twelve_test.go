package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
)

// TestTwelve runs the script of the README: twelve peers, two of them bad. After
// 60 jobs the buyer that learns has turned away from the bad ones, a success has
// cost it less than who goes by price alone and less than who goes by lot, and it can
// say why.
//
// None of this is left to luck. Who knows nobody hires the cheapest, and goes on to as
// long as that does well: that is rush, for six orders of which chance can take away few.
// Once it has failed it is no longer hoped to be worth its price, and fog, which has never
// done well, can be drawn by the lot about once. The lot pays what the good ones ask in the
// middle, a third more than the best of them: that is more than seventy seconds of a busy
// machine, in all sixty orders, would come to. Price alone makes two contracts more for
// each success, and waits for them.
func TestTwelve(t *testing.T) {
	t.Parallel()
	const path = "docs/examples/twelve.sh"
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh here to run the script with")
	}
	if readme, err := os.ReadFile("../../README.md"); err != nil || !bytes.Contains(readme, []byte("\nsh "+path+"\n")) {
		t.Errorf("the README does not name %s, %v", path, err)
	}
	souk, err := exec.LookPath("souk")
	if err != nil {
		t.Fatal(err)
	}
	said, told := runScript(t, souk, filepath.Join("../..", path))

	const jobs = 60
	for _, name := range []string{"you", "cheap", "random"} {
		first := one(t, said, `(?m)^  `+name+` +([a-zRF]+(?: [a-zRF]+)+) *$`)[1]
		first = strings.ReplaceAll(first, " ", "")
		if len(first) != jobs {
			t.Fatalf("%s gave %d orders, want %d: %s\n%s", name, len(first), jobs, first, told)
		}
		bad := func(from, to int) int { return strings.Count(first[from:to], "R") + strings.Count(first[from:to], "F") }
		switch name {
		case "you":
			if bad(0, jobs/2) < 3 || bad(jobs/2, jobs) >= bad(0, jobs/2) {
				t.Errorf("you did not turn away from the bad ones: %s", first)
			}
		case "cheap":
			if bad(0, jobs) != jobs {
				t.Errorf("the cheapest are the bad ones, and were not always the first: %s", first)
			}
		case "random":
			if n := bad(0, jobs); n < 1 || n > 40 {
				t.Errorf("of 60 random orders 15 were due to the bad ones: %s", first)
			}
		}
	}

	cost, paid := map[string]float64{}, map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^  (you|cheap|random) +60 +(\d+) +60 +(\d+) +([0-9.]+) +([0-9.]+)$`).FindAllStringSubmatch(said, -1) {
		paid[row[1]], _ = strconv.Atoi(row[3])
		cost[row[1]], _ = strconv.ParseFloat(row[5], 64)
	}
	// Price alone loses by its failures, two for each success; the lot by its prices.
	if len(cost) != 3 || cost["you"] >= cost["cheap"] || cost["you"] >= cost["random"] || paid["you"] >= paid["random"] {
		t.Errorf("a success cost %v, in all were paid %v", cost, paid)
	}

	if good, rush := success(t, said, "amber"), success(t, said, "rush"); good <= rush {
		t.Errorf("you expect %d %% of amber and %d %% of rush", good, rush)
	}
	plain := strings.Join(strings.Fields(said), " ")
	one(t, plain, `you → [a-z]+ \(hired, \d+ jobs?, \d+ good\) → friend \(paid by, \d+ jobs?, \d+ good\) → [a-z]+: 2 jobs, 2 good`)
	one(t, plain, `you → rush: \d+ jobs?, \d+ good`)
	for line := range strings.Lines(said) {
		if n := lipgloss.Width(line); n > 80 {
			t.Errorf("%d cells: %s", n, line)
		}
	}
	if strings.Contains(said, "12D3KooW") || strings.Contains(said, "\x1b") {
		t.Error("it shows a peer ID or a control sequence")
	}
	if t.Failed() {
		t.Log(said, told)
	}
}

// runScript runs a script that must leave nothing behind.
func runScript(t *testing.T, souk, script string) (said, told string) {
	t.Helper()
	const patience = 8 * time.Minute
	folder := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", script)
	c.Env = append(os.Environ(), "SOUK="+souk, "TMPDIR="+folder)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it clears up
	c.WaitDelay = longest
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil || errs.Len() > 0 { // Run also waits for whoever holds the outputs
		t.Fatalf("%v\n%s%s", err, &out, &errs)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return out.String(), errs.String()
}

// one returns what a pattern finds in a text, of which there must be something.
func one(t *testing.T, text, pattern string) []string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("nothing is like %s in\n%s", pattern, text)
	}
	return found
}

// success is what is expected of a seller, in percent.
func success(t *testing.T, said, name string) int {
	t.Helper()
	n, err := strconv.Atoi(one(t, said, `(?m)^  `+name+` +[0-9.]+ +(\d+) %`)[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
