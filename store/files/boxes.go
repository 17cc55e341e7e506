package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// Bounds of what lies together in a box.
const (
	MaxSmall = 32 << 10 // bytes of an artefact that goes into a box; a larger one is a file of its own
	maxBox   = 16 << 20 // bytes after which a box is full
	maxBatch = 4 << 20  // bytes that are written before a sync
)

// boxes keep small artefacts, many in one file, so that one sync does for all
// that wait. What is kept is appended to the newest box. What is erased is
// overwritten with zeros, synced, and only then marked as erased. A box in which
// nothing is left is removed.
type boxes struct {
	dir string

	mu      sync.Mutex
	at      map[wire.CID]spot
	live    map[uint32]int // artefacts in each box
	waiting []*deposit
	writing bool
	newest  uint32   // the box that is filled, or was last; 0 before the first
	shown   *os.File // of the newest, to read from; it may be closed already

	file *os.File // of the newest; nil where nothing more goes into it. The writer's own, as is
	size int64    // of it
}

// spot is where the record of an artefact begins.
type spot struct{ box, at, size uint32 }

// deposit is what waits for the writer: an artefact to be kept, or a spot to be erased.
type deposit struct {
	name  wire.CID
	bytes []byte
	erase bool
	spot  spot
	done  chan error
}

func (x *boxes) path(box uint32) string { return filepath.Join(x.dir, fmt.Sprintf("%08d", box)) }

// open reads an artefact; ok is false where it lies in no box.
func (x *boxes) open(name wire.CID) (b []byte, ok bool, err error) {
	x.mu.Lock()
	s, ok := x.at[name]
	x.mu.Unlock()
	if !ok {
		return nil, false, nil
	}
	if b, err = x.read(name, s); err == nil {
		return b, true, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.at[name] != s { // erased meanwhile
		return nil, false, nil
	}
	return nil, true, err
}

// has reports whether an artefact lies in a box.
func (x *boxes) has(name wire.CID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, ok := x.at[name]
	return ok
}

// read reads the record at a spot.
func (x *boxes) read(name wire.CID, s spot) ([]byte, error) {
	raw := make([]byte, headSize+int(s.size))
	if err := x.fill(raw, s); err != nil {
		return nil, err
	}
	h, ok := readHead(raw)
	if !ok || h.erased || h.name != name || !h.holds(raw[headSize:]) {
		return nil, fmt.Errorf("%w: box %s at byte %d", store.ErrDamaged, x.path(s.box), s.at)
	}
	return raw[headSize:], nil
}

// fill reads the bytes at a spot: most that is read was kept a moment ago, in the newest
// box, which is open.
func (x *boxes) fill(raw []byte, s spot) error {
	x.mu.Lock()
	f, newest := x.shown, x.newest
	x.mu.Unlock()
	if f != nil && newest == s.box {
		if _, err := f.ReadAt(raw, int64(s.at)); err == nil {
			return nil
		}
	}
	f, err := os.Open(x.path(s.box))
	if err != nil {
		return err
	}
	defer f.Close() // only read from
	_, err = f.ReadAt(raw, int64(s.at))
	return err
}

// keep makes an artefact durable, in the place of one of the same name.
func (x *boxes) keep(name wire.CID, b []byte) error {
	return x.await(&deposit{name: name, bytes: b, done: make(chan error, 1)})
}

// erase removes an artefact if it lies in a box.
func (x *boxes) erase(name wire.CID) error {
	x.mu.Lock()
	s, ok := x.at[name]
	delete(x.at, name)
	x.mu.Unlock()
	if !ok {
		return nil
	}
	return x.await(&deposit{erase: true, spot: s, done: make(chan error, 1)})
}

func (x *boxes) await(d *deposit) error {
	x.mu.Lock()
	x.waiting = append(x.waiting, d)
	if !x.writing {
		x.writing = true
		go x.write()
	}
	x.mu.Unlock()
	return <-d.done
}

// write carries out what waits, batch after batch, until nothing does.
func (x *boxes) write() {
	for {
		x.mu.Lock()
		batch := x.waiting
		bytes := 0
		for i, d := range batch {
			if bytes += headSize + len(d.bytes); bytes > maxBatch && i > 0 {
				batch = batch[:i:i]
				break
			}
		}
		x.waiting = x.waiting[len(batch):]
		if len(batch) == 0 {
			x.waiting, x.writing = nil, false
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
		err := x.carryOut(batch)
		for _, d := range batch {
			d.done <- err
		}
	}
}

// carryOut makes one batch durable: first what is kept, then what is erased,
// and with it what was replaced.
func (x *boxes) carryOut(batch []*deposit) error {
	spots, err := x.append(batch)
	if err != nil {
		// What of it is on disk is not known: nothing more goes there.
		if x.file != nil {
			_ = x.file.Close()
		}
		x.file = nil
		return full(err)
	}
	var gone []spot
	x.mu.Lock()
	for i, d := range batch {
		if d.erase {
			gone = append(gone, d.spot)
			continue
		}
		if old, ok := x.at[d.name]; ok {
			gone = append(gone, old)
		}
		x.at[d.name] = spots[i]
		x.live[spots[i].box]++
	}
	x.mu.Unlock()
	return x.wipe(gone)
}

// append writes the artefacts of a batch behind one another and syncs them.
func (x *boxes) append(batch []*deposit) ([]spot, error) {
	spots := make([]spot, len(batch))
	var raw []byte
	for i, d := range batch {
		if d.erase {
			continue
		}
		if x.file == nil || x.size+int64(len(raw)) >= maxBox {
			if err := x.flush(raw); err != nil {
				return nil, err
			}
			raw = raw[:0]
			if err := x.begin(); err != nil {
				return nil, err
			}
		}
		spots[i] = spot{box: x.newest, at: uint32(x.size) + uint32(len(raw)), size: uint32(len(d.bytes))}
		raw = append(appendHead(raw, d.name, d.bytes), d.bytes...)
	}
	return spots, x.flush(raw)
}

// flush appends to the newest box, durably.
func (x *boxes) flush(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	if _, err := x.file.WriteAt(raw, x.size); err != nil {
		return err
	}
	x.size += int64(len(raw))
	return x.file.Sync()
}

// begin begins the next box. The one before is removed if nothing is left in it.
func (x *boxes) begin() error {
	last, file := x.newest, x.file
	x.file = nil
	f, err := os.OpenFile(x.path(last+1), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.newest, x.size, x.file, x.shown = last+1, 0, f, f
	x.mu.Unlock()
	if file != nil {
		err = file.Close()
	}
	return errors.Join(err, syncDir(x.dir), x.tidy(last))
}

// wipe overwrites what lies at spots with zeros, durably, and then marks it as erased.
func (x *boxes) wipe(gone []spot) error {
	if len(gone) == 0 {
		return nil
	}
	of := map[uint32][]spot{}
	for _, s := range gone {
		of[s.box] = append(of[s.box], s)
	}
	for box, spots := range of {
		f, err := os.OpenFile(x.path(box), os.O_RDWR, 0)
		if err == nil {
			err = errors.Join(overwrite(f, spots), f.Close())
		}
		if err != nil {
			return err
		}
		x.mu.Lock()
		x.live[box] -= len(spots)
		x.mu.Unlock()
		if err := x.tidy(box); err != nil {
			return err
		}
	}
	return nil
}

func overwrite(f *os.File, spots []spot) error {
	zeros := make([]byte, MaxSmall)
	for _, s := range spots {
		if _, err := f.WriteAt(zeros[:s.size], int64(s.at)+int64(headSize)); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	for _, s := range spots {
		if _, err := f.WriteAt([]byte{markErased}, int64(s.at)+int64(markAt)); err != nil {
			return err
		}
	}
	return f.Sync()
}

// tidy removes a box in which nothing is left, unless it is being filled.
func (x *boxes) tidy(box uint32) error {
	x.mu.Lock()
	empty := box != 0 && box != x.newest && x.live[box] == 0
	if empty {
		delete(x.live, box)
	}
	x.mu.Unlock()
	if !empty {
		return nil
	}
	return remove(x.path(box))
}
