package wire

import (
	"bytes"
	"fmt"
	"reflect"
)

// reader reads values from bytes that CheckCanonical has passed.
type reader struct {
	walk
	shares bool // byte strings are those of b, not copies
}

// shapeless is ErrShape with what was wanted.
func shapeless(want string) error { return fmt.Errorf("%w: want %s", ErrShape, want) }

// within adds the name of the field in which an error was found.
func within(name string, err error) error { return fmt.Errorf("field %.64q: %w", name, err) }

// read reads the next item into v, which has an address and is zero. Every value has
// one form, so what is read would be written as the same bytes, but for unknown fields.
func (r *reader) read(s *shape, v reflect.Value, closed bool) error {
	if s.sort == aPlace {
		v.Set(reflect.New(s.of.goType))
		return r.read(s.of, v.Elem(), closed)
	}
	from := r.at
	major, n, err := r.head()
	if err != nil {
		return err
	}
	switch s.sort {
	case aNumber, anInteger, aFlag:
		return readNumber(s, v, major, n)
	case aText, someBytes, fixedBytes, aKey, aLink, anAmount:
		return r.readString(s, v, major, n)
	case aList:
		return r.readList(s, v, major, n, closed)
	case aMap:
		return r.readMap(s, v, major, n, closed)
	case aRow:
		return r.readRow(s, v, major, n, closed)
	case fields:
		if err := r.readFields(s, v, major, n, closed || s.closed); err != nil {
			return err
		}
		if s.learns {
			return v.Addr().Interface().(learner).learn(r.b[from:r.at:r.at])
		}
		return nil
	}
	return shapeless("nothing that can be read")
}

func readNumber(s *shape, v reflect.Value, major byte, n uint64) error {
	switch s.sort {
	case aFlag:
		if major != majorSimple {
			return shapeless("true or false")
		}
		v.SetBool(n == simpleTrue)
	case aNumber:
		if major != majorUint || v.OverflowUint(n) {
			return shapeless("a number of " + s.goType.String())
		}
		v.SetUint(n)
	default:
		x := int64(n)
		if major == majorNegative {
			x = -1 - x
		}
		if major > majorNegative || v.OverflowInt(x) {
			return shapeless("a number of " + s.goType.String())
		}
		v.SetInt(x)
	}
	return nil
}

// readString reads what is a run of bytes.
func (r *reader) readString(s *shape, v reflect.Value, major byte, n uint64) error {
	if s.sort == aLink {
		if major != majorTag {
			return fmt.Errorf("%w: %w", ErrShape, ErrCID)
		}
		if err := r.link(n); err != nil {
			return err
		}
		copy(v.Bytes(), r.b[r.at-len(CID{}):])
		return nil
	}
	var x []byte
	if major == majorBytes || major == majorText {
		x = r.b[r.at : r.at+int(n) : r.at+int(n)] // the walk has checked that there are as many
		r.at += int(n)
	}
	switch s.sort {
	case aText:
		if major != majorText {
			return shapeless("text")
		}
		v.SetString(string(x))
		return nil
	case aKey:
		if major != majorBytes {
			return fmt.Errorf("%w: %w: want a byte string of 32 bytes", ErrShape, ErrKey)
		}
		k, err := KeyFromBytes(x)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrShape, err)
		}
		copy(v.Bytes(), k[:])
		return nil
	case anAmount:
		if err := v.Addr().Interface().(*Amount).read(major, x); err != nil {
			return fmt.Errorf("%w: %w", ErrShape, err)
		}
		return nil
	case fixedBytes:
		if major != majorBytes || len(x) != v.Len() {
			return shapeless(fmt.Sprintf("a byte string of %d bytes", v.Len()))
		}
		copy(v.Bytes(), x)
		return nil
	}
	if major != majorBytes {
		return shapeless("a byte string")
	}
	if !r.shares {
		x = bytes.Clone(x)
	}
	v.SetBytes(x)
	return nil
}

func (r *reader) readList(s *shape, v reflect.Value, major byte, n uint64, closed bool) error {
	if major != majorArray {
		return shapeless("a list")
	}
	if n == 0 {
		v.Set(reflect.MakeSlice(s.goType, 0, 0))
		return nil
	}
	v.Grow(int(n)) // at most MaxItems, each of which is there
	v.SetLen(int(n))
	for i := range int(n) {
		if err := r.read(s.of, v.Index(i), closed); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readRow(s *shape, v reflect.Value, major byte, n uint64, closed bool) error {
	if major != majorArray || n != uint64(len(s.fields)) {
		return shapeless(fmt.Sprintf("a list of %d", len(s.fields)))
	}
	for i := range s.fields {
		f := &s.fields[i]
		if err := r.read(f.of, f.in(v), closed); err != nil {
			return within(f.name, err)
		}
	}
	return nil
}

func (r *reader) readMap(s *shape, v reflect.Value, major byte, n uint64, closed bool) error {
	if major != majorMap {
		return shapeless("a map")
	}
	v.Set(reflect.MakeMapWithSize(s.goType, int(n)))
	for range n {
		key, err := r.key()
		if err != nil {
			return err
		}
		x := reflect.New(s.of.goType).Elem()
		if err := r.read(s.of, x, closed); err != nil {
			return within(string(key), err)
		}
		v.SetMapIndex(reflect.ValueOf(string(key)).Convert(s.goType.Key()), x)
	}
	return nil
}

// readFields reads a map of n into the struct v. Both the map and s.fields are in the
// order of their keys, so one pass finds every field.
func (r *reader) readFields(s *shape, v reflect.Value, major byte, n uint64, closed bool) error {
	if major != majorMap {
		return shapeless("a map")
	}
	left := s.fields
	for range n {
		if len(left) > 0 && bytes.HasPrefix(r.b[r.at:], left[0].key) {
			f := &left[0]
			left = left[1:]
			r.at += len(f.key)
			if err := r.readField(f, v, closed); err != nil {
				return within(f.name, err)
			}
			continue
		}
		key, err := r.key()
		if err != nil {
			return err
		}
		if left, err = passed(left, key); err != nil {
			return err
		}
		if len(left) > 0 && left[0].name == string(key) {
			f := &left[0]
			left = left[1:]
			if err := r.readField(f, v, closed); err != nil {
				return within(f.name, err)
			}
			continue
		}
		if err := r.further(key, closed); err != nil {
			return err
		}
	}
	_, err := passed(left, nil)
	return err
}

// passed drops the fields whose keys stand before key, none of which is there; all of
// them where key is nil.
func passed(left []field, key []byte) ([]field, error) {
	for len(left) > 0 && (key == nil || lengthFirst([]byte(left[0].name), key)) {
		if !left[0].optional {
			return nil, fmt.Errorf("%w: field %.64q is missing", ErrShape, left[0].name)
		}
		left = left[1:]
	}
	return left, nil
}

func (r *reader) readField(f *field, v reflect.Value, closed bool) error {
	x := f.in(v)
	if err := r.read(f.of, x, closed); err != nil {
		return err
	}
	if f.optional && f.of.silent(x) {
		return fmt.Errorf("%w: it is present though empty", ErrShape)
	}
	return nil
}

// further passes over the value of a field that is not known.
func (r *reader) further(key []byte, closed bool) error {
	if closed {
		return fmt.Errorf("%w: %.64q", ErrUnknownField, key)
	}
	silent, err := r.skip()
	if err != nil {
		return err
	}
	// A known field that may be absent must not be present and empty, so the same
	// must hold for a field that only later versions know.
	if silent {
		return fmt.Errorf("%w: field %.64q is present though empty", ErrShape, key)
	}
	return nil
}
