package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// CoreOptions says how much is played to the cores.
type CoreOptions struct {
	Jobs   int // of which the events come
	At     int // jobs under way at once
	Posted bool
}

// allocations is the count of objects made on the heap.
const allocations = "allocations"

// MaxCoreJobs bounds what is kept in memory to be played again.
const MaxCoreJobs = 100_000

// Core measures agent.Handle: the events of whole jobs, as both sides' cores get
// them, are recorded once and then played to fresh cores, with nothing between two
// events but what must be: no seal is made, no byte is written.
func Core(ctx context.Context, o Options, c CoreOptions) (*Report, error) {
	o.Scene(fmt.Sprintf("recording the events of %d jobs", c.Jobs))
	s, err := newStage(c.Posted)
	if err != nil {
		return nil, err
	}
	if err := s.trade(0, c.Jobs, c.At); err != nil {
		return nil, err
	}
	o.Scene("playing them again")
	whole, err := s.whole(ctx, c)
	if err != nil {
		return nil, err
	}
	o.Scene("playing them once more, each event by itself")
	kinds, err := s.kinds(ctx, whole)
	if err != nil {
		return nil, err
	}
	return report("core", append([]Row{whole}, kinds...)...)
}

// whole plays everything to both cores and says what an event took.
func (s *stage) whole(ctx context.Context, c CoreOptions) (Row, error) {
	row := Row{Unit: "events/s", Case: fmt.Sprintf("both sides of %d jobs, %d at once", c.Jobs, c.At), Goal: "at least 300,000 events/s on one core"}
	if c.Posted {
		row.Case += ", price posted"
	}
	events := len(s.folk[0].played) + len(s.folk[1].played)
	if err := errors.Join(s.playAgain(nil), ctx.Err()); err != nil { // warm
		return row, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m, err := begin()
	if err != nil {
		return row, err
	}
	err = s.playAgain(nil)
	u, other := m.end()
	runtime.ReadMemStats(&after)
	if err := errors.Join(err, other, ctx.Err()); err != nil {
		return row, err
	}
	u.fill(&row, events)
	row.Rate = float64(events) / u.cpu.Seconds() // of one core: collecting garbage has its own thread
	row.Counts = map[string]float64{
		allocations: float64(after.Mallocs-before.Mallocs) / float64(events), "bytes allocated": float64(after.TotalAlloc-before.TotalAlloc) / float64(events),
		"events of a job": float64(events) / float64(c.Jobs), "record bytes of a job": float64(s.folk[0].record+s.folk[1].record) / float64(c.Jobs),
	}
	ref, err := s.naming(events)
	if err != nil {
		return row, err
	}
	return row, row.hold(ref, ofCPU)
}

// naming is the least that the same events can cost: each document that the cores
// said is encoded and hashed, and nothing else is done.
func (s *stage) naming(events int) (*Reference, error) {
	cpu, docs := cpuTime(), 0
	for _, a := range s.folk {
		for _, d := range a.named {
			if len(wire.Canonical{}.Name(d).Raw) == 0 {
				return nil, errors.New("a document has no bytes")
			}
			docs++
		}
	}
	cpu = cpuTime() - cpu
	return &Reference{
		Case: fmt.Sprintf("encoding and hashing the %.3g documents said for an event, and nothing else", float64(docs)/float64(events)),
		Rate: float64(events) / cpu.Seconds(), CPU: micros(cpu) / float64(events),
	}, nil
}

// playAgain hands what came to each core to a fresh one. around, where given, is
// called with each event and what handles it.
func (s *stage) playAgain(around func(m *moment, handle func() error) error) error {
	for _, a := range s.folk {
		core, err := agent.New(a.conf)
		if err != nil {
			return err
		}
		seals := a.seals
		for i := range a.played {
			m := &a.played[i]
			var step agent.Step
			handle := func() (err error) {
				step, err = core.Handle(m.at, m.chance, m.event)
				return err
			}
			if around == nil {
				err = handle()
			} else {
				err = around(m, handle)
			}
			if err != nil {
				return fmt.Errorf("played again: %s: %w", m.name, err)
			}
			for _, say := range sayings(&step) {
				if say.Bundle == nil && len(seals) > 0 {
					say.Bundle, seals = seals[0], seals[1:] // as it was sealed the first time
				}
			}
		}
		if len(seals) > 0 {
			return fmt.Errorf("played again, %d bundles were not said: the core does not do the same again", len(seals))
		}
	}
	return nil
}

// sayings are all bundles that a step has to be sealed: those it records, and those
// that are talk.
func sayings(step *agent.Step) []*agent.Saying {
	all := step.Record.Sayings()
	for _, e := range step.Effects {
		if say, ok := e.(agent.Say); ok {
			all = append(all, say.Saying)
		}
	}
	return all
}

// kinds says what an event of each kind took, and allocated.
func (s *stage) kinds(ctx context.Context, whole Row) ([]Row, error) {
	took, allocated := map[string][]time.Duration{}, map[string]uint64{}
	err := s.playAgain(func(m *moment, handle func() error) error {
		began := time.Now()
		err := handle()
		took[m.name] = append(took[m.name], time.Since(began))
		return errors.Join(err, ctx.Err())
	})
	if err != nil {
		return nil, err
	}
	var before, after runtime.MemStats
	err = s.playAgain(func(m *moment, handle func() error) error {
		runtime.ReadMemStats(&before)
		err := handle()
		runtime.ReadMemStats(&after)
		allocated[m.name] += after.Mallocs - before.Mallocs
		return errors.Join(err, ctx.Err())
	})
	if err != nil {
		return nil, err
	}
	var rows []Row
	for name, all := range took {
		var sum time.Duration
		for _, d := range all {
			sum += d
		}
		n := float64(len(all))
		row := Row{
			Case: name, Unit: "events/s", N: len(all), Rate: n / sum.Seconds(), CPU: micros(sum) / n, Percentiles: percentiles(all),
			Counts: map[string]float64{allocations: float64(allocated[name]) / n},
		}
		if err := row.hold(&Reference{Case: "an event of all kinds", Rate: whole.Rate, CPU: whole.CPU}, ofCPU); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(float64(b.N)*b.CPU, float64(a.N)*a.CPU) })
	return rows, nil
}

// kindOf is the name of a document's kind.
func kindOf(d wire.Document) string {
	if e, ok := d.(*protocol.Entry); ok && e.Act == protocol.ActOpen {
		return "OPEN"
	}
	return strings.TrimPrefix(reflect.TypeOf(d).String(), "*protocol.")
}
