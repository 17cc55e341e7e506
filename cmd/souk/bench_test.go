package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/souk-network/souk/cmd/souk/bench"
)

// TestBench runs each measurement for a moment: its JSON has the figures and their
// reference, the ratio is what it says it is, and nothing is left behind.
func TestBench(t *testing.T) {
	for words, counted := range map[string][]string{
		"trust --people 20 --jobs 200":                               nil,
		"artefact --size 1048576":                                    {"bytes over the wire / size"},
		"scale --peers 3 --shards 1 --announcements 16 --quiet 10ms": {"announcements"},
		"call --window 2 --concurrency 2 --for 10ms":                 {"signatures", "frame bytes"},
		"receipts --concurrency 1 --concurrency 8 --for 100ms":       {"bytes of entry and countersign"},
		"idle --for 1s --connections 2 --starts 1 --records 50":      nil,
		"hire --concurrency 4 --for 200ms":                           {"signatures", "seals checked", "journal syncs", "frame bytes"},
		"hire --concurrency 1 --for 100ms --posted":                  {"signatures", "seals checked", "journal syncs", "frame bytes"},
		"core --jobs 40 --concurrency 8":                             {"allocations", "events of a job"},
	} {
		t.Run(words, func(t *testing.T) {
			if strings.HasPrefix(words, "idle") && runtime.GOOS != "linux" {
				t.Skip("what another process takes is read under Linux only")
			}
			t.Parallel()
			r := runBench(t, words)
			if r.Schema != bench.Schema || r.Name != strings.Fields(words)[0] || r.Machine.Cores < 1 || r.Machine.Go == "" {
				t.Errorf("it is %q %q of %+v", r.Schema, r.Name, r.Machine)
			}
			for _, row := range r.All() {
				holds(t, &row)
			}
			for _, name := range counted {
				if r.Counts[name] <= 0 {
					t.Errorf("%s: %g", name, r.Counts[name])
				}
			}
		})
	}
}

// runBench runs a measurement as a process of its own, and returns its last line.
func runBench(t *testing.T, words string) bench.Report {
	t.Helper()
	folder := t.TempDir()
	c := exec.Command("souk", append(append([]string{"bench"}, strings.Fields(words)...), "--json")...)
	c.Env = append(os.Environ(), "TMPDIR="+folder, "GORACE=atexit_sleep_ms=0")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	var r bench.Report
	if err := json.Unmarshal(lines[len(lines)-1], &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// holds checks that a row's figures are there and fit together.
func holds(t *testing.T, r *bench.Row) {
	t.Helper()
	if r.N < 1 || r.Rate <= 0 || r.CPU <= 0 && r.Parts != nil || r.Unit == "" || r.Case == "" {
		t.Errorf("%q: %d at %g %s, %g µs", r.Case, r.N, r.Rate, r.Unit, r.CPU)
	}
	if r.P50 > r.P95 || r.P95 > r.P99 || r.P99 > r.Max {
		t.Errorf("%q: percentiles fall: %+v", r.Case, r.Percentiles)
	}
	if r.Parts != nil {
		sum := 0.0
		for _, us := range r.Parts {
			sum += us
		}
		if math.Abs(sum-r.CPU) > r.CPU/100 || r.How == "" {
			t.Errorf("%q: parts of %g µs make %g, by %q", r.Case, r.CPU, sum, r.How)
		}
	}
	ref := r.Reference
	if ref == nil {
		t.Fatalf("%q has no reference", r.Case)
	}
	ratio := map[string]float64{"rate": r.Rate / ref.Rate, "cpu_us": r.CPU / ref.CPU, "p50_us": r.P50 / ref.P50}[r.RatioOf]
	if !(ratio > 0) || math.Abs(r.Ratio-ratio) > ratio/1000 {
		t.Errorf("%q: ratio %g, of %s it is %g", r.Case, r.Ratio, r.RatioOf, ratio)
	}
}
