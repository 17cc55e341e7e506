package wire

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
