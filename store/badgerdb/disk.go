package badgerdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
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

// witness is the file HEAD: a head that was durable when it was noted, outside
// Badger. It is synced only at the ends, so after a power cut it may lag; it
// never runs ahead, so whatever it says must be in the journal.
//
// Its bytes: "souk" ‖ seq (8, big-endian) ‖ chain (32) ‖ CRC-32C of all before (4).
type witness struct{ file *os.File }

const (
	witnessMagic = "souk"
	witnessSize  = len(witnessMagic) + 40 + crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errWitness says that the file HEAD is there but cannot be believed.
var errWitness = errors.New("the file HEAD is damaged")

// openWitness opens HEAD in dir. The error is fs.ErrNotExist where it is not
// there and wraps errWitness where its bytes are not what was written.
func openWitness(dir string) (*witness, store.Head, error) {
	f, err := os.OpenFile(filepath.Join(dir, "HEAD"), os.O_RDWR, 0)
	if err != nil {
		return nil, store.Head{}, err
	}
	b, err := io.ReadAll(io.LimitReader(f, int64(witnessSize)+1))
	if err != nil {
		return nil, store.Head{}, errors.Join(err, f.Close())
	}
	head, ok := decodeWitness(b)
	if !ok {
		return nil, store.Head{}, errors.Join(errWitness, f.Close())
	}
	return &witness{f}, head, nil
}

// newWitness writes HEAD anew, durably.
func newWitness(dir string, head store.Head) (*witness, error) {
	f, err := os.OpenFile(filepath.Join(dir, "HEAD"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &witness{f}
	if err := errors.Join(w.note(head), f.Sync(), syncPath(dir)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

func (w *witness) note(head store.Head) error {
	b := append([]byte(witnessMagic), encodeHead(head)...)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	_, err := w.file.WriteAt(b, 0)
	return err
}

func (w *witness) close() error {
	if w == nil {
		return nil
	}
	return errors.Join(w.file.Sync(), w.file.Close())
}

func decodeWitness(b []byte) (store.Head, bool) {
	body := len(witnessMagic) + 40
	if len(b) != witnessSize || string(b[:len(witnessMagic)]) != witnessMagic ||
		binary.BigEndian.Uint32(b[body:]) != crc32.Checksum(b[:body], castagnoli) {
		return store.Head{}, false
	}
	return decodeHead(b[len(witnessMagic):body])
}
