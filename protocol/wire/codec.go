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
	dec := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		MaxNestedLevels:   MaxDepth,
		MaxArrayElements:  MaxItems * 4,
		MaxMapPairs:       MaxItems * 4,
		UTF8:              cbor.UTF8RejectInvalid,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
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
// and arrays and structs of these.
func Encode(v any) ([]byte, error) {
	b, err := encMode.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// Unmarshal reads canonical bytes of at most limit bytes into v. Unknown
// fields are ignored, or refused with ErrUnknownField where strict.
func Unmarshal(b []byte, v any, limit int, strict bool) error {
	if len(b) > limit {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b), limit)
	}
	if err := CheckCanonical(b); err != nil {
		return err
	}
	mode := lenientMode
	if strict {
		mode = strictMode
	}
	if err := mode.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%w: %w", ErrShape, err)
	}
	return nil
}
