package still

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"slices"
	"unsafe"
)

// place is what a pointer of one type points to, or a slice holds.
type place struct {
	at unsafe.Pointer
	n  int
	t  reflect.Type
}

// extent is memory that was written down as one thing.
type extent struct{ from, to uintptr }

// writer collects what is written.
type writer struct {
	to      io.Writer
	buf     []byte
	places  map[place]uint64
	extents []extent
	err     error
}

const flushAt = 64 << 10

func (w *writer) count(n uint64) { w.buf = binary.AppendUvarint(w.buf, n) }

func (w *writer) bytes(b []byte) {
	w.buf = append(w.buf, b...)
	if len(w.buf) >= flushAt && w.err == nil {
		_, w.err = w.to.Write(w.buf)
		w.buf = w.buf[:0]
	}
}

// again writes the number of what was written before, and two more; or 1, and
// reports false: then it is to be written now.
func (w *writer) again(p place) bool {
	if n, known := w.places[p]; known {
		w.count(n + 2)
		return true
	}
	w.places[p] = uint64(len(w.places))
	w.count(1)
	return false
}

// holds notes memory that is written down as one thing: nothing else may point
// into it, since that would be another thing afterwards.
func (w *writer) holds(p unsafe.Pointer, size uintptr) {
	if size > 0 && w.places != nil {
		w.extents = append(w.extents, extent{uintptr(p), uintptr(p) + size})
	}
}

// flush writes what is left, and reports memory that was written down twice.
func (w *writer) flush() error {
	if w.err == nil {
		_, w.err = w.to.Write(w.buf)
	}
	if w.err != nil {
		return w.err
	}
	slices.SortFunc(w.extents, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(w.extents); i++ {
		if w.extents[i].from < w.extents[i-1].to {
			return fmt.Errorf("still: two values share %d bytes of memory", w.extents[i-1].to-w.extents[i].from)
		}
	}
	return nil
}

// reader reads what a writer has written.
type reader struct {
	b    []byte
	made []reflect.Value // what pointers point to, in the order of their numbers
}

// again reads what writer.again wrote: a value made before, or none for nil, or
// known is false.
func (r *reader) again(t reflect.Type) (v reflect.Value, known bool, err error) {
	n, err := r.count()
	switch {
	case err != nil || n == 0:
		return v, true, err
	case n == 1:
		return v, false, nil
	case n-2 >= uint64(len(r.made)) || r.made[n-2].Type() != t:
		return v, false, fmt.Errorf("still: no %s was number %d", t, n-2)
	}
	return r.made[n-2], true, nil
}

func (r *reader) count() (uint64, error) {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		return 0, errShort
	}
	r.b = r.b[size:]
	return n, nil
}

func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.b)) {
		return nil, errShort
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b, nil
}

func (r *reader) into(to []byte) error {
	b, err := r.take(uint64(len(to)))
	copy(to, b)
	return err
}
