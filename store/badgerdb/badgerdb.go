// Package badgerdb fulfils store.Journal and store.Shelf on one Badger database.
//
// It promises that a record is reported durable only after its group was
// synced to disk, that records become durable in the order of their numbers,
// and that neither a flipped bit nor a lost tail goes unnoticed at the next
// replay. It must never change or delete a record, put one into Badger's value
// log, or trust Badger to notice damage: the hash chain and two notes of the
// head do that.
//
// What is stored, by key:
//
//	'r' ‖ seq (8 bytes, big-endian) ‖ 0   chain value after the record (32) ‖ record up to 512 KiB
//	'r' ‖ seq ‖ 1                         the rest of a longer record
//	's' ‖ key                             a value of the shelf
//	'z'                                   head: seq (8) ‖ chain (32), written with each group
//
// Beside the database stands the file HEAD, the same note of the head outside
// Badger: a log that Badger silently cut short would have lost 'z' as well. A
// second such file may stand outside the directory (Options.Witness), for the
// directory itself may be deleted or emptied.
package badgerdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/store"
)

// Store is an open Badger database: one journal and one shelf. Its methods may
// be called from many goroutines, but Append from one at a time.
type Store struct {
	db        *badger.DB
	dir       *directory
	space     *space
	witnesses []*witness
	marks     []store.Head // what the notes said at open; replay holds the records against them
	damaged   error        // a *store.Damage seen at open

	mu      sync.Mutex
	changed *sync.Cond // the queue got shorter, the committer or a reader ended
	queue   []entry
	queued  int // bytes in queue
	active  bool
	readers int
	closing bool
	next    uint64     // number of the last record taken
	head    store.Head // last durable record
	failure error      // after which nothing more is taken

	scratch []byte // of the committer: values of the group being written
	commits atomic.Uint64
}

var (
	_ store.Journal = (*Store)(nil)
	_ store.Shelf   = (*Store)(nil)
)

// Open opens the database in dir, which it creates (mode 0700) if need be.
//
// It returns an error that wraps store.ErrLocked where another process has it
// open, store.ErrFull where less than Options.LowSpace is free, and
// store.ErrDamaged where Badger cannot open what is there, or where nothing is
// there but Options.Witness tells of records. A journal in which records are
// damaged or missing opens: Replay names the first of them, and Append takes
// nothing.
func Open(dir string, o Options) (*Store, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := gone(dir, o.Witness); err != nil {
		return nil, fmt.Errorf("open the journal in %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the journal's directory: %w", err)
	}
	room := newSpace(dir, o.LowSpace)
	// Badger writes through memory maps: on a full disk it would die of SIGBUS while opening.
	if err := room.check(room.low); err != nil {
		return nil, fmt.Errorf("open the journal in %s: %w", dir, err)
	}
	db, err := openBadger(dir, o)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, dir: &directory{path: dir}, space: room}
	s.changed = sync.NewCond(&s.mu)
	if err := s.findHead(o); err != nil {
		return nil, errors.Join(fmt.Errorf("find the head of the journal in %s: %w", dir, err), s.closeWitnesses(), db.Close())
	}
	s.next = s.head.Seq
	return s, nil
}

// openBadger opens the database and gives its errors, some of them panics, a meaning.
func openBadger(dir string, o Options) (db *badger.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			db, err = nil, fmt.Errorf("open the journal in %s: %w: %v", dir, store.ErrDamaged, p)
		}
	}()
	// What another process holds must be told before anything else is said of the files.
	err = inspect(dir)
	if err == nil {
		db, err = badger.Open(o.badger(dir))
	}
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, store.ErrDamaged):
		return nil, fmt.Errorf("open the journal in %s: %w", dir, err)
	case errors.Is(err, store.ErrLocked), strings.Contains(err.Error(), "Cannot acquire directory lock"):
		return nil, fmt.Errorf("open the journal in %s%s: %w", dir, holder(dir), store.ErrLocked)
	case errors.Is(err, os.ErrPermission), strings.Contains(err.Error(), "permission denied"):
		return nil, fmt.Errorf("open the journal in %s: %w", dir, err)
	default:
		return nil, fmt.Errorf("open the journal in %s: %w: %w", dir, store.ErrDamaged, err)
	}
}

// holder names the process that Badger's own pid file names, if there is one.
func holder(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "LOCK"))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" || len(pid) > 20 {
		return ""
	}
	return " (held by process " + pid + ")"
}

// Room returns an error that wraps store.ErrFull while less than
// Options.LowSpace is free. Whoever takes on new work asks first: the journal
// itself goes on to half of that, so that work already begun can end.
func (s *Store) Room() error { return s.space.check(s.space.low) }

// Close waits for what was appended and for running reads, and releases the
// lock. It must not be called from a durable callback or from within Replay or List.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return store.ErrClosed
	}
	s.closing = true
	for s.active || s.readers > 0 {
		s.changed.Wait()
	}
	s.mu.Unlock()
	if err := errors.Join(s.closeWitnesses(), s.db.Close()); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}

// enter lets a reader in; it must leave again. Badger unmaps its files when it
// closes, so Close waits for readers.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return store.ErrClosed
	}
	s.readers++
	return nil
}

func (s *Store) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers--
	s.changed.Broadcast()
}
