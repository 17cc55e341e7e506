package settlement

import (
	"reflect"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// draws makes e a METER of amount out of a hold, up to a reading.
func draws(hold wire.Said, amount, reading uint64) func(*protocol.Entry) {
	return func(e *protocol.Entry) {
		h := hold.Doc.(*protocol.Entry)
		e.Job, e.Hold, e.Mandate, e.Reading, e.Amount = h.Job, hold.ID, h.Mandate, reading, wire.Units(amount)
		grow(&e.Totals.Posted, amount)
		grow(&e.Totals.Released, amount)
	}
}

// A METER owes out of a hold what it reads: the hold shrinks, what it costs and
// what is risked for it stay the same, and its POST owes at most the rest.
func TestMeterDrawsOnHold(t *testing.T) {
	s := newScene(t)
	spent, risk := s.a.Spent(jobID(200), usd), s.b.drawn[usd]
	exposure := func() wire.Amount {
		l, _ := s.b.LaneFrom(s.payer.Key(), usd)
		sum, err := l.Totals.Exposure()
		s.must(err)
		return sum
	}
	before := exposure()
	for reading, amount := range []uint64{3, 0, 4} {
		said := s.entry(protocol.ActMeter, draws(s.taken, amount, uint64(reading)+1))
		for _, b := range []*Book{s.a, s.b} {
			s.must(b.Apply(said))
		}
	}
	s.deal.sign()
	for _, b := range []*Book{s.a, s.b} {
		if h, _ := b.Hold(s.taken.ID); !h.Outstanding() || h.Amount != wire.Units(10) || h.Metered != wire.Units(7) {
			t.Fatalf("%+v", h)
		}
	}
	if s.a.SpentInAll(usd) != spent || s.b.SpentInAll(usd) != (wire.Amount{}) {
		t.Fatalf("%s spent in all, %s by who is paid", s.a.SpentInAll(usd), s.b.SpentInAll(usd))
	}
	if s.a.Spent(jobID(200), usd) != spent || s.b.drawn[usd] != risk || exposure() != before {
		t.Fatalf("spent %s of %s, drawn %s of %s, exposed %s of %s",
			s.a.Spent(jobID(200), usd), spent, s.b.drawn[usd], risk, exposure(), before)
	}

	if _, err := s.a.DraftPost(s.taken.ID, wire.Units(4)); code(err) != protocol.CodeAmount {
		t.Fatalf("a POST of more than is left: %v", err)
	}
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(2)))
	s.deal.sign()
	p := s.b.Position(s.payer.Key(), usd)
	if p.OwedToMe != wire.Units(9) || s.a.Spent(jobID(200), usd) != less(spent, wire.Units(1)) || s.b.drawn[usd] != less(risk, wire.Units(1)) {
		t.Fatalf("%+v, spent %s of %s, drawn %s of %s", p, s.a.Spent(jobID(200), usd), spent, s.b.drawn[usd], risk)
	}
}

// What is metered out of a hold stays owed when the rest is let go.
func TestVoidAfterMeter(t *testing.T) {
	s := newScene(t)
	spent, held := s.a.Spent(jobID(200), usd), s.b.Position(s.payer.Key(), usd).HeldForMe
	meter := s.entry(protocol.ActMeter, draws(s.taken, 3, 1))
	s.must(s.a.Apply(meter))
	s.must(s.b.Apply(meter))
	s.both(s.a.DraftVoid(now+100_000+protocol.Skew+1, s.taken.ID))
	s.deal.sign()
	p := s.b.Position(s.payer.Key(), usd)
	if p.OwedToMe != wire.Units(3) || p.HeldForMe != less(held, wire.Units(10)) || s.a.Spent(jobID(200), usd) != less(spent, wire.Units(7)) {
		t.Fatalf("%+v, spent %s of %s", p, s.a.Spent(jobID(200), usd), spent)
	}
}

// A check of entries that build on one another changes nothing, and neither
// does a branch that falls away.
func TestMeterTakenBack(t *testing.T) {
	s := newScene(t)
	before := look(s.b)
	s.must(s.b.CheckAll(s.entry(protocol.ActMeter, draws(s.taken, 3, 1))))
	if !reflect.DeepEqual(before, look(s.b)) {
		t.Fatal("a check has changed the book")
	}
	spent := s.a.Spent(jobID(200), usd)
	l, _ := s.b.LaneFrom(s.payer.Key(), usd)
	s.must(s.a.Apply(s.entry(protocol.ActMeter, draws(s.taken, 3, 1)))) // the payee never hears of it
	s.a.Begin(protocol.Epoch{2})
	s.both(s.a.DraftOpenFrom(s.payee.Key(), usd, l.Head))
	s.deal.sign()
	for _, b := range []*Book{s.a, s.b} {
		if h, _ := b.Hold(s.taken.ID); !h.Metered.IsZero() || s.a.Spent(jobID(200), usd) != spent {
			t.Fatalf("%+v, spent %s of %s", h, s.a.Spent(jobID(200), usd), spent)
		}
	}
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(10)))
}

func TestHostileMeters(t *testing.T) {
	for name, c := range map[string]struct {
		hold   func(*scene) wire.Said
		amount uint64
		change func(*protocol.Entry)
		want   protocol.Code
	}{
		"all of it":              {func(s *scene) wire.Said { return s.taken }, 10, func(*protocol.Entry) {}, taken},
		"more than is held":      {func(s *scene) wire.Said { return s.taken }, 11, func(*protocol.Entry) {}, protocol.CodeAmount},
		"of a claimed hold":      {func(s *scene) wire.Said { return s.claimed }, 1, func(*protocol.Entry) {}, protocol.CodeHold},
		"of another job's hold":  {func(s *scene) wire.Said { return s.taken }, 1, func(e *protocol.Entry) { e.Job = jobID(3) }, protocol.CodeHold},
		"of another part's hold": {func(s *scene) wire.Said { return s.taken }, 1, func(e *protocol.Entry) { e.Part = 1 }, protocol.CodeHold},
		"of no hold that is":     {func(s *scene) wire.Said { return s.taken }, 1, func(e *protocol.Entry) { e.Hold = jobID(99) }, protocol.CodeHold},
		"under another mandate":  {func(s *scene) wire.Said { return s.taken }, 1, func(e *protocol.Entry) { e.Mandate = jobID(99) }, protocol.CodeMandate},
		"without releasing it": {func(s *scene) wire.Said { return s.taken }, 1, func(e *protocol.Entry) {
			e.Totals.Released = less(e.Totals.Released, wire.Units(1))
		}, protocol.CodeAmount},
		"of a hold that ended": {func(s *scene) wire.Said {
			s.both(s.a.DraftPost(s.taken.ID, wire.Units(1)))
			return s.taken
		}, 1, func(*protocol.Entry) {}, protocol.CodeHold},
	} {
		s := newScene(t)
		hold := c.hold(s)
		if got := code(s.b.Apply(s.entry(protocol.ActMeter, with(draws(hold, c.amount, 1), c.change)))); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
