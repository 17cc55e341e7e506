package badgerdb

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/store"
)

// space watches how much of the file system is free. It asks again after a
// second, or after a memtable's worth of writing.
type space struct {
	path       string
	low, floor uint64 // bytes

	mu      sync.Mutex
	free    uint64
	written uint64 // since free was asked for
	asked   time.Time
}

func newSpace(path string, low int64) *space {
	return &space{path: path, low: uint64(low), floor: uint64(low) / 2}
}

// check returns an error that wraps store.ErrFull where less than want bytes are free.
func (s *space) check(want uint64) error {
	if want == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.asked.IsZero() || now.Sub(s.asked) >= time.Second || s.written >= memTable {
		var st unix.Statfs_t
		if err := unix.Statfs(s.path, &st); err != nil {
			return fmt.Errorf("ask for the free space of %s: %w", s.path, err)
		}
		s.free, s.written, s.asked = st.Bavail*uint64(st.Bsize), 0, now
	}
	if s.free < want {
		return fmt.Errorf("%w: %d MiB free where %s is, want %d", store.ErrFull, s.free>>20, s.path, want>>20)
	}
	return nil
}

func (s *space) wrote(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written += uint64(n)
}

// directory makes new files' names durable. Badger syncs the contents of a new
// log, not its name, and POSIX promises nothing for the name then.
type directory struct {
	path   string
	synced time.Time // modification time of the directory that is known to be on disk
}

// sync syncs the directory if a file came or went since the last time.
func (d *directory) sync() error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	if info.ModTime().Equal(d.synced) {
		return nil
	}
	if err := syncPath(d.path); err != nil {
		return err
	}
	// Time stamps are coarse: a change right after this one may bear the same.
	if time.Since(info.ModTime()) > 100*time.Millisecond {
		d.synced = info.ModTime()
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
