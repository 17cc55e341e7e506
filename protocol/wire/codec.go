package wire

import (
	"errors"
	"fmt"
	"reflect"
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

// Encode returns the canonical bytes of v, of which Form says what it may be. What
// CheckCanonical would refuse (an integer of 2^63, text that is not UTF-8, a nil
// pointer, a float, more entries than MaxItems) is an error here, so that nothing is
// signed or stored that nobody can read.
func Encode(v any) ([]byte, error) {
	f, err := formOf(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	b, err := f.bytes(reflect.ValueOf(v))
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// Unmarshal reads canonical bytes of at most limit bytes into v, a pointer to a zero
// value. On an error v holds what was read so far.
//
// Every meaning has one form: what was read is written as the same bytes. So a field
// must be present unless it may be absent, a field that may be absent must not be
// present and empty, a fixed array must have its whole length, and no array of numbers
// or CID passes for a byte string. Unknown fields are refused with ErrUnknownField
// where strict; elsewhere they must not be empty either (docs/spec/bytes.md says what
// that is for a field nobody knows), and b alone keeps them. So v must have every field
// of its kind that the reader knows, not some of them.
func Unmarshal(b []byte, v any, limit int, strict bool) error {
	if err := canonicalWithin(b, limit); err != nil {
		return err
	}
	return decode(b, v, strict, false)
}

func canonicalWithin(b []byte, limit int) error {
	if len(b) > limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b), limit)
	}
	return CheckCanonical(b)
}

// decode is Unmarshal for bytes already known to be canonical and within limits. Where
// v shares b, its byte strings are parts of b.
func decode(b []byte, v any, strict, shares bool) error {
	f, err := formOf(v)
	if err != nil {
		return err
	}
	r := reader{walk: walk{b: b}, shares: shares}
	return r.read(f.of, reflect.ValueOf(v).Elem(), strict)
}
