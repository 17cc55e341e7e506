package still

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

var errShort = errors.New("still: the bytes end too early")

// plain is a number of fixed size, in the machine's own order.
func plain(size uintptr) way {
	return way{
		write: func(w *writer, p unsafe.Pointer) error {
			w.bytes(unsafe.Slice((*byte)(p), size))
			return nil
		},
		read: func(r *reader, p unsafe.Pointer) error {
			return r.into(unsafe.Slice((*byte)(p), size))
		},
	}
}

// text is a string.
var text = way{
	write: func(w *writer, p unsafe.Pointer) error {
		s := *(*string)(p)
		w.count(uint64(len(s)))
		w.bytes(unsafe.Slice(unsafe.StringData(s), len(s)))
		return nil
	},
	read: func(r *reader, p unsafe.Pointer) error {
		n, err := r.count()
		if err != nil {
			return err
		}
		b, err := r.take(n)
		*(*string)(p) = string(b)
		return err
	},
}

// run writes and reads n values of one way behind one another.
func run(w *way, size uintptr, isPlain bool) (func(*writer, unsafe.Pointer, int) error, func(*reader, unsafe.Pointer, int) error) {
	if isPlain {
		return func(to *writer, p unsafe.Pointer, n int) error {
				to.bytes(unsafe.Slice((*byte)(p), uintptr(n)*size))
				return nil
			}, func(r *reader, p unsafe.Pointer, n int) error {
				return r.into(unsafe.Slice((*byte)(p), uintptr(n)*size))
			}
	}
	return func(to *writer, p unsafe.Pointer, n int) error {
			for i := range uintptr(n) {
				if err := w.write(to, unsafe.Add(p, i*size)); err != nil {
					return err
				}
			}
			return nil
		}, func(r *reader, p unsafe.Pointer, n int) error {
			for i := range uintptr(n) {
				if err := w.read(r, unsafe.Add(p, i*size)); err != nil {
					return err
				}
			}
			return nil
		}
}

// isPlain reports whether all bytes of a type are what it says: no pointers, no gaps.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return isPlain(t.Elem())
	case reflect.String, reflect.Slice, reflect.Struct, reflect.Pointer, reflect.Map, reflect.Interface:
		return false
	}
	return true
}

func (f *Form) array(w *way, t reflect.Type, path string) error {
	elem, err := f.way(t.Elem(), path+"[]")
	if err != nil {
		return err
	}
	n := t.Len()
	write, read := run(elem, t.Elem().Size(), isPlain(t.Elem()))
	w.write = func(to *writer, p unsafe.Pointer) error { return write(to, p, n) }
	w.read = func(r *reader, p unsafe.Pointer) error { return read(r, p, n) }
	return nil
}

// slice is written as 0 for nil, 1, its length and its elements, or the number of
// a slice of the same elements before and two more. What lies between its length
// and its capacity is not written.
func (f *Form) slice(w *way, t reflect.Type, path string) error {
	elem, err := f.way(t.Elem(), path+"[]")
	if err != nil {
		return err
	}
	size := t.Elem().Size()
	write, read := run(elem, size, isPlain(t.Elem()))
	w.write = func(to *writer, p unsafe.Pointer) error {
		v := reflect.NewAt(t, p).Elem()
		if v.IsNil() {
			to.count(0)
			return nil
		}
		if v.Len() == 0 {
			to.count(1)
		} else if to.again(place{v.UnsafePointer(), v.Len(), t}) {
			return nil
		}
		to.count(uint64(v.Len()))
		if !isPlain(t.Elem()) { // numbers may be shared: nobody changes them in place
			to.holds(v.UnsafePointer(), uintptr(v.Len())*size)
		}
		return write(to, v.UnsafePointer(), v.Len())
	}
	w.read = func(r *reader, p unsafe.Pointer) error {
		v, known, err := r.again(t)
		if err != nil {
			return err
		}
		if known && !v.IsValid() {
			v = reflect.Zero(t)
		}
		if known {
			reflect.NewAt(t, p).Elem().Set(v)
			return nil
		}
		n, err := r.count()
		if err != nil {
			return err
		}
		if n > uint64(len(r.b)) && size > 0 {
			return errShort
		}
		v = reflect.MakeSlice(t, int(n), int(n))
		if n > 0 {
			r.made = append(r.made, v)
		}
		reflect.NewAt(t, p).Elem().Set(v)
		return read(r, v.UnsafePointer(), int(n))
	}
	return nil
}

func (f *Form) fields(w *way, t reflect.Type, path string) error {
	type field struct {
		*way
		at uintptr
	}
	var all []field
	for i := range t.NumField() {
		x := t.Field(i)
		if f.given[x.Type] {
			continue
		}
		part, err := f.way(x.Type, path+"."+x.Name)
		if err != nil {
			return err
		}
		all = append(all, field{part, x.Offset})
	}
	w.write = func(to *writer, p unsafe.Pointer) error {
		for _, x := range all {
			if err := x.write(to, unsafe.Add(p, x.at)); err != nil {
				return err
			}
		}
		return nil
	}
	w.read = func(r *reader, p unsafe.Pointer) error {
		for _, x := range all {
			if err := x.read(r, unsafe.Add(p, x.at)); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// pointer is written as 0 for nil, 1 before what it points to for the first time,
// or else the number of that and two more.
func (f *Form) pointer(w *way, t reflect.Type, path string) error {
	elem, err := f.way(t.Elem(), path)
	if err != nil {
		return err
	}
	w.write = func(to *writer, p unsafe.Pointer) error {
		at := *(*unsafe.Pointer)(p)
		if at == nil {
			to.count(0)
			return nil
		}
		if to.again(place{at, 1, t}) {
			return nil
		}
		to.holds(at, t.Elem().Size())
		return elem.write(to, at)
	}
	w.read = func(r *reader, p unsafe.Pointer) error {
		v, known, err := r.again(t)
		switch at := (*unsafe.Pointer)(p); {
		case err != nil:
			return err
		case known && !v.IsValid():
			*at = nil
			return nil
		case known:
			*at = v.UnsafePointer()
			return nil
		case *at == nil:
			*at = reflect.New(t.Elem()).UnsafePointer()
		}
		at := *(*unsafe.Pointer)(p)
		r.made = append(r.made, reflect.NewAt(t.Elem(), at))
		return elem.read(r, at)
	}
	return nil
}

// mapping is written as 0 for nil, or its length and one more, and its entries in
// the order of the bytes of their keys.
func (f *Form) mapping(w *way, t reflect.Type, path string) error {
	key, err := f.way(t.Key(), path+"[key]")
	if err != nil {
		return err
	}
	elem, err := f.way(t.Elem(), path+"[value]")
	if err != nil {
		return err
	}
	if pointing(t.Key()) {
		return fmt.Errorf("still: the keys of %s, a %s, have no order", path, t)
	}
	type entry struct {
		key   []byte
		value reflect.Value
	}
	w.write = func(to *writer, p unsafe.Pointer) error {
		v := reflect.NewAt(t, p).Elem()
		if v.IsNil() {
			to.count(0)
			return nil
		}
		all := make([]entry, 0, v.Len())
		k := reflect.New(t.Key())
		for it := v.MapRange(); it.Next(); {
			k.Elem().SetIterKey(it)
			x := reflect.New(t.Elem())
			x.Elem().SetIterValue(it)
			var b bytes.Buffer
			one := &writer{to: &b}
			if err := errors.Join(key.write(one, k.UnsafePointer()), one.flush()); err != nil {
				return err
			}
			all = append(all, entry{b.Bytes(), x})
		}
		slices.SortFunc(all, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
		to.count(uint64(len(all)) + 1)
		for _, e := range all {
			to.bytes(e.key)
			if err := elem.write(to, e.value.UnsafePointer()); err != nil {
				return err
			}
		}
		return nil
	}
	w.read = func(r *reader, p unsafe.Pointer) error {
		n, err := r.count()
		if err != nil || n == 0 {
			reflect.NewAt(t, p).Elem().SetZero()
			return err
		}
		if n-1 > uint64(len(r.b)) {
			return errShort
		}
		v := reflect.MakeMapWithSize(t, int(n-1))
		reflect.NewAt(t, p).Elem().Set(v)
		for range n - 1 {
			k, x := reflect.New(t.Key()), reflect.New(t.Elem())
			if err := key.read(r, k.UnsafePointer()); err != nil {
				return err
			}
			if err := elem.read(r, x.UnsafePointer()); err != nil {
				return err
			}
			v.SetMapIndex(k.Elem(), x.Elem())
		}
		return nil
	}
	return nil
}

// pointing reports whether equal values of a type may have different bytes here.
func pointing(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Float32, reflect.Float64:
		return true
	case reflect.Array:
		return pointing(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if pointing(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// dynamic is what stands in an interface: 0 for nil, or the place of its type and
// one more, and the pointer.
func (f *Form) dynamic(t reflect.Type, path string) way {
	return way{
		write: func(to *writer, p unsafe.Pointer) error {
			v := reflect.NewAt(t, p).Elem()
			if v.IsNil() {
				to.count(0)
				return nil
			}
			i, ok := f.concreteOf(v.Elem().Type())
			if !ok {
				return fmt.Errorf("still: %s holds a %s", path, v.Elem().Type())
			}
			to.count(i + 1)
			at := v.Elem().UnsafePointer()
			return f.ways[f.concrete[i]].write(to, unsafe.Pointer(&at))
		},
		read: func(r *reader, p unsafe.Pointer) error {
			n, err := r.count()
			if err != nil || n == 0 {
				reflect.NewAt(t, p).Elem().SetZero()
				return err
			}
			if n > uint64(len(f.concrete)) {
				return fmt.Errorf("still: no type is number %d", n-1)
			}
			x := reflect.New(f.concrete[n-1])
			if err := f.ways[f.concrete[n-1]].read(r, x.UnsafePointer()); err != nil {
				return err
			}
			reflect.NewAt(t, p).Elem().Set(x.Elem())
			return nil
		},
	}
}
