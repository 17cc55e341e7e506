package settlement

import (
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// BenchmarkJob folds one job on both sides, 64 jobs at a time in one lane:
// HOLD, POST, and two countersigns for every 64 of each.
func BenchmarkJob(b *testing.B) {
	const window = 64
	t := new(testing.T)
	d := newDeal(t)
	d.b.policy.Newcomers[0].Limit = most
	d.both(d.a.DraftOpen(d.payee.Key(), usd))
	job := func(n int) wire.CID { return wire.Sum([]byte{byte(n), byte(n >> 8), byte(n >> 16)}) }
	said := make([]wire.CID, 0, window)
	flush := func() {
		ids := make([]wire.CID, 0, window)
		for _, id := range said {
			h, _ := d.a.Hold(id)
			ids = append(ids, h.Job)
		}
		d.sign(ids...)
		for _, id := range said {
			d.both(d.a.DraftPost(id, wire.Units(1)))
		}
		d.sign()
		said = said[:0]
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		s := d.both(d.a.DraftHold(d.payee.Key(), usd, Hold{Job: job(n), Amount: wire.Units(1), Deadline: now + 1, Mandate: jobID(200)}))
		if said = append(said, s.ID); len(said) == window {
			flush()
		}
	}
	if t.Failed() {
		b.Fatal("the deal failed")
	}
}

// BenchmarkApply folds one entry on one side, its name being made already.
func BenchmarkApply(b *testing.B) {
	t := new(testing.T)
	d := newDeal(t)
	open := d.say(d.a.DraftOpen(d.payee.Key(), usd))
	entries := make([]wire.Said, MaxAhead-1)
	for i := range entries {
		entries[i] = d.say(d.a.drafted(payOf(d, 1)))
	}
	b.ReportAllocs()
	var book *Book
	i := len(entries)
	for b.Loop() {
		if i == len(entries) {
			book, i = NewBook(d.payee.Key(), testNet, Policy{}), 0
			if err := book.Apply(open); err != nil {
				b.Fatal(err)
			}
		}
		if err := book.Apply(entries[i]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
