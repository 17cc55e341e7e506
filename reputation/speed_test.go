package reputation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/souk-network/souk/protocol"
)

// crowd is a town of people with jobs among them: few are hired much.
func crowd(t testing.TB, people, jobs int) *town {
	w := newTown(t, nil)
	chance := rand.New(rand.NewPCG(1, 2))
	for range jobs {
		hirer, provider := chance.IntN(people), int(float64(people)*chance.Float64()*chance.Float64())
		if hirer == provider {
			continue
		}
		w.learn(w.outcome(hirer, provider, func(o *protocol.Outcome) {
			o.Band = 1 + chance.Uint64N(24)
			o.Score = min(protocol.Full, 3000+1000*chance.Uint64N(12))
			o.Closed -= chance.Uint64N(300) * day
			o.Opened = o.Closed
		}))
	}
	return w
}

// (7) The same calls in the same order give the same bits, on every machine:
// the digest was found on amd64 and must be the same everywhere.
func TestSameBitsEverywhere(t *testing.T) {
	const want = "44e4f0dd60c080645e7a6b03ccd0a74c2b49a4a6a58dc861bad606d8c6b6c382"
	w := crowd(t, 60, 600)
	w.book.Anchors(who(7), who(9))
	w.settle()
	w.good(0, 30)
	w.bad(3, 31)
	w.settle()
	h := sha256.New()
	for i := range 60 {
		x := w.book.Why(noon+200*day, who(i), "text/words@2")
		fmt.Fprintf(h, "%x %x %x %x %x\n", x.Estimate.Success, x.Estimate.Low, x.Estimate.High, x.Standing, x.Floor)
		for _, r := range x.Raters {
			fmt.Fprintf(h, "%s %x %x %x\n", r.Key, r.Vote, r.Reach, r.Without.Low)
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// Work is bounded: a Step looks at its budget and at most one agent's edges more.
func TestStepKeepsToItsBudget(t *testing.T) {
	w := crowd(t, 100, 3000)
	steps := 1
	for ; !w.book.Step(noon, 500); steps++ {
		if steps > 10_000 {
			t.Fatal("never done")
		}
	}
	if steps < 3 {
		t.Errorf("all done in %d steps of 500 edges", steps)
	}
	if e := w.estimate(50); e.Pending > 0.05 {
		t.Errorf("done, and yet %v of all trust waits", e.Pending)
	}
}

func BenchmarkLearn(b *testing.B) {
	w := crowd(b, 1000, 10_000).settle()
	for b.Loop() {
		w.good(0, 4)
	}
}

func BenchmarkStep(b *testing.B) {
	w := crowd(b, 1000, 10_000)
	moment := uint64(noon)
	for b.Loop() {
		if w.book.Step(moment, 10_000) {
			moment += day
		}
	}
}

func BenchmarkEstimate(b *testing.B) {
	w := crowd(b, 1000, 10_000).settle()
	for i := 0; b.Loop(); i++ {
		w.estimate(i % 1000)
	}
}

func BenchmarkEstimateOfTheBusiest(b *testing.B) {
	w := newTown(b, nil)
	for i := range 10_000 {
		w.good(i%5000+1, 0x10000)
	}
	w.good(0, 0x10000)
	w.settle()
	for b.Loop() {
		w.estimate(0x10000)
	}
}

func BenchmarkWhy(b *testing.B) {
	w := crowd(b, 1000, 10_000).settle()
	for i := 0; b.Loop(); i++ {
		w.book.Why(noon, who(i%1000), words)
	}
}
