package wire

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Form is how values of one type are written, and the only way in which they are
// read. It is made once, of a type's cbor tags, and never changes:
//
//	Name T `cbor:"name"`           the field must be present
//	Name T `cbor:"name,omitzero"`  it is absent where it is zero, or its IsZero says so
//	Name T `cbor:"name,omitempty"` the same for text, bytes, lists and maps without content, and nil pointers
//	_ struct{} `cbor:",closed"`    no unknown field in this map, nor in maps within it, wherever it stands
//	_ struct{} `cbor:",toarray"`   an array of the fields, in their order
//
// A field is a number, a flag, text, a byte string (a slice or an array of fixed
// length), one of the types of this package, or a list, map, struct or pointer of
// these. Embedded structs lie in the same map.
type Form struct{ of *shape }

// Formed is a value whose type has its Form at hand. Encode and Unmarshal take any
// value, but make the form of another anew each time, which costs more than all else.
type Formed interface{ Form() *Form }

// FormOf makes the form of T. It panics where no value of T has bytes.
func FormOf[T any]() *Form {
	s, err := shapeOf(reflect.TypeFor[T]())
	if err != nil {
		panic(err)
	}
	return &Form{s}
}

// formOf returns the form of v, a value or a pointer to one.
func formOf(v any) (*Form, error) {
	if f, ok := v.(Formed); ok {
		return f.Form(), nil
	}
	t := reflect.TypeOf(v)
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s, err := shapeOf(t)
	return &Form{s}, err
}

// sort is what a value is on the wire.
type sort uint8

const (
	aNumber sort = iota // not below zero
	anInteger
	aFlag
	aText
	someBytes
	fixedBytes
	aKey
	aLink
	anAmount
	aList
	aMap    // of text to anything
	fields  // a map whose keys are known
	aRow    // an array whose entries are known
	aPlace  // a pointer: what it points to
	another // an interface: what it holds; it is never read
)

// shape is the form of a type, and of what it is made of.
type shape struct {
	sort   sort
	goType reflect.Type
	of     *shape  // of entries
	fields []field // of a map in the order of their keys, of a row in that of the struct
	closed bool    // no unknown field here and below
	asks   bool    // its IsZero says whether it may be absent
	learns bool    // it is a learner

	most    int   // bytes that all values take at most, but for what varies
	varies  bool  // from value to value
	varying []int // fields that vary, or may be absent
}

// field is one field of a struct.
type field struct {
	key      []byte // encoded
	name     string
	path     []int // to it, through embedded structs
	optional bool  // absent where it says nothing
	of       *shape
}

// learner is a value that is only right once it was read whole.
type learner interface {
	// learn is given the bytes it was read from.
	learn(raw []byte) error
}

var (
	learnerType = reflect.TypeFor[learner]()
	asksType    = reflect.TypeFor[interface{ IsZero() bool }]()
	ownSorts    = map[reflect.Type]sort{
		reflect.TypeFor[Key](): aKey, reflect.TypeFor[CID](): aLink, reflect.TypeFor[Amount](): anAmount,
	}
	plainSorts = map[reflect.Kind]sort{
		reflect.Uint: aNumber, reflect.Uint8: aNumber, reflect.Uint16: aNumber, reflect.Uint32: aNumber, reflect.Uint64: aNumber,
		reflect.Int: anInteger, reflect.Int8: anInteger, reflect.Int16: anInteger, reflect.Int32: anInteger, reflect.Int64: anInteger,
		reflect.Bool: aFlag, reflect.String: aText, reflect.Interface: another,
	}
)

func shapeOf(t reflect.Type) (s *shape, err error) {
	if t == nil {
		return nil, errNothing
	}
	s = &shape{goType: t, asks: reflect.PointerTo(t).Implements(asksType), learns: reflect.PointerTo(t).Implements(learnerType)}
	own, ours := ownSorts[t]
	plain, known := plainSorts[t.Kind()]
	switch {
	case ours:
		s.sort = own
	case known:
		s.sort = plain
	case t.Kind() == reflect.Struct:
		err = s.ofStruct()
	default:
		err = s.ofEntries()
	}
	s.gauge()
	return s, err
}

// ofEntries finds the shape of what consists of others of one type.
func (s *shape) ofEntries() (err error) {
	t, bytes := s.goType, false
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		bytes = t.Elem().Kind() == reflect.Uint8
	}
	switch {
	case t.Kind() == reflect.Slice && bytes:
		s.sort = someBytes
		return nil
	case t.Kind() == reflect.Array && bytes:
		s.sort = fixedBytes
		return nil
	case t.Kind() == reflect.Slice:
		s.sort = aList
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		s.sort = aMap
	case t.Kind() == reflect.Pointer:
		s.sort = aPlace
	default:
		return fmt.Errorf("%w: a %s has no bytes", ErrShape, t)
	}
	s.of, err = shapeOf(t.Elem())
	return err
}

// ofStruct finds the shape of a struct.
func (s *shape) ofStruct() error {
	s.sort = fields
	if err := s.add(s.goType, nil); err != nil {
		return err
	}
	if s.sort == aRow {
		return nil
	}
	slices.SortFunc(s.fields, func(a, b field) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), strings.Compare(a.name, b.name))
	})
	for i := range s.fields {
		if i > 0 && s.fields[i].name == s.fields[i-1].name {
			return fmt.Errorf("%w: field %q of %s stands twice", ErrShape, s.fields[i].name, s.goType)
		}
	}
	if len(s.fields) > maxFields {
		return fmt.Errorf("%w: %s has %d fields, at most %d", ErrLimit, s.goType, len(s.fields), maxFields)
	}
	return nil
}

// add adds the fields of the struct t, which lies at path.
func (s *shape) add(t reflect.Type, path []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("cbor"), ",")
		at := append(slices.Clip(path), i)
		switch {
		case f.Name == "_" && option == "closed":
			s.closed = true
		case f.Name == "_" && option == "toarray":
			s.sort = aRow
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if err := s.add(f.Type, at); err != nil {
				return err
			}
		case name != "-" && f.IsExported():
			if name == "" {
				name = f.Name
			}
			of, err := shapeOf(f.Type)
			if err != nil {
				return fmt.Errorf("field %q: %w", name, err)
			}
			s.fields = append(s.fields, field{
				key: append(appendHead(nil, majorText, uint64(len(name))), name...), name: name, path: at, optional: option != "", of: of,
			})
		}
	}
	return nil
}

// in returns the field of the struct v.
func (f *field) in(v reflect.Value) reflect.Value {
	for _, i := range f.path {
		v = v.Field(i)
	}
	return v
}

// silent reports whether v, of shape s, says nothing, so that a field that may be
// absent is.
func (s *shape) silent(v reflect.Value) bool {
	switch s.sort {
	case aNumber:
		return v.Uint() == 0
	case aText, someBytes, aList, aMap:
		return v.Len() == 0
	case fields, aRow:
		if s.asks {
			return v.Addr().Interface().(interface{ IsZero() bool }).IsZero()
		}
	}
	return v.IsZero()
}
