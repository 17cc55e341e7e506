package storetest

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/store"
)

func journalFlip(t *testing.T, home JournalHome) {
	const n, bad = 30, 17
	j := home.Open(t)
	appendAll(t, j, 1, some(n)...)
	mustClose(t, j)
	whole := some(n)[bad-1]
	for i, at := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		home.Tamper(t, bad, func([]byte) []byte {
			r := bytes.Clone(whole)
			r[at] ^= 1 << (2 * i)
			return r
		})
		j := home.Open(t)
		checkDamaged(t, j, bad)
		_, err := j.Read(bad)
		mustDamage(t, err, bad)
		mustClose(t, j)
	}
	home.Tamper(t, bad, func([]byte) []byte { return whole })
	j = home.Open(t)
	defer mustClose(t, j)
	if _, head := replayed(t, j, 1); head != chained(some(n)) {
		t.Fatalf("put right again, the journal ends at %v", head)
	}
}

// checkDamaged fails unless replay gives all records before bad and then names it.
func checkDamaged(t rapid.TB, j store.Journal, bad uint64) {
	t.Helper()
	var reached uint64
	_, err := j.Replay(1, func(seq uint64, _ []byte) error { reached = seq; return nil })
	mustDamage(t, err, bad)
	if reached != bad-1 {
		t.Fatalf("replay gave records up to %d before it named %d", reached, bad)
	}
}

func journalMissing(t *testing.T, home JournalHome) {
	const n = 12
	j := home.Open(t)
	appendAll(t, j, 1, some(n)...)
	mustClose(t, j)
	// From the last to the first, so that each is in turn the first that is missing.
	for seq := uint64(n); seq >= 1; seq-- {
		home.Tamper(t, seq, func([]byte) []byte { return nil })
		j := home.Open(t)
		checkDamaged(t, j, seq)
		_, err := j.Read(seq)
		mustDamage(t, err, seq)
		mustClose(t, j)
	}
}
