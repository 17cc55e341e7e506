package settlement

import (
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// claimed is a scene whose taken hold the payee has claimed, and both know it.
func claimed(t *testing.T) *scene {
	s := newScene(t)
	s.deal.sign()
	claim := s.claim(nine(s))
	s.must(s.b.Apply(claim))
	s.must(s.a.Apply(claim))
	return s
}

func nine(s *scene) func(*protocol.Claim) {
	return func(c *protocol.Claim) { c.Job, c.Hold, c.Amount = jobID(1), s.taken.ID, wire.Units(9) }
}

// receipt is a countersign of all there is, dated at, that disputes the taken hold or not.
func (s *scene) receipt(at uint64, disputes bool) wire.Said {
	c, err := s.b.DraftCountersign(s.payer.Key(), usd)
	s.must(err)
	c.At, c.Disputed = at, nil
	if disputes {
		c.Disputed = []wire.CID{s.taken.ID}
	}
	return s.payee.name(s, c)
}

// hear folds what the payee says, in both books; what is known is no fault.
func (s *scene) hear(said wire.Said) {
	for _, b := range []*Book{s.b, s.a} {
		if err := b.Apply(said); err != ErrKnown {
			s.must(err)
		}
	}
}

// left holds both books to what of the taken hold is still claimed, and to what that costs
// the payer.
func (s *scene) left(rest uint64, spent wire.Amount) {
	s.Helper()
	for side, b := range map[string]*Book{"payer": s.a, "payee": s.b} {
		if h, _ := b.Hold(s.taken.ID); h.Rest != wire.Units(rest) || h.Disputed != (rest > 0) {
			s.Errorf("in the book of the %s %s are left, disputed: %t; want %d", side, h.Rest, h.Disputed, rest)
		}
	}
	if got := s.a.Spent(jobID(200), usd); got != spent {
		s.Errorf("spent are %s, want %s", got, spent)
	}
}

// A payee that has countersigned a POST of less than it claims cannot dispute it later.
func TestPostDisputedTooLate(t *testing.T) {
	s := claimed(t)
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(4)))
	s.hear(s.receipt(now+1, false))
	spent := s.a.Spent(jobID(200), usd)
	s.left(0, spent)
	s.hear(s.receipt(now+2, true))
	s.left(0, spent)
	s.both(s.a.DraftPost(s.waiting.ID, wire.Units(20)))
	s.hear(s.receipt(now+3, true))
	s.left(0, s.a.Spent(jobID(200), usd))
}

// Nor can it dispute a VOID that it has countersigned, and claim after all.
func TestVoidDisputedTooLate(t *testing.T) {
	s := newScene(t)
	s.both(s.a.DraftVoid(now+100_000+protocol.Skew+1, s.taken.ID))
	s.hear(s.receipt(now+1, false))
	s.both(s.a.DraftPost(s.waiting.ID, wire.Units(1)))
	s.hear(s.receipt(now+2, true))
	claim := s.claim(nine(s))
	if a, b := code(s.a.Apply(claim)), code(s.b.Apply(claim)); a != protocol.CodeHold || b != protocol.CodeHold {
		t.Fatalf("claimed after all: %q, %q", a, b)
	}
	s.left(0, s.a.Spent(jobID(200), usd))
}

// What has not ended cannot be disputed, and what was said of it before says nothing.
func TestDisputeOfNoEnd(t *testing.T) {
	s := claimed(t)
	s.hear(s.receipt(now+1, true))
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(4)))
	s.hear(s.receipt(now+2, false))
	s.left(0, s.a.Spent(jobID(200), usd))
}

// Of several countersigns over the end the payee's first decides, whichever is heard first.
func TestFirstWordDecides(t *testing.T) {
	for _, disputes := range []bool{true, false} {
		for _, more := range []bool{true, false} { // entries between the two
			var books []Position
			for _, turned := range []bool{false, true} {
				s := claimed(t)
				s.both(s.a.DraftPost(s.taken.ID, wire.Units(4)))
				first := s.receipt(now+1, disputes)
				if more {
					s.both(s.a.DraftPost(s.waiting.ID, wire.Units(1)))
				}
				second := s.receipt(now+2, !disputes)
				if turned {
					first, second = second, first
				}
				s.hear(first)
				s.hear(second)
				s.hear(first)
				rest := uint64(0)
				if disputes {
					rest = 5
				}
				s.left(rest, s.a.Spent(jobID(200), usd))
				books = append(books, s.a.Position(s.payee.Key(), usd))
			}
			if books[0] != books[1] {
				t.Errorf("the order makes a difference: %+v and %+v", books[0], books[1])
			}
		}
	}
}

// A VOID for which the payee has given a basis cannot be disputed.
func TestPermittedVoidDisputed(t *testing.T) {
	s := newScene(t)
	s.deal.sign()
	basis := wire.Sum([]byte("cancel"))
	s.a.Permit(jobID(1), basis)
	s.b.Permit(jobID(1), basis)
	s.both(s.a.DraftVoid(now, s.taken.ID, basis))
	s.hear(s.receipt(now+1, true))
	if h, _ := s.a.Hold(s.taken.ID); !h.EndSeen {
		t.Error("the hold has not ended for good")
	}
	s.left(0, s.a.Spent(jobID(200), usd))
}

// Where both call a job settled nothing is left of what was claimed, and a dispute that is
// dated back before all others changes nothing.
func TestClear(t *testing.T) {
	s := claimed(t)
	s.both(s.a.DraftPost(s.taken.ID, wire.Units(4)))
	older := s.receipt(now, true)
	s.a.Clear(s.taken.ID) // it is not countersigned yet
	s.hear(s.receipt(now+1, true))
	spent := s.a.Spent(jobID(200), usd)
	s.left(5, spent)
	s.a.Clear(s.taken.ID)
	s.b.Clear(s.taken.ID)
	s.left(0, less(spent, wire.Units(5)))
	s.hear(older)
	s.left(0, less(spent, wire.Units(5)))
	p, q := s.a.Position(s.payee.Key(), usd), s.b.Position(s.payer.Key(), usd)
	if p.HeldByMe != q.HeldForMe || p.IOwe != q.OwedToMe {
		t.Errorf("the books differ: %+v and %+v", p, q)
	}
}
