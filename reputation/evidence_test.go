package reputation

import (
	"errors"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

func TestRefusals(t *testing.T) {
	w := newTown(t, nil)
	for _, c := range []struct {
		name   string
		change func(*protocol.Outcome)
		how    Attested
		code   protocol.Code
	}{
		{"from the future", func(o *protocol.Outcome) { o.Closed = noon + protocol.Skew + 1 }, Agreed, protocol.CodeClock},
		{"claimed by the hirer", nil, Claimed, protocol.CodeMalformed},
		{"shown by the provider", func(o *protocol.Outcome) { o.By = o.Provider }, Shown, protocol.CodeMalformed},
		{"not attested", nil, 0, protocol.CodeMalformed},
		{"attested unheard-of", nil, Resolved + 1, protocol.CodeMalformed},
		{"resolved by nobody", nil, Resolved, protocol.CodeMalformed},
		{"no outcome of form", func(o *protocol.Outcome) { o.Score = 10_001 }, Agreed, protocol.CodeMalformed},
		{"self-hired", func(o *protocol.Outcome) { o.Provider = o.Hirer }, Agreed, protocol.CodeMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := w.outcome(1, 2, c.change)
			e.How = c.how
			w.refused(e, c.code)
		})
	}
	w.refused(Evidence{Said: wire.Said{ID: id(1, 9), Doc: &protocol.LogHead{}}, How: Agreed}, protocol.CodeUnknownKind)
	if len(w.book.parties) != 1 || len(w.book.records) != 0 {
		t.Error("a refusal left something behind")
	}
}

func TestLearnIsIdempotent(t *testing.T) {
	w := newTown(t, nil)
	e := w.outcome(0, 1, nil)
	w.learn(e)
	before := w.estimate(1)
	if err := w.book.Learn(noon, e); err != ErrKnown {
		t.Fatal(err)
	}
	if w.estimate(1) != before {
		t.Error("the same outcome counted twice")
	}
}

// One job's record only ever gets better: shown, contested, agreed, resolved.
func TestAttestationRises(t *testing.T) {
	w := newTown(t, nil)
	shown := w.outcome(0, 1, func(o *protocol.Outcome) { o.Score = 0 })
	shown.How = Shown
	w.learn(shown)
	one := w.estimate(1)
	contested := shown
	contested.How = Contested
	w.learn(contested)
	if e := w.estimate(1); e.Bad != one.Bad/2 || e.Disputes != 1 || e.Tally.Contested != 1 {
		t.Fatalf("contested, it does not count half: %+v", e)
	}
	if err := w.book.Learn(noon, shown); err != ErrKnown {
		t.Fatal(err)
	}
	agreed := shown
	agreed.How = Agreed
	w.learn(agreed)
	if e := w.estimate(1); e.Bad != one.Bad || e.Tally.Jobs != 1 || e.Disputes != 0 {
		t.Fatalf("conceded, it does not count whole: %+v", e)
	}
	if err := w.book.Learn(noon, contested); err != ErrKnown { // whoever logged it cannot take that back
		t.Fatal(err)
	}
	award := w.outcome(0, 1, func(o *protocol.Outcome) {
		o.Job, o.Ended, o.Evaluators = shown.Said.Doc.(*protocol.Outcome).Job, protocol.EndedResolved, []wire.Key{who(9)}
	})
	w.refused(award, protocol.CodeDuplicate) // two agreed outcomes of one job
	award.How = Resolved
	w.learn(award)
	if e := w.estimate(1); e.Bad != 0 || e.Good < 0.9 || e.Disputes != 0 || e.Tally.Jobs != 1 {
		t.Fatalf("the award does not replace what was said: %+v", e)
	}
	if err := w.book.Learn(noon, contested); err != ErrKnown {
		t.Fatal(err)
	}
}

func TestAwardOfOnesOwnEvaluatorIsADispute(t *testing.T) {
	w := newTown(t, nil)
	for _, judge := range []wire.Key{who(1), firm(1), who(2), firm(2)} {
		e := w.outcome(1, 2, func(o *protocol.Outcome) { o.Ended, o.Evaluators = protocol.EndedResolved, []wire.Key{judge} })
		e.How = Resolved
		w.learn(e)
	}
	for i := range w.book.cells {
		if w.book.cells[i].kind&doubted == 0 {
			t.Error("an award by a party's own evaluator counts whole")
		}
	}
}

// What only the provider says counts against a silent hirer, and for nobody.
func TestClaimSaysNothingOfTheProvider(t *testing.T) {
	w := newTown(t, nil)
	e := w.outcome(0, 1, func(o *protocol.Outcome) { o.By, o.Conduct = o.Provider, protocol.PaidNot })
	e.How = Claimed
	w.learn(e)
	if e := w.estimate(1); e.Good != 0 || e.Bad != 0 || e.Reached {
		t.Errorf("%+v", e)
	}
	if w.book.cells[0].sum.broke == 0 {
		t.Error("the hirer's silence is lost")
	}
	// The hirer's own word of the same job stands beside it, and one that both logged replaces both.
	job := e.Said.Doc.(*protocol.Outcome).Job
	own := w.outcome(0, 1, func(o *protocol.Outcome) { o.Job, o.Score, o.Ended = job, 0, protocol.EndedDefault })
	own.How = Shown
	w.learn(own)
	if e := w.estimate(1); e.Bad == 0 {
		t.Errorf("%+v", e)
	}
	own.How = Agreed
	w.learn(own)
	if w.book.cells[0].sum != (sum{}) {
		t.Error("the claim still counts")
	}
}

// Nobody keeps an Outcome from counting by sealing that its job was between others,
// nor a provider by claiming to be owned by its hirer's owner.
func TestNothingKeepsOutAnOutcome(t *testing.T) {
	w := newTown(t, nil)
	squat := w.outcome(3, 4, nil)
	w.learn(squat)
	shown := w.outcome(1, 2, func(o *protocol.Outcome) { o.Job = squat.Said.Doc.(*protocol.Outcome).Job })
	shown.How = Shown
	w.learn(shown)
	if a, _ := w.book.Met(w.name(2)); a.Served != 1 {
		t.Errorf("%+v", a)
	}
	for i, claim := range []func(*protocol.Outcome){
		func(o *protocol.Outcome) { o.ProviderOwner = o.HirerOwner },
		func(o *protocol.Outcome) { o.ProviderOwner = o.Hirer },
		func(o *protocol.Outcome) { o.HirerOwner = o.Provider },
	} {
		bad := w.outcome(0, 10+i, func(o *protocol.Outcome) { o.Score = 0; claim(o) })
		bad.How = Shown
		w.learn(bad)
		w.learn(w.outcome(0, 20+i, claim))
		if blamed, praised := w.estimate(10+i), w.estimate(20+i); blamed.Bad == 0 || praised.Good != 0 || praised.Bad != 0 {
			t.Errorf("claim %d: blamed it is %+v, praised %+v", i, blamed, praised)
		}
	}
	w.book.Owned(w.name(0), firm(0))
	w.book.Owned(w.name(6), firm(0))
	w.refused(w.outcome(0, 6, nil), protocol.CodeNotOffered) // proved, it is another matter
}

func TestSmallJobsInsideAPairGainNothing(t *testing.T) {
	sum := func(jobs int, band uint64) float64 {
		w := newTown(t, nil)
		w.good(0, 1)
		for range jobs {
			w.learn(w.outcome(1, 2, func(o *protocol.Outcome) { o.Band = band }))
		}
		return w.settle().estimate(2).Good
	}
	one, many := sum(1, 11), sum(1024, 1)
	if !near(many, one, 1e-9) {
		t.Errorf("1,024 jobs of 1 weigh %v, one job of 1,024 %v", many, one)
	}
}

func TestUnknownAssetHasOneSmallBand(t *testing.T) {
	sum := func(jobs int) float64 {
		w := newTown(t, nil)
		w.good(0, 1)
		for range jobs {
			w.learn(w.outcome(1, 2, func(o *protocol.Outcome) { o.Asset, o.Band = "mint:mine/gold", 128 }))
		}
		return w.settle().estimate(2).Good
	}
	if one, many := sum(1), sum(500); !near(one, many, 1e-12) || one > 0.06 || one == 0 {
		t.Errorf("one job weighs %v, 500 weigh %v", one, many)
	}
}

// An owner has one vote on a provider, however many agents it has.
func TestOwnerHasOneVote(t *testing.T) {
	votes := func(proved bool) float64 {
		w := newTown(t, func(p *Policy) { p.Tau = 1e-3 })
		for i := 1; i <= 10; i++ {
			w.good(0, i)
			e := w.outcome(i, 20, func(o *protocol.Outcome) { o.HirerOwner = firm(99) })
			e.HirerOwned = proved
			w.learn(e)
		}
		return w.settle().estimate(20).Good
	}
	if got := votes(true); got > 1 {
		t.Errorf("one owner has %v votes", got)
	}
	if got := votes(false); got < 9 {
		t.Errorf("agents that only claim one owner have %v votes together: a stranger could use up somebody's vote", got)
	}
}

func TestSameProvedOwnerLater(t *testing.T) {
	w := newTown(t, nil)
	e := w.outcome(1, 2, func(o *protocol.Outcome) { o.HirerOwner = firm(7) })
	e.HirerOwned = true
	w.learn(e)
	e = w.outcome(1, 3, func(o *protocol.Outcome) { o.ProviderOwner = firm(7) })
	e.ProviderOwned = true
	w.refused(e, protocol.CodeNotOffered)
}

func TestFullBook(t *testing.T) {
	w := newTown(t, nil)
	w.book.others = MaxOutcomes
	w.refused(w.outcome(1, 2, nil), protocol.CodeTooLarge)
	w.good(0, 2)
	w.good(3, 0)
	if err := w.book.Learn(noon, w.outcome(1, 2, nil)); !errors.As(err, new(*Refusal)) {
		t.Error(err)
	}
}

func TestAgeAndLikeness(t *testing.T) {
	p := Defaults()
	if p.decay(180+30, 0, false) != 0.5 || !near(p.decay(540+30, 0, true), 0.5, 1e-15) || p.decay(10, 0, false) != 1 || p.decay(0, 5, false) != 1 {
		t.Error("half-lives")
	}
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{words, words, 1},
		{words, "text/words@2", 0.5},
		{words, "text/summarize@1", 0.3},
		{"text/a/b@1", "text/c/d@1", 0.09},
		{"text/a/b@1", "text/a@1", 0.3},
		{words, "image/words@1", 0},
	} {
		if got := p.likeness(c.a, c.b); !near(got, c.want, 1e-15) {
			t.Errorf("%s and %s: %v, want %v", c.a, c.b, got, c.want)
		}
	}
	if p.weight(0) != 0 || p.weight(p.Span) != 1 || p.weight(1e300) != 1 {
		t.Error("band weight")
	}
}

func TestPolicyCheck(t *testing.T) {
	if err := Defaults().Check(); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*Policy){
		func(p *Policy) { p.Lambda = 0 }, func(p *Policy) { p.Restart = 0 }, func(p *Policy) { p.Precise = 0 },
		func(p *Policy) { p.Epoch = 0 }, func(p *Policy) { p.Tau = 2 }, func(p *Policy) { p.Anchors = -1 },
		func(p *Policy) { p.Worths = []Worth{{"gold", 1}} }, func(p *Policy) { p.Worths = append(p.Worths, p.Worths[0]) },
		func(p *Policy) { p.Worths[0].Least = 0 },
	} {
		p := Defaults()
		change(&p)
		if _, err := New(who(0), p); err == nil {
			t.Errorf("accepted: %+v", p)
		}
	}
}

// TestWordAgainstWordOnTwoPages: what the two sides of a job tell apart from each other
// counts as if it had been shown together, in whatever order it comes: where they tell two
// stories, half, and neither of them whole.
func TestWordAgainstWordOnTwoPages(t *testing.T) {
	for _, c := range []struct {
		name  string
		claim func(*protocol.Outcome)
		bad   float64 // of what the hirer's word alone weighs
		broke bool
	}{
		{"two stories", func(o *protocol.Outcome) { o.Ended = protocol.EndedSilent }, 0.5, false},
		{"one story", func(o *protocol.Outcome) { o.Ended, o.Score = protocol.EndedAgreed, 2000 }, 1, true},
	} {
		for _, hirerFirst := range []bool{true, false} {
			w := newTown(t, nil)
			w.good(0, 1)
			shown := w.outcome(1, 2, func(o *protocol.Outcome) { o.Score = 2000 })
			shown.How = Shown
			claim := w.outcome(1, 2, func(o *protocol.Outcome) {
				o.Job, o.By, o.Conduct = shown.Said.Doc.(*protocol.Outcome).Job, o.Provider, protocol.PaidNot
				c.claim(o)
			})
			claim.How = Claimed
			alone := newTown(t, nil)
			alone.good(0, 1)
			alone.learn(shown)
			want := c.bad * alone.settle().estimate(2).Bad
			if hirerFirst {
				w.learn(shown)
				w.learn(claim)
			} else {
				w.learn(claim)
				w.learn(shown)
			}
			e := w.settle().estimate(2)
			if e.Bad == 0 || e.Bad < want*0.999 || e.Bad > want*1.001 || (e.Disputes == 1) == c.broke {
				t.Errorf("%s, the hirer's first %v: %+v, want bad %v", c.name, hirerFirst, e, want)
			}
			broke := false
			for i := range w.book.cells {
				broke = broke || w.book.cells[i].sum.broke > 0
			}
			if broke != c.broke {
				t.Errorf("%s, the hirer's first %v: it is blamed for not paying: %v", c.name, hirerFirst, broke)
			}
		}
	}
}
