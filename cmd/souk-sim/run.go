package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/simulations"
	"github.com/souk-network/souk/simulations/invariant"
	"github.com/souk-network/souk/simulations/report"
	"github.com/souk-network/souk/simulations/world"
)

// maxSeeds is the most seeds of one command.
const maxSeeds = 1_000_000

// runOptions is what `souk-sim run` was asked for.
type runOptions struct {
	seed     uint64
	seeds    int
	agents   int
	baseline bool
	doubt    bool
	out      string
	events   bool
	workers  int
}

// result is the last line of `souk-sim run --json`.
type result struct {
	Schema     string               `json:"schema"` // "souk.sim/v1"
	Scenario   string               `json:"scenario"`
	Baseline   bool                 `json:"baseline"`
	Seed       uint64               `json:"seed"`
	Seeds      int                  `json:"seeds"` // that were finished
	Agents     int                  `json:"agents"`
	TraceHash  string               `json:"trace_hash"`
	Events     uint64               `json:"events"`            // calls of agent.Handle
	PerSecond  float64              `json:"events_per_second"` // of processor time
	CPU        float64              `json:"cpu_seconds"`
	Virtual    float64              `json:"virtual_seconds"`
	PerAgent   uint64               `json:"bytes_per_agent"`      // of heap at the end of the last run
	PerIdle    uint64               `json:"bytes_per_idle_agent"` // once all are up and nothing was bought
	Violations uint64               `json:"violations"`
	Violation  *violation           `json:"violation,omitempty"`
	Checks     uint64               `json:"checks"`
	Jobs       uint64               `json:"jobs"`
	Settled    uint64               `json:"settled"`
	Crashes    uint64               `json:"crashes"`
	Unsynced   uint64               `json:"records_unsynced"`
	Torn       uint64               `json:"torn_writes"`
	Partitions uint64               `json:"partitions"`
	Frames     uint64               `json:"frames"`
	Lost       uint64               `json:"frames_lost"`
	Repeated   uint64               `json:"frames_repeated"`
	Reordered  uint64               `json:"frames_reordered"`
	Jumps      uint64               `json:"clock_jumps"`
	Filled     uint64               `json:"full_disks"`
	Unwritten  uint64               `json:"stopped_by_full_disks"`
	Flipped    uint64               `json:"flipped_bits"`
	Damaged    uint64               `json:"damage_found"`
	Restored   uint64               `json:"copies_restored"`
	Forgotten  uint64               `json:"records_forgotten"`
	Measures   simulations.Measures `json:"measures"`
	Unexpected []string             `json:"unexpected"`
	Notes      []string             `json:"notes"`
}

// violation is a broken promise in JSON.
type violation struct {
	Law  string `json:"law"`
	Who  string `json:"who"`
	Why  string `json:"why"`
	Seed uint64 `json:"seed"`
	Step uint64 `json:"step"`
}

func (p *program) runs() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use: "run SCENARIO", Short: "Run a scenario from one seed or many", Args: one,
		Example: "  souk-sim run faults --seeds 100\n  souk-sim run sybil-swarm --agents 1000 --seed 7 --out results --json\n  souk-sim run my.toml --baseline",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := scenario(args[0], o.agents, o.baseline)
			if err != nil {
				return err
			}
			if o.seeds < 1 || o.seeds > maxSeeds {
				return invalid(fmt.Sprintf("seeds: want 1 to %d, and not %d", maxSeeds, o.seeds), "--seeds N")
			}
			return p.carryOut(c.Context(), s, &o)
		},
	}
	c.Flags().Uint64Var(&o.seed, "seed", 1, "the first seed")
	c.Flags().IntVar(&o.seeds, "seeds", 1, "how many seeds, one run each")
	c.Flags().IntVar(&o.agents, "agents", 0, "how many agents, each group keeping its share; 0 for as many as the scenario says")
	c.Flags().BoolVar(&o.baseline, "baseline", false, "run it without the defence that it tries")
	c.Flags().BoolVar(&o.doubt, "doubt", false, "verify every seal where it arrives and read every page for each reader: slower, and the same story")
	c.Flags().StringVar(&o.out, "out", "", "folder for manifest and tables (CSV and Parquet)")
	c.Flags().BoolVar(&o.events, "events", false, "with --out: a table of everything that happened too")
	c.Flags().IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "runs at once")
	return c
}

// finished is one run that came to an end, or not.
type finished struct {
	seed uint64
	x    *simulations.Story
	err  error
	rows []report.Happening
	idle uint64
	heap uint64
}

// carryOut runs all seeds, and says what came of it.
func (p *program) carryOut(ctx context.Context, s *simulations.Scenario, o *runOptions) error {
	folder, err := openFolder(o.out, s)
	if err != nil {
		return err
	}
	before := processorTime()
	all := &result{
		Schema: "souk.sim/v1", Scenario: s.Name, Baseline: o.baseline, Seed: o.seed, Agents: s.Agents(),
		Measures: simulations.Measures{}, Unexpected: []string{}, Notes: notes(s),
	}
	bar := p.bar(o.seeds)
	hash := sha256.New()
	err = each(ctx, s, o, bar, func(f *finished) error {
		if f.x != nil {
			all.add(f)
			_, _ = fmt.Fprintf(hash, "%d %s\n", f.seed, f.x.Trace())
			all.TraceHash = f.x.Trace()
		}
		if f.err != nil {
			return f.err
		}
		if err := folder.keep(f); err != nil {
			return err
		}
		if p.kept != nil {
			p.kept(f.seed)
		}
		return nil
	})
	bar.end()
	if all.Seeds > 1 {
		all.TraceHash = hex.EncodeToString(hash.Sum(nil)[:16])
	}
	all.CPU = processorTime() - before
	all.PerSecond = float64(all.Events) / max(all.CPU, 0.001)
	all.Measures.Shares()
	if err == nil {
		if o.agents == 0 { // what is expected is of the size that the scenario says
			all.Unexpected = append(all.Unexpected, s.Judge(all.Measures, o.baseline)...)
		}
		err = folder.close(all)
	}
	if say := p.tell(all); say != nil {
		return say
	}
	if err == nil && len(all.Unexpected) > 0 {
		return explained(codeUnexpected, "not what the scenario expects: "+all.Unexpected[0], "more seeds tell whether that was chance")
	}
	return err
}

// add counts one more run.
func (r *result) add(f *finished) {
	t := f.x.Tally()
	m := f.x.Measures()
	r.Seeds++
	r.Events += t.Events
	r.Checks += f.x.Checks()
	r.Virtual += float64(f.x.Lasted()) / 1000
	r.Crashes, r.Unsynced, r.Torn, r.Partitions = r.Crashes+t.Crashes, r.Unsynced+t.Unsynced, r.Torn+t.Torn, r.Partitions+t.Cuts
	r.Frames, r.Lost, r.Repeated, r.Reordered, r.Jumps = r.Frames+t.Frames, r.Lost+t.Lost, r.Repeated+t.Repeated, r.Reordered+t.Reordered, r.Jumps+t.Jumps
	r.Filled, r.Unwritten, r.Flipped, r.Damaged = r.Filled+t.Filled, r.Unwritten+t.Unwritten, r.Flipped+t.Flipped, r.Damaged+t.Damaged
	r.Restored, r.Forgotten = r.Restored+t.Restored, r.Forgotten+t.Forgotten
	r.Jobs += uint64(m["all.hired"])
	r.Settled += uint64(m["all.settled"])
	r.PerAgent, r.PerIdle = f.heap, f.idle
	r.Measures.Merge(m)
	var v *invariant.Violation
	if errors.As(f.err, &v) {
		r.Violations++
		r.Violation = &violation{Law: v.Law, Who: v.Who, Why: v.Why, Seed: f.seed, Step: v.Step}
	}
}

// each runs all seeds and hands what came of each to take, in their order. It
// stops at the first error.
func each(ctx context.Context, s *simulations.Scenario, o *runOptions, bar *bar, take func(*finished) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers := max(1, min(o.workers, o.seeds))
	var mu sync.Mutex
	var group sync.WaitGroup
	next, handed := 0, 0
	waiting := map[int]*finished{}
	for range workers {
		group.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= o.seeds || ctx.Err() != nil {
					return
				}
				f := once(ctx, s, o.seed+uint64(i), o, bar, workers == 1)
				mu.Lock()
				waiting[i] = f
				for ready := waiting[handed]; ready != nil && context.Cause(ctx) == nil; ready = waiting[handed] {
					delete(waiting, handed)
					handed++
					bar.done()
					if err := take(ready); err != nil {
						stop(err)
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

// once runs one seed.
func once(ctx context.Context, s *simulations.Scenario, seed uint64, o *runOptions, bar *bar, alone bool) *finished {
	f := &finished{seed: seed}
	var before uint64
	if alone {
		before = heap()
	}
	on := simulations.Watching{Context: ctx, Doubt: o.doubt, Pause: func(done float64) {
		bar.part(done)
		if alone && f.idle == 0 {
			f.idle = (heap() - min(before, heap())) / uint64(max(1, s.Agents()))
		}
	}}
	if o.events {
		on.Tell = func(h world.Happening) {
			f.rows = append(f.rows, report.Happening{Seed: seed, Step: h.Step, At: h.At, Who: h.Who, With: h.With, What: h.What, Text: h.Text})
		}
	}
	f.x, f.err = simulations.Run(s, seed, on)
	if alone {
		f.heap = (heap() - min(before, heap())) / uint64(max(1, s.Agents()))
		runtime.KeepAlive(f.x)
	}
	return f
}

// heap is the bytes in use, after what is not needed is gone.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// notes says of what is modelled instead of run.
func notes(s *simulations.Scenario) []string {
	n := []string{"keys are derived from the seed", "gossip, dialling, work and payload bytes are models"}
	if s.Market.Light {
		return append(n, "light: no bytes on links, no journals, and signatures only where the core itself opens them (offers and quotes)")
	}
	return append(n, "all bundles are signed, sent as bytes and read, their seals verified with --doubt; journals are written and replayed")
}

// tell prints the result.
func (p *program) tell(r *result) error {
	if p.json {
		return p.line(r)
	}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(p.out, format, args...) }
	say("%s: %d seeds from %d, %d agents, %d jobs (%d settled), %.0f virtual seconds\n", r.Scenario, r.Seeds, r.Seed, r.Agents, r.Jobs, r.Settled, r.Virtual)
	say("faults     %d crashes, %d records unsynced, %d torn; %d partitions; %d of %d frames lost, %d repeated, %d reordered; %d clock jumps\n",
		r.Crashes, r.Unsynced, r.Torn, r.Partitions, r.Lost, r.Frames, r.Repeated, r.Reordered, r.Jumps)
	say("disks      %d full, %d stopped by it; %d bits flipped, %d damaged journals found; %d copies restored, %d records forgotten\n",
		r.Filled, r.Unwritten, r.Flipped, r.Damaged, r.Restored, r.Forgotten)
	say("events     %d, %.0f a second of processor time, %.1f s in all\n", r.Events, r.PerSecond, r.CPU)
	if r.PerAgent > 0 {
		say("memory     %d bytes an agent at the end, %d once all were up\n", r.PerAgent, r.PerIdle)
	}
	say("checks     %d, violations %d\n", r.Checks, r.Violations)
	for _, name := range r.Measures.Names() {
		if slices.Contains([]float64{0}, r.Measures[name]) {
			continue
		}
		say("  %-32s %.4g\n", name, r.Measures[name])
	}
	for _, u := range r.Unexpected {
		say("unexpected %s\n", u)
	}
	say("trace      %s\n", r.TraceHash)
	return nil
}
