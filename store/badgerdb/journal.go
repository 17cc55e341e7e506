package badgerdb

import (
	"encoding/binary"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/store"
)

// Bounds of what waits and of what is committed at once.
const (
	maxQueued      = 16 << 10 // records waiting, beyond which Append waits
	maxQueuedBytes = 8 << 20  // bytes waiting, beyond which Append waits
	maxGroup       = 4096     // records of one transaction
	maxGroupBytes  = 9 << 17  // bytes of one transaction, perEntry included; one record always fits
	perEntry       = 64       // bytes that key, chain and Badger's own add to a record, rounded up
	maxPart        = 512 << 10
)

// entry is a record that waits for its commit, or for its refusal.
type entry struct {
	seq     uint64
	record  []byte
	durable func(error)
	refused error
}

// Append implements store.Journal. While 16,384 records or 8 MiB wait to be
// committed it waits for the disk; so durable must never wait for the
// goroutine that appends.
//
// A record of a wrong size, a failed commit and too little free space end the
// journal: that record and all later ones are refused with the same error.
func (s *Store) Append(record []byte, durable func(error)) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) >= maxQueued || s.queued >= maxQueuedBytes {
		s.changed.Wait()
	}
	s.next++
	e := entry{seq: s.next, record: record, durable: durable}
	switch {
	case s.closing:
		e.refused = store.ErrClosed
	case len(record) == 0 || len(record) > store.MaxRecord:
		e.refused = fmt.Errorf("append record %d: %d bytes, want 1 to %d", e.seq, len(record), store.MaxRecord)
	}
	s.queue = append(s.queue, e)
	s.queued += len(record)
	if !s.active {
		s.active = true
		go s.commitWaiting()
	}
	return e.seq
}

// commitWaiting commits group after group until none waits. Only one runs at a
// time, and it alone reads and writes the chain.
func (s *Store) commitWaiting() {
	for {
		group, head, err := s.takeGroup()
		if len(group) == 0 {
			return
		}
		if err == nil {
			head, err = s.write(head, group)
		}
		s.settle(head, err)
		for _, e := range group {
			e.durable(err)
		}
	}
}

// takeGroup takes from the front of the queue what fits into one transaction,
// with the head it goes on from or the error that awaits it. A refused record
// is a group of its own, so that those before it are committed. An empty group
// ends the committer.
func (s *Store) takeGroup() ([]entry, store.Head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changed.Broadcast()
	if len(s.queue) == 0 {
		s.active = false
		s.queue = nil
		return nil, s.head, nil
	}
	err, n := s.failure, groupLength(s.queue)
	if n == 0 {
		n = 1
		if err == nil {
			err = s.queue[0].refused
		}
	}
	group := s.queue[:n:n]
	s.queue = s.queue[n:]
	for _, e := range group {
		s.queued -= len(e.record)
	}
	return group, s.head, err
}

// groupLength says how many entries from the front make one transaction; 0
// where the first is refused.
func groupLength(queue []entry) int {
	n, bytes := 0, 0
	for n < len(queue) && n < maxGroup && queue[n].refused == nil {
		bytes += len(queue[n].record) + perEntry
		if n > 0 && bytes > maxGroupBytes {
			break
		}
		n++
	}
	return n
}

// settle remembers how a group ended.
func (s *Store) settle(head store.Head, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failure = err
		return
	}
	s.head = head
}

// write commits a group after head and returns the new head once it is on disk.
func (s *Store) write(head store.Head, group []entry) (store.Head, error) {
	if err := s.space.check(s.space.floor); err != nil {
		return head, fmt.Errorf("commit record %d: %w", head.Seq+1, err)
	}
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	next, err := s.fill(txn, head, group)
	if err == nil {
		err = txn.Commit()
	}
	if err == nil {
		err = s.dir.sync()
	}
	if err == nil {
		err = s.note(next)
	}
	if err != nil {
		return head, fmt.Errorf("commit records %d to %d: %w", head.Seq+1, head.Seq+uint64(len(group)), err)
	}
	s.space.wrote(len(s.scratch))
	s.commits.Add(1)
	return next, nil
}

// fill puts the records of a group and the head after them into a transaction.
func (s *Store) fill(txn *badger.Txn, head store.Head, group []entry) (store.Head, error) {
	s.reserve(group)
	for _, e := range group {
		head = store.Head{Seq: e.seq, Chain: head.Chain.Next(e.seq, e.record)}
		at, cut := len(s.scratch), min(len(e.record), maxPart)
		s.scratch = append(append(s.scratch, head.Chain[:]...), e.record[:cut]...)
		if err := txn.Set(recordKey(e.seq, 0), s.scratch[at:]); err != nil {
			return head, err
		}
		if cut == len(e.record) {
			continue
		}
		if err := txn.Set(recordKey(e.seq, 1), e.record[cut:]); err != nil {
			return head, err
		}
	}
	return head, txn.Set(headKey, encodeHead(head))
}

// reserve empties scratch and makes it large enough for the values of a group:
// it must not move while the transaction points into it.
func (s *Store) reserve(group []entry) {
	need := 0
	for _, e := range group {
		need += len(store.Chain{}) + min(len(e.record), maxPart)
	}
	if cap(s.scratch) < need {
		s.scratch = make([]byte, 0, need)
	}
	s.scratch = s.scratch[:0]
}

// Commits returns how many groups of records have become durable since Open: each
// cost one synchronous transaction, however many records were in it.
func (s *Store) Commits() uint64 { return s.commits.Load() }

func (s *Store) durableHead() store.Head {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head
}

// headKey sorts after all records, so that the tables of new records overlap only the
// last of the old: sorted before, it made each compaction rewrite the whole ledger.
var headKey = []byte{'z'}

// recordKey names one part of a record; keys are in the order of the numbers.
func recordKey(seq uint64, part byte) []byte {
	k := make([]byte, 10)
	k[0] = 'r'
	binary.BigEndian.PutUint64(k[1:], seq)
	k[9] = part
	return k
}

// recordSeq reads the number from a key.
func recordSeq(key []byte) (uint64, bool) {
	if len(key) != 10 || key[0] != 'r' {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}

func encodeHead(h store.Head) []byte {
	return append(binary.BigEndian.AppendUint64(nil, h.Seq), h.Chain[:]...)
}

func decodeHead(b []byte) (store.Head, bool) {
	if len(b) != 40 {
		return store.Head{}, false
	}
	return store.Head{Seq: binary.BigEndian.Uint64(b), Chain: store.Chain(b[8:])}, true
}
