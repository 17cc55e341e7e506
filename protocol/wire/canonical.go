package wire

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// CheckCanonical walks b once and reports whether it is exactly one item in
// canonical DAG-CBOR: integers in their shortest form and from -2^63 to 2^63-1,
// no floats, no indefinite lengths, only tag 42 and only over a CID of this
// package's form, map keys that are text, sorted by length and then bytes, none
// twice, text in UTF-8, within the depth and size limits of this room. It knows
// no kinds: comparing a re-encoded struct instead would drop the unknown fields
// that must be kept. It allocates nothing unless it refuses. Source: IPLD
// DAG-CBOR specification; RFC 8949.
//
// One thing DAG-CBOR allows is refused here: null. No document has a use for
// it, and a reader that takes it for zero would give one meaning two forms.
func CheckCanonical(b []byte) error {
	w := walk{b: b}
	if err := w.item(0); err != nil {
		return fmt.Errorf("%w at byte %d", err, w.at)
	}
	if w.at != len(b) {
		return fmt.Errorf("%w: %d bytes after the item", ErrCanonical, len(b)-w.at)
	}
	return nil
}

type walk struct {
	b  []byte
	at int
}

// CBOR major types and the simple values that DAG-CBOR keeps (RFC 8949, 3.1 and 3.3).
const (
	majorUint, majorNegative, majorBytes, majorText = 0, 1, 2, 3
	majorArray, majorMap, majorTag, majorSimple     = 4, 5, 6, 7
	simpleFalse, simpleTrue                         = 20, 21
	tagCID                                          = 42
)

// head reads a major type and its argument, in shortest form.
func (w *walk) head() (major byte, arg uint64, err error) {
	if w.at < len(w.b) && w.b[w.at]&31 < 24 {
		first := w.b[w.at]
		w.at++
		return first >> 5, uint64(first & 31), nil
	}
	return w.longHead()
}

// longHead is head where the argument may stand behind the first byte.
func (w *walk) longHead() (major byte, arg uint64, err error) {
	if w.at >= len(w.b) {
		return 0, 0, fmt.Errorf("%w: ends too early", ErrCanonical)
	}
	first := w.b[w.at]
	major, arg = first>>5, uint64(first&31)
	w.at++
	if arg > 27 || major == majorSimple {
		return 0, 0, fmt.Errorf("%w: float, indefinite length or reserved form", ErrCanonical)
	}
	size := 1 << (arg - 24)
	if len(w.b)-w.at < size {
		return 0, 0, fmt.Errorf("%w: ends too early", ErrCanonical)
	}
	arg = 0
	for _, c := range w.b[w.at : w.at+size] {
		arg = arg<<8 | uint64(c)
	}
	w.at += size
	// The smallest value that needs this many bytes: 24, 2^8, 2^16, 2^32.
	if least := uint64(24); (size == 1 && arg < least) || (size > 1 && arg>>(size*4) == 0) {
		return 0, 0, fmt.Errorf("%w: integer not in shortest form", ErrCanonical)
	}
	return major, arg, nil
}

func (w *walk) item(depth int) error {
	major, arg, err := w.head()
	if err != nil {
		return err
	}
	switch major {
	case majorUint, majorNegative:
		if arg >= 1<<63 {
			return fmt.Errorf("%w: integer of 2^63 or more", ErrCanonical)
		}
		return nil
	case majorBytes, majorText:
		_, err := w.str(major, arg)
		return err
	case majorArray, majorMap:
		return w.container(major, arg, depth)
	case majorTag:
		return w.link(arg)
	}
	if arg != simpleFalse && arg != simpleTrue {
		return fmt.Errorf("%w: null or simple value %d", ErrCanonical, arg)
	}
	return nil
}

func (w *walk) str(major byte, n uint64) ([]byte, error) {
	if n > uint64(len(w.b)-w.at) {
		return nil, fmt.Errorf("%w: ends too early", ErrCanonical)
	}
	s := w.b[w.at : w.at+int(n)]
	if major == majorText {
		if n > MaxTextBytes {
			return nil, fmt.Errorf("%w: text of %d bytes, at most %d", ErrLimit, n, MaxTextBytes)
		}
		if !utf8.Valid(s) {
			return nil, fmt.Errorf("%w: text is not UTF-8", ErrCanonical)
		}
	}
	w.at += int(n)
	return s, nil
}

// container reads the n entries of an array or map that depth others enclose.
func (w *walk) container(major byte, n uint64, depth int) error {
	if depth >= MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
	}
	if n > MaxItems {
		return fmt.Errorf("%w: array or map of %d, at most %d", ErrLimit, n, MaxItems)
	}
	var before []byte
	for i := range n {
		if major == majorMap {
			key, err := w.key()
			if err != nil {
				return err
			}
			if i > 0 && !lengthFirst(before, key) {
				return fmt.Errorf("%w: map keys not in order, or twice", ErrCanonical)
			}
			before = key
		}
		if err := w.item(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// key reads a map key.
func (w *walk) key() ([]byte, error) {
	major, n, err := w.head()
	if err != nil {
		return nil, err
	}
	if major != majorText {
		return nil, fmt.Errorf("%w: map key is not text", ErrCanonical)
	}
	return w.str(major, n)
}

// lengthFirst reports whether key a stands before key b.
func lengthFirst(a, b []byte) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return bytes.Compare(a, b) < 0
}

// link reads the CID after a tag 42 head. Other forms of CID are no use here,
// so they are refused.
func (w *walk) link(tag uint64) error {
	const size = 39 // byte string head (2), multibase identity (1), CID (36)
	rest := w.b[w.at:]
	if tag != tagCID || len(rest) < size || !bytes.Equal(rest[:7], cidWire[2:]) {
		return fmt.Errorf("%w: tag other than a CID link", ErrCanonical)
	}
	w.at += size
	return nil
}
