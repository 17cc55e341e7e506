package wire

import (
	"bytes"
	"fmt"
)

// further is what the maps of a document may have besides what was read of them.
type further uint8

const (
	nothingElse   further = iota // every field was read
	unknownFields                // fields that the reader does not know, each of which says something
)

// sameForm compares b, which is canonical, with the encoding of what was read
// from it; maps of b may have more besides. The CBOR library reads several forms
// alike (a short byte string or an array of numbers into a fixed array, an absent
// field as zero); this is what refuses all but one, for every kind, and names the
// field.
func sameForm(b, again []byte, besides further) error {
	if bytes.Equal(b, again) {
		return nil
	}
	w := walk{b: b}
	return w.match(&walk{b: again}, besides)
}

func (w *walk) match(again *walk, besides further) error {
	here, there := w.at, again.at
	major, n, err := w.head()
	if err != nil {
		return err
	}
	majorAgain, m, err := again.head()
	if err != nil {
		return err
	}
	switch {
	case major == majorMap && majorAgain == majorMap:
		return w.matchFields(n, again, m, besides)
	case major == majorArray && majorAgain == majorArray && n == m:
		for range n {
			if err := w.match(again, besides); err != nil {
				return err
			}
		}
		return nil
	}
	w.at, again.at = here, there
	if err := w.item(0); err != nil {
		return err
	}
	if err := again.item(0); err != nil {
		return err
	}
	if !bytes.Equal(w.b[here:w.at], again.b[there:again.at]) {
		return fmt.Errorf("%w: a value is not in its one form", ErrShape)
	}
	return nil
}

// matchFields matches the n fields of w's map with the m fields of again's.
// Both are sorted, so one pass finds every key.
func (w *walk) matchFields(n uint64, again *walk, m uint64, besides further) error {
	for range m {
		want, err := again.key()
		if err != nil {
			return err
		}
		if n, err = w.seek(want, n, besides); err != nil {
			return err
		}
		if err := w.match(again, besides); err != nil {
			return fmt.Errorf("%.64q: %w", want, err)
		}
	}
	_, err := w.seek(nil, n, besides)
	return err
}

// seek moves past the key want, skipping other fields, and returns how many of
// n fields are left after it. A nil want skips all that are left.
func (w *walk) seek(want []byte, n uint64, besides further) (uint64, error) {
	for ; n > 0; n-- {
		key, err := w.key()
		if err != nil {
			return 0, err
		}
		if want != nil && bytes.Equal(key, want) {
			return n - 1, nil
		}
		if want != nil && lengthFirst(want, key) {
			break
		}
		silent, err := w.skip()
		if err != nil {
			return 0, err
		}
		// A known field that may be absent and was read as nothing is skipped too,
		// so the same must hold for a field that only later versions know.
		if besides == nothingElse || silent {
			return 0, fmt.Errorf("%w: field %.64q is present though empty", ErrShape, key)
		}
	}
	if want != nil {
		return 0, fmt.Errorf("%w: field %.64q is missing", ErrShape, want)
	}
	return 0, nil
}

// skip moves past one item and reports whether it says nothing, so that a field
// with this value must be absent: 0, false, empty text, an empty array, bytes or
// a link's digest of which none is set, or a map in which no value says anything.
func (w *walk) skip() (silent bool, err error) {
	start := w.at
	major, n, err := w.head()
	if err != nil {
		return false, err
	}
	if major == majorMap {
		return w.skipMap(n)
	}
	content := w.at
	w.at = start
	if err := w.item(0); err != nil {
		return false, err
	}
	switch major {
	case majorUint, majorText, majorArray:
		return n == 0, nil
	case majorSimple:
		return n == simpleFalse, nil
	case majorBytes:
		return allZero(w.b[content:w.at]), nil
	case majorTag:
		return allZero(w.b[w.at-len(CID{}) : w.at]), nil
	}
	return false, nil // negative numbers
}

// skipMap is skip for the n fields of a map.
func (w *walk) skipMap(n uint64) (silent bool, err error) {
	silent = true
	for range n {
		if _, err := w.key(); err != nil {
			return false, err
		}
		nothing, err := w.skip()
		if err != nil {
			return false, err
		}
		silent = silent && nothing
	}
	return silent, nil
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
