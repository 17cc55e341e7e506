package reputation

import (
	"testing"

	"github.com/souk-network/souk/protocol"
)

// market is a viewer (0) who has hired 1 to 10, each of whom has hired 11 to 20
// and the next of 1 to 10. honest is one of the latter.
func market(t testing.TB, change func(*Policy)) *town {
	w := newTown(t, change)
	for i := 1; i <= 10; i++ {
		w.good(0, i)
		w.good(i, i%10+1)
		w.good(i, i+10)
	}
	return w
}

const (
	honest = 11
	cheat  = 50
	sybil  = 1000 // the first of many
)

// shapes are how sybils vouch for their cheat and one another.
var shapes = map[string]func(w *town, n int){
	"star": func(w *town, n int) {
		for i := range n {
			w.good(sybil+i, cheat)
			w.good(cheat, sybil+i)
		}
	},
	"cycle": func(w *town, n int) {
		for i := range n {
			w.good(sybil+i, sybil+(i+1)%n)
			w.good(sybil+i, cheat)
		}
		w.good(cheat, sybil)
	},
	"path": func(w *town, n int) {
		w.good(cheat, sybil)
		for i := range n - 1 {
			w.good(sybil+i, sybil+i+1)
			w.good(sybil+i, cheat)
		}
	},
	"clique": func(w *town, n int) {
		n = min(n, 40)
		for i := range n {
			for j := range n {
				if i != j {
					w.good(sybil+i, sybil+j)
				}
			}
			w.good(sybil+i, cheat)
			w.good(cheat, sybil+i)
		}
	},
}

// Made-up agents have at most the one vote of all who are not reached, however
// much trust flows to their cheat and however many they are. Standing does not
// move at all.
func TestSybilsGainNothing(t *testing.T) {
	for name, build := range shapes {
		t.Run(name, func(t *testing.T) {
			var gains []float64
			for _, n := range []int{200, 2000} {
				w := market(t, nil)
				w.good(5, cheat) // the attack edge: one real job for an honest hirer
				w.settle()
				standing, before := w.book.Standing(who(cheat)), w.estimate(cheat)
				build(w, n)
				w.settle()
				if got := w.book.Standing(who(cheat)); got != standing || got == 0 {
					t.Errorf("%d sybils: standing %v became %v", n, standing, got)
				}
				after := w.estimate(cheat)
				gain := after.Good - before.Good
				gains = append(gains, gain)
				if gain > 1 {
					t.Errorf("%d sybils gain %v votes, the bound is 1: that of all who are not reached", n, gain)
				}
				if other := w.estimate(honest); other.Bad != 0 {
					t.Errorf("an honest provider suffers: %+v", other)
				}
			}
			t.Logf("%s: 200 sybils gain %.3f votes, 2,000 gain %.3f", name, gains[0], gains[1])
			if gains[1] > gains[0]*1.02+0.01 {
				t.Errorf("more sybils gain more: %v", gains)
			}
		})
	}
}

// With no edge from outside a million of them would have the one vote of the
// unreached together, and no rater to whom trust reaches.
func TestSybilsAlone(t *testing.T) {
	w := market(t, nil)
	shapes["star"](w, 3000)
	w.settle()
	e := w.estimate(cheat)
	if e.Reached || e.Good > 1 || w.book.Standing(who(cheat)) != 0 {
		t.Errorf("%+v", e)
	}
}

// Slander by agents to whom no trust reaches weighs nothing.
func TestSlanderFromNowhere(t *testing.T) {
	w := market(t, nil).settle()
	before := w.estimate(honest)
	for i := range 500 {
		w.bad(sybil+i, honest)
	}
	w.settle()
	if after := w.estimate(honest); after.Bad != 0 || after.Success != before.Success {
		t.Errorf("%+v became %+v", before, after)
	}
}

// A hirer who only ever hires is reached by those it paid, and only because of Beta.
func TestPureHirersAreReached(t *testing.T) {
	for _, beta := range []float64{0, 0.3} {
		w := newTown(t, func(p *Policy) { p.Beta = beta })
		w.good(0, 1)  // I hired 1,
		w.good(30, 1) // whom 30 paid,
		w.bad(30, 2)  // and 30 was ill served by 2.
		w.settle()
		if e := w.estimate(2); e.Reached != (beta > 0) || (e.Bad > 0) != (beta > 0) {
			t.Errorf("beta %v: %+v", beta, e)
		}
	}
}

func TestIsolatedViewpointKnowsNothing(t *testing.T) {
	w := newTown(t, nil)
	for i := range 50 {
		w.good(i+1, i+2)
	}
	e := w.settle().estimate(20)
	if e.Reached || e.High-e.Low < 0.85 || e.Uncertainty < 0.9 {
		t.Errorf("%+v", e)
	}
	if e := w.book.Estimate(noon, who(9999), words); e.Reached || e.Uncertainty != 1 || !near(e.Low, 0.05, 1e-9) || !near(e.High, 0.95, 1e-9) {
		t.Errorf("of somebody never met: %+v", e)
	}
}

func TestAnchorsAreAStart(t *testing.T) {
	w := newTown(t, nil)
	w.good(7, 8)
	w.book.Anchors(who(7), who(7), who(0))
	w.settle()
	if e := w.estimate(8); !e.Reached {
		t.Errorf("%+v", e)
	}
	if s := w.book.Standing(who(7)); s != 0.2 {
		t.Errorf("an anchor's standing is %v, want its share", s)
	}
	x := w.book.Why(noon, who(8), words)
	if len(x.Raters) != 1 || len(x.Raters[0].Path) != 1 || x.Raters[0].Path[0].How != BondAnchor {
		t.Errorf("%+v", x)
	}
	w.book.Anchors()
	w.settle()
	if e := w.estimate(8); e.Reached {
		t.Errorf("an anchor no longer named: %+v", e)
	}
}

// Own bad experience outweighs any number of strangers' praise.
func TestOwnExperienceRules(t *testing.T) {
	w := market(t, nil)
	w.bad(0, cheat)
	w.bad(0, cheat)
	shapes["star"](w, 500)
	if e := w.settle().estimate(cheat); e.Success > 0.4 || e.Low > 0.15 {
		t.Errorf("%+v", e)
	}
}

// Who equivocated weighs nothing, as provider and as rater, at once and for ever.
func TestForkedWeighsNothing(t *testing.T) {
	w := market(t, nil)
	w.bad(3, 40)
	w.settle()
	if e := w.estimate(40); e.Bad == 0 {
		t.Fatalf("%+v", e)
	}
	w.book.Forked(who(3))
	if e := w.estimate(40); e.Reached {
		t.Errorf("as a rater: %+v", e)
	}
	if e := w.estimate(3); !e.Forked || e.Success != 0 || e.High != 0 || w.book.Standing(who(3)) != 0 {
		t.Errorf("as a provider: %+v", e)
	}
	w.good(0, 3)
	w.good(3, 40)
	w.settle()
	if e := w.estimate(40); e.Reached || w.book.now.reach(w.book.places[who(3)]) != 0 {
		t.Errorf("later: %+v", e)
	}
}

// A claim that a job was not delivered is forgotten more slowly than praise.
func TestGraveIsForgottenSlowly(t *testing.T) {
	w := market(t, nil)
	w.learn(w.outcome(0, 40, func(o *protocol.Outcome) { o.Score, o.Ended = 0, protocol.EndedDefault }))
	w.bad(0, 41)
	const later = noon + 400*day
	a, b := w.book.Estimate(later, who(40), words), w.book.Estimate(later, who(41), words)
	if a.Bad <= b.Bad {
		t.Errorf("not delivered %v, ill done %v", a.Bad, b.Bad)
	}
}
