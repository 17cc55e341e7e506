package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/store"
)

// A JournalHome is a place where one journal can be opened, closed and opened again.
type JournalHome interface {
	// Open opens the journal; the last one was closed before.
	Open(t rapid.TB) store.Journal
	// Tamper puts what change returns in the place of a record of the closed
	// journal, its chain value untouched; nil removes the record with all that
	// belongs to it.
	Tamper(t rapid.TB, seq uint64, change func(record []byte) []byte)
}

// TestJournal tries a journal against its contract; home makes a fresh, empty place.
func TestJournal(t *testing.T, home func(t testing.TB) JournalHome) {
	for name, test := range map[string]func(*testing.T, JournalHome){
		"an empty journal":                   journalEmpty,
		"numbers, order and content":         journalOrder,
		"replay from any number":             journalFrom,
		"replay stops at its caller's error": journalStops,
		"records of every size":              journalSizes,
		"wrong sizes are refused":            journalWrongSizes,
		"close waits, then refuses":          journalClose,
		"readers beside the writer":          journalReaders,
		"reopening goes on":                  journalReopen,
		"a flipped byte is named":            journalFlip,
		"a missing record is named":          journalMissing,
	} {
		t.Run(name, func(t *testing.T) { test(t, home(t)) })
	}
}

// some returns n records that differ from one another.
func some(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = fmt.Appendf(nil, "record %d of the ledger", i+1)
	}
	return out
}

func journalEmpty(t *testing.T, home JournalHome) {
	for range 2 {
		j := home.Open(t)
		if records, head := replayed(t, j, 1); len(records) != 0 || head != (store.Head{}) {
			t.Fatalf("an empty journal replays %d records and head %v", len(records), head)
		}
		for _, seq := range []uint64{0, 1, 1 << 63} {
			if _, err := j.Read(seq); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("Read(%d) = %v, want ErrNotFound", seq, err)
			}
		}
		mustClose(t, j)
	}
}

func journalOrder(t *testing.T, home JournalHome) {
	j := home.Open(t)
	defer mustClose(t, j)
	want := some(5000)
	appendAll(t, j, 1, want...)
	got, head := replayed(t, j, 1)
	if len(got) != len(want) || head != chained(want) {
		t.Fatalf("%d records and head %v, want %d and %v", len(got), head, len(want), chained(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("record %d is %q, want %q", i+1, got[i], want[i])
		}
	}
	if r, err := j.Read(4711); err != nil || !bytes.Equal(r, want[4710]) {
		t.Fatalf("Read(4711) = %q, %v", r, err)
	}
}

func journalFrom(t *testing.T, home JournalHome) {
	j := home.Open(t)
	defer mustClose(t, j)
	want := some(40)
	appendAll(t, j, 1, want...)
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint64Range(0, 45).Draw(t, "first")
		skipped := min(max(first, 1)-1, 40)
		got, head := replayed(t, j, first)
		if head != chained(want) || len(got) != 40-int(skipped) {
			t.Fatalf("from %d: %d records and head %v", first, len(got), head)
		}
		for i, r := range got {
			if !bytes.Equal(r, want[int(skipped)+i]) {
				t.Fatalf("from %d: record %d is %q", first, int(skipped)+i+1, r)
			}
		}
	})
}

func journalStops(t *testing.T, home JournalHome) {
	j := home.Open(t)
	defer mustClose(t, j)
	appendAll(t, j, 1, some(9)...)
	enough := errors.New("enough")
	n := 0
	_, err := j.Replay(1, func(seq uint64, _ []byte) error {
		if n++; seq == 4 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 4 {
		t.Fatalf("Replay gave %d records and %v, want 4 and the caller's error", n, err)
	}
}

func journalSizes(t *testing.T, home JournalHome) {
	var want [][]byte
	for _, n := range []int{1, 2, 31, 32, 33, 4095, 4096, 65536, 512<<10 - 33, 512<<10 - 32, 512 << 10, 512<<10 + 1, store.MaxRecord - 33, store.MaxRecord - 1, store.MaxRecord} {
		want = append(want, bytes.Repeat([]byte{byte(n), byte(n >> 3)}, n/2+1)[:n])
	}
	j := home.Open(t)
	appendAll(t, j, 1, want...)
	mustClose(t, j)
	j = home.Open(t)
	defer mustClose(t, j)
	got, head := replayed(t, j, 1)
	if head != chained(want) {
		t.Fatalf("head %v, want %v", head, chained(want))
	}
	for i := range want {
		read, err := j.Read(uint64(i + 1))
		if err != nil || !bytes.Equal(got[i], want[i]) || !bytes.Equal(read, want[i]) {
			t.Fatalf("a record of %d bytes came back changed (Read: %v)", len(want[i]), err)
		}
	}
}

func journalWrongSizes(t *testing.T, home JournalHome) {
	for _, wrong := range [][]byte{nil, make([]byte, store.MaxRecord+1)} {
		j := home.Open(t)
		_, head := replayed(t, j, 1)
		a := newAcks()
		for i, r := range [][]byte{[]byte("good"), wrong, []byte("too late")} {
			j.Append(r, a.expect(head.Seq+uint64(i)+1))
		}
		a.wait(t, 3)
		if a.errs[0] != nil || a.errs[1] == nil || !errors.Is(a.errs[2], a.errs[1]) {
			t.Fatalf("%d bytes between good records: %v, want nil and twice the same error", len(wrong), a.errs)
		}
		mustClose(t, j)
		j = home.Open(t)
		if _, after := replayed(t, j, 1); after.Seq != head.Seq+1 {
			t.Fatalf("%d records were kept, want %d", after.Seq, head.Seq+1)
		}
		mustClose(t, j)
	}
}

func journalClose(t *testing.T, home JournalHome) {
	j := home.Open(t)
	a := newAcks()
	for i := range uint64(300) {
		j.Append([]byte{1}, a.expect(i+1))
	}
	mustClose(t, j)
	if len(a.seqs) != 300 {
		t.Fatalf("Close returned after %d of 300 callbacks", len(a.seqs))
	}
	a.check(t, 1, 300)
	j.Append([]byte{1}, a.expect(301))
	a.wait(t, 301)
	if !errors.Is(a.errs[300], store.ErrClosed) {
		t.Fatalf("Append after Close: %v, want ErrClosed", a.errs[300])
	}
	if _, err := j.Read(1); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("Read after Close: %v, want ErrClosed", err)
	}
	if _, err := j.Replay(1, nil); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("Replay after Close: %v, want ErrClosed", err)
	}
	if err := j.Close(); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("Close after Close: %v, want ErrClosed", err)
	}
}

func journalReaders(t *testing.T, home JournalHome) {
	j := home.Open(t)
	defer mustClose(t, j)
	const n = 2000
	records := some(n)
	var readers sync.WaitGroup
	a := newAcks()
	for i, r := range records {
		j.Append(r, a.expect(uint64(i+1)))
		if i%200 != 0 {
			continue
		}
		readers.Go(func() {
			head, err := j.Replay(1, func(seq uint64, r []byte) error {
				if !bytes.Equal(r, records[seq-1]) {
					return fmt.Errorf("record %d is %q", seq, r)
				}
				return nil
			})
			if err != nil || head != chained(records[:head.Seq]) {
				t.Errorf("Replay beside the writer: head %d, %v", head.Seq, err)
			}
		})
	}
	a.check(t, 1, n)
	readers.Wait()
}

// journalReopen uses few rounds: each costs a journal on disk several syncs.
func journalReopen(t *testing.T, home JournalHome) {
	batches := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 200), 0, 20)
	var want [][]byte
	for round := range 12 {
		j := home.Open(t)
		got, head := replayed(t, j, 1)
		if head != chained(want) || len(got) != len(want) {
			t.Fatalf("opened at %v with %d records, want %v and %d", head, len(got), chained(want), len(want))
		}
		batch := batches.Example(round)
		appendAll(t, j, uint64(len(want)+1), batch...)
		want = append(want, batch...)
		mustClose(t, j)
	}
}
