// Package storetest is the conformance suite of package store: what every
// journal, vault, keyring and shelf must do, whatever it is made of.
//
// It promises that an adapter which passes can stand in for another. It must
// never know an adapter, nor ask for more than the contract says.
package storetest

import (
	"errors"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/store"
)

// patience is how long a test waits for what must come before it fails.
const patience = 2 * time.Minute

// acks collects what the durable callbacks of one journal said.
type acks struct {
	mu   sync.Mutex
	seqs []uint64
	errs []error
	more chan struct{}
}

func newAcks() *acks { return &acks{more: make(chan struct{}, 1)} }

// expect returns the callback for the record that will get number seq.
func (a *acks) expect(seq uint64) func(error) {
	return func(err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.seqs, a.errs = append(a.seqs, seq), append(a.errs, err)
		select {
		case a.more <- struct{}{}:
		default:
		}
	}
}

// wait returns once n callbacks were called.
func (a *acks) wait(t rapid.TB, n int) {
	t.Helper()
	limit := time.After(patience)
	for {
		a.mu.Lock()
		got := len(a.seqs)
		a.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-a.more:
		case <-limit:
			t.Fatalf("%d of %d durable callbacks were called", got, n)
		}
	}
}

// check fails unless records from..to were called back in order, once each, without error.
func (a *acks) check(t rapid.TB, from, to uint64) {
	t.Helper()
	a.wait(t, int(to-from+1))
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.seqs) != int(to-from+1) {
		t.Fatalf("%d callbacks, want %d", len(a.seqs), to-from+1)
	}
	for i, seq := range a.seqs {
		if seq != from+uint64(i) || a.errs[i] != nil {
			t.Fatalf("callback %d was for record %d with %v, want record %d and no error", i, seq, a.errs[i], from+uint64(i))
		}
	}
}

// appendAll appends records and waits until they are durable.
func appendAll(t rapid.TB, j store.Journal, from uint64, records ...[]byte) {
	t.Helper()
	a := newAcks()
	for i, r := range records {
		want := from + uint64(i)
		if got := j.Append(r, a.expect(want)); got != want {
			t.Fatalf("Append returned number %d, want %d", got, want)
		}
	}
	a.check(t, from, from+uint64(len(records))-1)
}

// replayed returns what Replay from first on gives, or fails.
func replayed(t rapid.TB, j store.Journal, first uint64) ([][]byte, store.Head) {
	t.Helper()
	var out [][]byte
	head, err := j.Replay(first, func(seq uint64, r []byte) error {
		if want := max(first, 1) + uint64(len(out)); seq != want {
			t.Fatalf("Replay gave record %d, want %d", seq, want)
		}
		out = append(out, append([]byte(nil), r...))
		return nil
	})
	if err != nil {
		t.Fatalf("Replay: %v", err)
	}
	return out, head
}

// chained returns the head that records make.
func chained(records [][]byte) store.Head {
	var h store.Head
	for _, r := range records {
		h = store.Head{Seq: h.Seq + 1, Chain: h.Chain.Next(h.Seq+1, r)}
	}
	return h
}

// mustDamage fails unless err is a *store.Damage of record seq that unwraps to store.ErrDamaged.
func mustDamage(t rapid.TB, err error, seq uint64) {
	t.Helper()
	var d *store.Damage
	if !errors.As(err, &d) || !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("error is %v, want a *store.Damage", err)
	}
	if d.Seq != seq || d.Why == "" {
		t.Fatalf("damage names record %d (%q), want %d and a reason", d.Seq, d.Why, seq)
	}
}

func mustClose(t rapid.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
}
