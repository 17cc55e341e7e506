package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/souk-network/souk/simulations"
	"github.com/souk-network/souk/simulations/report"
)

// tables reads both tables of a name back, having compared them.
func tables(t *testing.T, base string) []report.Measure {
	t.Helper()
	rows, err := parquet.ReadFile[report.Measure](base + ".parquet")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(base + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != len(rows)+1 {
		t.Fatalf("%s: %d rows as Parquet, %d as CSV", base, len(rows), len(lines)-1)
	}
	for i, r := range rows {
		if got := strings.Join(lines[i+1], ","); got != fmt.Sprintf("%d,%s,%s,%v", r.Seed, r.Group, r.Name, r.Value) {
			t.Errorf("%s, row %d: %s as CSV, %+v as Parquet", base, i, got, r)
		}
	}
	return rows
}

// TestTables: the tables of a folder say what the result says, and the manifest the
// scenario as it was.
func TestTables(t *testing.T) {
	name, dir := small(t), t.TempDir()
	code, out, said := soukSim(t.Context(), t, "run", name, "--seeds", "2", "--out", dir, "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, said)
	}
	var r result
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, row := range tables(t, filepath.Join(dir, "measures")) {
		sums[row.Group+"."+row.Name] += row.Value
	}
	for _, of := range []string{"all.hired", "all.settled", "all.spent", "peers.agents"} {
		if sums[of] != r.Measures[of] || sums[of] == 0 {
			t.Errorf("%s: %v in the tables, %v in the result", of, sums[of], r.Measures[of])
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	s, err := scenario(name, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if same, err := sameScenario(m.Scenario, s); err != nil || !same || !strings.Contains(string(b), `"Latency": "20ms"`) {
		t.Errorf("the manifest has another scenario (%v): %s", err, b)
	}
	if m.Result == nil || m.Result.TraceHash != r.TraceHash || len(m.Binary) != 64 {
		t.Errorf("the manifest says %+v", m)
	}
	if code, _, said := soukSim(t.Context(), t, "run", "churn", "--out", dir, "--json"); code != 2 || !strings.Contains(said, "another scenario") {
		t.Errorf("a folder of another scenario: exit %d, %s", code, said)
	}
}

// TestInterrupted: what is finished when a run is stopped stays, whole, and nothing
// that is not finished is there.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, said bytes.Buffer
	p := &program{out: &out, err: &said, kept: func(seed uint64) {
		if seed == 2 {
			stop()
		}
	}}
	code := run(ctx, p, []string{"run", small(t), "--seeds", "5000", "--workers", "1", "--out", dir, "--json"})
	if code != 1 || !strings.Contains(said.String(), "stopped before the end") {
		t.Fatalf("exit %d: %s", code, &said)
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil || r.Seeds != 2 {
		t.Errorf("%v: %d seeds", err, r.Seeds)
	}
	for seed := range 3 {
		base := filepath.Join(dir, fmt.Sprint("measures-", seed+1))
		if seed < 2 {
			tables(t, base)
		} else if _, err := os.Stat(base + ".csv"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("seed %d is there: %v", seed+1, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".unfinished*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	var m manifest
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil || m.Result != nil || m.Scenario == nil || m.Scenario.Schema != simulations.Schema {
		t.Errorf("%v: the manifest says %s", err, b)
	}
}
