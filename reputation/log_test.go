package reputation

import (
	"errors"
	"slices"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

var (
	monday  = protocol.Epoch{1}
	tuesday = protocol.Epoch{2}
)

func entry(author int, e protocol.Epoch, seq uint64, name, prev byte) wire.Said {
	d := &protocol.LogEntry{
		Head:    wire.Head{Kind: protocol.KindLogEntry, By: who(author), At: noon},
		Outcome: id(uint64(name), 7), Epoch: e, Seq: seq,
	}
	if prev != 0 {
		d.Prev = id(uint64(prev), 8)
	}
	return wire.Said{ID: id(uint64(name), 8), Doc: d}
}

func told(author, by int, e protocol.Epoch, seq uint64, name byte) wire.Said {
	return wire.Said{ID: id(uint64(name), 9), Doc: &protocol.LogHead{
		Head:   wire.Head{Kind: protocol.KindLogHead, By: who(by), At: noon},
		Author: who(author), Epoch: e, Seq: seq, Entry: id(uint64(name), 8),
	}}
}

func TestHoles(t *testing.T) {
	for _, c := range []struct {
		name string
		said []wire.Said
		want []Hole
	}{
		{"whole", []wire.Said{entry(1, monday, 1, 1, 0), entry(1, monday, 2, 2, 1), entry(1, tuesday, 1, 3, 2), told(1, 1, tuesday, 1, 3)}, nil},
		{"in any order", []wire.Said{entry(1, monday, 2, 2, 1), entry(1, monday, 1, 1, 0)}, nil},
		{"one hidden", []wire.Said{entry(1, monday, 1, 1, 0), entry(1, monday, 4, 4, 3)}, []Hole{{monday, 2, 3, GapMissing}}},
		{"the first hidden", []wire.Said{entry(1, monday, 2, 2, 1)}, []Hole{{monday, 1, 1, GapMissing}}},
		{"the last hidden", []wire.Said{entry(1, monday, 1, 1, 0), told(1, 1, monday, 3, 3)}, []Hole{{monday, 2, 3, GapMissing}}},
		{"another told of", []wire.Said{entry(1, monday, 1, 1, 0), told(1, 1, monday, 1, 9)}, []Hole{{monday, 1, 1, GapHead}}},
		{"another cited", []wire.Said{entry(1, monday, 1, 1, 0), entry(1, monday, 2, 2, 9)}, []Hole{{monday, 2, 2, GapBroken}}},
		{"an epoch cut short", []wire.Said{entry(1, monday, 1, 1, 0), entry(1, monday, 2, 2, 1), entry(1, tuesday, 1, 3, 1)}, []Hole{{monday, 2, 2, GapSkipped}}},
		{"an epoch hidden", []wire.Said{entry(1, tuesday, 1, 3, 2)}, []Hole{{tuesday, 1, 1, GapUnlinked}}},
		{"begun twice", []wire.Said{entry(1, monday, 1, 1, 0), entry(1, tuesday, 1, 3, 0)}, []Hole{{tuesday, 1, 1, GapUnlinked}}},
		{"continued twice", []wire.Said{
			entry(1, monday, 1, 1, 0), entry(1, tuesday, 1, 3, 1), entry(1, protocol.Epoch{3}, 1, 4, 1),
		}, []Hole{{protocol.Epoch{3}, 1, 1, GapUnlinked}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, nil)
			for _, s := range c.said {
				if err := w.book.Log(s); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.book.Holes(who(1)); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestLogRepeatsAndHearsay(t *testing.T) {
	w := newTown(t, nil)
	if _, ok := w.book.Head(who(1)); ok || w.book.Holes(who(1)) != nil {
		t.Error("something is known of a log never seen")
	}
	for _, s := range []wire.Said{entry(1, monday, 1, 1, 0), told(1, 1, monday, 1, 1)} {
		if err := w.book.Log(s); err != nil {
			t.Fatal(err)
		}
		if err := w.book.Log(s); err != ErrKnown {
			t.Error(err)
		}
	}
	if h, ok := w.book.Head(who(1)); !ok || h != (Head{monday, 1, id(1, 8)}) {
		t.Errorf("%+v", h)
	}
	var r *Refusal
	if err := w.book.Log(told(1, 2, monday, 99, 9)); !errors.As(err, &r) {
		t.Errorf("hearsay of a log was believed: %v", err)
	}
	if err := w.book.Log(wire.Said{Doc: &protocol.Outcome{}}); !errors.As(err, &r) {
		t.Error(err)
	}
	if err := w.book.Log(entry(1, monday, 0, 5, 4)); !errors.As(err, &r) {
		t.Error(err)
	}
}

func TestForkedLogWeighsNothing(t *testing.T) {
	w := newTown(t, nil)
	w.good(0, 1)
	w.settle()
	if err := w.book.Log(entry(1, monday, 1, 1, 0)); err != nil {
		t.Fatal(err)
	}
	var f *Fork
	if err := w.book.Log(entry(1, monday, 1, 2, 0)); !errors.As(err, &f) || f.First != id(1, 8) || f.Second != id(2, 8) {
		t.Fatalf("%v", err)
	}
	if e := w.estimate(1); !e.Forked || e.Success != 0 {
		t.Errorf("%+v", e)
	}
}

func TestLogIsBounded(t *testing.T) {
	w := newTown(t, nil)
	var r *Refusal
	for i := range MaxEpochs {
		if err := w.book.Log(told(1, 1, protocol.Epoch{1, byte(i >> 8), byte(i)}, 1, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.book.Log(told(1, 1, protocol.Epoch{9}, 1, 1)); !errors.As(err, &r) || r.Code != protocol.CodeTooLarge {
		t.Error(err)
	}
	w.book.logs[who(1)].lines = MaxLog
	if err := w.book.Log(entry(1, protocol.Epoch{1}, 1, 1, 0)); !errors.As(err, &r) || r.Code != protocol.CodeTooLarge {
		t.Error(err)
	}
	w.book.lines = MaxLines
	if err := w.book.Log(entry(2, monday, 1, 1, 0)); !errors.As(err, &r) || r.Code != protocol.CodeTooLarge {
		t.Error(err)
	}
	if err := w.book.Log(entry(0, monday, 1, 1, 0)); err != nil {
		t.Error("one's own log is always taken:", err)
	}
}
