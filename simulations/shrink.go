package simulations

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/simulations/invariant"
)

// Shrunk is the least that was found to break a promise.
type Shrunk struct {
	Broken  *invariant.Violation
	Kept    []string        // orders and faults that are needed
	Dropped map[string]bool // those that are not
	Of      int             // there were
	Runs    int
}

// Shrink looks for few orders and faults of a run that break the same promise, by
// leaving out ever smaller parts of them (Zeller and Hildebrandt, Simplifying and
// isolating failure-inducing input, 2002). It tries at most so many runs.
func Shrink(s *Scenario, seed uint64, tries int) (*Shrunk, error) {
	first, err := Run(s, seed, Watching{})
	var v *invariant.Violation
	if !errors.As(err, &v) {
		if err == nil {
			err = fmt.Errorf("seed %d of %s breaks nothing", seed, s.Name)
		}
		return nil, err
	}
	k := &Shrunk{Broken: v, Kept: first.Happened, Dropped: map[string]bool{}, Of: len(first.Happened), Runs: 1}
	for parts := 2; len(k.Kept) > 1 && k.Runs < tries; {
		if k.without(s, seed, parts, tries) {
			parts = max(2, parts-1)
			continue
		}
		if parts >= len(k.Kept) {
			break
		}
		parts = min(2*parts, len(k.Kept))
	}
	return k, nil
}

// without leaves one of so many parts out, if the promise is still broken then.
func (k *Shrunk) without(s *Scenario, seed uint64, parts, tries int) bool {
	size := (len(k.Kept) + parts - 1) / parts
	for from := 0; from < len(k.Kept) && k.Runs < tries; from += size {
		drop := map[string]bool{}
		for _, name := range k.Kept[from:min(from+size, len(k.Kept))] {
			drop[name] = true
		}
		for name := range k.Dropped {
			drop[name] = true
		}
		k.Runs++
		x, err := Run(s, seed, Watching{Drop: drop})
		var v *invariant.Violation
		if errors.As(err, &v) && v.Law == k.Broken.Law {
			k.Broken, k.Dropped = v, drop
			k.Kept = x.Happened // what did not come to pass before it broke is not needed either
			return true
		}
	}
	return false
}
