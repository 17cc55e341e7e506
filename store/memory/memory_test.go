package memory_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/memory"
	"github.com/souk-network/souk/store/storetest"
)

// home keeps the journal of the last Open; the next one is a restart of it.
type home struct{ last *memory.Journal }

func (h *home) Open(rapid.TB) store.Journal {
	h.last = h.last.Crash()
	return h.last
}

func (h *home) Tamper(_ rapid.TB, seq uint64, change func([]byte) []byte) {
	h.last.Tamper(seq, change)
}

func TestJournal(t *testing.T) {
	storetest.TestJournal(t, func(testing.TB) storetest.JournalHome { return &home{memory.NewJournal()} })
}

func TestVault(t *testing.T) {
	storetest.TestVault(t, func(testing.TB) func() store.Vault {
		v := memory.NewVault()
		return func() store.Vault { return v }
	})
}

func TestKeyring(t *testing.T) {
	storetest.TestKeyring(t, func(testing.TB) func() store.Keyring {
		r := memory.NewKeyring()
		return func() store.Keyring { return r }
	})
}

func TestShelf(t *testing.T) {
	storetest.TestShelf(t, func(testing.TB) store.Shelf { return memory.NewShelf() })
}

// In a bubble the callbacks have been called once everything waits, and no
// goroutine is left behind: synctest.Test would not return.
func TestJournalInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := memory.NewJournal()
		var said []error
		for range 3 {
			j.Append([]byte("record"), func(err error) { said = append(said, err) })
		}
		synctest.Wait()
		if len(said) != 3 {
			t.Fatalf("%d callbacks, want 3", len(said))
		}
	})
}

func TestFailAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, broken := memory.NewJournal(), errors.New("the disk is broken")
		j.FailAt(3, broken)
		var said []error
		for range 5 {
			j.Append([]byte("record"), func(err error) { said = append(said, err) })
		}
		synctest.Wait()
		for i, err := range said {
			if failed := i >= 2; errors.Is(err, broken) != failed {
				t.Fatalf("record %d: %v", i+1, err)
			}
		}
		if head, err := j.Crash().Replay(1, func(uint64, []byte) error { return nil }); err != nil || head.Seq != 2 {
			t.Fatalf("after the failure %d records are there (%v), want 2", head.Seq, err)
		}
	})
}

func TestCrashKeepsWhatWasDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := memory.NewJournal()
		j.Append([]byte("first"), func(error) {})
		synctest.Wait()
		j.Hold()
		var said error
		j.Append([]byte("second"), func(err error) { said = err })
		synctest.Wait()
		if said != nil {
			t.Fatalf("a held journal called back: %v", said)
		}
		fresh := j.Crash()
		synctest.Wait()
		if !errors.Is(said, store.ErrClosed) {
			t.Fatalf("the callback of a crashed journal got %v, want ErrClosed", said)
		}
		if n := fresh.Append([]byte("another second"), func(err error) { said = err }); n != 2 {
			t.Fatalf("the next record is %d, want 2", n)
		}
		synctest.Wait()
		if r, err := fresh.Read(2); said != nil || err != nil || string(r) != "another second" {
			t.Fatalf("Read(2) = %q, %v", r, err)
		}
	})
}

func TestHoldAndRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := memory.NewJournal()
		release := j.Hold()
		n := 0
		j.Append([]byte("record"), func(error) { n++ })
		synctest.Wait()
		if n != 0 {
			t.Fatal("a held journal called back")
		}
		release()
		synctest.Wait()
		if n != 1 {
			t.Fatal("a released journal did not call back")
		}
	})
}
