package job_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// words are what either side may say in a random conversation, honest or not.
var words = map[string][]string{
	"hirer": {
		"hold", "cancel", "cancel(30)", "ack(delivery)", "ack(result)", "verdict(9000)", "verdict(fail,check)",
		"verdict(fail,artefact)", "verdict(fail,panel)", "contest(delivery,check)", "contest(claim,check)", "post", "post(,claim)",
		"post(400)", "post(30)", "void", "bring", "bring(personal)", "award(300,judge1)", "award(1000,judge1,judge2)", "outcome(5,0)", "log", "refuse(delivery,late)", "refuse(delivery,expired)",
		"refuse(take,late)", "refuse(cancel,late)", "refuse(need,late)", "hold(poor)", "pay",
	},
	"provider": {
		"see", "take", "take(blind)", "decline(busy)", "decline(withdrawn)", "refuse(accept,busy)", "started", "progress(10)", "delivery", "remake(better)", "need(map)", "need(sugar)", "refuse(provide,late)", "ack(provide)",
		"delivery(,image/png)", "claim", "claim(7)", "cancel", "cancel(30)", "contest(verdict,check)",
		"contest(contest,check)", "outcome(2,9000)", "log", "ack(hold)",
	},
	"judge1":   {"commit(3000,verdict)", "reveal(3000,verdict)", "commit(3000,contest)", "reveal(3000,contest)"},
	"judge2":   {"commit(9000,verdict)", "reveal(9000,verdict)", "reveal(0,verdict)"},
	"witness":  {"ack(delivery)", "ack(result)", "ack(hold)"},
	"stranger": {"delivery", "ack(delivery)", "see", "cancel"},
}

var termWords = []string{"posted", "rule", "split=0", "split=4000", "panel=1", "panel=2", "needs=60", "reworks=2", "nofee", "unit=3", "witness", "fund=50"}

// message is something said that is on its way, and may be heard again.
type message struct {
	to   string
	at   uint64 // not before
	said wire.Said
}

// TestAnyTalkIsSound: whatever is said, lost, repeated or delayed, each side
// stays in a stage with a way out, and its record replays to the same stage.
func TestAnyTalkIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anyTalk(t, rapid.SliceOfNDistinct(rapid.SampledFrom(termWords), 0, 4, rapid.ID).Draw(t, "terms"), words)
	})
}

// partWords are what either side may say of contracts of parts besides.
var partWords = map[string][]string{
	"hirer": {
		"hold@1", "hold@2", "post@1", "post@1(,verdict)", "void@1", "verdict@1(9000)", "verdict@1(fail,check)", "cancel@1", "cancel@2",
		"provide(b)", "provide@1(c)", "provide@1(c+d)", "contest@1(claim,check)", "refuse@1(delivery,late)", "post(1015)", "post@1(15)",
	},
	"provider": {
		"delivery@1", "delivery(5,,a)", "delivery(10,,a+b)", "delivery@1(15,,c)", "delivery@1(3,,c)", "answer(1,5)", "answer(2,10)",
		"answer@1(1,15)", "claim@1", "cancel@1", "cancel@2", "refuse@1(hold,late)", "refuse@1(hold,withdrawn)", "contest@1(verdict,check)",
		"started@1", "progress@1(5000,12)",
	},
	"witness": {"ack@1(delivery)"}, "judge1": nil, "judge2": nil, "stranger": {"delivery@1", "cancel@1"},
}

// TestAnyTalkOfPartsIsSound: the same of tranches, advances and windows of calls.
func TestAnyTalkOfPartsIsSound(t *testing.T) {
	all := map[string][]string{}
	for who := range words {
		all[who] = slices.Concat(words[who], partWords[who], partWords[who])
	}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{
			"tranches=300+700", "tranches=300+300+400 advance=2", "unit=3 window=1 windows=3 calls=a", "unit=3 window=2 windows=2 calls=a",
		}).Draw(t, "kind")
		some := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"rule", "split=4000", "witness", "fund=50"}), 0, 3, rapid.ID).Draw(t, "terms")
		anyTalk(t, append(strings.Fields(kind), some...), all)
	})
}

// anyTalk lets a conversation go on at random.
func anyTalk(t *rapid.T, terms []string, words map[string][]string) {
	c, now := newTalk(), uint64(t0)
	for _, w := range terms {
		if err := c.set(w); err != nil {
			t.Fatal(err)
		}
	}
	accept, err := c.accept("hirer", t0)
	if err != nil {
		t.Fatal(err)
	}
	c.said["accept"] = accept
	for _, s := range c.sides {
		if err := s.hear(t0, accept); err != nil {
			t.Fatal(err)
		}
	}
	var heard []message
	for range rapid.IntRange(1, 40).Draw(t, "events") {
		now += rapid.SampledFrom([]uint64{0, 1, 1000, 20_000, 95_000, 131_000}).Draw(t, "pause")
		who := rapid.SampledFrom([]string{"hirer", "hirer", "provider", "provider", "witness", "judge1", "judge2", "stranger"}).Draw(t, "who")
		word := rapid.SampledFrom(words[who]).Draw(t, "word")
		if said, err := c.write(who, word, now-rapid.SampledFrom([]uint64{0, 0, 0, 40_000}).Draw(t, "backdated")); err == nil {
			label := labelFor(who, word)
			if s := c.sides[who]; s == nil || s.job.Apply(now, said) == nil {
				c.said[label] = said
			}
			for l := range c.sides {
				heard = append(heard, message{to: l, said: said})
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "heard") {
			m := rapid.SampledFrom(append(heard, message{"hirer", 0, accept})).Draw(t, "message")
			checkStep(t, c.sides[m.to], now, m.said)
		}
		for _, s := range c.sides {
			s.sound(t, now)
		}
	}
}

func labelOf(word string) string {
	for i, r := range word {
		if r == '(' {
			return word[:i]
		}
	}
	return word
}

// checkStep lets a side hear a document and checks what one step may do.
func checkStep(t *rapid.T, s *side, now uint64, said wire.Said) {
	before, n := s.job.Stage(now), len(s.job.Said())
	would := s.job.Check(now, said)
	err := s.job.Apply(now, said)
	after := s.job.Stage(now)
	var no *job.Refusal
	switch {
	case (would == nil) != (err == nil):
		t.Fatalf("Check says %v, Apply %v", would, err)
	case err == nil && s.job.Apply(now, said) != job.ErrKnown:
		t.Fatalf("a repetition is not known")
	case err == nil && (len(s.job.Said()) != n+1 || s.job.Said()[n] != said.ID):
		t.Fatalf("folded and not recorded")
	case err != nil && (after != before || len(s.job.Said()) != n):
		t.Fatalf("refused, and yet %s became %s", before, after)
	case err != nil && !errors.Is(err, job.ErrKnown) && (!errors.As(err, &no) || no.Of != said.ID || no.Code == ""):
		t.Fatalf("no proper refusal: %v", err)
	case before.Final() && !after.Final():
		t.Fatalf("%s came alive as %s", before, after)
	case before == job.Settled && after != before:
		t.Fatalf("settled became %s", after)
	}
}

// TestHonestSidesAgree: two honest sides, whatever is lost, delayed and
// repeated between them, and whatever they decide, end in one final stage.
func TestHonestSidesAgree(t *testing.T) {
	ends := map[string]int{}
	defer func() { t.Logf("they ended %v", ends) }()
	rapid.Check(t, func(t *rapid.T) {
		c := newTalk()
		if rapid.Bool().Draw(t, "rule") {
			_ = c.set("rule")
		}
		luck := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "luck"), 0))
		w := &world{t: t, talk: c, now: t0, plans: map[string]plan{}, luck: luck}
		for _, who := range []string{"hirer", "provider"} {
			w.plans[who] = plan{
				silent: t0 + 1000*rapid.Uint64Range(0, 900).Draw(t, who+" falls silent"),
				back:   1000 * rapid.Uint64Range(0, 400).Draw(t, who+" is back after"),
				choice: rapid.IntRange(0, 7).Draw(t, who+" chooses"),
				pause:  1000 * rapid.Uint64Range(0, 150).Draw(t, who+" takes its time"),
			}
		}
		w.run()
		h, p := c.sides["hirer"].stage(w.now), c.sides["provider"].stage(w.now)
		ends[h]++
		if h != p {
			t.Fatalf("the hirer ends %s, the provider %s:\n%s", h, p, strings.Join(w.log, "\n"))
		}
	})
}

// plan is what an honest side decides, and when it is not there.
type plan struct {
	silent, back uint64 // neither says nor hears from silent on, for back milliseconds
	choice       int
	pause        uint64 // milliseconds it waits before it decides anything
}

type world struct {
	t *rapid.T
	*talk
	now   uint64
	plans map[string]plan
	luck  *rand.Rand
	log   []string
	out   []message // all that was said, in order; said again until heard
	aside map[wire.CID]bool
}

// run lets both act every second second until both are final and all is heard.
func (w *world) run() {
	w.say("hirer", "accept", "hold")
	for w.now < t0+1200*second {
		lag := w.luck.Uint64N(20_000) * w.luck.Uint64N(2)
		for _, who := range []string{"provider", "hirer"} {
			if p := w.plans[who]; w.now >= p.silent && w.now < p.silent+p.back {
				continue
			}
			w.listen(who)
			if w.sides[who].job != nil {
				w.act(who)
			}
		}
		w.now += 2*second + lag
	}
	for _, who := range []string{"provider", "hirer"} {
		w.listen(who)
	}
}

// say folds documents at their speaker and sends them to the other side.
func (w *world) say(who string, words ...string) {
	other := map[string]string{"hirer": "provider", "provider": "hirer"}[who]
	due := w.now + w.luck.Uint64N(28_000)*w.luck.Uint64N(2)
	w.log = append(w.log, fmt.Sprintf("%gs %s says %v, heard from %gs", float64(w.now-t0)/second, who, words, float64(due-t0)/second))
	for _, word := range words {
		said, err := w.write(who, word, w.now)
		if err != nil {
			w.t.Fatalf("%s: %v", word, err)
		}
		if err := w.sides[who].hear(w.now, said); err != nil {
			w.t.Fatalf("%s cannot say %s in %s: %v", who, word, w.sides[who].stage(w.now), err)
		}
		w.said[labelFor(who, word)] = said
		w.out = append(w.out, message{other, due, said})
	}
}

// listen hears in order what has arrived, some of it twice, and says no to
// what came too late.
func (w *world) listen(who string) {
	for _, m := range w.out {
		if m.to != who || m.at > w.now {
			continue
		}
		var no *job.Refusal
		err := w.sides[who].hear(w.now, m.said)
		if who != "hirer" || !errors.As(err, &no) || w.aside[m.said.ID] {
			continue
		}
		if w.aside == nil {
			w.aside = map[wire.CID]bool{}
		}
		w.aside[m.said.ID] = true
		w.log = append(w.log, fmt.Sprintf("%gs %s refuses %T as %s: %s", float64(w.now-t0)/second, who, m.said.Doc, no.Code, no.Why))
		refuse, err := name(&protocol.Refuse{Head: w.head(protocol.KindRefuse, who, w.now), Of: m.said.ID, Code: no.Code})
		if err != nil {
			w.t.Fatal(err)
		}
		w.out = append(w.out, message{"provider", w.now, refuse})
	}
}

// act does what an honest side does where its job stands.
func (w *world) act(who string) {
	j, p := w.sides[who].job, w.plans[who]
	waited := w.now >= t0+p.pause
	_, asked := j.CancelBy(job.Hirer)
	_, posted := j.Post()
	stage := j.Stage(w.now)
	if who == "hirer" {
		_, judged := j.Verdict()
		_, claimed := j.Claim()
		_, voided := j.Void()
		switch {
		case p.choice == 1 && waited && !asked && (stage == job.Agreed || stage == job.Funded || stage == job.Working) && w.now <= j.StartBy():
			w.say(who, "cancel")
		case p.choice == 2: // never judges, never pays
		case stage == job.Delivered && waited && !judged && w.now <= j.ReviewBy():
			if p.choice == 3 && !j.Terms().Rule.IsZero() {
				w.say(who, "verdict(fail,check)")
			} else {
				w.say(who, "verdict(10000)", "post")
			}
		case !posted && w.now <= j.ResolveBy() && (stage == job.Accepted && (judged || claimed) || claimed && (stage == job.Settling || stage == job.Unresolved)):
			w.say(who, "post")
		case stage.Final() && !voided && j.Voidable(w.now) && w.now > j.ClaimBy()+protocol.Skew:
			w.say(who, "void")
		}
		return
	}
	_, claimed := j.Claim()
	_, declined := j.Declined()
	_, ended := j.CancelBy(job.Provider)
	_, judged := j.Verdict()
	_, answered := j.Answer()
	switch {
	case posted && !j.PostSeen():
		w.say(who, "see")
	case (stage == job.Agreed || stage == job.Funded) && asked && w.now <= j.StartBy():
		w.say(who, "decline(withdrawn)")
	case (stage == job.Agreed || stage == job.Funded) && waited && !declined && w.now <= j.StartBy():
		if p.choice == 4 {
			w.say(who, "decline(busy)")
		} else {
			w.say(who, "take")
		}
	case stage == job.Working && waited && w.now <= j.DeliverBy() && !ended:
		switch {
		case p.choice == 5 || asked && p.choice > 5:
			w.say(who, "cancel")
		case w.now >= t0+2*p.pause:
			w.say(who, "delivery")
		}
	case stage == job.Accepted && !judged && !claimed && w.now <= j.ClaimBy():
		w.say(who, "claim")
	case stage == job.Contested && judged && !answered && w.now <= j.AnswerBy() && p.choice != 6:
		w.say(who, "contest(verdict,check)")
	}
}

// FuzzAnyDocuments: no sequence of documents, each decodable, makes a fold
// panic, leave a final stage, or stand where no timer leads out.
func FuzzAnyDocuments(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 1, 4, 1, 8, 0, 5, 0, 11})
	f.Add([]byte{0, 0, 1, 1, 1, 8, 9, 10, 1, 10, 0, 9, 3, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		c, now := newTalk(), uint64(t0)
		for i, w := range termWords {
			if len(script) > 0 && script[0]>>(i+1)&1 == 1 {
				_ = c.set(w)
			}
		}
		accept, err := c.accept("hirer", t0)
		if err != nil {
			t.Fatal(err)
		}
		c.said["accept"] = accept
		s := c.sides["hirer"]
		if err := s.hear(t0, accept); err != nil {
			t.Fatal(err)
		}
		who := []string{"hirer", "provider", "witness", "stranger"}
		for pair := range slices.Chunk(script[:min(len(script), 200)], 2) {
			if len(pair) < 2 {
				break
			}
			speaker := who[pair[0]&3]
			now += uint64(pair[0]>>2) * 4 * second
			word := words[speaker][int(pair[1])%len(words[speaker])]
			said, err := c.write(speaker, word, now)
			if err != nil {
				continue
			}
			if before := s.job.Stage(now); s.job.Apply(now, said) == nil {
				c.said[labelFor(speaker, word)] = said
				if before.Final() && !s.job.Stage(now).Final() {
					t.Fatalf("%s came alive as %s", before, s.job.Stage(now))
				}
			}
		}
		s.sound(t, now)
	})
}
