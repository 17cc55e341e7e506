package p2ptest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/souk-network/souk/p2p"
)

// join makes all of them listen to a shard.
func join(t *testing.T, shard uint8, all ...person) {
	t.Helper()
	for _, p := range all {
		for range 2 { // joining twice is one joining
			if err := p.Join(shard); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// hears waits until p has heard message.
func (p person) hears(t *testing.T, shard uint8, message []byte) {
	t.Helper()
	p.Until(t, "the announcement "+string(message[:min(len(message), 40)])+" is heard", func() bool { return p.Heard(shard, message) })
}

func joinedOnly(t *testing.T, w *town) {
	a, b := w.pair(t)
	join(t, 3, a, b)
	other, big := []byte("of another shard"), bytes.Repeat([]byte("x"), p2p.MaxAnnouncement)
	a.Announce(t, a, 4, other)
	a.Announce(t, a, 3, []byte("first"))
	b.hears(t, 3, []byte("first"))
	a.Announce(t, a, 3, big)
	b.hears(t, 3, big)
	if b.Heard(4, other) || b.Heard(3, other) {
		t.Error("heard what was said on a shard not joined")
	}
	if a.Heard(3, []byte("first")) {
		t.Error("was asked about its own announcement")
	}
}

func lateJoiner(t *testing.T, w *town) {
	a, b := w.pair(t)
	join(t, 7, a)
	a.Announce(t, a, 7, []byte("early"))
	join(t, 7, b)
	b.hears(t, 7, []byte("early"))
	a.Announce(t, a, 7, []byte("later"))
	b.hears(t, 7, []byte("later"))
}

func lateLink(t *testing.T, w *town) {
	a, b := w.person(t, "a", &Recorder{}), w.person(t, "b", &Recorder{})
	join(t, 15, b)
	a.Announce(t, a, 15, []byte("to nobody")) // no error, though nobody is there
	link(t, b, a)
	b.hears(t, 15, []byte("to nobody"))
	a.Announce(t, a, 15, []byte("later"))
	b.hears(t, 15, []byte("later"))
}

// row opens three peers of which the middle is linked to both ends, all of
// them listening to shard 0.
func (w *town) row(t *testing.T, middle *Recorder) (a, b, c person) {
	t.Helper()
	a, b, c = w.person(t, "a", &Recorder{}), w.person(t, "b", middle), w.person(t, "c", &Recorder{})
	join(t, 0, a, b, c)
	link(t, a, b)
	link(t, c, b)
	return a, b, c
}

func passedOn(t *testing.T, w *town) {
	a, b, c := w.row(t, &Recorder{})
	a.Announce(t, a, 0, []byte("from a"))
	b.hears(t, 0, []byte("from a"))
	c.hears(t, 0, []byte("from a"))
	c.Announce(t, c, 0, []byte("from c"))
	a.hears(t, 0, []byte("from c"))
}

func rejected(t *testing.T, w *town) {
	a, b, c := w.row(t, &Recorder{Judge: func(_ uint8, m []byte) p2p.Judgement {
		switch string(m) {
		case "faulty":
			return p2p.Reject
		case "dull":
			return p2p.Ignore
		}
		return p2p.Accept
	}})
	for _, m := range []string{"faulty", "dull", "good"} {
		a.Announce(t, a, 0, []byte(m))
		b.hears(t, 0, []byte(m))
	}
	c.hears(t, 0, []byte("good"))
	if c.Heard(0, []byte("faulty")) || c.Heard(0, []byte("dull")) {
		t.Error("what the neighbour did not accept was passed on")
	}
}

func announcementSizes(t *testing.T, w *town) {
	a := w.person(t, "a", &Recorder{})
	for _, size := range []int{0, p2p.MaxAnnouncement + 1} {
		if err := a.Publish(t.Context(), 0, make([]byte, size)); !errors.Is(err, p2p.ErrSize) {
			t.Errorf("publish %d bytes: %v, want %v", size, err, p2p.ErrSize)
		}
	}
	if a.Publish(t.Context(), p2p.Shards, []byte("x")) == nil || a.Join(p2p.Shards) == nil {
		t.Error("there is no such shard, and no error")
	}
}
