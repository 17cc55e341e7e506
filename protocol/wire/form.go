package wire

import (
	"bytes"
	"fmt"
)

// sameForm compares b with the encoding of what was read from it. Where
// further, maps of b may have keys that again lacks: fields the reader does not
// know. The CBOR library reads several forms alike (a short byte string or an
// array of numbers into a fixed array, an absent field as zero); this is what
// refuses all but one, for every kind, and names the field.
func sameForm(b, again []byte, further bool) error {
	if bytes.Equal(b, again) {
		return nil
	}
	w := walk{b: b}
	return w.match(&walk{b: again}, further)
}

func (w *walk) match(again *walk, further bool) error {
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
		return w.matchFields(n, again, m, further)
	case major == majorArray && majorAgain == majorArray && n == m:
		for range n {
			if err := w.match(again, further); err != nil {
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
func (w *walk) matchFields(n uint64, again *walk, m uint64, further bool) error {
	for range m {
		want, err := again.key()
		if err != nil {
			return err
		}
		if n, err = w.seek(want, n, further); err != nil {
			return err
		}
		if err := w.match(again, further); err != nil {
			return fmt.Errorf("%.64q: %w", want, err)
		}
	}
	_, err := w.seek(nil, n, further)
	return err
}

// seek moves past the key want, skipping other fields, and returns how many of
// n fields are left after it. A nil want skips all that are left.
func (w *walk) seek(want []byte, n uint64, further bool) (uint64, error) {
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
		if !further {
			return 0, fmt.Errorf("%w: field %.64q is present though empty", ErrShape, key)
		}
		if err := w.item(0); err != nil {
			return 0, err
		}
	}
	if want != nil {
		return 0, fmt.Errorf("%w: field %.64q is missing", ErrShape, want)
	}
	return 0, nil
}
