package wire

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

var (
	// ErrCanonical is returned (wrapped) for bytes that are not the one canonical encoding of their content.
	ErrCanonical = errors.New("not canonical DAG-CBOR")
	// ErrLimit is returned (wrapped) for what is larger, deeper or longer than a limit of limits.go.
	ErrLimit = errors.New("over a limit")
	// ErrShape is returned (wrapped) for canonical bytes that do not have the fields their kind requires.
	ErrShape = errors.New("not of this kind's shape")
	// ErrUnknownField is returned (wrapped) where a kind that must be fully understood has a field that is not.
	ErrUnknownField = errors.New("unknown field")
	// ErrUnknownKind is returned (wrapped) for a document of a kind the registry does not have.
	ErrUnknownKind = errors.New("unknown kind of document")
)

var encMode, lenientMode, strictMode = modes()

func modes() (cbor.EncMode, cbor.DecMode, cbor.DecMode) {
	enc, err := cbor.EncOptions{
		Sort:          cbor.SortLengthFirst,
		ShortestFloat: cbor.ShortestFloatNone,
		IndefLength:   cbor.IndefLengthForbidden,
		TagsMd:        cbor.TagsAllowed,
		OmitEmpty:     cbor.OmitEmptyCBORValue,
		NilContainers: cbor.NilContainerAsEmpty,
	}.EncMode()
	if err != nil {
		panic(err)
	}
	// Keys given twice, long forms, floats and null never get this far: the
	// walk has refused them.
	dec := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyQuiet,
		IndefLength:       cbor.IndefLengthForbidden,
		MaxNestedLevels:   MaxDepth + 1, // the tag of a CID counts as a level there
		MaxArrayElements:  MaxItems,
		MaxMapPairs:       MaxItems,
		UTF8:              cbor.UTF8RejectInvalid,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
		BinaryUnmarshaler: cbor.BinaryUnmarshalerNone,
	}
	lenient, err := dec.DecMode()
	if err != nil {
		panic(err)
	}
	dec.ExtraReturnErrors = cbor.ExtraDecErrorUnknownField
	strict, err := dec.DecMode()
	if err != nil {
		panic(err)
	}
	return enc, lenient, strict
}

// Encode returns the canonical bytes of v: a struct with cbor tags, whose
// fields are integers, booleans, text, byte strings, the types of this package,
// and arrays, maps and structs of these. A field that may be absent carries
// omitempty where it is text, a byte string, a list or a map (omitzero would
// tell an empty one from none), otherwise omitzero. Encode checks its own output: what CheckCanonical would refuse (an
// integer of 2^63, text that is not UTF-8, a nil pointer, a float, more entries
// than MaxItems) is an error here, so that nothing is signed or stored that
// nobody can read.
func Encode(v any) ([]byte, error) {
	b, err := encMode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	if err := CheckCanonical(b); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// Unmarshal reads canonical bytes of at most limit bytes into v.
//
// Every meaning has one form: what was read is encoded again and must give the
// same bytes. So a field must be present unless it may be absent, a field that
// may be absent must not be present and empty, a fixed array must have its
// whole length, and no array of numbers or CID passes for a byte string.
// Unknown fields are refused with ErrUnknownField where strict; elsewhere they
// must not be empty either (docs/spec/bytes.md says what that is for a field
// nobody knows), and b alone keeps them. So v must have every field of its kind
// that the reader knows, not some of them.
func Unmarshal(b []byte, v any, limit int, strict bool) error {
	if len(b) > limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b), limit)
	}
	if err := CheckCanonical(b); err != nil {
		return err
	}
	return decode(b, v, strict)
}

// decode is Unmarshal for bytes already known to be canonical and within limits.
func decode(b []byte, v any, strict bool) error {
	err := strictMode.Unmarshal(b, v)
	var unknown *cbor.UnknownFieldError
	more := errors.As(err, &unknown)
	if more {
		if strict {
			return fmt.Errorf("%w: key %d of its map", ErrUnknownField, unknown.Index)
		}
		err = lenientMode.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	if more {
		return asRead(b, v, unknownFields)
	}
	return asRead(b, v, nothingElse)
}

// asRead reports where b is not the one form of v, which was read from it.
func asRead(b []byte, v any, besides further) error {
	again, err := encMode.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	return sameForm(b, again, besides)
}
