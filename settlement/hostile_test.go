package settlement

import (
	"errors"
	"reflect"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// scene is a deal with a job taken (1), one declined (2), one unanswered (3) and
// one that is claimed (4); all but the first at the payee only where it says so.
type scene struct {
	*deal
	open, taken, declined, waiting, claimed wire.Said
	sign                                    wire.Said
}

const now = 1_700_000_000_000

func newScene(t *testing.T) *scene {
	s := &scene{deal: newDeal(t)}
	s.open = s.both(s.a.DraftOpen(s.payee.Key(), usd))
	s.taken = s.hold(jobID(1), 10)
	s.declined = s.hold(jobID(2), 20)
	s.claimed = s.hold(jobID(4), 40)
	c, err := s.b.DraftCountersign(s.payer.Key(), usd)
	s.must(err)
	c.Taken = []wire.CID{jobID(1), jobID(4)}
	c.Declined = []protocol.Declined{{Job: jobID(2), Code: protocol.CodeBusy}}
	s.sign = s.payee.name(s, c)
	claim := s.claim(func(*protocol.Claim) {})
	for _, b := range []*Book{s.a, s.b} {
		s.must(b.Apply(s.sign))
		s.must(b.Apply(claim))
	}
	s.waiting = s.hold(jobID(3), 30)
	return s
}

// claim is the payee's claim of 35 of the hold for job 4, changed.
func (s *scene) claim(change func(*protocol.Claim)) wire.Said {
	c := &protocol.Claim{
		Head: wire.Head{Kind: protocol.KindClaim, By: s.payee.Key(), At: now},
		Job:  jobID(4), Hold: s.claimed.ID, Delivery: wire.Sum([]byte("d")), Amount: wire.Units(35),
	}
	change(c)
	return s.payee.name(s, c)
}

// entry is a well-formed entry that continues the lane, as act says, changed.
func (s *scene) entry(act protocol.Act, change func(*protocol.Entry)) wire.Said {
	l, _ := s.b.LaneFrom(s.payer.Key(), usd)
	e := &protocol.Entry{
		Head:  wire.Head{Kind: protocol.KindEntry, By: s.payer.Key(), At: now},
		Payee: s.payee.Key(), Asset: usd, Epoch: l.Epoch, Seq: l.Seq + 1, Prev: l.Head, Act: act, Totals: l.Totals,
	}
	change(e)
	s.payer.n++
	e.Nonce[0], e.Nonce[1] = 0xff, byte(s.payer.n)
	return wire.Canonical{}.Name(e) // Check of its own would refuse some of these; the book must not rely on that
}

func grow(sum *wire.Amount, by uint64) {
	n, err := sum.Plus(wire.Units(by))
	if err != nil {
		panic(err)
	}
	*sum = n
}

// ends makes e end a hold of the scene, owing amount.
func (s *scene) ends(hold wire.Said, amount uint64) func(*protocol.Entry) {
	return func(e *protocol.Entry) {
		h := hold.Doc.(*protocol.Entry)
		e.Hold, e.Job, e.Amount = hold.ID, h.Job, wire.Units(amount)
		grow(&e.Totals.Posted, amount)
		e.Totals.Released, _ = e.Totals.Released.Plus(h.Amount)
	}
}

func (s *scene) holds(job wire.CID, amount uint64) func(*protocol.Entry) {
	return func(e *protocol.Entry) {
		e.Job, e.Amount, e.Mandate, e.Deadline = job, wire.Units(amount), jobID(200), now+1000
		grow(&e.Totals.Held, amount)
	}
}

func owes(amount uint64) func(*protocol.Entry) {
	return func(e *protocol.Entry) {
		e.Amount, e.Mandate = wire.Units(amount), jobID(200)
		grow(&e.Totals.Posted, amount)
	}
}

func with(changes ...func(*protocol.Entry)) func(*protocol.Entry) {
	return func(e *protocol.Entry) {
		for _, change := range changes {
			change(e)
		}
	}
}

// reopen makes e the OPEN of a fresh epoch that continues the scene's lane.
func reopen(e *protocol.Entry) {
	e.OldEpoch, e.OldSeq, e.OldHead = e.Epoch, e.Seq-1, e.Prev
	e.Epoch, e.Seq, e.Prev = protocol.Epoch{9}, 1, wire.CID{}
}

const taken = protocol.Code("taken") // what code says of no error

func TestHostileEntries(t *testing.T) {
	other := newPerson(3).Key()
	for name, c := range map[string]struct {
		act    protocol.Act
		change func(*scene) func(*protocol.Entry)
		want   protocol.Code
	}{
		"to someone else": {protocol.ActPay, func(s *scene) func(*protocol.Entry) {
			return with(owes(1), func(e *protocol.Entry) { e.Payee = other })
		}, protocol.CodePayee},
		"to itself": {protocol.ActPay, func(s *scene) func(*protocol.Entry) {
			return with(owes(1), func(e *protocol.Entry) { e.Payee = e.By })
		}, protocol.CodePayee},
		"unknown act": {99, func(*scene) func(*protocol.Entry) { return func(*protocol.Entry) {} }, protocol.CodeMalformed},
		"pay":         {protocol.ActPay, func(*scene) func(*protocol.Entry) { return owes(1) }, taken},
		"pay nothing": {protocol.ActPay, func(*scene) func(*protocol.Entry) { return owes(0) }, protocol.CodeAmount},
		"pay, no sum": {protocol.ActPay, func(*scene) func(*protocol.Entry) { return func(e *protocol.Entry) { e.Amount = wire.Units(1) } }, protocol.CodeAmount},
		"sum too high": {protocol.ActPay, func(*scene) func(*protocol.Entry) {
			return with(owes(1), func(e *protocol.Entry) { grow(&e.Totals.Posted, 1) })
		}, protocol.CodeAmount},
		"other sum too": {protocol.ActPay, func(*scene) func(*protocol.Entry) {
			return with(owes(1), func(e *protocol.Entry) { grow(&e.Totals.Settled, 1) })
		}, protocol.CodeAmount},
		"gap": {protocol.ActPay, func(*scene) func(*protocol.Entry) { return with(owes(1), func(e *protocol.Entry) { e.Seq++ }) }, protocol.CodeLane},
		"wrong prev": {protocol.ActPay, func(s *scene) func(*protocol.Entry) {
			return with(owes(1), func(e *protocol.Entry) { e.Prev = s.taken.ID })
		}, protocol.CodeLane},
		"other epoch": {protocol.ActPay, func(*scene) func(*protocol.Entry) { return with(owes(1), func(e *protocol.Entry) { e.Epoch[5]++ }) }, protocol.CodeLane},
		"other asset": {protocol.ActPay, func(*scene) func(*protocol.Entry) {
			return with(owes(1), func(e *protocol.Entry) { e.Asset = "souk:credit/eur-6" })
		}, protocol.CodeLane},
		"cites an older lane": {protocol.ActPay, func(*scene) func(*protocol.Entry) { return with(owes(1), func(e *protocol.Entry) { e.OldSeq = 1 }) }, protocol.CodeMalformed},

		"reopen":               {protocol.ActOpen, func(*scene) func(*protocol.Entry) { return reopen }, taken},
		"reopen, other totals": {protocol.ActOpen, func(*scene) func(*protocol.Entry) { return with(owes(1), reopen) }, protocol.CodeAmount},
		"reopen, zero totals": {protocol.ActOpen, func(*scene) func(*protocol.Entry) {
			return with(reopen, func(e *protocol.Entry) { e.Totals = protocol.Totals{} })
		}, protocol.CodeAmount},
		"reopen in mid-lane":    {protocol.ActOpen, func(*scene) func(*protocol.Entry) { return func(*protocol.Entry) {} }, protocol.CodeLane},
		"reopen, forgotten all": {protocol.ActOpen, func(*scene) func(*protocol.Entry) { return forgot }, protocol.CodeLaneBehind},
		"reopen from before": {protocol.ActOpen, func(s *scene) func(*protocol.Entry) {
			return with(reopen, func(e *protocol.Entry) { e.OldSeq, e.OldHead = 2, s.taken.ID })
		}, protocol.CodeLaneBehind},
		"reopen from just before": {protocol.ActOpen, func(s *scene) func(*protocol.Entry) {
			return with(reopen, func(e *protocol.Entry) { e.OldSeq, e.OldHead = 4, s.claimed.ID })
		}, protocol.CodeLaneBehind},
		"reopen from beyond": {protocol.ActOpen, func(s *scene) func(*protocol.Entry) {
			return with(reopen, func(e *protocol.Entry) { e.OldSeq, e.OldHead = e.OldSeq+1, jobID(77) })
		}, protocol.CodeLane},
		"reopen, wrong number": {protocol.ActOpen, func(s *scene) func(*protocol.Entry) {
			return with(reopen, func(e *protocol.Entry) { e.OldSeq-- })
		}, protocol.CodeLane},
		"reopen from another head": {protocol.ActOpen, func(s *scene) func(*protocol.Entry) {
			return with(reopen, func(e *protocol.Entry) { e.OldHead = jobID(77) })
		}, protocol.CodeLane},

		"hold":            {protocol.ActHold, func(s *scene) func(*protocol.Entry) { return s.holds(jobID(5), 1) }, taken},
		"free hold":       {protocol.ActHold, func(s *scene) func(*protocol.Entry) { return s.holds(jobID(5), 0) }, taken},
		"hold twice":      {protocol.ActHold, func(s *scene) func(*protocol.Entry) { return s.holds(jobID(1), 1) }, protocol.CodeDuplicate},
		"hold for no job": {protocol.ActHold, func(s *scene) func(*protocol.Entry) { return s.holds(wire.CID{}, 1) }, protocol.CodeMalformed},
		"hold for ever": {protocol.ActHold, func(s *scene) func(*protocol.Entry) {
			return with(s.holds(jobID(5), 1), func(e *protocol.Entry) { e.Deadline = 0 })
		}, protocol.CodeMalformed},
		"part too big": {protocol.ActHold, func(s *scene) func(*protocol.Entry) {
			return with(s.holds(jobID(5), 1), func(e *protocol.Entry) { e.Part = 1 << 40 })
		}, protocol.CodeTooLarge},
		"key too long": {protocol.ActHold, func(s *scene) func(*protocol.Entry) {
			return with(s.holds(jobID(5), 1), func(e *protocol.Entry) { e.Idem = make([]byte, 65) })
		}, protocol.CodeTooLarge},

		"post":          {protocol.ActPost, func(s *scene) func(*protocol.Entry) { return s.ends(s.taken, 10) }, taken},
		"post less":     {protocol.ActPost, func(s *scene) func(*protocol.Entry) { return s.ends(s.taken, 3) }, taken},
		"post too much": {protocol.ActPost, func(s *scene) func(*protocol.Entry) { return s.ends(s.taken, 11) }, protocol.CodeAmount},
		"post what is no hold": {protocol.ActPost, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.taken, 1), func(e *protocol.Entry) { e.Hold = s.open.ID })
		}, protocol.CodeHold},
		"post another job": {protocol.ActPost, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.taken, 1), func(e *protocol.Entry) { e.Job = jobID(2) })
		}, protocol.CodeHold},
		"post below a claim": {protocol.ActPost, func(s *scene) func(*protocol.Entry) { return s.ends(s.claimed, 34) }, taken},
		"post a claim":       {protocol.ActPost, func(s *scene) func(*protocol.Entry) { return s.ends(s.claimed, 35) }, taken},
		"too many bases": {protocol.ActPost, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.taken, 1), func(e *protocol.Entry) { e.Basis = make([]wire.CID, 9) })
		}, protocol.CodeTooLarge},

		"void a taken job": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.taken, 0), func(e *protocol.Entry) { e.Basis = []wire.CID{jobID(66)} })
		}, protocol.CodeHold},
		"void at the last moment": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.taken, 0), func(e *protocol.Entry) { e.At = now + 100_000 + protocol.Skew })
		}, protocol.CodeHold},
		"void when lapsed": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.taken, 0), func(e *protocol.Entry) { e.At = now + 100_000 + protocol.Skew + 1 })
		}, taken},
		"void with a basis": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			s.b.Permit(jobID(1), jobID(66))
			return with(s.ends(s.taken, 0), func(e *protocol.Entry) { e.Basis = []wire.CID{jobID(66)} })
		}, taken},
		"void with another's basis": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			s.b.Permit(jobID(2), jobID(66))
			return with(s.ends(s.taken, 0), func(e *protocol.Entry) { e.Basis = []wire.CID{jobID(66)} })
		}, protocol.CodeHold},
		"void what was declined":     {protocol.ActVoid, func(s *scene) func(*protocol.Entry) { return s.ends(s.declined, 0) }, taken},
		"void what was not answered": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) { return s.ends(s.waiting, 0) }, taken},
		"void owing":                 {protocol.ActVoid, func(s *scene) func(*protocol.Entry) { return s.ends(s.waiting, 1) }, protocol.CodeAmount},
		"void a claim": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			s.b.Permit(jobID(4), jobID(66))
			return with(s.ends(s.claimed, 0), func(e *protocol.Entry) { e.Basis = []wire.CID{jobID(67)} })
		}, protocol.CodeHold},
		"void a claim by a basis": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			s.b.Permit(jobID(4), jobID(66))
			return with(s.ends(s.claimed, 0), func(e *protocol.Entry) { e.Basis = []wire.CID{jobID(66)} })
		}, taken},
		"void a claim when lapsed": {protocol.ActVoid, func(s *scene) func(*protocol.Entry) {
			return with(s.ends(s.claimed, 0), func(e *protocol.Entry) { e.At = now + 1e9 })
		}, taken},

		"award without a basis": {protocol.ActAward, func(s *scene) func(*protocol.Entry) { return s.ends(s.claimed, 1) }, protocol.CodeHold},
		"award": {protocol.ActAward, func(s *scene) func(*protocol.Entry) {
			s.b.Permit(jobID(4), jobID(66))
			return with(s.ends(s.claimed, 1), func(e *protocol.Entry) { e.Basis = []wire.CID{jobID(66)} })
		}, taken},

		"meter": {protocol.ActMeter, func(s *scene) func(*protocol.Entry) {
			return with(owes(2), func(e *protocol.Entry) { e.Job, e.Reading = jobID(1), 7 })
		}, taken},
		"meter stands still": {protocol.ActMeter, func(s *scene) func(*protocol.Entry) {
			return with(owes(2), func(e *protocol.Entry) { e.Job = jobID(1) })
		}, protocol.CodeDuplicate},
		"meter of no job": {protocol.ActMeter, func(s *scene) func(*protocol.Entry) {
			return with(owes(2), func(e *protocol.Entry) { e.Job, e.Reading = jobID(9), 7 })
		}, protocol.CodeHold},

		"credit itself": {protocol.ActCredit, func(s *scene) func(*protocol.Entry) {
			return func(e *protocol.Entry) { e.Job, e.Amount = jobID(1), wire.Units(1); grow(&e.Totals.Credited, 1) }
		}, protocol.CodeHold},
		"credit beyond what is owed": {protocol.ActCredit, func(s *scene) func(*protocol.Entry) {
			s.b.Permit(jobID(1), jobID(66))
			return func(e *protocol.Entry) {
				e.Job, e.Amount, e.Basis = jobID(1), wire.Units(1), []wire.CID{jobID(66)}
				grow(&e.Totals.Credited, 1)
			}
		}, protocol.CodeAmount},
		"settled without a rail": {protocol.ActSettled, func(s *scene) func(*protocol.Entry) {
			return func(e *protocol.Entry) { e.Amount, e.Proof = wire.Units(1), []byte("p"); grow(&e.Totals.Settled, 1) }
		}, protocol.CodeRail},
		"settled by another's transfer": {protocol.ActSettled, func(s *scene) func(*protocol.Entry) {
			s.b.Final(other, s.payee.Key(), usd, []byte("p"), wire.Units(1))
			return func(e *protocol.Entry) { e.Amount, e.Proof = wire.Units(1), []byte("p"); grow(&e.Totals.Settled, 1) }
		}, protocol.CodeRail},
		"settled beyond the transfer": {protocol.ActSettled, func(s *scene) func(*protocol.Entry) {
			s.b.Final(s.payer.Key(), s.payee.Key(), usd, []byte("p"), wire.Units(1))
			return func(e *protocol.Entry) { e.Amount, e.Proof = wire.Units(2), []byte("p"); grow(&e.Totals.Settled, 2) }
		}, protocol.CodeAmount},
		"settled beyond the debt": {protocol.ActSettled, func(s *scene) func(*protocol.Entry) {
			s.b.Final(s.payer.Key(), s.payee.Key(), usd, []byte("p"), wire.Units(1))
			return func(e *protocol.Entry) { e.Amount, e.Proof = wire.Units(1), []byte("p"); grow(&e.Totals.Settled, 1) }
		}, protocol.CodeAmount},
		"close with holds": {protocol.ActClose, func(*scene) func(*protocol.Entry) { return func(*protocol.Entry) {} }, protocol.CodeHold},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			said := s.entry(c.act, c.change(s))
			before := look(s.b)
			err := s.b.Check(said)
			if got := code(err); got != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			if r := new(Refusal); errors.As(err, &r) && r.Of != said.ID {
				t.Error("the refusal does not name the document")
			}
			if all := s.b.CheckAll(said); code(all) != c.want {
				t.Errorf("CheckAll says %v", all)
			}
			if !reflect.DeepEqual(before, look(s.b)) {
				t.Fatal("a check has changed the book")
			}
			if got := code(s.b.Apply(said)); got != c.want {
				t.Fatal(got)
			}
			if c.want != taken && !reflect.DeepEqual(before, look(s.b)) {
				t.Fatal("a refused entry has changed the book")
			}
		})
	}
}

// forgot makes e the OPEN of a payer that has forgotten all.
func forgot(e *protocol.Entry) {
	e.Epoch, e.Seq, e.Prev, e.Totals = protocol.Epoch{9}, 1, wire.CID{}, protocol.Totals{}
}

func TestHostileCountersigns(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*scene, *protocol.Countersign)
		want   protocol.Code
	}{
		"good":             {func(*scene, *protocol.Countersign) {}, taken},
		"takes":            {func(_ *scene, c *protocol.Countersign) { c.Taken = []wire.CID{jobID(3)} }, taken},
		"by the payer":     {func(s *scene, c *protocol.Countersign) { c.By = s.payer.Key() }, protocol.CodePayee},
		"other lane":       {func(_ *scene, c *protocol.Countersign) { c.Lane[0]++ }, protocol.CodeLane},
		"beyond the head":  {func(_ *scene, c *protocol.Countersign) { c.Seq++ }, protocol.CodeLaneBehind},
		"entry 0":          {func(_ *scene, c *protocol.Countersign) { c.Seq = 0 }, protocol.CodeMalformed},
		"another entry":    {func(_ *scene, c *protocol.Countersign) { c.Entry[0]++ }, protocol.CodeFork},
		"other totals":     {func(_ *scene, c *protocol.Countersign) { grow(&c.Totals.Posted, 1) }, protocol.CodeAmount},
		"old, higher sums": {func(s *scene, c *protocol.Countersign) { c.Seq, c.Entry = 2, s.taken.ID }, protocol.CodeAmount},
		"takes what it declined": {func(_ *scene, c *protocol.Countersign) {
			c.Taken = []wire.CID{jobID(2)}
		}, protocol.CodeDuplicate},
		"declines what it took": {func(_ *scene, c *protocol.Countersign) {
			c.Declined = []protocol.Declined{{Job: jobID(1), Code: protocol.CodeBusy}}
		}, protocol.CodeDuplicate},
		"takes and declines": {func(_ *scene, c *protocol.Countersign) {
			c.Taken, c.Declined = []wire.CID{jobID(3)}, []protocol.Declined{{Job: jobID(3), Code: protocol.CodeBusy}}
		}, protocol.CodeMalformed},
		"takes a job that is not here": {func(_ *scene, c *protocol.Countersign) { c.Taken = []wire.CID{jobID(9)} }, protocol.CodeHold},
		"takes a job before its hold": {func(s *scene, c *protocol.Countersign) {
			*c = *s.sign.Doc.(*protocol.Countersign)
			c.Nonce[0], c.Taken = 0xff, []wire.CID{jobID(3)}
		}, protocol.CodeHold},
		"repeats an old answer": {func(s *scene, c *protocol.Countersign) {
			*c = *s.sign.Doc.(*protocol.Countersign)
			c.Nonce[0] = 0xff
		}, protocol.Code(ErrKnown.Error())},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			d, err := s.b.DraftCountersign(s.payer.Key(), usd)
			s.must(err)
			d.At = now
			c.change(s, d)
			said := wire.Canonical{}.Name(d)
			before := look(s.a)
			if got := code(s.a.Check(said)); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
			if !reflect.DeepEqual(before, look(s.a)) {
				t.Fatal("a check has changed the book")
			}
			_ = s.a.Apply(said)
			if c.want != taken && !reflect.DeepEqual(before, look(s.a)) {
				t.Fatal("a refused countersign has changed the book")
			}
		})
	}
}

func TestHostileClaims(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*scene, *protocol.Claim)
		want   protocol.Code
	}{
		"second claim": {func(*scene, *protocol.Claim) {}, protocol.CodeDuplicate},
		"good":         {func(s *scene, c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(10) }, taken},
		"by the payer": {func(s *scene, c *protocol.Claim) { c.By = s.payer.Key() }, protocol.CodePayee},
		"no hold":      {func(s *scene, c *protocol.Claim) { c.Hold = s.open.ID }, protocol.CodeHold},
		"other job":    {func(s *scene, c *protocol.Claim) { c.Hold = s.taken.ID }, protocol.CodeHold},
		"not taken":    {func(s *scene, c *protocol.Claim) { c.Job, c.Hold = jobID(3), s.waiting.ID }, protocol.CodeHold},
		"declined":     {func(s *scene, c *protocol.Claim) { c.Job, c.Hold = jobID(2), s.declined.ID }, protocol.CodeHold},
		"too much":     {func(s *scene, c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(11) }, protocol.CodeAmount},
		"too late": {func(s *scene, c *protocol.Claim) {
			c.Job, c.Hold, c.Amount, c.At = jobID(1), s.taken.ID, wire.Units(1), now+100_001
		}, protocol.CodeLate},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			claim := s.claim(func(d *protocol.Claim) { c.change(s, d) })
			for _, b := range []*Book{s.a, s.b} {
				before := look(b)
				if got := code(b.Apply(claim)); got != c.want {
					t.Fatalf("got %s, want %s", got, c.want)
				}
				if c.want != taken && !reflect.DeepEqual(before, look(b)) {
					t.Fatal("a refused claim has changed the book")
				}
			}
			if c.want == taken && code(s.a.Apply(claim)) != protocol.Code(ErrKnown.Error()) {
				t.Fatal("a repeated claim is not known")
			}
		})
	}
}
