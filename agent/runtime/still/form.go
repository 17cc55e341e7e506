package still

import (
	"crypto/sha256"
	"fmt"
	"io"
	"reflect"
	"slices"
	"unsafe"
)

// Form is how values of one type are written and read. It may be used from
// several goroutines.
type Form struct {
	root     reflect.Type
	given    map[reflect.Type]bool
	concrete []reflect.Type
	ways     map[reflect.Type]*way
}

// way is how a value of one type is written and read, where it lies in memory.
type way struct {
	write func(w *writer, p unsafe.Pointer) error
	read  func(r *reader, p unsafe.Pointer) error
}

// New returns the Form of values of root's type, a pointer. Fields of a type of
// given are left as they are, both ways: whoever makes the value gives them. What
// stands in an interface must be of a type of concrete, each a pointer.
//
// The error names what cannot be written down: a function, a channel, a pointer
// that is no Go pointer, or a map whose keys are pointers.
func New(root any, given, concrete []any) (*Form, error) {
	f := &Form{root: reflect.TypeOf(root).Elem(), given: map[reflect.Type]bool{}, ways: map[reflect.Type]*way{}}
	for _, g := range given {
		f.given[reflect.TypeOf(g)] = true
	}
	for _, c := range concrete {
		f.concrete = append(f.concrete, reflect.TypeOf(c))
	}
	if _, err := f.way(f.root, f.root.String()); err != nil {
		return nil, err
	}
	for _, c := range f.concrete {
		if _, err := f.way(c, c.String()); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// way returns how a type is written, found at path.
func (f *Form) way(t reflect.Type, path string) (*way, error) {
	if w := f.ways[t]; w != nil {
		return w, nil
	}
	w := new(way)
	f.ways[t] = w // before its parts: types refer to themselves
	var err error
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		*w = plain(t.Size())
	case reflect.String:
		*w = text
	case reflect.Array:
		err = f.array(w, t, path)
	case reflect.Slice:
		err = f.slice(w, t, path)
	case reflect.Struct:
		err = f.fields(w, t, path)
	case reflect.Pointer:
		err = f.pointer(w, t, path)
	case reflect.Map:
		err = f.mapping(w, t, path)
	case reflect.Interface:
		*w = f.dynamic(t, path)
	default:
		err = fmt.Errorf("still: %s is a %s, which cannot be written down", path, t)
	}
	return w, err
}

// Fingerprint returns a hash over all types of f: of their names, fields and order.
func (f *Form) Fingerprint() [32]byte {
	h := sha256.New()
	seen := map[reflect.Type]bool{}
	f.describe(h, seen, f.root)
	for _, c := range f.concrete {
		f.describe(h, seen, c)
	}
	return [32]byte(h.Sum(nil))
}

func (f *Form) describe(h io.Writer, seen map[reflect.Type]bool, t reflect.Type) {
	_, _ = fmt.Fprintf(h, "%s.%s %s %d;", t.PkgPath(), t.String(), t.Kind(), t.Size())
	if seen[t] || f.given[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			_, _ = fmt.Fprintf(h, "%s@%d:", t.Field(i).Name, t.Field(i).Offset)
			f.describe(h, seen, t.Field(i).Type)
		}
	case reflect.Map:
		f.describe(h, seen, t.Key())
		f.describe(h, seen, t.Elem())
	case reflect.Array, reflect.Slice, reflect.Pointer:
		f.describe(h, seen, t.Elem())
	}
}

// Write writes down what v points to.
func (f *Form) Write(to io.Writer, v any) error {
	p := reflect.ValueOf(v)
	if p.Type() != reflect.PointerTo(f.root) || p.IsNil() {
		return fmt.Errorf("still: write a %T with the form of *%s", v, f.root)
	}
	w := &writer{to: to, places: map[place]uint64{}}
	if err := f.ways[f.root].write(w, p.UnsafePointer()); err != nil {
		return err
	}
	return w.flush()
}

// Read makes again, in what v points to, what Write wrote. What pointers there
// point to already is written over, each as one thing: so fields that are given may
// be given behind them. Bytes that are not what was written give an error or another
// value: whoever keeps them must see that they stay what they were.
func (f *Form) Read(b []byte, v any) (err error) {
	p := reflect.ValueOf(v)
	if p.Type() != reflect.PointerTo(f.root) || p.IsNil() {
		return fmt.Errorf("still: read a %T with the form of *%s", v, f.root)
	}
	r := &reader{b: b}
	defer func() {
		if bad := recover(); bad != nil {
			err = fmt.Errorf("still: %v", bad)
		}
	}()
	if err := f.ways[f.root].read(r, p.UnsafePointer()); err != nil {
		return err
	}
	if len(r.b) > 0 {
		return fmt.Errorf("still: %d bytes are left over", len(r.b))
	}
	return nil
}

// concreteOf returns the place of a type among those that may stand in an interface.
func (f *Form) concreteOf(t reflect.Type) (uint64, bool) {
	i := slices.Index(f.concrete, t)
	return uint64(i), i >= 0
}
