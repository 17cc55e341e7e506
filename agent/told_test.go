package agent_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/worker/workertest"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// hearsay is a large market that somebody tells of, page by page.
type hearsay struct {
	chance *rand.Rand
	people []wire.Key
	seqs   map[wire.Key]uint64
	n      uint64
}

func newHearsay(people int) *hearsay {
	h := &hearsay{chance: rand.New(rand.NewPCG(1, 2)), seqs: map[wire.Key]uint64{}}
	for i := range people {
		var k wire.Key
		k[0], k[1] = 0xaa, 0xbb
		binary.BigEndian.PutUint64(k[24:], uint64(i))
		h.people = append(h.people, k)
	}
	return h
}

// entry is the next line of somebody's log.
func (h *hearsay) entry(by wire.Key, outcome wire.CID) wire.Said {
	h.seqs[by]++
	h.n++
	return wire.Canonical{}.Name(&protocol.LogEntry{
		Head:    wire.Head{Kind: protocol.KindLogEntry, By: by, At: dawn},
		Outcome: outcome, Epoch: protocol.Epoch{1}, Seq: h.seqs[by], Prev: wire.CID{1},
	})
}

// job is a page of one job of hirer.
func (h *hearsay) job(hirer, provider wire.Key, change ...func(*protocol.Outcome)) agent.Testimony {
	h.n++
	var nonce wire.Nonce
	binary.BigEndian.PutUint64(nonce[:], h.n)
	o := &protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: hirer, At: dawn, Nonce: nonce}, Job: wire.Sum(nonce[:]),
		Hirer: hirer, Provider: provider, HirerOwner: wire.Key{1}, ProviderOwner: wire.Key{2},
		Capability: "text/words@1", Asset: asset, Band: 1 + h.chance.Uint64N(20), Score: protocol.Full,
		Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime, Entry: wire.CID{1}, Opened: dawn, Closed: dawn,
	}
	for _, f := range change {
		f(o)
	}
	said := wire.Canonical{}.Name(o)
	return agent.Testimony{
		Entries:  []wire.Said{h.entry(hirer, said.ID), h.entry(provider, said.ID)},
		Evidence: reputation.Evidence{Said: said, How: reputation.Agreed, Band: o.Band, Paid: true},
	}
}

func (h *hearsay) anyone() wire.Key {
	return h.people[int(float64(len(h.people))*h.chance.Float64()*h.chance.Float64())]
}

// TestThinkingInSlices: however much is told at once, no step takes long, and the
// record grows by nothing. The times are shown; only what is far out of
// proportion fails.
func TestThinkingInSlices(t *testing.T) {
	w := newTown(t, 1)
	c := w.settle("reader").start()
	w.pass(second)
	records := len(c.journal)
	h := newHearsay(2000)
	self := c.key.Key()
	var longest, all time.Duration
	var slowest string
	each := map[string]time.Duration{}
	timed := func(what string, ev agent.Event) agent.Step {
		began := workertest.Spent()
		step, err := c.agent.Handle(c.clock(), [16]byte{}, ev)
		took := workertest.Spent() - began
		all += took
		each[what] += took
		if took > longest {
			longest, slowest = took, what
		}
		if err != nil || len(step.Record.Facts) > 0 {
			t.Fatalf("%s: %d facts, %v", what, len(step.Record.Facts), err)
		}
		return step
	}
	for i := range 1250 {
		told := agent.Told{Author: h.people[i%len(h.people)]}
		for range 16 {
			hirer, provider := h.anyone(), h.anyone()
			if i%50 == 0 {
				if err := c.agent.Web().Learn(w.now, h.job(self, provider).Evidence); err != nil { // so that trust reaches far
					t.Fatal(err)
				}
				continue
			}
			if hirer != provider {
				told.Pages = append(told.Pages, h.job(hirer, provider))
			}
		}
		timed("Told", told)
	}
	slices := 0
	for {
		wake := uint64(0)
		w.now++
		for _, e := range timed("Woke", agent.Woke{}).Effects {
			if e, ok := e.(agent.Wake); ok {
				wake = e.At
			}
		}
		slices++
		if wake > w.now+second {
			break
		}
		if slices > 100_000 {
			t.Fatal("it never comes to rest")
		}
	}
	if e := c.agent.Estimate(c.clock(), h.people[3], "text/words@1"); e.Pending > 0.2 || !e.Reached {
		t.Errorf("at rest, and yet %+v", e)
	}
	if len(c.journal) != records {
		t.Errorf("%d records of hearsay", len(c.journal)-records)
	}
	t.Logf("20,000 outcomes told in 1,250 events, %v each, and thought over in %d, %v each: %v in all, the longest %v (%s)",
		each["Told"]/1250, slices, each["Woke"]/time.Duration(slices), all, longest, slowest)
	if slices < 10 {
		t.Errorf("all was thought over in %d steps", slices)
	}
	if longest > 2*time.Second { // on a machine with much else to do
		t.Errorf("one step took %v (%s)", longest, slowest)
	}
	began := time.Now()
	for i := range 200 {
		c.agent.Estimate(c.clock(), h.people[i], "text/words@1")
	}
	t.Logf("an estimate takes %v", time.Since(began)/200)
}

// TestHearsayIsBounded: whatever is told, even of ourselves, leaves the agent whole.
func TestHearsayIsBounded(t *testing.T) {
	w := newTown(t, 1)
	c := w.settle("reader").start()
	w.pass(second)
	h := newHearsay(3)
	self, a, b := c.key.Key(), h.people[0], h.people[1]
	due := h.job(a, b)
	due.Due = w.now + minute
	for _, told := range []agent.Told{
		{},
		{Author: a},
		{Author: self, Owner: a, Forked: false},
		{Author: a, Pages: []agent.Testimony{{}}},
		{Author: a, Pages: []agent.Testimony{{Entries: []wire.Said{{}}}}},
		{Author: a, Pages: []agent.Testimony{{Evidence: reputation.Evidence{Said: h.entry(a, wire.CID{1})}}}},
		{Author: a, Pages: []agent.Testimony{h.job(self, a), h.job(a, self), h.job(a, a), due, due}},
	} {
		if r := c.tell(told); r != nil {
			t.Errorf("%+v: %v", told, r)
		}
	}
	far := h.job(a, b)
	far.Due = w.now + 400*day // takes no room
	c.tell(agent.Told{Author: a, Pages: []agent.Testimony{far}})
	for range 3000 { // more than may wait for an answer
		p := h.job(a, b)
		p.Due = w.now + minute
		c.tell(agent.Told{Author: a, Pages: []agent.Testimony{p}})
	}
	known := func() int { x, _ := c.agent.Met(a); return x.Hired }
	if n := known(); n != 0 {
		t.Errorf("%d jobs are believed at once: of those with us we know ourselves", n)
	}
	w.pass(2 * minute)
	if n := known(); n != 512 { // of strangers
		t.Errorf("%d jobs are believed later", n)
	}
	// Two stories of one place.
	one, other := h.entry(b, wire.CID{1}), h.entry(b, wire.CID{2})
	other.Doc.(*protocol.LogEntry).Seq--
	other = wire.Canonical{}.Name(other.Doc)
	step, err := c.agent.Handle(w.now, [16]byte{}, agent.Told{Author: b, Pages: []agent.Testimony{{Entries: []wire.Said{one, other}}}})
	if err != nil {
		t.Fatal(err)
	}
	caught := 0
	for _, e := range step.Effects {
		if x, ok := e.(agent.Caught); ok && x.Author == b && x.First == one.ID && x.Second == other.ID {
			caught++
		}
	}
	if caught != 1 || !c.agent.Estimate(w.now, b, "text/words@1").Forked {
		t.Errorf("caught %d times: %+v", caught, fmt.Sprintf("%+v", step.Effects))
	}
	// A third story proves no more, and is not looked into again.
	third := h.entry(b, wire.CID{3})
	third.Doc.(*protocol.LogEntry).Seq = one.Doc.(*protocol.LogEntry).Seq
	third = wire.Canonical{}.Name(third.Doc)
	step, err = c.agent.Handle(w.now, [16]byte{}, agent.Told{Author: b, Pages: []agent.Testimony{{Entries: []wire.Said{third}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range step.Effects {
		if x, ok := e.(agent.Caught); ok {
			t.Errorf("caught once more: %+v", x)
		}
	}
}

// TestOwnJobsAreNotHearsay: what a provider shows of a job with us takes nothing
// from what we know of it. It can seal a Contest too late to matter, and show that.
func TestOwnJobsAreNotHearsay(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = slow(5 * minute)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(5 * second)
	seller.die()
	w.pass(hour)
	before := buyer.trusts(seller)
	if before.Bad != 0.5 {
		t.Fatalf("%+v", before)
	}
	var outcome wire.Said
	for _, b := range buyer.journal {
		r, err := agent.ReadRecord(w.reg, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range r.Documents() {
			if _, ok := said.Doc.(*protocol.Outcome); ok {
				outcome = said
			}
		}
	}
	if outcome.Doc == nil {
		t.Fatal("the buyer has sealed no Outcome")
	}
	buyer.tell(agent.Told{Author: seller.key.Key(), Pages: []agent.Testimony{{Evidence: reputation.Evidence{Said: outcome, How: reputation.Contested}}}})
	w.pass(second)
	if after := buyer.trusts(seller); after != before {
		t.Errorf("what we know of our own job was %+v, and after hearsay %+v", before, after)
	}
}

// TestNobodyTakesAJobsName: who says that a job was between others keeps nothing
// from counting of those whose job it is.
func TestNobodyTakesAJobsName(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.work = fails(protocol.CodeWorkFailed, minute)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(5 * second)
	h := newHearsay(2)
	squat := h.job(h.people[0], h.people[1], func(o *protocol.Outcome) { o.Job = buyer.view("one").ID })
	buyer.tell(agent.Told{Author: h.people[0], Pages: []agent.Testimony{squat}})
	w.pass(hour)
	if e := buyer.trusts(seller); e.Bad != 0.5 {
		t.Errorf("its failure weighs %v", e.Bad)
	}
}

// TestStrangersLeaveRoom: however much strangers tell that may still be answered,
// what one tells with whom we have dealt is kept in mind.
func TestStrangersLeaveRoom(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	h := newHearsay(3)
	tell := func(author, provider wire.Key, jobs int) {
		for range jobs {
			p := h.job(author, provider)
			p.Due = w.now + minute
			buyer.tell(agent.Told{Author: author, Pages: []agent.Testimony{p}})
		}
	}
	tell(h.people[0], h.people[1], 3000)
	tell(seller.key.Key(), h.people[2], 1)
	w.pass(2 * minute)
	if x, _ := buyer.agent.Met(h.people[2]); x.Served != 1 {
		t.Errorf("of the job told by one we know is left %+v", x)
	}
}

// TestTheOtherSideIsAsked: where one whom trust reaches tells alone of a job, the other
// side's log is asked for, before the word counts and not for every word.
func TestTheOtherSideIsAsked(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("one")
	w.pass(minute)
	h := newHearsay(4)
	asked := func(author wire.Key, how reputation.Attested, due uint64) (all []wire.Key) {
		p := h.job(author, h.people[1])
		p.Evidence.How, p.Due = how, due
		step, err := buyer.agent.Handle(w.now, [16]byte{}, agent.Told{Author: author, Pages: []agent.Testimony{p, p}})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range step.Effects {
			if e, ok := e.(agent.Pull); ok {
				all = append(all, e.Author)
			}
		}
		return all
	}
	met := seller.key.Key()
	for _, c := range []struct {
		name   string
		author wire.Key
		how    reputation.Attested
		due    uint64
		want   int
	}{
		{"a stranger", h.people[2], reputation.Shown, w.now + minute, 0},
		{"of long ago", met, reputation.Shown, w.now - 2*day, 0},
		{"both have told", met, reputation.Agreed, 0, 0},
		{"one whom we know", met, reputation.Shown, w.now + minute, 1},
		{"once more", met, reputation.Shown, w.now + minute, 0},
	} {
		if got := asked(c.author, c.how, c.due); len(got) != c.want || c.want > 0 && got[0] != h.people[1] {
			t.Errorf("%s: asked for the logs of %d", c.name, len(got))
		}
	}
}
