package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// soukSim runs one command line, as main does.
func soukSim(ctx context.Context, t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(ctx, &program{out: &o, err: &e}, args)
	return code, o.String(), e.String()
}

// small is a scenario of a second.
func small(t *testing.T, change ...string) string {
	t.Helper()
	text, err := os.ReadFile("../../simulations/scenarios/faults.toml")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.NewReplacer(append([]string{"orders = 130", "orders = 5", `demand = "3m"`, `demand = "10s"`}, change...)...).Replace(string(text))
	name := filepath.Join(t.TempDir(), "small.toml")
	if err := os.WriteFile(name, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRun: the last line of a run is its result, tables and manifest are there, and
// the same seed is the same run.
func TestRun(t *testing.T) {
	name, dir := small(t), t.TempDir()
	code, out, said := soukSim(t.Context(), t, "run", name, "--seed", "3", "--seeds", "2", "--out", dir, "--events", "--json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, said)
	}
	var r result
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatal(err)
	}
	if r.Schema != "souk.sim/v1" || r.Seeds != 2 || r.Violations != 0 || r.Events == 0 || len(r.TraceHash) != 32 {
		t.Errorf("%+v", r)
	}
	for _, file := range []string{"manifest.json", "measures.csv", "measures.parquet", "measures-3.csv", "events-4.csv", "events-4.parquet"} {
		if i, err := os.Stat(filepath.Join(dir, file)); err != nil || i.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	_, again, _ := soukSim(t.Context(), t, "run", name, "--seed", "3", "--seeds", "2", "--json", "--workers", "1")
	if !strings.Contains(again, `"trace_hash":"`+r.TraceHash+`"`) {
		t.Errorf("another run is not %s: %s", r.TraceHash, again)
	}
	if code, _, said := soukSim(t.Context(), t, "replay", name, "--seed", "3", "--to", "100", "--json"); code != 0 {
		t.Errorf("replay: exit %d: %s", code, said)
	}
	if code, _, said := soukSim(t.Context(), t, "shrink", name, "--seed", "3"); code == 0 || !strings.Contains(said, "breaks nothing") {
		t.Errorf("shrink of a seed that breaks nothing: exit %d: %s", code, said)
	}
}

// TestMisuse: whatever is wrong is said in one line, with the exit status for it.
func TestMisuse(t *testing.T) {
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "manifest.json"), []byte(`{"binary":"0123456789abcdef"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		name string
		ctx  context.Context
		args []string
		code int
		says string
	}{
		{"no scenario", t.Context(), []string{"run"}, 2, "want one scenario"},
		{"unknown scenario", t.Context(), []string{"run", "paradise"}, 7, "no such scenario"},
		{"no such file", t.Context(), []string{"run", "paradise.toml"}, 7, "paradise.toml"},
		{"unknown key", t.Context(), []string{"run", small(t, "again = ", "agian = ")}, 2, `unknown key \"market.agian\"`},
		{"no unit", t.Context(), []string{"run", small(t, `"20ms"`, `"20"`)}, 2, "a unit"},
		{"negative count", t.Context(), []string{"run", small(t, "count = 7", "count = -7")}, 2, "count: want"},
		{"negative agents", t.Context(), []string{"run", "faults", "--agents", "-5"}, 2, "agents: want"},
		{"no seeds", t.Context(), []string{"run", "faults", "--seeds", "0"}, 2, "seeds: want"},
		{"unknown flag", t.Context(), []string{"run", "faults", "--sede", "7"}, 2, "unknown flag"},
		{"another binary's folder", t.Context(), []string{"run", small(t), "--out", other}, 4, "another binary"},
		{"never stops", t.Context(), []string{"run", small(t, "limit = 60000", "limit = 100", `checks = "every"`, `checks = "none"`)}, 8, "does not come to its end"},
		{"stopped", stopped, []string{"run", small(t)}, 1, "stopped before the end"},
		{"no baseline", t.Context(), []string{"run", "faults", "--baseline"}, 2, "no baseline"},
	} {
		code, out, said := soukSim(c.ctx, t, append(c.args, "--json")...)
		if code != c.code || !strings.Contains(said, c.says) || strings.Count(said, "\n") != 1 {
			t.Errorf("%s: exit %d, %q; want exit %d and one line with %q", c.name, code, said, c.code, c.says)
		}
		if strings.Contains(out, `"violations":1`) {
			t.Errorf("%s: %s", c.name, out)
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = full.Close() }()
		var said bytes.Buffer
		if code := run(t.Context(), &program{out: full, err: &said}, []string{"run", small(t), "--json"}); code != 1 || !strings.Contains(said.String(), "make room") {
			t.Errorf("no space: exit %d, %s", code, &said)
		}
	}
}
