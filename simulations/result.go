package simulations

import (
	"fmt"
	"slices"

	"github.com/souk-network/souk/simulations/world"
)

// Tally returns what was counted in the world.
func (x *Story) Tally() world.Tally { return x.w.Tally() }

// Trace returns the running hash of all that happened.
func (x *Story) Trace() string { return x.w.Trace() }

// Checks returns how often something that must hold was looked at.
func (x *Story) Checks() uint64 {
	if x.watch == nil {
		return 0
	}
	return x.watch.Checks()
}

// Lasted returns how many milliseconds of the world have passed.
func (x *Story) Lasted() uint64 { return x.w.Now() - world.Dawn }

// Judge says in words which expectations measures do not meet; none if all are.
// baseline tells that they are those of the scenario without its defence.
func (s *Scenario) Judge(m Measures, baseline bool) []string {
	var missed []string
	for _, e := range s.Expect {
		if e.Baseline != baseline {
			continue
		}
		have := m[e.Measure]
		if e.Least != nil && have < *e.Least {
			missed = append(missed, fmt.Sprintf("%s is %.4g, expected at least %.4g", e.Measure, have, *e.Least))
		}
		if e.Most != nil && have > *e.Most {
			missed = append(missed, fmt.Sprintf("%s is %.4g, expected at most %.4g", e.Measure, have, *e.Most))
		}
	}
	return missed
}

// Merge adds the counts of another run; shares are made anew.
func (m Measures) Merge(o Measures) {
	for name, v := range o {
		m[name] += v
	}
}

// Names returns the names of all measures, in order.
func (m Measures) Names() []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
