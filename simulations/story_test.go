package simulations

import (
	"flag"
	"testing"
	"time"
)

var seeds = flag.Uint64("seeds", 3, "seeds of each story")

func TestFaults(t *testing.T) {
	s, err := Builtin("faults")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range *seeds {
		began := time.Now()
		x, err := Run(s, seed, Watching{})
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		if x != nil {
			t.Logf("seed %d: %s %+v %v %d checks", seed, x.w.Trace(), x.w.Tally(), time.Since(began), x.watch.Checks())
			t.Log(x.Measures())
		}
	}
}
