package badgerdb

import (
	"testing"

	"github.com/dgraph-io/badger/v4"
	"pgregory.net/rapid"

	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/storetest"
)

// home is a directory with one journal; Tamper goes around the journal, through Badger.
type home struct{ dir string }

func (h home) Open(t rapid.TB) store.Journal { return mustOpen(t, h.dir) }

func mustOpen(t rapid.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Defaults())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}

func (h home) Tamper(t rapid.TB, seq uint64, change func([]byte) []byte) {
	t.Helper()
	db, err := badger.Open(Defaults().badger(h.dir))
	if err != nil {
		t.Fatalf("open Badger: %v", err)
	}
	err = db.Update(func(txn *badger.Txn) error {
		item, err := txn.Get(recordKey(seq, 0))
		if err != nil {
			return err
		}
		v, err := item.ValueCopy(nil)
		if err != nil {
			return err
		}
		record := change(v[len(store.Chain{}):])
		if record == nil {
			return txn.Delete(recordKey(seq, 0))
		}
		return txn.Set(recordKey(seq, 0), append(v[:len(store.Chain{}):len(store.Chain{})], record...))
	})
	if err != nil {
		t.Fatalf("tamper with record %d: %v", seq, err)
	}
	if err := db.Close(); err != nil {
		t.Fatalf("close Badger: %v", err)
	}
}

func TestJournal(t *testing.T) {
	storetest.TestJournal(t, func(t testing.TB) storetest.JournalHome { return home{t.TempDir()} })
}

func TestShelf(t *testing.T) {
	storetest.TestShelf(t, func(t testing.TB) store.Shelf {
		s := mustOpen(t, t.TempDir())
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
		return s
	})
}
