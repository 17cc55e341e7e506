package wire

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"
)

// writer appends values to b.
type writer struct{ b []byte }

// bytes writes v, a value of f's type or a pointer to one.
func (f *Form) bytes(v reflect.Value) ([]byte, error) {
	if v.Kind() != reflect.Pointer {
		v = placed(v)
	} else if v = v.Elem(); !v.IsValid() {
		return nil, errNothing
	}
	w := writer{make([]byte, 0, f.of.room(v))}
	if err := w.write(f.of, v, 0); err != nil {
		return nil, err
	}
	return w.b, nil
}

var errNothing = fmt.Errorf("%w: a nil pointer, or nothing", ErrShape)

// placed returns v where it has an address.
func placed(v reflect.Value) reflect.Value {
	p := reflect.New(v.Type()).Elem()
	p.Set(v)
	return p
}

// write writes v, which has an address and is enclosed by depth others.
func (w *writer) write(s *shape, v reflect.Value, depth int) error {
	switch s.sort {
	case aNumber:
		return w.integer(majorUint, v.Uint())
	case anInteger:
		if n := v.Int(); n < 0 {
			return w.integer(majorNegative, uint64(-1-n))
		}
		return w.integer(majorUint, uint64(v.Int()))
	case aFlag:
		value := byte(simpleFalse)
		if v.Bool() {
			value = simpleTrue
		}
		w.b = append(w.b, majorSimple<<5|value)
		return nil
	case aText:
		return w.text(v.String())
	case someBytes, fixedBytes, aKey:
		x := v.Bytes()
		w.b = append(appendHead(w.b, majorBytes, uint64(len(x))), x...)
		return nil
	case aLink:
		w.b = append(append(w.b, cidWire...), v.Bytes()...)
		return nil
	case anAmount:
		w.b = v.Addr().Interface().(*Amount).append(w.b)
		return nil
	case aPlace:
		if v.IsNil() {
			return errNothing
		}
		return w.write(s.of, v.Elem(), depth)
	case another:
		return w.any(v, depth)
	}
	if depth >= MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
	}
	switch s.sort {
	case aList:
		return w.list(s, v, depth)
	case aMap:
		return w.sorted(s, v, depth)
	case aRow:
		return w.row(s, v, depth)
	}
	return w.fields(s, v, depth)
}

func (w *writer) fields(s *shape, v reflect.Value, depth int) error {
	present, n := uint64(0), uint64(0) // one bit for each of at most maxFields
	for i := range s.fields {
		if f := &s.fields[i]; !f.optional || !f.of.silent(f.in(v)) {
			present, n = present|1<<i, n+1
		}
	}
	w.b = appendHead(w.b, majorMap, n)
	for i := range s.fields {
		if present&(1<<i) == 0 {
			continue
		}
		f := &s.fields[i]
		w.b = append(w.b, f.key...)
		if err := w.write(f.of, f.in(v), depth+1); err != nil {
			return within(f.name, err)
		}
	}
	return nil
}

func (w *writer) row(s *shape, v reflect.Value, depth int) error {
	w.b = appendHead(w.b, majorArray, uint64(len(s.fields)))
	for i := range s.fields {
		f := &s.fields[i]
		if err := w.write(f.of, f.in(v), depth+1); err != nil {
			return within(f.name, err)
		}
	}
	return nil
}

func (w *writer) list(s *shape, v reflect.Value, depth int) error {
	n := v.Len()
	if n > MaxItems {
		return fmt.Errorf("%w: array or map of %d, at most %d", ErrLimit, n, MaxItems)
	}
	w.b = appendHead(w.b, majorArray, uint64(n))
	for i := range n {
		if err := w.write(s.of, v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// sorted writes a map with any keys.
func (w *writer) sorted(s *shape, v reflect.Value, depth int) error {
	if v.Len() > MaxItems {
		return fmt.Errorf("%w: array or map of %d, at most %d", ErrLimit, v.Len(), MaxItems)
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if lengthFirst([]byte(a.String()), []byte(b.String())) {
			return -1
		}
		return 1
	})
	w.b = appendHead(w.b, majorMap, uint64(len(keys)))
	for _, key := range keys {
		if err := w.text(key.String()); err != nil {
			return err
		}
		if err := w.write(s.of, placed(v.MapIndex(key)), depth+1); err != nil {
			return within(key.String(), err)
		}
	}
	return nil
}

// any writes what the interface v holds.
func (w *writer) any(v reflect.Value, depth int) error {
	if v.IsNil() {
		return errNothing
	}
	v = placed(v.Elem())
	s, err := shapeOf(v.Type())
	if err != nil {
		return err
	}
	return w.write(s, v, depth)
}

func (w *writer) integer(major byte, n uint64) error {
	if n >= 1<<63 {
		return fmt.Errorf("%w: integer of 2^63 or more", ErrCanonical)
	}
	w.b = appendHead(w.b, major, n)
	return nil
}

func (w *writer) text(s string) error {
	if len(s) > MaxTextBytes {
		return fmt.Errorf("%w: text of %d bytes, at most %d", ErrLimit, len(s), MaxTextBytes)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: text is not UTF-8", ErrCanonical)
	}
	w.b = append(appendHead(w.b, majorText, uint64(len(s))), s...)
	return nil
}

// appendHead appends a major type with its argument, in the shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	m := major << 5
	switch {
	case n < 24:
		return append(b, m|byte(n))
	case n < 1<<8:
		return append(b, m|24, byte(n))
	case n < 1<<16:
		return append(b, m|25, byte(n>>8), byte(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, m|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, m|27), n)
}
