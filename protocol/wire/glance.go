package wire

import "fmt"

// authorOf returns the key that a document, which is canonical, names as its own,
// whatever its kind.
func authorOf(doc []byte) (k Key, err error) {
	v, err := fieldOf(doc, "by")
	if err != nil {
		return k, err
	}
	w := walk{b: v}
	major, n, err := w.head()
	if err != nil || major != majorBytes || n != uint64(len(v)-w.at) {
		return k, fmt.Errorf("%w: %w: want a byte string of 32 bytes", ErrShape, ErrKey)
	}
	if k, err = KeyFromBytes(v[w.at:]); err != nil {
		return k, fmt.Errorf("%w: %w", ErrShape, err)
	}
	return k, nil
}

// kindOf returns the kind of a document, which is canonical.
func kindOf(doc []byte) (Kind, error) {
	v, err := fieldOf(doc, "kind")
	if err != nil {
		return 0, err
	}
	w := walk{b: v}
	major, n, err := w.head()
	if err != nil || major != majorUint || n > uint64(^Kind(0)) {
		return 0, fmt.Errorf("%w: its kind is no number of one", ErrShape)
	}
	return Kind(n), nil
}

// fieldOf returns the value of a field of a canonical map. Short names stand first.
func fieldOf(b []byte, name string) ([]byte, error) {
	w := walk{b: b}
	major, n, err := w.head()
	if err != nil {
		return nil, err
	}
	if major != majorMap {
		return nil, fmt.Errorf("%w: no map", ErrShape)
	}
	for ; n > 0; n-- {
		key, err := w.key()
		if err != nil {
			return nil, err
		}
		from := w.at
		if err := w.item(0); err != nil {
			return nil, err
		}
		if string(key) == name {
			return w.b[from:w.at], nil
		}
	}
	return nil, fmt.Errorf("%w: field %q is missing", ErrShape, name)
}
