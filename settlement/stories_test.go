package settlement

import (
	"errors"
	"reflect"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// A VOID that crosses a Claim in time: the lane goes on, the payee disputes the
// hold in its countersign, and the claim is paid after all.
func TestVoidCrossesClaim(t *testing.T) {
	s := newScene(t)
	s.deal.sign()
	late := uint64(now + 100_000 + protocol.Skew + 1)
	void := s.say(s.a.DraftVoid(late, s.taken.ID))
	claim := s.claim(func(c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(9) })
	held := s.b.Position(s.payer.Key(), usd).HeldForMe
	s.must(s.b.Apply(claim))
	s.must(s.b.Apply(void))
	if p := s.b.Position(s.payer.Key(), usd); p.HeldForMe != less(held, wire.Units(1)) || s.b.drawn[usd] != wire.Units(49) {
		t.Fatalf("the claim does not count: %+v, drawn %s", p, s.b.drawn[usd])
	}
	cs := s.deal.sign().Doc.(*protocol.Countersign)
	if len(cs.Disputed) != 1 || cs.Disputed[0] != s.taken.ID {
		t.Fatalf("disputed: %v", cs.Disputed)
	}
	if h, _ := s.a.Hold(s.taken.ID); h.EndSeen || h.Due() {
		t.Fatalf("%+v", h)
	}
	s.must(s.a.Apply(claim))
	if h, _ := s.a.Hold(s.taken.ID); !h.Due() || s.a.Spent(jobID(200), usd) != wire.Units(99) {
		t.Fatalf("%+v, spent %s", h, s.a.Spent(jobID(200), usd))
	}
	post := s.both(s.a.DraftPost(s.taken.ID, wire.Units(9)))
	if e := post.Doc.(*protocol.Entry); len(e.Basis) != 1 || e.Basis[0] != claim.ID {
		t.Fatal("the POST does not cite the claim it pays")
	}
	s.deal.sign()
	for _, b := range []*Book{s.a, s.b} {
		if h, _ := b.Hold(s.taken.ID); !h.EndSeen || h.Posted != wire.Units(9) || h.Due() {
			t.Fatalf("%+v", h)
		}
	}
}

// A POST of less than is claimed ends the hold. The payee disputes that it is all, and
// the rest stays claimed in both books, whichever of the two the payer hears first; or it
// lets go of the rest.
func TestPostBelowClaim(t *testing.T) {
	for _, first := range []string{"claim", "post", "countersign"} {
		for _, disputes := range []bool{true, false} {
			s := newScene(t)
			s.deal.sign()
			claim := s.claim(func(c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(9) })
			s.must(s.b.Apply(claim))
			if first == "claim" {
				s.must(s.a.Apply(claim))
			}
			before := s.b.drawn[usd]
			s.both(s.a.DraftPost(s.taken.ID, wire.Units(4)))
			if first == "post" {
				s.must(s.a.Apply(claim))
			}
			c, err := s.b.DraftCountersign(s.payer.Key(), usd)
			s.must(err)
			if len(c.Disputed) != 1 || c.Disputed[0] != s.taken.ID {
				t.Fatalf("disputed: %v", c.Disputed)
			}
			if !disputes {
				c.Disputed = nil
			}
			cs := s.payee.name(s, c)
			s.must(s.b.Apply(cs))
			s.must(s.a.Apply(cs))
			if first == "countersign" {
				if got := code(s.a.Apply(claim)); disputes != (got == taken) {
					t.Fatalf("a claim after all: %q", got)
				}
			}
			rest := wire.Amount{}
			if disputes {
				rest = wire.Units(5)
			}
			p, q := s.a.Position(s.payee.Key(), usd), s.b.Position(s.payer.Key(), usd)
			if p.HeldByMe != q.HeldForMe || p.IOwe != q.OwedToMe {
				t.Fatalf("%s first: the books differ: %+v and %+v", first, p, q)
			}
			h, _ := s.b.Hold(s.taken.ID)
			if !h.EndSeen || h.Posted != wire.Units(4) || h.Rest != rest || h.Due() {
				t.Fatalf("%+v", h)
			}
			if now, err := s.b.drawn[usd].Plus(wire.Units(6 - plain(rest))); err != nil || now != before {
				t.Fatalf("%s first: drawn %s, before %s", first, s.b.drawn[usd], before)
			}
			s.both(s.a.DraftPost(s.waiting.ID, wire.Units(1))) // the lane goes on
		}
	}
}

// plain is a small amount as a number.
func plain(a wire.Amount) uint64 {
	_, lo := a.Words()
	return lo
}

// Once the payee has countersigned a VOID without dispute, it can claim no more.
func TestClaimAfterVoid(t *testing.T) {
	s := newScene(t)
	s.both(s.a.DraftVoid(now+100_000+protocol.Skew+1, s.taken.ID))
	s.deal.sign()
	claim := s.claim(func(c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(9) })
	if a, b := code(s.a.Apply(claim)), code(s.b.Apply(claim)); a != protocol.CodeHold || b != protocol.CodeHold {
		t.Fatal(a, b)
	}
}

// A VOID of what the payee has just taken is refused; a fresh epoch from the
// payee's head gives it up.
func TestVoidCrossesTake(t *testing.T) {
	s := newScene(t)
	void := s.say(s.a.DraftVoid(now, s.waiting.ID))
	c, err := s.b.DraftCountersign(s.payer.Key(), usd)
	s.must(err)
	c.Taken = []wire.CID{jobID(3)}
	cs := s.payee.name(s, c)
	s.must(s.b.Apply(cs))
	if got := code(s.b.Apply(void)); got != protocol.CodeHold {
		t.Fatal(got)
	}
	s.must(s.a.Apply(cs))
	l, _ := s.b.LaneFrom(s.payer.Key(), usd)
	s.a.Begin(protocol.Epoch{2})
	s.both(s.a.DraftOpenFrom(s.payee.Key(), usd, l.Head))
	if got := s.a.Unseen(s.payee.Key()); len(got) != 2 || s.a.Ready(s.payee.Key(), usd) != Opening {
		t.Fatal(got)
	}
	s.deal.sign()
	if h, _ := s.a.Hold(s.waiting.ID); !h.Outstanding() || !h.Taken || s.a.Ready(s.payee.Key(), usd) != Open {
		t.Fatalf("%+v", h)
	}
	s.both(s.a.DraftPost(s.waiting.ID, wire.Units(30)))
}

// The POST of a claim that crossed a VOID may be given up in its turn; then the
// claim is due again.
func TestDueAgain(t *testing.T) {
	s := newScene(t)
	void := s.say(s.a.DraftVoid(now+100_000+protocol.Skew+1, s.taken.ID))
	claim := s.claim(func(c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(9) })
	s.must(s.b.Apply(claim))
	s.must(s.b.Apply(void))
	s.must(s.a.Apply(claim))
	s.deal.sign()
	was := look(s.a)
	s.say(s.a.DraftPost(s.taken.ID, wire.Units(10)))
	l, _ := s.b.LaneFrom(s.payer.Key(), usd)
	s.a.Begin(protocol.Epoch{2})
	s.both(s.a.DraftOpenFrom(s.payee.Key(), usd, l.Head))
	s.deal.sign()
	if got := look(s.a); !reflect.DeepEqual(got.Holds, was.Holds) || !reflect.DeepEqual(got.Spent, was.Spent) || !reflect.DeepEqual(got.Positions, was.Positions) {
		t.Fatalf("got %+v\nwant %+v", got, was)
	}
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(9)))
}

// What follows a waiting OPEN is refused on both sides, and so is what comes
// late into the epoch it closes.
func TestWaitingOpen(t *testing.T) {
	s := newScene(t)
	late := s.entry(protocol.ActPay, owes(1))
	s.a.Begin(protocol.Epoch{2})
	s.both(s.a.DraftOpen(s.payee.Key(), usd))
	early := s.entry(protocol.ActPay, owes(1))
	if got := code(s.b.Apply(late)); got != protocol.CodeLane {
		t.Errorf("late: %s", got)
	}
	for _, b := range []*Book{s.a, s.b} {
		if got := code(b.Apply(early)); got != protocol.CodeLane {
			t.Errorf("early: %s", got)
		}
	}
	s.deal.sign()
	s.must(s.a.Apply(early))
	s.must(s.b.Apply(early))
}

// A job taken late is not taken for a part that was paid before.
func TestTakenLate(t *testing.T) {
	d := newDeal(t)
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	paid := d.hold(jobID(1), 5)
	d.both(d.a.DraftPost(paid.ID, wire.Units(5)))
	open := d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{Job: jobID(1), Part: 1, Deadline: now + 1, Mandate: jobID(200)}))
	d.sign(jobID(1))
	for _, b := range []*Book{d.a, d.b} {
		if h, _ := b.Hold(paid.ID); h.Taken {
			t.Error("a part that was over is taken")
		}
		if h, _ := b.Hold(open.ID); !h.Taken {
			t.Error("an open part is not taken")
		}
	}
}

// A payer that came back from an old copy takes over what it has forgotten, a
// VOID on a forgotten basis and a hold for a job it has held for again included.
func TestForgotten(t *testing.T) {
	s := newScene(t)
	s.deal.sign()
	s.b.Permit(jobID(1), jobID(66))
	s.a.Permit(jobID(1), jobID(66))
	void := s.both(s.a.DraftVoid(now, s.taken.ID, jobID(66)))
	last := s.deal.sign()

	s.a = NewBook(s.payer.Key(), testNet, Policy{})
	s.a.Begin(protocol.Epoch{2})
	s.say(s.a.DraftOpen(s.payee.Key(), usd))
	again := s.say(s.a.DraftHold(s.payee.Key(), usd, Hold{Job: jobID(2), Amount: wire.Units(1), Deadline: now + 1, Mandate: jobID(200)}))
	for _, said := range []wire.Said{s.open, s.taken, s.declined, s.claimed, s.sign, s.waiting, void, last} {
		s.must(s.a.Apply(said))
	}
	if h, ok := s.a.HoldOf(jobID(2), 0); !ok || h.ID != s.declined.ID || h.Declined == "" {
		t.Errorf("%+v", h)
	}
	if _, ok := s.a.Hold(again.ID); ok {
		t.Error("a hold of a void epoch is left")
	}
	a, b := s.a.Position(s.payee.Key(), usd), s.b.Position(s.payer.Key(), usd)
	if a.IOwe != b.OwedToMe || a.HeldByMe != b.HeldForMe || len(s.a.Unseen(s.payee.Key())) != 0 {
		t.Errorf("%+v, %+v", a, b)
	}
}

// Sums end at 2^128-1, exactly.
func TestOverflow(t *testing.T) {
	s := newScene(t)
	room := less(most, wire.Units(100)) // 100 are held
	fits := Hold{Job: jobID(5), Amount: room, Deadline: now + 1, Mandate: jobID(201)}
	more := fits
	more.Amount, _ = room.Plus(wire.Units(1))
	if _, err := s.a.DraftHold(s.payee.Key(), usd, more); code(err) != protocol.CodeAmount {
		t.Fatal(err)
	}
	h := s.both(s.a.DraftHold(s.payee.Key(), usd, fits))
	if got := code(s.b.Admit(s.payer.Key(), usd, room)); got != protocol.CodeOverLimit {
		t.Fatal(got)
	}
	s.both(s.a.DraftPost(h.ID, room))
	if p := s.b.Position(s.payer.Key(), usd); p.OwedToMe != room || p.HeldForMe != wire.Units(100) {
		t.Fatalf("%+v", p)
	}
	over := s.entry(protocol.ActPay, func(e *protocol.Entry) { e.Amount, e.Totals.Posted = wire.Units(101), wire.Amount{} })
	if got := code(s.b.Apply(over)); got != protocol.CodeAmount {
		t.Fatal(got)
	}
	if err := s.b.Admit(s.payer.Key(), usd, most); code(err) != protocol.CodeOverLimit {
		t.Fatal(err)
	}
}

// Any number of fresh identities draw on one pool.
func TestNewcomerPool(t *testing.T) {
	payee := newPerson(99)
	b := NewBook(payee.Key(), testNet, Policy{Newcomers: []Pool{{usd, wire.Units(100)}}})
	var got uint64
	for n := range byte(20) {
		p := newPerson(n + 1)
		a := NewBook(p.Key(), testNet, Policy{})
		a.Begin(protocol.Epoch{1})
		d := &deal{T: t, payer: p, payee: payee, a: a, b: b}
		d.both(a.DraftOpen(payee.Key(), usd))
		d.hold(jobID(n), 30)
		if b.Admit(p.Key(), usd, wire.Units(30)) == nil {
			got += 30
			d.sign(jobID(n))
		} else {
			d.sign()
		}
		// Promises cost nothing, so they take nothing from others.
		d.both(d.a.drafted(payOf(d, 1_000)))
	}
	if got != 90 {
		t.Fatalf("%d taken on credit, the pool is 100", got)
	}
	if err := b.Admit(newPerson(50).Key(), "souk:credit/eur-6", wire.Units(1)); code(err) != protocol.CodeOverLimit {
		t.Fatalf("an asset without a pool: %v", err)
	}
}

func payOf(d *deal, amount uint64) *protocol.Entry {
	l, _ := d.a.LaneTo(d.payee.Key(), usd)
	e := d.a.blank(d.payee.Key(), usd, protocol.ActPay)
	e.Seq, e.Prev, e.Totals = l.Seq+1, l.Head, l.Totals
	owes(amount)(e)
	return e
}

// What was settled before may be owed again, pool or no pool; each transfer
// settles once.
func TestSettled(t *testing.T) {
	s := newScene(t)
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(10)))
	settle := func(e *protocol.Entry) { e.Amount, e.Proof = wire.Units(10), []byte("p"); grow(&e.Totals.Settled, 10) }
	s.b.Final(s.payer.Key(), s.payee.Key(), usd, []byte("p"), wire.Units(10))
	s.b.policy = Policy{}
	if got := code(s.b.Admit(s.payer.Key(), usd, wire.Units(1))); got != protocol.CodeOverLimit {
		t.Fatal(got)
	}
	if err := s.b.Admit(s.payer.Key(), usd, wire.Amount{}); err != nil {
		t.Fatalf("nothing more is no more: %v", err)
	}
	said, before := s.entry(protocol.ActSettled, settle), look(s.b)
	s.must(s.b.CheckAll(said))
	if !reflect.DeepEqual(before, look(s.b)) {
		t.Fatal("a check has changed the book")
	}
	s.must(s.b.Apply(said))
	s.b.Final(s.payer.Key(), s.payee.Key(), usd, []byte("p"), wire.Units(10))
	s.must(s.b.Apply(s.entry(protocol.ActPay, owes(10))))
	if got := code(s.b.Apply(s.entry(protocol.ActSettled, settle))); got != protocol.CodeDuplicate {
		t.Fatal(got)
	}
	if p := s.b.Position(s.payer.Key(), usd); p.OwedToMe != wire.Units(10) {
		t.Fatalf("%+v", p)
	}
}

// A lane keeps no more than it needs, and still knows what it has forgotten.
func TestRemembered(t *testing.T) {
	d := newDeal(t)
	open := d.both(d.a.DraftOpen(d.payee.Key(), usd))
	for range 4 * Remembered {
		d.both(d.a.drafted(payOf(d, 1)))
		d.sign()
	}
	for _, b := range []*Book{d.a, d.b} {
		if err := b.Apply(open); !errors.Is(err, ErrKnown) {
			t.Fatal(err)
		}
		s := b.order[0]
		if n := len(s.epochs[0].ids); n > 2*Remembered {
			t.Fatalf("%d names kept", n)
		}
	}
	for n := range byte(3 * RememberedEpochs) {
		d.a.Begin(protocol.Epoch{n, 1})
		d.both(d.a.DraftOpen(d.payee.Key(), usd))
		d.sign()
	}
	if n := len(d.b.lanes); n > RememberedEpochs+1 {
		t.Fatalf("%d lanes kept", n)
	}
}

// The payer stops at MaxAhead entries that nobody has countersigned.
func TestAhead(t *testing.T) {
	d := newDeal(t)
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	for range MaxAhead - 1 {
		d.both(d.a.drafted(payOf(d, 1)))
	}
	if _, err := d.a.drafted(payOf(d, 1)); code(err) != protocol.CodeBusy {
		t.Fatal(err)
	}
	d.sign()
	d.both(d.a.drafted(payOf(d, 1)))
}

// A bundle is checked as a whole before any of it is folded.
func TestCheckAll(t *testing.T) {
	d := newDeal(t)
	open := d.say(d.a.DraftOpen(d.payee.Key(), usd))
	hold := d.say(d.a.DraftHold(d.payee.Key(), usd, Hold{Job: jobID(1), Amount: wire.Units(1), Deadline: now + 1, Mandate: jobID(200)}))
	if code(d.b.Check(hold)) != protocol.CodeLane {
		t.Fatal("a HOLD without its OPEN passes")
	}
	before := look(d.b)
	d.must(d.b.CheckAll(open, hold))
	if err := d.b.CheckAll(open, hold, hold); err != nil {
		t.Fatal(err)
	}
	if got := code(d.b.CheckAll(hold, open)); got != protocol.CodeLane {
		t.Fatal(got)
	}
	if !reflect.DeepEqual(before, look(d.b)) || len(d.b.strands)+len(d.b.lanes)+len(d.b.jobs)+len(d.b.entries) != 0 {
		t.Fatal("a check has changed the book")
	}
}

// Finished holds are forgotten in the end, and not before their turn.
func TestFinishedHolds(t *testing.T) {
	d := newDeal(t)
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	job := func(n int) wire.CID { return wire.Sum([]byte{byte(n), byte(n >> 8)}) }
	const all = Remembered + 50
	for n := range all {
		h := d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{
			Job: job(n), Amount: wire.Units(1), Deadline: now + 1, Mandate: jobID(200), Idem: []byte{byte(n), byte(n >> 8)},
		}))
		d.both(d.a.DraftPost(h.ID, wire.Units(1)))
		if n%100 == 0 || n == all-1 {
			d.sign()
		}
	}
	for _, b := range []*Book{d.a, d.b} {
		s := b.order[0]
		if len(b.entries) != Remembered || len(b.jobs) != Remembered || len(s.idem) != Remembered || len(s.done) != Remembered || s.holds != 0 {
			t.Fatalf("%d holds, %d jobs, %d keys, %d finished, %d outstanding", len(b.entries), len(b.jobs), len(s.idem), len(s.done), s.holds)
		}
		if _, ok := b.HoldOf(job(all-Remembered-1), 0); ok {
			t.Error("the oldest is kept")
		}
		if h, ok := b.HoldOf(job(all-Remembered), 0); !ok || !h.EndSeen {
			t.Errorf("forgotten too soon: %+v", h)
		}
		if n := b.Positions(); len(n) != 1 || n[0].IOwe != wire.Units(all) && n[0].OwedToMe != wire.Units(all) {
			t.Errorf("%+v", n)
		}
	}
	_, err := d.a.DraftHold(d.payee.Key(), usd, Hold{
		Job: jobID(1), Amount: wire.Units(1), Deadline: now + 1, Mandate: jobID(200), Idem: []byte{byte((all - 1) % 256), byte((all - 1) >> 8)},
	})
	if code(err) != protocol.CodeDuplicate {
		t.Error(err)
	}
}

// No stranger makes a book grow beyond its limits.
func TestBounds(t *testing.T) {
	d := newDeal(t)
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	for n := range MaxHolds {
		d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{Job: wire.Sum([]byte{byte(n), byte(n >> 8)}), Deadline: now + 1, Mandate: jobID(200)}))
		if n%MaxAhead == MaxAhead/2 {
			d.sign()
		}
	}
	d.sign()
	if _, err := d.a.DraftHold(d.payee.Key(), usd, Hold{Job: jobID(1), Deadline: now + 1}); code(err) != protocol.CodeBusy {
		t.Error(err)
	}
	for n := range MaxAssets - 1 {
		d.both(d.a.DraftOpen(d.payee.Key(), "souk:credit/a"+string(rune('a'+n))))
	}
	if _, err := d.a.DraftOpen(d.payee.Key(), "souk:credit/zz"); code(err) != protocol.CodeBusy {
		t.Error(err)
	}
	for n := range byte(3 * MaxPermits) {
		d.b.Permit(wire.Sum([]byte{0, 0}), jobID(n))
		d.b.Permit(jobID(n), jobID(n)) // of no job
	}
	if n := len(d.b.jobs[wire.Sum([]byte{0, 0})].bases); n != MaxPermits || len(d.b.jobs) != MaxHolds {
		t.Errorf("%d bases, %d jobs", n, len(d.b.jobs))
	}
}

func TestPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		pools []Pool
		good  bool
	}{
		"none":         {nil, true},
		"two":          {[]Pool{{usd, wire.Units(1)}, {"souk:credit/eur-6", wire.Amount{}}}, true},
		"one twice":    {[]Pool{{usd, wire.Units(1)}, {usd, wire.Units(1)}}, false},
		"without name": {[]Pool{{"", wire.Units(1)}}, false},
	} {
		if err := (Policy{Newcomers: c.pools}).Check(); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An epoch serves one OPEN, whatever becomes of it.
func TestEpochs(t *testing.T) {
	d := newDeal(t)
	to := d.payee.Key()
	empty := NewBook(d.payer.Key(), testNet, Policy{})
	if _, err := empty.DraftOpen(to, usd); !errors.Is(err, ErrEpoch) {
		t.Fatalf("no epoch was begun: %v", err)
	}
	d.both(d.a.DraftOpen(to, usd))
	if _, err := d.a.DraftOpen(to, usd); !errors.Is(err, ErrEpoch) || d.a.Ready(to, usd) != Open {
		t.Fatal(err)
	}
	d.sign()
	d.a.Begin(protocol.Epoch{2})
	if _, err := d.a.DraftHold(to, usd, Hold{Job: jobID(1), Deadline: now + 1}); code(err) != protocol.CodeLane || d.a.Ready(to, usd) != MustOpen {
		t.Fatal(err)
	}
	d.both(d.a.DraftOpen(to, usd))
	if _, err := d.a.DraftHold(to, usd, Hold{Job: jobID(1), Deadline: now + 1}); code(err) != protocol.CodeLane || d.a.Ready(to, usd) != Opening {
		t.Fatal(err)
	}
	d.sign()
	if d.a.Ready(to, usd) != Open {
		t.Fatal("not open")
	}
	d.both(d.a.drafted(func() *protocol.Entry {
		e := payOf(d, 0)
		e.Act, e.Mandate = protocol.ActClose, wire.CID{}
		return e
	}()))
	if d.a.Ready(to, usd) != MustOpen {
		t.Fatal("a closed lane goes on")
	}
}
