package simulations

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/souk-network/souk/simulations/invariant"
	"github.com/souk-network/souk/simulations/world"
)

var seeds = flag.Uint64("seeds", 2, "seeds of each story")

func builtin(t *testing.T, name string) *Scenario {
	t.Helper()
	s, err := Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFaults: nothing that was promised is broken, and the faults are really there.
func TestFaults(t *testing.T) {
	s := builtin(t, "faults")
	var sum world.Tally
	jobs, settled := 0.0, 0.0
	for seed := range *seeds {
		x, err := Run(s, seed, Watching{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		k, m := x.Tally(), x.Measures()
		sum.Crashes, sum.Torn, sum.Unsynced, sum.Cuts = sum.Crashes+k.Crashes, sum.Torn+k.Torn, sum.Unsynced+k.Unsynced, sum.Cuts+k.Cuts
		sum.Lost, sum.Repeated, sum.Reordered, sum.Jumps = sum.Lost+k.Lost, sum.Repeated+k.Repeated, sum.Reordered+k.Reordered, sum.Jumps+k.Jumps
		jobs, settled = jobs+m["all.hired"], settled+m["all.settled"]
		if x.Checks() < 10_000 {
			t.Errorf("seed %d: %d checks", seed, x.Checks())
		}
	}
	t.Logf("%.0f jobs, %.0f settled, %+v", jobs, settled, sum)
	for what, n := range map[string]uint64{
		"crashes": sum.Crashes, "torn": sum.Torn, "unsynced": sum.Unsynced, "cuts": sum.Cuts, "lost": sum.Lost,
		"repeated": sum.Repeated, "reordered": sum.Reordered, "jumps": sum.Jumps, "settled": uint64(settled),
	} {
		if n == 0 {
			t.Errorf("no %s: nothing was tried", what)
		}
	}
}

// TestSameStory: one seed is one story, on one processor and on two, and another
// seed is another.
func TestSameStory(t *testing.T) {
	s := builtin(t, "faults")
	s.Time.Rest = Span{ms: 60_000}
	tell := func(seed uint64, processors int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		x, err := Run(s, seed, Watching{})
		var v *invariant.Violation
		if err != nil && !errors.As(err, &v) { // a minute of rest may be too short for all to end
			t.Fatal(err)
		}
		return x.Trace()
	}
	first := tell(7, 1)
	if again := tell(7, 2); again != first {
		t.Errorf("%s and then %s", first, again)
	}
	if other := tell(8, 1); other == first {
		t.Error("two seeds are one story")
	}
}

// TestSameStories: it is so of every scenario that is built in, in little.
func TestSameStories(t *testing.T) {
	for _, name := range Names() {
		traces := map[string]bool{}
		for range 2 {
			s := builtin(t, name)
			s.Market.Orders, s.Market.PerAgent = min(s.Market.Orders, 20), min(s.Market.PerAgent, 1)
			s.Time.Demand, s.Time.Rest = Span{ms: 60_000}, Span{ms: 1000}
			x, err := Run(s, 3, Watching{})
			var v *invariant.Violation
			if err != nil && !errors.As(err, &v) { // a second of rest is too short for all to end
				t.Fatalf("%s: %v", name, err)
			}
			traces[x.Trace()] = true
		}
		if len(traces) != 1 {
			t.Errorf("%s: one seed is %d stories", name, len(traces))
		}
	}
}

// TestUnits: what a scenario says is written as it is read.
func TestUnits(t *testing.T) {
	for _, text := range []string{"0ms", "20ms", "1500ms", "3s", "2m", "90m", "1h", "3d", "36h"} {
		var s Span
		if err := s.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := s.MarshalText(); err != nil || string(b) != text {
			t.Errorf("%s is written %s, %v", text, b, err)
		}
	}
	for of10k := range uint64(10_001) {
		var s Share
		if b, err := (Share{of10k}).MarshalText(); err != nil || s.UnmarshalText(b) != nil || s.of10k != of10k {
			t.Fatalf("%d of 10,000 is written %s and read %d, %v", of10k, b, s.of10k, err)
		}
	}
	for _, text := range []string{"7B/s", "125kB/s", "12MB/s"} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := r.MarshalText(); err != nil || string(b) != text {
			t.Errorf("%s is written %s, %v", text, b, err)
		}
	}
}

// TestHomes: disks fill up, bits flip and old copies are restored, and what was promised
// holds of who is left.
func TestHomes(t *testing.T) {
	s := builtin(t, "homes")
	var sum world.Tally
	for seed := range *seeds {
		x, err := Run(s, seed, Watching{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		k := x.Tally()
		sum.Filled, sum.Unwritten, sum.NoRoom, sum.Backups = sum.Filled+k.Filled, sum.Unwritten+k.Unwritten, sum.NoRoom+k.NoRoom, sum.Backups+k.Backups
		sum.Flipped, sum.Damaged, sum.Restored, sum.Forgotten = sum.Flipped+k.Flipped, sum.Damaged+k.Damaged, sum.Restored+k.Restored, sum.Forgotten+k.Forgotten
	}
	t.Logf("%+v", sum)
	for what, n := range map[string]uint64{
		"full disks": sum.Filled, "stopped by them": sum.Unwritten, "orders without room": sum.NoRoom, "copies": sum.Backups,
		"flipped bits": sum.Flipped, "damage found": sum.Damaged, "restored": sum.Restored, "forgotten": sum.Forgotten,
	} {
		if n == 0 {
			t.Errorf("no %s: nothing was tried", what)
		}
	}
}

// TestContracts: whatever way is dealt in is really dealt in, and nothing that was
// promised is broken.
func TestContracts(t *testing.T) {
	s := builtin(t, "contracts")
	ended := map[string]float64{}
	var graded, parts uint64
	for seed := range *seeds {
		x, err := Run(s, seed, Watching{})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		graded, parts = graded+x.Tally().Graded, parts+x.Tally().Parts
		for name, n := range x.Measures() {
			ended[name] += n
		}
	}
	t.Logf("%d cases graded, %d parts ordered; %.0f jobs, %.0f settled", graded, parts, ended["all.hired"], ended["all.settled"])
	for _, group := range []string{"judged", "parted", "metered", "mending", "brokers"} {
		if ended[group+".income"] == 0 {
			t.Errorf("the %s were paid nothing: nothing was tried", group)
		}
	}
	if graded == 0 || parts == 0 || ended["greedy.hired"] == 0 {
		t.Error("no case graded, no part ordered or nothing hired by the greedy: nothing was tried")
	}
}

// TestDoubt: what is not done twice would come out alike.
func TestDoubt(t *testing.T) {
	for _, name := range []string{"faults", "homes"} {
		s := builtin(t, name)
		s.Market.Orders, s.Time.Demand, s.Time.Rest = 60, Span{ms: 60_000}, Span{ms: 60_000}
		var traces []string
		for _, doubt := range []bool{false, true} {
			x, err := Run(s, 5, Watching{Doubt: doubt})
			var v *invariant.Violation
			if err != nil && (!errors.As(err, &v) || v.Law == invariant.Sound) { // a minute of rest may be too short for all to end
				t.Fatal(err)
			}
			traces = append(traces, x.Trace())
		}
		if traces[0] != traces[1] {
			t.Errorf("%s: %s, and %s with doubt", name, traces[0], traces[1])
		}
	}
}

// TestRegressions: every seed that ever broke a promise holds it now.
func TestRegressions(t *testing.T) {
	f, err := os.Open("testdata/regressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		var name string
		var seed uint64
		if _, err := fmt.Sscan(line, &name, &seed); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if _, err := Run(builtin(t, name), seed, Watching{}); err != nil {
			t.Errorf("%s, seed %d: %v", name, seed, err)
		}
	}
}

// TestEndless: a world that does not come to its end is stopped, and says so.
func TestEndless(t *testing.T) {
	s := builtin(t, "faults")
	s.Time.Limit = 500
	var v *invariant.Violation
	if _, err := Run(s, 1, Watching{}); !errors.As(err, &v) || v.Law != invariant.Rests {
		t.Errorf("checked after every event: %v", err)
	}
	s.Market.Checks = "none"
	if _, err := Run(s, 1, Watching{}); !errors.Is(err, world.ErrEndless) {
		t.Errorf("not checked: %v", err)
	}
}

// TestBadFiles: what is wrong with a scenario is said in one line that names it.
func TestBadFiles(t *testing.T) {
	good, err := files.ReadFile("scenarios/faults.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, says string }{
		{"unknown key", "orders = 130", "orders = 130\nordres = 5", `unknown key "market.ordres"`},
		{"no unit", `latency = "20ms"`, `latency = "20"`, "needs a number that is not negative and a unit"},
		{"a number for a time", `latency = "20ms"`, `latency = 20`, "line "},
		{"negative time", `latency = "20ms"`, `latency = "-20ms"`, "not negative"},
		{"negative count", "count = 7", "count = -7", "count: want 0 to"},
		{"negative orders", "orders = 130", "orders = -1", "market.orders"},
		{"unknown part", `part = "flaky"`, `part = "lazy"`, `no part is called "lazy"`},
		{"another version", "souk.scenario/v1", "souk.scenario/v9", "this version reads"},
		{"no end", `demand = "3m"`, `demand = "0s"`, "might never stop"},
		{"no limit", "limit = 60000", "limit = 0", "might never stop"},
		{"share over all", `loss = "4%"`, `loss = "400%"`, "too much"},
		{"faults without journals", "takeover = true", "takeover = true\nlight = true", "no journals"},
		{"not TOML", "[time]", "[time", "line"},
	} {
		text := strings.Replace(string(good), c.old, c.new, 1)
		if text == string(good) {
			t.Fatalf("%s: %q is not in the file", c.name, c.old)
		}
		_, err := Read([]byte(text))
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line that says %q", c.name, err, c.says)
		}
	}
	if _, err := Read(make([]byte, MaxFile+1)); err == nil {
		t.Error("a file without bound was read")
	}
}

// TestBuiltins: every scenario that is built in can be read, under its own name.
func TestBuiltins(t *testing.T) {
	for _, name := range Names() {
		if s := builtin(t, name); s.Name != name {
			t.Errorf("%s calls itself %s", name, s.Name)
		} else if s.Baseline != nil {
			if _, err := s.WithoutDefence(); err != nil {
				t.Error(err)
			}
		}
	}
}
