package reputation

import (
	"testing"

	"github.com/souk-network/souk/protocol"
)

// TestNoMoreThanTheReceipt: what an Outcome says of its own size is no size: it counts
// as the receipts seen with it, and never for more than it says itself.
func TestNoMoreThanTheReceipt(t *testing.T) {
	weigh := func(says, proved uint64) float64 {
		w := newTown(t, nil)
		for range 3 {
			w.good(0, 1)
		}
		e := w.outcome(1, 2, func(o *protocol.Outcome) { o.Band = says })
		e.Band = proved
		w.learn(e)
		return w.settle().estimate(2).Good
	}
	small, large := weigh(3, 3), weigh(20, 20)
	if small <= 0 || large <= small {
		t.Fatalf("of 4 units %v, of 2^19 %v", small, large)
	}
	for name, got := range map[string]float64{"claimed to be large": weigh(20, 3), "paid for more": weigh(3, 20)} {
		if got != small {
			t.Errorf("%s, it weighs %v, and not %v as the smaller of the two", name, got, small)
		}
	}
	if got := weigh(20, 0); got != 0 {
		t.Errorf("with no receipt at all it weighs %v", got)
	}
}

// TestUnpaidPraise: praise for what nobody has paid for weighs nothing, with votes
// and without, nor does trust go on by it; blame weighs all the same, and so does
// one's own experience.
func TestUnpaidPraise(t *testing.T) {
	w := newTown(t, nil)
	for range 3 {
		w.good(0, 1)
	}
	free := w.outcome(1, 2, nil)
	free.Paid = false
	w.learn(free)
	stranger := w.outcome(8, 2, nil)
	stranger.Paid = false
	w.learn(stranger)
	w.settle()
	if e := w.estimate(2); e.Good != 0 || e.Tally.Good != 0 {
		t.Errorf("praised for nothing, it has %+v", e)
	}
	if s := w.book.Standing(who(2)); s != 0 {
		t.Errorf("trust goes on to it: %v", s)
	}
	bad := w.outcome(1, 3, func(o *protocol.Outcome) {
		o.Score, o.Ended, o.Conduct = 0, protocol.EndedDefault, protocol.PaidNothing
	})
	w.learn(bad)
	own := w.outcome(0, 4, nil)
	own.Paid = false
	w.learn(own)
	w.settle()
	if e := w.estimate(3); e.Bad == 0 {
		t.Errorf("blame for what was not delivered weighs nothing: %+v", e)
	}
	if e := w.estimate(4); e.Good == 0 {
		t.Errorf("one's own job for nothing weighs nothing: %+v", e)
	}
	hirer := w.outcome(5, 1, nil) // said to be paid in time
	hirer.Paid = false
	w.learn(hirer)
	w.settle()
	if s := w.book.Standing(who(5)); s != 0 {
		t.Errorf("a hirer that no receipt shows to have paid has standing %v", s)
	}
}

// TestManyCheapJobs: what two keys say to each other grows with what their receipts
// sum up to, and not with how often they say it.
func TestManyCheapJobs(t *testing.T) {
	weigh := func(jobs int, band uint64) float64 {
		w := newTown(t, nil)
		for range 3 {
			w.good(0, 1)
		}
		for range jobs {
			e := w.outcome(1, 2, nil)
			e.Band = band
			w.learn(e)
		}
		return w.settle().estimate(2).Good
	}
	if one, many := weigh(1, 7), weigh(64, 1); many > one*1.0001 || many < one*0.9999 {
		t.Errorf("64 jobs of 1 unit weigh %v, one of 64 weighs %v", many, one)
	}
}
