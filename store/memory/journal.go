package memory

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/souk-network/souk/store"
)

// Journal is a store.Journal. The zero Journal is not ready; use NewJournal.
type Journal struct {
	mu      sync.Mutex
	changed *sync.Cond
	kept    []kept // record n at index n-1: what is durable
	head    store.Head
	next    uint64
	queue   []entry
	active  bool
	held    bool
	closing bool
	failure error
	failAt  uint64
	failErr error
}

type kept struct {
	chain  store.Chain
	record []byte // nil once Tamper removed it
}

type entry struct {
	record  []byte
	durable func(error)
	refused error
}

var _ store.Journal = (*Journal)(nil)

// NewJournal returns an empty journal.
func NewJournal() *Journal {
	j := new(Journal)
	j.changed = sync.NewCond(&j.mu)
	return j
}

// Append implements store.Journal. Nothing bounds what waits.
func (j *Journal) Append(record []byte, durable func(error)) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next++
	e := entry{record: record, durable: durable}
	switch {
	case j.closing:
		e.refused = store.ErrClosed
	case len(record) == 0 || len(record) > store.MaxRecord:
		e.refused = fmt.Errorf("append record %d: %d bytes, want 1 to %d", j.next, len(record), store.MaxRecord)
	}
	j.queue = append(j.queue, e)
	j.start()
	return j.next
}

// start runs the committer unless it runs, is held, or has nothing to do.
func (j *Journal) start() {
	if !j.active && !j.held && len(j.queue) > 0 {
		j.active = true
		go j.commitWaiting()
	}
}

func (j *Journal) commitWaiting() {
	for {
		e, err, more := j.commitOne()
		if !more {
			return
		}
		e.durable(err)
	}
}

// commitOne makes the record at the front of the queue durable, or says why not.
func (j *Journal) commitOne() (e entry, err error, more bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue) == 0 || j.held {
		j.active = false
		j.changed.Broadcast()
		return entry{}, nil, false
	}
	e, j.queue = j.queue[0], j.queue[1:]
	seq := j.head.Seq + 1
	switch {
	case j.failure != nil:
	case e.refused != nil:
		j.failure = e.refused
	case seq == j.failAt:
		j.failure = fmt.Errorf("commit record %d: %w", seq, j.failErr)
	default:
		j.head = store.Head{Seq: seq, Chain: j.head.Chain.Next(seq, e.record)}
		j.kept = append(j.kept, kept{chain: j.head.Chain, record: e.record})
	}
	return e, j.failure, true
}

// FailAt makes the commit of record seq fail with err; the journal then takes
// nothing more. Records before it are kept.
func (j *Journal) FailAt(seq uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failAt, j.failErr = seq, err
}

// Hold keeps what is appended from becoming durable until release is called.
func (j *Journal) Hold() (release func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held = true
	return func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.held = false
		j.start()
	}
}

// Crash ends j as a power cut would and returns a fresh journal with what was
// durable. Callbacks of j that were not called yet get store.ErrClosed, so that
// whoever stands behind them stops. Crash after Close is a clean restart.
func (j *Journal) Crash() *Journal {
	j.mu.Lock()
	defer j.mu.Unlock()
	fresh := NewJournal()
	fresh.kept = append(fresh.kept, j.kept...)
	fresh.head, fresh.next = j.head, j.head.Seq
	j.closing, j.held = true, false
	if j.failure == nil {
		j.failure = store.ErrClosed
	}
	j.start()
	return fresh
}

// Replay implements store.Journal, with the checks of the journals on disk.
// Records that became durable after the call began are not among those replayed.
func (j *Journal) Replay(first uint64, f func(seq uint64, record []byte) error) (store.Head, error) {
	j.mu.Lock()
	records, want, closed := j.kept, j.head, j.closing
	j.mu.Unlock()
	if closed {
		return store.Head{}, store.ErrClosed
	}
	first = max(first, 1)
	head := store.Head{Seq: min(first-1, want.Seq)}
	if head.Seq > 0 {
		head.Chain = records[head.Seq-1].chain
	}
	for head.Seq < want.Seq {
		seq, k := head.Seq+1, records[head.Seq]
		if k.record == nil {
			return head, &store.Damage{Seq: seq, Why: "missing"}
		}
		head = store.Head{Seq: seq, Chain: head.Chain.Next(seq, k.record)}
		if head.Chain != k.chain {
			return head, &store.Damage{Seq: seq, Why: "chain broken"}
		}
		if err := f(seq, bytes.Clone(k.record)); err != nil {
			return head, err
		}
	}
	return head, nil
}

// Read implements store.Journal.
func (j *Journal) Read(seq uint64) ([]byte, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closing:
		return nil, store.ErrClosed
	case seq == 0 || seq > j.head.Seq:
		return nil, fmt.Errorf("journal record %d: %w", seq, store.ErrNotFound)
	}
	k := j.kept[seq-1]
	var before store.Chain
	if seq > 1 {
		before = j.kept[seq-2].chain
	}
	switch {
	case k.record == nil:
		return nil, &store.Damage{Seq: seq, Why: "missing"}
	case before.Next(seq, k.record) != k.chain:
		return nil, &store.Damage{Seq: seq, Why: "chain broken"}
	}
	return bytes.Clone(k.record), nil
}

// Tamper puts what change returns in the place of a durable record, as a fault
// of the disk would; nil removes it. It panics for a record that is not there.
func (j *Journal) Tamper(seq uint64, change func(record []byte) []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	altered := append([]kept(nil), j.kept...)
	altered[seq-1].record = change(bytes.Clone(altered[seq-1].record))
	j.kept = altered
}

// Close implements store.Journal. A held journal is released first.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closing {
		return store.ErrClosed
	}
	j.closing, j.held = true, false
	j.start()
	for j.active {
		j.changed.Wait()
	}
	return nil
}
