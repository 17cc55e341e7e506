package agent_test

import (
	"strings"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// twofold is an evaluator that tells each listener tales of its own, each of them
// whole: well committed to, well opened, and dated in time, though perhaps not said in time.
type twofold struct {
	*citizen
	commits map[wire.CID]*protocol.Award // the true ones
	told    map[*citizen][]tale
	times   map[*citizen]int // how often it has spoken to a listener: it gives up at some time
}

// tale is one of the stories of an evaluator, and how it is told to one listener.
type tale struct {
	n     byte   // which: 0 is the truth
	later uint64 // milliseconds from when it should be opened to when it is
	mute  bool   // it is committed to, and never opened
}

// newTwofold makes a liar of an evaluator. Each listener is told up to three of its tales.
func newTwofold(c *citizen) *twofold {
	f := &twofold{citizen: c, commits: map[wire.CID]*protocol.Award{}, told: map[*citizen][]tale{}, times: map[*citizen]int{}}
	for _, to := range c.folk {
		for range []int{0, 1, 1, 1, 1, 2, 3}[c.rng.IntN(7)] {
			t := tale{n: byte(c.rng.IntN(4)), mute: c.rng.IntN(6) == 0}
			if c.rng.IntN(3) == 0 {
				t.later = c.rng.Uint64N(5 * hour)
			}
			f.told[to] = append(f.told[to], t)
		}
	}
	c.twist = f.tells
	return f
}

// tells gives a listener its tales instead of what was to be said to it.
func (f *twofold) tells(to *citizen, docs []wire.Said) [][]wire.Said {
	d, ok := docs[0].Doc.(*protocol.Award)
	if !ok {
		return [][]wire.Said{docs}
	}
	if d.Opens.IsZero() {
		f.commits[docs[0].ID] = d
	}
	if f.times[to]++; f.times[to] > 100 {
		return nil
	}
	for _, t := range f.told[to] {
		if f.rng.Float64() < f.loss || t.mute && !d.Opens.IsZero() {
			continue
		}
		said, delay := []wire.Said{wire.Canonical{}.Name(f.tale(d, t.n))}, uint64(0)
		if !d.Opens.IsZero() {
			delay = t.later
		}
		f.after(delay, func() {
			if f.agent != nil && f.linked(to) {
				f.send(to, said)
			}
		})
	}
	return nil
}

// tale is an Award as one of the tales has it. Tale 3 opens the true commitment,
// in other words.
func (f *twofold) tale(d *protocol.Award, n byte) *protocol.Award {
	if n == 0 || n == 3 && d.Opens.IsZero() {
		return d
	}
	c, salt, share := *d, protocol.Salt{n}, uint64(n-1)*9000
	c.Nonce[0] += n
	switch {
	case n == 3:
	case d.Opens.IsZero():
		c.Commit = protocol.AwardCommitment(d.By, d.Job, d.Part, d.About, share, salt)
	default:
		c.Opens = wire.Canonical{}.Name(f.tale(f.commits[d.Opens], n)).ID
		c.Share, c.Salt = share, salt
	}
	return &c
}

// TestTwoTales: whatever lying evaluators say to whom and when, two honest sides end
// alike, with the same books.
func TestTwoTales(t *testing.T) {
	for seed := range uint64(*seeds) {
		w, _, buyer, bench := court(t, 2300+seed, 1+uint8(seed%2), seed%3*4000, 1+int(seed%2)*2)
		for i, j := range bench {
			j.grade = fixed(uint64(i) * 4000)
		}
		for _, j := range bench[:1+w.rng.IntN(len(bench))] {
			newTwofold(j)
		}
		for n := range 2 {
			buyer.sues(string(rune('a'+n)), bench)
		}
		w.pass(8 * hour)
		w.fall(6 * day)
		w.reckon()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestTwoTalesInStorms: likewise among loss, cuts and deaths.
func TestTwoTalesInStorms(t *testing.T) {
	for seed := range uint64(*seeds) {
		w, _, buyer, bench := court(t, 2900+seed, 1+uint8(seed%2), seed%3*4000, 1+int(seed%2)*2)
		for i, j := range bench {
			j.grade = fixed(uint64(i) * 4000)
		}
		for _, j := range bench[:1+w.rng.IntN(len(bench))] {
			newTwofold(j)
		}
		w.loss = 0.2
		for n := range 2 {
			buyer.sues(string(rune('a'+n)), bench)
		}
		w.rages(40)
		w.pass(6 * hour)
		w.fall(6 * day)
		w.reckon()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestOneTaleDecides: what the hirer pays, or gives back, by the tale it was told stands,
// whatever the provider was told; and both count both as soon as both know them.
func TestOneTaleDecides(t *testing.T) {
	for _, c := range []struct {
		name          string
		seller, buyer []tale
		stage         string
		paid          uint64
	}{
		{name: "paid", buyer: []tale{{n: 2}}, seller: []tale{{n: 0}}, stage: "settled", paid: 4},
		{name: "given back", buyer: []tale{{n: 1}}, seller: []tale{{n: 2}}, stage: "defaulted"},
		{name: "both to the seller", buyer: []tale{{n: 2}}, seller: []tale{{n: 0}, {n: 1}}, stage: "settled", paid: 4},
		{name: "both to the buyer", buyer: []tale{{n: 0}, {n: 2}}, seller: []tale{{n: 2}}, stage: "settled", paid: 2},
		{name: "nothing to the buyer", seller: []tale{{n: 2}}, stage: "settled", paid: 4},
		{name: "opened late, to the seller", buyer: []tale{{n: 2, mute: true}}, seller: []tale{{n: 2, later: 4*hour + hour/2}}, stage: "settled", paid: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, seller, buyer, bench := court(t, 9, 1, 4000, 1)
			newTwofold(bench[0]).told = map[*citizen][]tale{seller: c.seller, buyer: c.buyer}
			buyer.sues("a", bench)
			w.pass(8 * hour)
			buyer.ended("a", ending{c.stage, protocol.CodeCheck, c.paid})
			w.fall(6 * day)
			w.reckon()
		})
	}
}

// TestContradictionIsTold: an evaluator that contradicts itself counts for nothing, and
// the owners are told who did.
func TestContradictionIsTold(t *testing.T) {
	w, seller, buyer, bench := court(t, 9, 1, 4000, 1)
	f := newTwofold(bench[0])
	f.told = map[*citizen][]tale{buyer: {{n: 0}, {n: 1}}, seller: {{n: 2}}}
	buyer.sues("a", bench)
	w.pass(minute)
	v := buyer.ended("a", ending{"settled", protocol.CodeCheck, 2})
	o, _ := seller.agent.ByID(seller.clock(), v.ID)
	for _, detail := range []string{v.Detail, o.Detail} {
		if !strings.Contains(detail, "evaluator "+f.key.Key().String()+" contradicted itself") {
			t.Errorf("an owner is told %q", detail)
		}
	}
	w.fall(6 * day)
	w.reckon()
}

// TestProviderAwayWithItsAward: what the provider alone was told in time is paid, though
// the two sides do not reach each other until shortly before all is over.
func TestProviderAwayWithItsAward(t *testing.T) {
	w, seller, buyer, bench := court(t, 9, 1, 4000, 1)
	bench[0].grade = fixed(8000)
	w.sever(buyer, bench[0], true)
	buyer.sues("a", bench)
	for jobs := []agent.View(nil); len(jobs) == 0 || jobs[0].Stage != "disputed"; jobs = seller.agent.Jobs(seller.clock(), 1) {
		w.pass(5)
	}
	w.sever(buyer, seller, true)
	accept, _ := sued[*protocol.Accept](seller)
	terms, err := accept.Terms()
	if err != nil {
		t.Fatal(err)
	}
	w.pass(accept.At + terms.Times.Resolve - 10*minute - w.now)
	if v := buyer.view("a"); v.Stage != "unresolved" {
		t.Fatalf("it is %s", v.Stage)
	}
	w.sever(buyer, seller, false)
	buyer.link(seller)
	w.pass(5 * minute)
	buyer.ended("a", ending{"settled", protocol.CodeCheck, 4})
	w.fall(6 * day)
	w.reckon()
}
