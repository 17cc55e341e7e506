package badgerdb

import (
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/store"
)

// Replay implements store.Journal. It checks the chain from the value stored
// with record first-1 on; Replay(1, …) checks the whole journal. Records that
// became durable after the call began are not among those replayed.
func (s *Store) Replay(first uint64, f func(seq uint64, record []byte) error) (store.Head, error) {
	if err := s.enter(); err != nil {
		return store.Head{}, err
	}
	defer s.leave()
	head, err := s.replay(max(first, 1), s.durableHead(), f)
	if err == nil && s.damaged != nil {
		err = s.damaged
	}
	return head, err
}

func (s *Store) replay(first uint64, want store.Head, f func(uint64, []byte) error) (store.Head, error) {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	head := store.Head{Seq: min(first-1, want.Seq)}
	if head.Seq > 0 {
		v, err := get(txn, head.Seq)
		if err != nil {
			return store.Head{}, err
		}
		head.Chain = v.chain
	}
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{'r'}})
	defer it.Close()
	it.Seek(recordKey(first, 0))
	var v value
	for head.Seq < want.Seq {
		seq := head.Seq + 1
		if err := v.next(it, seq); err != nil {
			return head, s.explain(txn, seq, err)
		}
		head = store.Head{Seq: seq, Chain: head.Chain.Next(seq, v.record)}
		if head.Chain != v.chain {
			return head, &store.Damage{Seq: seq, Why: "chain broken: it is not the record that was written, or does not follow the one before"}
		}
		if err := s.compare(head); err != nil {
			return head, err
		}
		if err := f(seq, v.record); err != nil {
			return head, err
		}
	}
	return head, nil
}

// compare holds a head that was reached against the notes of the same number.
func (s *Store) compare(head store.Head) error {
	for _, m := range s.marks {
		if m.Seq == head.Seq && m.Chain != head.Chain {
			return &store.Damage{Seq: head.Seq, Why: "the chain is whole, but not the one noted when the record was committed"}
		}
	}
	return nil
}

// explain turns what stopped a walk at a record into a *store.Damage. Badger's
// iterator passes over a block it cannot read; asking for the record tells why.
func (s *Store) explain(txn *badger.Txn, seq uint64, err error) error {
	if errors.Is(err, badger.ErrKeyNotFound) {
		if _, e := get(txn, seq); e != nil {
			err = e
		}
	}
	return damage(seq, err)
}

func damage(seq uint64, err error) error {
	var d *store.Damage
	switch {
	case errors.As(err, &d):
		return d
	case errors.Is(err, badger.ErrKeyNotFound):
		return &store.Damage{Seq: seq, Why: "missing"}
	default:
		return &store.Damage{Seq: seq, Why: "unreadable: " + err.Error()}
	}
}

// Read implements store.Journal. What it returns was checked against the chain
// values of this record and the one before.
func (s *Store) Read(seq uint64) ([]byte, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	if seq == 0 || seq > s.durableHead().Seq {
		return nil, fmt.Errorf("journal record %d: %w", seq, store.ErrNotFound)
	}
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	v, err := get(txn, seq)
	if err != nil {
		return nil, err
	}
	var before value
	if seq > 1 {
		if before, err = get(txn, seq-1); err != nil {
			return nil, err
		}
	}
	if before.chain.Next(seq, v.record) != v.chain {
		return nil, &store.Damage{Seq: seq, Why: "chain broken here or at the record before"}
	}
	return v.record, nil
}

// value is what is stored of a record.
type value struct {
	chain  store.Chain
	record []byte
}

var errValue = errors.New("too few or too many bytes")

// add takes one part: with the chain the first, without it the second.
func (v *value) add(part byte, b []byte) error {
	if part == 0 {
		if len(b) <= len(v.chain) {
			return errValue
		}
		v.chain, b = store.Chain(b[:len(v.chain)]), b[len(v.chain):]
		v.record = v.record[:0]
	}
	if len(b) == 0 || len(b) > store.MaxRecord-len(v.record) {
		return errValue
	}
	v.record = append(v.record, b...)
	return nil
}

// next reads record seq, which must be where the iterator stands, and moves past it.
func (v *value) next(it *badger.Iterator, seq uint64) (err error) {
	defer catch(&err)
	for part := byte(0); part < 2; part++ {
		if !it.Valid() || string(it.Item().Key()) != string(recordKey(seq, part)) {
			if part == 0 {
				return badger.ErrKeyNotFound
			}
			return nil
		}
		if err := it.Item().Value(func(b []byte) error { return v.add(part, b) }); err != nil {
			return err
		}
		it.Next()
	}
	return nil
}

// catch makes an error of the panic with which Badger meets a block whose lengths are not what it wrote.
func catch(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v", store.ErrDamaged, p)
	}
}

// get reads one record; the error is a *store.Damage.
func get(txn *badger.Txn, seq uint64) (v value, err error) {
	defer func() {
		if err != nil {
			err = damage(seq, err)
		}
	}()
	defer catch(&err)
	for part := byte(0); part < 2; part++ {
		item, err := txn.Get(recordKey(seq, part))
		if part == 1 && errors.Is(err, badger.ErrKeyNotFound) {
			break
		}
		if err == nil {
			err = item.Value(func(b []byte) error { return v.add(part, b) })
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}
