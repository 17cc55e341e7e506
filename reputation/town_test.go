package reputation

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// noon is when the tests take place, Unix milliseconds.
const noon = 1_700_000_000_000

const words = "text/words@1"

// who returns the n-th key of a town. Nothing here checks that it is a point of the curve.
func who(n int) (k wire.Key) {
	k[0] = 0xaa
	binary.BigEndian.PutUint32(k[28:], uint32(n))
	return k
}

// firm returns the n-th owner's key.
func firm(n int) wire.Key {
	k := who(n)
	k[0] = 0xbb
	return k
}

// town is a Book with what is needed to fill it by a word.
type town struct {
	t    testing.TB
	book *Book
	jobs uint64
	name func(int) wire.Key
}

func newTown(t testing.TB, change func(*Policy)) *town {
	t.Helper()
	p := Defaults()
	if change != nil {
		change(&p)
	}
	b, err := New(who(0), p)
	if err != nil {
		t.Fatal(err)
	}
	return &town{t: t, book: b, name: who}
}

func id(n uint64, what byte) (c wire.CID) {
	binary.BigEndian.PutUint64(c[:], n)
	c[31] = what
	return c
}

// outcome is a job of 2^19 units done well in the viewer's month.
func (w *town) outcome(hirer, provider int, change func(*protocol.Outcome)) Evidence {
	w.jobs++
	o := &protocol.Outcome{
		Head: wire.Head{Kind: protocol.KindOutcome, By: w.name(hirer), At: noon},
		Job:  id(w.jobs, 1), Hirer: w.name(hirer), Provider: w.name(provider),
		HirerOwner: firm(hirer), ProviderOwner: firm(provider), Capability: words, Asset: "souk:credit/usd-6",
		Band: 20, Score: protocol.Full, Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime,
		Entry: id(w.jobs, 2), Opened: noon - 1000, Closed: noon,
	}
	if change != nil {
		change(o)
	}
	return Evidence{Said: wire.Said{ID: id(w.jobs, 3), Doc: o}, How: Agreed, Band: o.Band, Paid: o.Conduct == protocol.PaidInTime || o.Conduct == protocol.PaidLate}
}

func (w *town) learn(e Evidence) {
	w.t.Helper()
	if err := w.book.Learn(noon, e); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) good(hirer, provider int) { w.t.Helper(); w.learn(w.outcome(hirer, provider, nil)) }

func (w *town) bad(hirer, provider int) {
	w.t.Helper()
	w.learn(w.outcome(hirer, provider, func(o *protocol.Outcome) { o.Score = 0 }))
}

func (w *town) settle() *town {
	for range 100_000 {
		if w.book.Step(noon, 10_000) {
			return w
		}
	}
	w.t.Fatal("the view is never done")
	return w
}

func (w *town) estimate(provider int) Estimate {
	return w.book.Estimate(noon, w.name(provider), words)
}

func (w *town) refused(e Evidence, code protocol.Code) {
	w.t.Helper()
	var r *Refusal
	if err := w.book.Learn(noon, e); !errors.As(err, &r) || r.Code != code {
		w.t.Fatalf("got %v, want a refusal with code %s", err, code)
	}
}
