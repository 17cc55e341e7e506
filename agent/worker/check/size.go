package check

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// sizeTest is the rule "size": min_bytes <= length of the result <= max_bytes.
type sizeTest struct{ least, most int64 } // most is -1 where there is none

func parseSize(params string) (test, error) {
	m, err := members(params, "min_bytes", "max_bytes")
	if err != nil {
		return nil, err
	}
	if len(m) == 0 {
		return nil, errors.New("needs min_bytes, max_bytes or both")
	}
	s := sizeTest{most: -1}
	if raw, ok := m["min_bytes"]; ok {
		if s.least, err = count(raw); err != nil {
			return nil, fmt.Errorf("min_bytes: %w", err)
		}
	}
	if raw, ok := m["max_bytes"]; ok {
		if s.most, err = count(raw); err != nil {
			return nil, fmt.Errorf("max_bytes: %w", err)
		}
		if s.most < s.least {
			return nil, errors.New("max_bytes is below min_bytes")
		}
	}
	return s, nil
}

// run reads no further than it must to know.
func (s sizeTest) run(_ context.Context, _, result io.Reader) error {
	enough := s.least
	if s.most >= 0 {
		enough = s.most + 1
	}
	n, err := io.Copy(io.Discard, io.LimitReader(result, enough))
	switch {
	case err != nil:
		return fmt.Errorf("read result: %w", err)
	case n < s.least:
		return failure("min_bytes", "%d bytes, at least %d", n, s.least)
	case s.most >= 0 && n > s.most:
		return failure("max_bytes", "more than %d bytes", s.most)
	}
	return nil
}
