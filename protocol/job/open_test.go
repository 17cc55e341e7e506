package job_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// accepted returns an Accept of what the provider offered, changed before it is sealed.
func accepted(t *testing.T, by string, at uint64, offered wire.Document) *protocol.Accept {
	t.Helper()
	bundle, err := wire.Seal(keys[by], network, wire.Canonical{}.Name(offered).Raw)
	if err != nil {
		t.Fatal(err)
	}
	return &protocol.Accept{
		Head: newTalk().head(protocol.KindAccept, "hirer", at), Offered: bundle.Proof(0),
		Owner: owner, Mandates: []wire.CID{wire.Sum([]byte("may hire"))},
	}
}

func quote(by string, change func(*protocol.Quote)) *protocol.Quote {
	c := newTalk()
	q := &protocol.Quote{Head: c.head(protocol.KindQuote, by, t0-second), Terms: c.terms}
	q.Terms.Hirer, q.Terms.Request, q.Terms.ValidUntil = keys["hirer"].Key(), wire.Sum([]byte("request")), t0+60*second
	if change != nil {
		change(q)
	}
	return q
}

func codeOf(err error) protocol.Code {
	var r *job.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func TestOfferedRefuses(t *testing.T) {
	ask := &protocol.Offer{Head: newTalk().head(protocol.KindOffer, "provider", t0-second), Seq: 1, Expires: t0 + second, Ask: true, Terms: newTalk().terms}
	ask.Terms.ValidUntil = ask.Expires
	cancel := &protocol.Cancel{Head: newTalk().head(protocol.KindCancel, "provider", t0), Job: wire.Sum(nil), Code: "busy"}
	for _, c := range []struct {
		name   string
		accept *protocol.Accept
		want   protocol.Code
	}{
		{"a quote", accepted(t, "provider", t0, quote("provider", nil)), ""},
		{"another's quote", accepted(t, "provider", t0, quote("provider", func(q *protocol.Quote) { q.Terms.Hirer = seed(8).Key() })), protocol.CodeNotOffered},
		{"too late", accepted(t, "provider", t0+61*second, quote("provider", nil)), protocol.CodeExpired},
		{"before it was said", accepted(t, "provider", t0-60*second, quote("provider", nil)), protocol.CodeClock},
		{"one's own", accepted(t, "hirer", t0, quote("hirer", nil)), ""},
		{"an ask", accepted(t, "provider", t0, ask), protocol.CodeNotOffered},
		{"no offer", accepted(t, "provider", t0, cancel), protocol.CodeMalformed},
		{"sealed by another", accepted(t, "stranger", t0, quote("provider", nil)), protocol.CodeSeal},
	} {
		_, _, err := job.Offered(open(network), c.accept)
		if c.name == "one's own" {
			if err == nil {
				t.Errorf("%s: taken", c.name)
			}
		} else if codeOf(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	fine := accepted(t, "provider", t0, quote("provider", nil))
	if _, _, err := job.Offered(open("another"), fine); codeOf(err) != protocol.CodeNetwork {
		t.Errorf("of another network: %v", err)
	}
	fine.Offered.Sig[5] ^= 1
	if _, _, err := job.Offered(open(network), fine); codeOf(err) != protocol.CodeSeal {
		t.Errorf("forged: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	said := wire.Canonical{}.Name(accepted(t, "provider", t0, quote("provider", nil)))
	provider := keys["provider"].Key()
	for _, c := range []struct {
		name   string
		change func(*protocol.Terms)
		want   protocol.Code
	}{
		{"too many tranches", func(t *protocol.Terms) { t.Price.Tranches = make([]wire.Amount, job.MaxParts+1) }, protocol.CodeNotOffered},
		{"too large a window", func(t *protocol.Terms) { t.Price.Window = job.MaxWindow + 1 }, protocol.CodeNotOffered},
		{"too many windows", func(t *protocol.Terms) { t.Price.Parts = job.MaxParts + 1 }, protocol.CodeNotOffered},
		{"a tranche in advance", func(t *protocol.Terms) { t.Price.Advance = 1 }, protocol.CodeNotOffered},
		{"reworks of tranches", func(t *protocol.Terms) {
			t.Reworks, t.Times.Rework, t.Price.Tranches = 1, 1, []wire.Amount{wire.Units(400), wire.Units(600)}
		}, protocol.CodeNotOffered},
		{"needs of tranches", func(t *protocol.Terms) {
			t.Needs, t.Price.Tranches = []string{"map"}, []wire.Amount{wire.Units(400), wire.Units(600)}
		}, protocol.CodeNotOffered},
		{"a fee of the witness", func(t *protocol.Terms) { t.Witness.Fee = wire.Units(1) }, protocol.CodeNotOffered},
		{"a fee of an evaluator", func(t *protocol.Terms) {
			t.Panel.Members = []protocol.Third{{Fee: wire.Units(1)}}
		}, protocol.CodeNotOffered},
		{"times out of order", func(t *protocol.Terms) { t.Times.Review = 1 }, protocol.CodeMalformed},
		{"times without end", func(t *protocol.Terms) { t.Times.Resolve = 1 << 63 }, protocol.CodeMalformed},
		{"a price beyond all", func(t *protocol.Terms) {
			t.Price.PerUnit, _ = wire.ParseAmount("340282366920938463463374607431768211455")
			t.Price.MaxUnits = 2
		}, protocol.CodeAmount},
	} {
		terms := newTalk().terms
		c.change(&terms)
		if _, err := job.Open(network, said, terms, provider); codeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := job.Open(network, said, newTalk().terms, keys["hirer"].Key()); codeOf(err) != protocol.CodeNotOffered {
		t.Errorf("hiring oneself: %v", err)
	}
	if _, err := job.Open(network, wire.Said{Doc: &protocol.Cancel{}}, newTalk().terms, provider); codeOf(err) != protocol.CodeMalformed {
		t.Errorf("no Accept: %v", err)
	}
}

// TestWhatIsHeld reads a whole job back through its accessors.
func TestWhatIsHeld(t *testing.T) {
	c := newTalk()
	third := protocol.Third{Key: keys["witness"].Key(), Owner: owner, Data: c.terms.Data, Payer: protocol.PaysHirer, Consent: wire.Sum([]byte("yes"))}
	c.terms.Witness = third
	s := c.sides["hirer"]
	for _, line := range []struct{ who, word string }{
		{"hirer", "accept"},
		{"hirer", "hold"},
		{"provider", "take"},
		{"provider", "started"},
		{"provider", "progress(50)"},
		{"provider", "delivery"},
		{"hirer", "ack(delivery)"},
		{"hirer", "verdict(9000)"},
		{"hirer", "post"},
		{"hirer", "outcome(1,9000)"},
		{"hirer", "log"},
		{"provider", "see"},
	} {
		said, err := c.write(line.who, line.word, t0)
		if err == nil {
			c.said[labelOf(line.word)] = said
			err = s.hear(t0, said)
		}
		if err != nil {
			t.Fatalf("%s: %v", line.word, err)
		}
	}
	j := s.job
	for what, look := range map[string]func() (wire.Said, bool){
		"hold": j.Hold, "delivery": j.Delivery, "verdict": j.Verdict, "post": j.Post,
		"outcome": func() (wire.Said, bool) { return j.OutcomeBy(job.Hirer) },
	} {
		if said, ok := look(); !ok || said.ID != c.said[what].ID {
			t.Errorf("no %s", what)
		}
	}
	for what, look := range map[string]func() (wire.Said, bool){
		"void": j.Void, "claim": j.Claim, "contest": j.Contest, "answer": j.Answer,
		"cancel":  func() (wire.Said, bool) { return j.CancelBy(job.Hirer) },
		"another": func() (wire.Said, bool) { return j.CancelBy(job.Witness) },
		"counter": func() (wire.Said, bool) { return j.OutcomeBy(job.Provider) },
	} {
		if _, ok := look(); ok {
			t.Errorf("a %s that nobody said", what)
		}
	}
	_, declined := j.Declined()
	if !j.HoldSeen() || !j.Taken() || declined || !j.Started() || j.Progress().Fraction != 50 || !j.PostSeen() || j.VoidSeen() ||
		!j.Acked(c.said["delivery"].ID) || j.Acked(c.said["hold"].ID) || !j.Logged(job.Hirer, job.Hirer) || j.Logged(job.Provider, job.Hirer) {
		t.Errorf("it tells another story: %+v", j)
	}
	if j.ID() != c.said["accept"].ID || j.T0() != t0 || !slices.Equal(j.Said()[:2], []wire.CID{j.ID(), c.said["hold"].ID}) {
		t.Errorf("it is another job")
	}
	for role, key := range map[job.Role]wire.Key{
		job.Hirer: j.Hirer(), job.Provider: j.Provider(), job.Witness: third.Key, job.Other: seed(8).Key(),
	} {
		if j.RoleOf(key) != role || j.RoleOf(wire.Key{}) != job.Other {
			t.Errorf("the %s is the %s", role, j.RoleOf(key))
		}
	}
	if least, most := j.Owed(); least != wire.Units(1000) || most != least || j.Most() != least {
		t.Errorf("owes %s to %s of %s", least, most, j.Most())
	}
}

// TestLimits: no side can make the other's record grow without end.
func TestLimits(t *testing.T) {
	c := newTalk()
	s := c.sides["hirer"]
	say := func(who, word string) error {
		said, err := c.write(who, word, t0)
		if err == nil {
			if err = s.hear(t0, said); err == nil {
				c.said[labelOf(word)] = said
			}
		}
		return err
	}
	if err := errors.Join(say("hirer", "accept"), say("hirer", "hold"), say("provider", "take")); err != nil {
		t.Fatal(err)
	}
	for range job.MaxProgress {
		if err := say("provider", "progress(1)"); err != nil {
			t.Fatal(err)
		}
	}
	if err := say("provider", "progress(2)"); codeOf(err) != protocol.CodeTooLarge {
		t.Errorf("one more Progress: %v", err)
	}
	if err := errors.Join(say("hirer", "ack(take)"), say("hirer", "refuse(take,busy)")); err != nil {
		t.Fatal(err)
	}
	for _, again := range []struct{ who, word string }{
		{"hirer", "ack(take)"}, {"provider", "ack(ack)"}, {"hirer", "refuse(take,busy)"}, {"provider", "refuse(refuse,busy)"}, {"provider", "see"},
	} {
		if err := say(again.who, again.word); err == nil {
			t.Errorf("%s once more is recorded", again.word)
		}
	}
	past := wire.Canonical{}.Name(&protocol.Started{Head: c.head(protocol.KindStarted, "provider", t0-60*second), Job: s.job.ID()})
	part := wire.Canonical{}.Name(&protocol.Started{Head: c.head(protocol.KindStarted, "provider", t0), Job: s.job.ID(), Part: 1})
	hello := wire.Canonical{}.Name(&protocol.Hello{Head: c.head(protocol.KindHello, "provider", t0)})
	for said, want := range map[*wire.Said]protocol.Code{&past: protocol.CodeClock, &part: protocol.CodeNotOffered, &hello: protocol.CodeUnknownKind, {}: protocol.CodeMalformed} {
		if err := s.job.Apply(t0, *said); codeOf(err) != want {
			t.Errorf("%T: %v, want %s", said.Doc, err, want)
		}
	}
}

// BenchmarkOrdinaryJob folds one ordinary job on one side, without signatures.
func BenchmarkOrdinaryJob(b *testing.B) {
	c := newTalk()
	var heard []wire.Said
	for _, line := range [][2]string{
		{"hirer", "accept"},
		{"hirer", "hold"},
		{"provider", "take"},
		{"provider", "delivery"},
		{"hirer", "ack(delivery)"},
		{"hirer", "verdict(9000)"},
		{"hirer", "post(,verdict)"},
		{"hirer", "outcome(1,9000)"},
		{"hirer", "log"},
		{"provider", "see"},
		{"provider", "log"},
	} {
		said, err := c.write(line[0], line[1], t0)
		if err != nil {
			b.Fatal(err)
		}
		c.said[labelOf(line[1])] = said
		heard = append(heard, said)
	}
	b.ReportAllocs()
	for b.Loop() {
		j, err := job.Open(network, heard[0], c.terms, keys["provider"].Key())
		for _, said := range heard[1:] {
			err = errors.Join(err, j.Apply(t0, said))
		}
		if err != nil || j.Stage(t0) != job.Settled {
			b.Fatalf("%s: %v", j.Stage(t0), err)
		}
	}
}
