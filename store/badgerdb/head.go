package badgerdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/store"
)

// gone returns a *store.Damage where the witness outside dir tells of records
// and dir holds nothing they could be in.
func gone(dir, outside string) error {
	if outside == "" {
		return nil
	}
	w, seen, err := openWitness(outside)
	if err != nil {
		return nil // findHead says what that means
	}
	if err := w.file.Close(); err != nil || seen.Seq == 0 {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".sst" || ext == ".mem" {
			return nil
		}
	}
	return allGone(seen.Seq)
}

func allGone(records uint64) *store.Damage {
	return &store.Damage{Seq: 1, Why: fmt.Sprintf("the journal is gone: %d records were there", records)}
}

// findHead takes the head from the last record and from the notes of it, which
// must agree. Where they do not, the whole journal is walked to name the first
// bad record, and it takes nothing more.
func (s *Store) findHead(o Options) error {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	last, noted := lastRecord(txn), notedHead(txn)
	isNew := last.Seq == 0 && noted.Seq == 0
	s.marks = []store.Head{noted}
	// A journal gets its witness HEAD here, before it takes a record.
	sound, err := s.callWitness(filepath.Join(s.dir.path, "HEAD"), last, witnessRules{missing: isNew || o.Rewitness, broken: o.Rewitness})
	if err != nil {
		return err
	}
	if sound && o.Witness != "" {
		// HEAD vouches for a journal that has records; this one is for when HEAD is gone with them.
		sound, err = s.callWitness(o.Witness, last, witnessRules{missing: true, broken: !isNew || o.Rewitness})
		if err != nil {
			return err
		}
	}
	s.head = last
	for _, m := range s.marks {
		sound = sound && contains(txn, last, m)
		if m.Seq > s.head.Seq {
			s.head = m
		}
	}
	if sound && noted == last {
		return nil
	}
	s.damaged = s.firstDamage(last)
	s.failure = s.damaged
	return nil
}

// firstDamage names the first bad record of a journal that its notes disagree with.
func (s *Store) firstDamage(last store.Head) error {
	if last.Seq == 0 && s.head.Seq > 0 {
		return allGone(s.head.Seq)
	}
	if _, err := s.replay(1, s.head, func(uint64, []byte) error { return nil }); err != nil {
		return err
	}
	return &store.Damage{Seq: last.Seq + 1, Why: "records may be missing from here on: a note of the journal's head is missing or damaged"}
}

// witnessRules says when a witness may be written anew.
type witnessRules struct{ missing, broken bool }

// callWitness opens a witness, or writes one where the rules allow, and adds
// what it says to the marks. It reports whether there is one to be believed.
func (s *Store) callWitness(path string, last store.Head, rules witnessRules) (sound bool, err error) {
	w, seen, err := openWitness(path)
	missing, broken := errors.Is(err, fs.ErrNotExist), errors.Is(err, errWitness)
	switch {
	case missing && rules.missing, broken && rules.broken:
		seen = last
		if w, err = newWitness(path, last); err != nil {
			return false, fmt.Errorf("write %s: %w", path, err)
		}
	case missing, broken:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read %s: %w", path, err)
	}
	s.witnesses = append(s.witnesses, w)
	s.marks = append(s.marks, seen)
	return true, nil
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
