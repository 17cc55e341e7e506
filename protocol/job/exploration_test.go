package job_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
)

var (
	exploreDepth = flag.Int("explore.depth", 9,
		"how many steps the exploration goes from the beginning of a job, at most as far as each scene says; 0: as far as each scene says, mostly to the end; -1: all to the end")
	exploreHalt = flag.Int("explore.halt", 0, "the invariant that is enough to be found broken")
)

// scenes are what is explored. The widest go to the end of time only if asked.
var scenes = []scene{
	{name: "good", result: "good"},
	{name: "good, funded later", terms: "fund=50", result: "good"},
	{name: "good, documents alone", result: "good", loose: true},
	{name: "good, both choose", result: "good", choice: true},
	{name: "good, both choose, funded later", terms: "fund=50", result: "good", choice: true},
	{name: "good, both choose, provider ahead", result: "good", choice: true, ahead: 30_000, most: 12},
	{name: "good, both choose, provider behind", result: "good", choice: true, ahead: -30_000, most: 12},
	{name: "good, found wrong", terms: "rule", result: "good", liar: true},
	{name: "good, found wrong, provider ahead", terms: "rule", result: "good", liar: true, ahead: 30_000},
	{name: "good, found wrong, provider behind", terms: "rule", result: "good", liar: true, ahead: -30_000},
	{name: "inputs internal", result: "good", label: payload.Internal, takes: payload.Internal},
	{name: "inputs too personal", result: "good", label: payload.Personal, takes: payload.Internal},
	{name: "fails the rule", terms: "rule", result: job.ClauseCheck},
	{name: "fails the rule, documents alone", terms: "rule", result: job.ClauseCheck, loose: true},
	{name: "fails the rule, funded later", terms: "rule fund=50", result: job.ClauseCheck},
	{name: "fails the rule, provider ahead", terms: "rule", result: job.ClauseCheck, ahead: 30_000},
	{name: "fails the rule, provider behind", terms: "rule", result: job.ClauseCheck, ahead: -30_000},
	{name: "wrong type", result: job.ClauseType},
	{name: "evaluators, split of 40 %", terms: "split=4000", result: job.ClausePanel},
	{name: "evaluators, split of nothing", terms: "split=0", result: job.ClausePanel},
	{name: "evaluators, provider behind", terms: "split=4000", result: job.ClausePanel, ahead: -30_000},
	{name: "needs", terms: "needs=60", result: "good", needs: true},
	{name: "needs, nothing owed for silence", terms: "needs=60 nofee", result: "good", needs: true},
	{name: "needs, documents alone", terms: "needs=60", result: "good", needs: true, loose: true},
	{name: "needs, both choose", terms: "needs=60", result: "good", needs: true, choice: true, most: 11},
	{name: "needs, called off", terms: "needs=60", result: "good", needs: true, begun: []string{"provider take", "hirer cancel", "provider need(map) unheard", "provider cancel"}},
	{name: "needs, provider ahead", terms: "needs=60", result: "good", needs: true, ahead: 30_000},
	{name: "needs, provider behind", terms: "needs=60", result: "good", needs: true, ahead: -30_000},
	{name: "made good", terms: "rule reworks=1", result: job.ClauseCheck, remade: true},
	{name: "made good, provider ahead", terms: "rule reworks=1", result: job.ClauseCheck, remade: true, ahead: 30_000},
	{name: "made good, evaluators", terms: "split=4000 reworks=1", result: job.ClausePanel, remade: true},
	{name: "one evaluator", terms: "split=4000", result: job.ClausePanel, judges: []string{"3000"}},
	{name: "one evaluator, who gives nothing", terms: "split=4000", result: job.ClausePanel, judges: []string{"0"}, begun: disputed},
	{name: "one evaluator, provider concedes", terms: "split=4000", result: job.ClausePanel, judges: []string{"3000"}, begun: conceded},
	{name: "one evaluator, split of nothing", terms: "split=0", result: job.ClausePanel, judges: []string{"3000"}, begun: disputed},
	{name: "one evaluator, who lies", terms: "split=4000", result: job.ClausePanel, judges: []string{"lies"}, begun: disputed},
	{name: "three evaluators", terms: "split=4000 panel=2", result: job.ClausePanel, judges: []string{"9000", "3000", "2000"}, begun: disputed, most: 7},
	{name: "three evaluators, one silent", terms: "split=4000 panel=2", result: job.ClausePanel, judges: []string{"9000", "silent", "2000"}, begun: disputed},
	{name: "three evaluators, one lies, one silent", terms: "split=4000 panel=2", result: job.ClausePanel, judges: []string{"9000", "silent", "lies"}, begun: disputed},
	{name: "one evaluator of two tales", terms: "split=4000", result: job.ClausePanel, judges: []string{"twofold"}, begun: disputed, most: 6},
	{name: "two tales told", terms: "split=4000", result: job.ClausePanel, judges: []string{"twofold"}, begun: disputed, told: true},
	{name: "two tales told, split of nothing", terms: "split=0", result: job.ClausePanel, judges: []string{"twofold"}, begun: disputed, told: true},
	{name: "two tales told, provider behind", terms: "split=4000", result: job.ClausePanel, judges: []string{"twofold"}, begun: disputed, told: true, ahead: -30_000},
	{name: "one evaluator, late and to one side", terms: "split=4000", result: job.ClausePanel, judges: []string{"late"}, begun: disputed},
	{name: "bytes late", result: job.ClauseArtefact},
	{name: "bytes late, provider behind", result: job.ClauseArtefact, ahead: -30_000},
	{name: "bytes late, witnessed", terms: "witness", result: job.ClauseArtefact, most: 16},
	{name: "two tranches", terms: "tranches=300+700", result: "good", most: 12},
	{name: "two tranches, funded later", terms: "tranches=300+700 fund=50", result: "good", most: 12},
	{name: "two tranches, documents alone", terms: "tranches=300+700", result: "good", loose: true, most: 11},
	{name: "two tranches, both choose", terms: "tranches=300+700", result: "good", choice: true, most: 7},
	{name: "second tranche", terms: "tranches=300+700", result: "good", second: true, begun: firstPosted, most: 11},
	{name: "second tranche, both choose", terms: "tranches=300+700", result: "good", second: true, begun: firstPosted, choice: true, most: 8},
	{name: "second tranche called off", terms: "tranches=300+700", result: "good", second: true, begun: calledOff, most: 8},
	{name: "second tranche, provider behind", terms: "tranches=300+700", result: "good", second: true, begun: firstPosted, ahead: -30_000, most: 11},
	{name: "second tranche, funded later", terms: "tranches=300+700 fund=50", result: "good", second: true, begun: append([]string{"hirer hold"}, firstPosted...), most: 11},
	{name: "second tranche fails the rule", terms: "tranches=300+700 rule", result: job.ClauseCheck, second: true, begun: firstPosted, most: 11},
	{name: "second tranche, found wrong", terms: "tranches=300+700 rule", result: "good", liar: true, second: true, begun: firstPosted, most: 11},
	{name: "one of two in advance", terms: "tranches=300+700 advance=1", result: "good", most: 16},
	{name: "both in advance", terms: "tranches=300+700 advance=2", result: "good", most: 15},
	{name: "second in advance", terms: "tranches=300+700 advance=2", result: "good", second: true, begun: firstPaid, most: 13},
	{name: "in advance, fails the rule", terms: "tranches=300+700 advance=1 rule", result: job.ClauseCheck, most: 17},
	{name: "in advance, found wrong", terms: "tranches=300+700 advance=1 rule", result: "good", liar: true, most: 17},
	{name: "two windows of one call", terms: "unit=3 window=1 windows=2 calls=a", result: "good", most: 11},
	{name: "second window", terms: "unit=3 window=1 windows=2 calls=a", result: "good", second: true, begun: firstWindow, most: 11},
	{name: "one window of two calls", terms: "unit=3 window=2 calls=a", result: "good", most: 11},
}

// firstPosted is how a job comes to its second part.
var (
	firstPosted = []string{"provider take delivery", "hirer ack(delivery) ack(result) verdict(10000) post", "provider see"}
	firstPaid   = []string{"provider take", "hirer post", "provider see delivery", "hirer ack(delivery) ack(result) verdict(10000)"}
	calledOff   = append(firstPosted[:3:3], "hirer hold@1 unheard", "hirer cancel@1", "provider hears")
	firstWindow = []string{"provider take delivery(5,,a)", "hirer ack(delivery) verdict(10000) post(1015)", "provider see"}
)

// disputed is how a job comes before its evaluators.
var disputed = []string{"provider take delivery", "hirer ack(delivery) ack(result) verdict(fail,panel)", "provider contest(verdict,panel)"}

// conceded is how a hirer comes to hear of no concession before its evaluators have the case.
var conceded = append(disputed[:2:2], "provider cancel unheard")

// TestExploration goes through every state that one job between two parties can
// reach, and holds each to the seven invariants of docs/spec/job.md.
func TestExploration(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(400))         // most of what is made is let go at once
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(4 << 30)) // but a small machine shall do, too
	var lock sync.Mutex
	ran := 0
	total := counts{ends: map[string]int{}, exits: map[string]bool{}}
	t.Run("scenes", func(t *testing.T) {
		for _, s := range scenes {
			t.Run(s.name, func(t *testing.T) {
				ran++
				t.Parallel()
				depth := *exploreDepth
				if depth == 0 || depth > 0 && s.most > 0 && s.most < depth {
					depth = s.most
				}
				x, err := explore(s, depth)
				if errors.Is(err, payload.ErrLabel) && s.label > s.takes {
					t.Logf("%s: no such contract can be written", s.name)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: %s", s.name, x.counts)
				for i, why := range x.broken {
					if why != "" {
						t.Errorf("invariant %d broken: %s", i, why)
					}
				}
				lock.Lock()
				defer lock.Unlock()
				total.add(x.counts)
			})
		}
	})
	t.Logf("%d scenes: %s", ran, total)
	for i, n := range total.checked[1:] {
		t.Logf("invariant %d checked %d times", i+1, n)
	}
	total.hold(t, *exploreDepth <= 0 && ran == len(scenes))
}

// hold holds what all scenes saw together to what the specification says: time
// leads nowhere it does not know, and if all were seen, everywhere it does.
func (c counts) hold(t *testing.T, all bool) {
	for _, exit := range slices.Sorted(maps.Keys(c.exits)) {
		if !slices.Contains(timers, exit) {
			t.Errorf("time led %s, which docs/spec/job.md does not know", exit)
		}
	}
	if !all {
		return
	}
	for _, exit := range timers {
		if !c.exits[exit] {
			t.Errorf("nowhere does time lead %s", exit)
		}
	}
	for i, n := range c.checked[1:] {
		if n == 0 {
			t.Errorf("invariant %d was never checked", i+1)
		}
	}
	for s := job.Settled; s <= job.Cancelled; s++ {
		if c.ends[s.String()] == 0 {
			t.Errorf("no job ends %s", s)
		}
	}
}

func (c *counts) add(more counts) {
	c.states += more.states
	c.steps += more.steps
	c.cut += more.cut
	c.excused += more.excused
	for i, n := range more.checked {
		c.checked[i] += n
	}
	for end, n := range more.ends {
		c.ends[end] += n
	}
	maps.Copy(c.exits, more.exits)
}

func (c counts) String() string {
	var ends []string
	for _, end := range slices.Sorted(maps.Keys(c.ends)) {
		ends = append(ends, fmt.Sprintf("%s %d", end, c.ends[end]))
	}
	s := fmt.Sprintf("%d states, %d transitions; ended: %s", c.states, c.steps, strings.Join(ends, ", "))
	if c.cut > 0 {
		s += fmt.Sprintf("; went no further from %d states", c.cut)
	}
	if c.excused > 0 {
		s += fmt.Sprintf("; silence gained the undecidable part in %d states", c.excused)
	}
	return s
}
