package badgerdb

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/store"
)

// Bounds of the shelf, in bytes.
const (
	MaxShelfKey   = 1 << 10
	MaxShelfValue = 64 << 10
)

// Put implements store.Shelf, for keys of 1 to MaxShelfKey bytes and values up to MaxShelfValue.
// It waits for the disk as a commit does, so it is for what changes seldom.
func (s *Store) Put(key string, v []byte) error {
	if err := checkShelf(key); err != nil {
		return err
	}
	if len(v) > MaxShelfValue {
		return fmt.Errorf("put %.64q on the shelf: %d bytes, at most %d", key, len(v), MaxShelfValue)
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.space.check(s.space.floor); err != nil {
		return fmt.Errorf("put %.64q on the shelf: %w", key, err)
	}
	err := s.db.Update(func(txn *badger.Txn) error { return txn.Set(shelfKey(key), bytes.Clone(v)) })
	if err != nil {
		return fmt.Errorf("put %.64q on the shelf: %w", key, err)
	}
	return nil
}

// Get implements store.Shelf.
func (s *Store) Get(key string) ([]byte, error) {
	if err := checkShelf(key); err != nil {
		return nil, err
	}
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	var v []byte
	err := s.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(shelfKey(key))
		if err == nil {
			v, err = item.ValueCopy(nil)
		}
		return err
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("get %.64q from the shelf: %w", key, err)
	}
	return v, nil
}

// Delete implements store.Shelf. Deleting what is not there is no error.
func (s *Store) Delete(key string) error {
	if err := checkShelf(key); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if err := s.space.check(s.space.floor); err != nil {
		return fmt.Errorf("delete %.64q from the shelf: %w", key, err)
	}
	if err := s.db.Update(func(txn *badger.Txn) error { return txn.Delete(shelfKey(key)) }); err != nil {
		return fmt.Errorf("delete %.64q from the shelf: %w", key, err)
	}
	return nil
}

// List implements store.Shelf: keys in the order of their bytes, as they stood
// when the call began. The value is f's to keep.
func (s *Store) List(prefix string, f func(key string, value []byte) bool) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: shelfKey(prefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			v, err := it.Item().ValueCopy(nil)
			if err != nil {
				return fmt.Errorf("list the shelf: %w", err)
			}
			if !f(string(it.Item().Key()[1:]), v) {
				return nil
			}
		}
		return nil
	})
}

func checkShelf(key string) error {
	if key == "" || len(key) > MaxShelfKey {
		return fmt.Errorf("shelf key of %d bytes, want 1 to %d", len(key), MaxShelfKey)
	}
	return nil
}

func shelfKey(key string) []byte { return append([]byte{'s'}, key...) }
