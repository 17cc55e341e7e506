package reputation

import (
	"testing"
)

func TestWhyNamesThePath(t *testing.T) {
	w := newTown(t, nil)
	for range 12 {
		w.good(0, 1)
	}
	w.good(1, 2)
	w.good(3, 2) // 2 was paid by 3
	w.good(3, 9)
	w.bad(1, 9)
	w.settle()
	x := w.book.Why(noon, who(9), words)
	if x.Estimate != w.estimate(9) || len(x.Raters) != 2 || x.Others != 0 || x.Standing == 0 {
		t.Fatalf("%+v", x)
	}
	first, second := x.Raters[0], x.Raters[1]
	if first.Key != who(1) || len(first.Path) != 1 || first.Path[0].How != BondHired || first.Path[0].Tally.Jobs != 12 || first.Path[0].Tally.Good != 12 {
		t.Errorf("%+v", first)
	}
	if second.Key != who(3) || len(second.Path) != 3 || second.Path[2] != (Hop{who(3), BondPaid, second.Path[2].Share, Tally{1, 1, 0}}) {
		t.Errorf("%+v", second)
	}
	if first.Without.Success <= x.Estimate.Success || second.Without.Success >= x.Estimate.Success {
		t.Errorf("without the critic %v, with all %v, without the friend %v", first.Without.Success, x.Estimate.Success, second.Without.Success)
	}
	if s := first.Share + second.Share; s < 0.98 || s > 1 {
		t.Errorf("the shares come to %v", s)
	}
	if x := w.book.Why(noon, who(77), words); len(x.Raters) != 0 || x.Estimate.Reached {
		t.Errorf("%+v", x)
	}
}

func TestWhyNamesTheViewer(t *testing.T) {
	w := newTown(t, nil)
	w.good(0, 1)
	x := w.settle().book.Why(noon, who(1), words)
	if len(x.Raters) != 1 || x.Raters[0].Key != who(0) || x.Raters[0].Vote != 1 || x.Raters[0].Path != nil || x.Raters[0].Share != 1 {
		t.Errorf("%+v", x)
	}
	if x.Raters[0].Without.Reached {
		t.Error("something remains without the only rater")
	}
}
