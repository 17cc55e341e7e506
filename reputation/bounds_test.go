package reputation

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// drawn is one outcome of a random town, told without names.
type drawn struct {
	hirer, provider int
	score           uint64
	ended, conduct  uint64
	band, age       uint64
	how             Attested
	capability      string
}

func anyJob(people int) *rapid.Generator[drawn] {
	return rapid.Custom(func(t *rapid.T) drawn {
		d := drawn{
			hirer: rapid.IntRange(0, people-1).Draw(t, "hirer"), provider: rapid.IntRange(0, people-2).Draw(t, "provider"),
			score: rapid.SampledFrom([]uint64{0, 3000, 5000, 9000, 10_000, 10_000}).Draw(t, "score"),
			ended: rapid.Uint64Range(1, 3).Draw(t, "ended"), conduct: rapid.SampledFrom([]uint64{1, 1, 1, 2, 3, 4}).Draw(t, "conduct"),
			band: rapid.Uint64Range(1, 24).Draw(t, "band"), age: rapid.Uint64Range(0, 400).Draw(t, "age"),
			how:        rapid.SampledFrom([]Attested{Shown, Agreed, Agreed, Agreed, Contested}).Draw(t, "how"),
			capability: rapid.SampledFrom([]string{words, words, "text/words@2", "text/lines@1", "image/crop@1"}).Draw(t, "capability"),
		}
		if d.provider >= d.hirer {
			d.provider++
		}
		if rapid.IntRange(0, 9).Draw(t, "default") == 0 {
			d.ended, d.score = protocol.EndedDefault, 0
		}
		return d
	})
}

func (w *town) evidence(d drawn) Evidence {
	e := w.outcome(d.hirer, d.provider, func(o *protocol.Outcome) {
		o.Score, o.Ended, o.Conduct, o.Band, o.Capability = d.score, d.ended, d.conduct, d.band, d.capability
		o.Closed -= d.age * day
		o.Opened = o.Closed
	})
	e.How = d.how
	return e
}

func (w *town) learnAll(jobs []drawn) *town {
	for _, d := range jobs {
		w.learn(w.evidence(d))
	}
	return w
}

// (4) s = r + p(I - (1-alpha)P)/alpha holds at every moment: while learning,
// between steps, when an anchor is chosen, and when a day has passed.
func TestPushInvariant(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newTown(t, func(p *Policy) { p.Precise = 1e-4 })
		moment := uint64(noon)
		for range rapid.IntRange(1, 40).Draw(rt, "acts") {
			switch rapid.IntRange(0, 5).Draw(rt, "act") {
			case 5:
				w.book.Owned(who(rapid.IntRange(0, 7).Draw(rt, "agent")), firm(rapid.IntRange(0, 3).Draw(rt, "owner")))
			case 0:
				w.book.Step(moment, rapid.IntRange(0, 20).Draw(rt, "budget"))
			case 1:
				w.book.Anchors(who(rapid.IntRange(0, 7).Draw(rt, "anchor")), who(rapid.IntRange(0, 7).Draw(rt, "anchor")))
			case 2:
				moment += rapid.Uint64Range(0, day).Draw(rt, "later")
			default:
				_ = w.book.Learn(noon, w.evidence(anyJob(8).Draw(rt, "job"))) // two who have one owner are refused
			}
			for _, v := range w.book.views() {
				checkInvariant(rt, v)
			}
		}
	})
}

func checkInvariant(t *rapid.T, v *view) {
	off := slices.Clone(v.r)
	alpha := v.book.policy.Restart
	sum := 0.0
	for i := range v.p {
		sum += math.Abs(v.r[i])
		off[i] += v.p[i] / alpha
		if v.p[i] == 0 {
			continue
		}
		if v.rows[i] == nil {
			t.Fatal("trust was given on over edges that nobody weighed")
		}
		for j, to := range v.rows[i].to {
			off[to] -= v.p[i] * v.rows[i].share[j] * (1 - alpha) / alpha
		}
	}
	for _, o := range v.book.start() {
		off[o.at] -= o.share
	}
	for i, x := range off {
		if math.Abs(x) > 1e-12 {
			t.Fatalf("party %d is off by %v", i, x)
		}
	}
	if math.Abs(sum-v.left) > 1e-12 {
		t.Fatalf("%v waits, %v is told", sum, v.left)
	}
}

// Updating in place and starting anew come to the same ranks.
func TestInPlaceEqualsAnew(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		precise := func(p *Policy) { p.Precise = 1e-9 }
		jobs := rapid.SliceOfN(anyJob(8), 1, 40).Draw(rt, "jobs")
		inPlace, anew := newTown(t, precise), newTown(t, precise)
		inPlace.settle()
		for _, d := range jobs {
			inPlace.learn(inPlace.evidence(d))
			inPlace.settle()
		}
		anew.learnAll(jobs).settle()
		for i := range anew.book.parties {
			if a, b := inPlace.book.now.reach(int32(i)), anew.book.now.reach(int32(i)); math.Abs(a-b) > 1e-6 {
				rt.Fatalf("party %d: %v in place, %v anew", i, a, b)
			}
		}
	})
}

// (1) pi(X) <= (1-alpha)/alpha · sum over edges into X of pi(u)·P(u,x).
func TestReachIsBoundedByEdgesIn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newTown(t, func(p *Policy) { p.Precise = 1e-9 })
		w.learnAll(rapid.SliceOfN(anyJob(9), 1, 60).Draw(rt, "jobs")).settle()
		inside := make([]bool, len(w.book.parties)+1)
		for i := 1; i < len(inside); i++ {
			inside[i] = rapid.Bool().Draw(rt, "inside")
		}
		v, alpha := w.book.now, w.book.policy.Restart
		var reach, in float64
		for i := range v.p {
			if inside[i] {
				reach += v.p[i]
			} else if v.rows[i] != nil {
				for j, to := range v.rows[i].to {
					if inside[to] {
						in += v.p[i] * v.rows[i].share[j]
					}
				}
			}
		}
		if reach > in*(1-alpha)/alpha+max(0, v.left)+1e-12 {
			rt.Fatalf("%v reaches them, %v leads there", reach, in*(1-alpha)/alpha)
		}
	})
}

// (2) All votes of a set on one job each weigh at most pi(X)/tau.
func TestVotesAreBoundedByReach(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newTown(t, nil).learnAll(rapid.SliceOfN(anyJob(9), 1, 60).Draw(rt, "jobs")).settle()
		var votes, reach float64
		vote := w.book.votes(int32(rapid.IntRange(0, len(w.book.parties)-1).Draw(rt, "provider")))
		for i := 1; i < len(w.book.parties); i++ {
			votes += vote(int32(i))
			reach += w.book.now.reach(int32(i))
		}
		if votes > reach/w.book.policy.Tau+1e-9 {
			rt.Fatalf("%v votes of %v reach", votes, reach)
		}
	})
}

// (3) Standing does not move by a bit with edges of the target's own.
func TestStandingIsNotOnesOwn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		jobs := rapid.SliceOfN(anyJob(8), 1, 40).Draw(rt, "jobs")
		const x = 5
		w := newTown(t, nil).learnAll(jobs).settle()
		before := w.book.Standing(who(x))
		for range rapid.IntRange(1, 30).Draw(rt, "own") {
			made := rapid.IntRange(100, 110).Draw(rt, "made") // agents x made up
			if rapid.Bool().Draw(rt, "way") {
				w.good(x, made)
			} else {
				w.good(made, x)
			}
			w.good(made, 100+(made-100+1)%11)
		}
		if rapid.Bool().Draw(rt, "settled") {
			w.settle()
		}
		if after := w.book.Standing(who(x)); after != before {
			rt.Fatalf("%v became %v", before, after)
		}
	})
}

// (5) With the votes fixed, praise never lowers and blame never raises, of
// whatever age, value and kind.
func TestPraiseAndBlame(t *testing.T) {
	const slack = 1e-9 // of the rounding of interval and sums
	rapid.Check(t, func(rt *rapid.T) {
		w := newTown(t, nil).learnAll(rapid.SliceOfN(anyJob(7), 1, 40).Draw(rt, "jobs")).settle()
		more := anyJob(7).Draw(rt, "more")
		praise := rapid.Bool().Draw(rt, "praise")
		more.score = 0
		if praise {
			more.score = protocol.Full
			if more.ended == protocol.EndedDefault {
				more.ended = protocol.EndedAgreed
			}
		}
		before := w.estimate(more.provider)
		w.learn(w.evidence(more)) // no Step: votes stay
		after := w.estimate(more.provider)
		if praise && (after.Success < before.Success-slack || after.Low < before.Low-slack) ||
			!praise && (after.Success > before.Success+slack || after.High > before.High+slack) {
			rt.Fatalf("praise %v: %+v became %+v", praise, before, after)
		}
	})
}

// (6) Names do not matter.
func TestRelabelling(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		jobs := rapid.SliceOfN(anyJob(8), 1, 40).Draw(rt, "jobs")
		names := rapid.Permutation([]int{10, 11, 12, 13, 14, 15, 16, 17}).Draw(rt, "names")
		a := newTown(t, nil).learnAll(jobs).settle()
		b := newTown(t, nil)
		b.name = func(i int) wire.Key { return who(names[i]) }
		book, err := New(b.name(0), Defaults())
		if err != nil {
			rt.Fatal(err)
		}
		b.book = book
		b.learnAll(jobs).settle()
		for i := range 8 {
			if x, y := a.estimate(i), b.estimate(i); x != y {
				rt.Fatalf("%d: %+v under one name, %+v under another", i, x, y)
			}
			if x, y := a.book.Standing(a.name(i)), b.book.Standing(b.name(i)); x != y {
				rt.Fatalf("%d: standing %v under one name, %v under another", i, x, y)
			}
		}
	})
}
