package badgerdb

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/store"
)

// findHead takes the head from the last record and from the two notes of it,
// which must agree. Where they do not, the whole journal is walked to name the
// first bad record, and it takes nothing more.
func (s *Store) findHead(rewitness bool) error {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	last, noted := lastRecord(txn), notedHead(txn)
	seen, sound, err := s.openWitness(last, noted, rewitness)
	if err != nil {
		return err
	}
	s.marks = []store.Head{noted, seen}
	s.head = last
	for _, m := range s.marks {
		if m.Seq > s.head.Seq {
			s.head = m
		}
	}
	if sound && noted == last && contains(txn, last, seen) {
		return nil
	}
	_, s.damaged = s.replay(1, s.head, func(uint64, []byte) error { return nil })
	if s.damaged == nil {
		s.damaged = &store.Damage{Seq: last.Seq + 1, Why: "records may be missing from here on: a note of the journal's head is missing or damaged"}
	}
	s.failure = s.damaged
	return nil
}

// openWitness returns what the file HEAD says, and whether it can be believed.
// A new journal gets its witness here, before it takes a record.
func (s *Store) openWitness(last, noted store.Head, rewitness bool) (seen store.Head, sound bool, err error) {
	w, seen, err := openWitness(s.dir.path)
	switch unsound := errors.Is(err, fs.ErrNotExist) || errors.Is(err, errWitness); {
	case err == nil:
		s.witness = w
		return seen, true, nil
	case !unsound:
		return seen, false, fmt.Errorf("read the file HEAD: %w", err)
	case rewitness, errors.Is(err, fs.ErrNotExist) && last.Seq == 0 && noted.Seq == 0:
		if s.witness, err = newWitness(s.dir.path, last); err != nil {
			return seen, false, fmt.Errorf("write the file HEAD: %w", err)
		}
		return last, true, nil
	default:
		return seen, false, nil
	}
}

// contains reports whether the journal that ends at last holds what the witness saw.
func contains(txn *badger.Txn, last, seen store.Head) bool {
	if seen.Seq == 0 {
		return true
	}
	if seen.Seq > last.Seq {
		return false
	}
	v, err := get(txn, seen.Seq)
	return err == nil && v.chain == seen.Chain
}

// lastRecord returns the head that the last record states. One that cannot be
// read gives a chain that no note agrees with.
func lastRecord(txn *badger.Txn) store.Head {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{'r'}, Reverse: true})
	defer it.Close()
	it.Seek([]byte{'r', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	if !it.Valid() {
		return store.Head{}
	}
	seq, ok := recordSeq(it.Item().Key())
	if !ok {
		return store.Head{}
	}
	v, err := get(txn, seq)
	if err != nil {
		return store.Head{Seq: seq}
	}
	return store.Head{Seq: seq, Chain: v.chain}
}

// notedHead returns the head written with the last group, or none.
func notedHead(txn *badger.Txn) (head store.Head) {
	item, err := txn.Get(headKey)
	if err != nil {
		return store.Head{}
	}
	// What cannot be read agrees with no record, which is all the caller asks.
	_ = item.Value(func(b []byte) error { head, _ = decodeHead(b); return nil })
	return head
}
