package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	hands "github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/agent/worker/check"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/memnet"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store/memory"
)

var (
	write    = flag.Bool("write", false, "write testdata/budgets.json anew, where it was wrong")
	executed = flag.String("executed", "", "coverage profile, in mode count, of a run of TestCountedJobs: holds the statements executed against the budgets")
)

const budgetsFile = "testdata/budgets.json"

// budgets are what a job may cost, counted and not timed, so that they are the same on
// every machine.
type budgets map[string]float64

func readBudgets(t *testing.T) budgets {
	t.Helper()
	raw, err := os.ReadFile(budgetsFile)
	if os.IsNotExist(err) && *write {
		return budgets{}
	}
	var b budgets
	if err == nil {
		err = json.Unmarshal(raw, &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// hold compares what was counted with the budgets whose names begin with about. What
// must not be saved on is exact: who checks fewer seals believes more than it should.
func (b budgets) hold(t *testing.T, about string, counted map[string]float64, slack float64) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		full, have := about+": "+name, counted[name]
		want, known := b[full]
		room := slack
		if strings.HasPrefix(name, "signatures") || strings.HasPrefix(name, "seals") {
			room = 0
		}
		switch {
		case *write:
		case !known:
			t.Errorf("%s is %.6g, and has no budget in %s: write it with -args -write", full, have, budgetsFile)
		case have > want*(1+room)+1e-9:
			t.Errorf("%s has grown to %.6g, its budget is %.6g: find what costs more; if it is worth it, -args -write, and say why in the commit", full, have, want)
		case room == 0 && have < want:
			t.Errorf("%s has fallen to %.6g from %.6g: is everything still signed and checked? then -args -write", full, have, want)
		case have < want*(1-2*room):
			t.Logf("%s has fallen to %.6g from %.6g: -args -write keeps what was gained", full, have, want)
		}
		b[full] = math.Round(have*1000) / 1000
	}
	for full := range b {
		if name, ok := strings.CutPrefix(full, about+": "); ok {
			if _, counts := counted[name]; !counts && *write {
				delete(b, full)
			} else if !counts {
				t.Errorf("%s has a budget, and was not counted", full)
			}
		}
	}
	b.save(t)
}

func (b budgets) save(t *testing.T) {
	if !*write {
		return
	}
	raw, err := json.MarshalIndent(b, "", "  ")
	if err == nil {
		err = os.WriteFile(budgetsFile, append(raw, '\n'), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// prices are the two ways in which a job is come by.
var prices = map[string]bool{"quoted job": false, "posted job": true}

// TestAllocations holds what each kind of event allocates in the core, and how many
// bytes of records a job leaves.
func TestAllocations(t *testing.T) {
	const jobs = 64
	if raced {
		t.Skip("the race detector allocates too")
	}
	b := readBudgets(t)
	for name, posted := range prices {
		s, err := newStage(posted)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.trade(0, jobs, 1); err != nil {
			t.Fatal(err)
		}
		events, allocated := map[string]float64{}, map[string]float64{}
		var before, after runtime.MemStats
		err = s.playAgain(func(m *moment, handle func() error) error {
			runtime.ReadMemStats(&before)
			err := handle()
			runtime.ReadMemStats(&after)
			events[m.name]++
			allocated[m.name] += float64(after.Mallocs - before.Mallocs)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		counted := map[string]float64{"events": 0, "record bytes of both sides": float64(s.folk[0].record+s.folk[1].record) / jobs}
		for kind, n := range events {
			if n >= jobs/2 { // what comes once, or by the clock, is no job's
				counted["allocations, "+kind] = allocated[kind] / n
				counted["events"] += n / jobs
			}
		}
		b.hold(t, name+" in the core", counted, 0.1)
	}
}

// TestCountedJobs does whole jobs between two peers in virtual time, and holds what
// they sign, check, record, keep and say.
func TestCountedJobs(t *testing.T) {
	b := readBudgets(t)
	for name, posted := range prices {
		synctest.Test(t, func(t *testing.T) {
			const jobs = 16
			p := virtualPair(t, posted)
			defer func() {
				if err := p.close(); err != nil {
					t.Error(err)
				}
			}()
			p.look(true)
			if _, err := repeat(t.Context(), 1, 2, time.Time{}, p.job("warm")); err != nil {
				t.Fatal(err)
			}
			before := p.counts()
			if _, err := repeat(t.Context(), 1, jobs, time.Time{}, p.job("job")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			done := p.counts().since(before)
			counted := done.each(jobs)
			counted["seals checked"] = float64(done.checked) / jobs
			delete(counted, "journal syncs") // the journal is in memory
			b.hold(t, name, counted, 0.02)
			if err := p.agree(t.Context(), 2+jobs); err != nil {
				t.Error(err)
			}
		})
	}
}

// virtualPair is a pair with everything in memory.
func virtualPair(t *testing.T, posted bool) *pair {
	t.Helper()
	hub, err := memnet.New(memnet.Options{Seed: 1, Latency: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPair(t.Context(), Options{
		Scene: func(string) {},
		Open: func(ctx context.Context, o Opening) (Peer, error) {
			n := byte(len(o.Name))
			owner, key := wire.NewPrivateKey([32]byte{n, 1}), wire.NewPrivateKey([32]byte{n, 2})
			b, err := wire.Seal(owner, DemoNet, wire.Canonical{}.Name(delegation.Root(owner.Key(), key.Key(), uint64(time.Now().UnixMilli()), wire.Nonce{n}, delegation.Grant{})).Raw)
			if err != nil {
				return nil, err
			}
			mandate, err := b.Bytes()
			if err != nil {
				return nil, err
			}
			made := hands.Options{
				Net: DemoNet, Agent: key, Mandate: mandate, Journal: memory.NewJournal(), Vault: memory.NewVault(), Shelf: memory.NewShelf(),
				Workers: []worker.Maker{builtin.Maker{}}, Checker: check.Checker{},
				Dial:   func(h p2p.Handler) (p2p.Network, error) { return hub.Join(key.Key(), h) },
				Policy: settlement.Policy{Newcomers: []settlement.Pool{{Asset: usd, Limit: wire.Units(1_000_000)}}},
			}
			o.Around(&made)
			return hands.Open(ctx, made)
		},
	}, gateway.OfferDraft{
		Capability: capability, Price: wire.Units(1), Asset: usd, Ask: !posted, Technology: "builtin", Settings: map[string]string{"name": "words"}, Slots: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestExecuted holds the statements that a run of TestCountedJobs executed, by package:
// like instructions, but the same on every machine.
func TestExecuted(t *testing.T) {
	if *executed == "" {
		t.Skip("no coverage profile is given with -args -executed FILE; .ci/run counts makes one")
	}
	f, err := os.Open(*executed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // only read from
	counted := map[string]float64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// github.com/…/agent/hear.go:12.34,15.2 3 480: statements of the block, and how often
		var statements, times float64
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue // the first line
		}
		file, _, _ := strings.Cut(fields[0], ":")
		for i, to := range []*float64{&statements, &times} {
			if *to, err = strconv.ParseFloat(fields[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		counted[strings.TrimPrefix(path.Dir(file), "github.com/souk-network/souk/")] += statements * times
	}
	if len(counted) == 0 {
		t.Fatal("the profile is empty")
	}
	for room, n := range counted {
		if n < 1000 {
			delete(counted, room)
		}
	}
	readBudgets(t).hold(t, "statements executed by TestCountedJobs", counted, 0.1)
	fmt.Println(len(counted), "packages within their budgets of executed statements")
}
