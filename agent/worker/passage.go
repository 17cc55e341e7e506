package worker

import (
	"errors"
	"fmt"
)

// Fold returns b with every run of white space replaced by one space and none at either end.
// White space is the six bytes 09, 0A, 0B, 0C, 0D and 20; every other byte stays as it is, valid
// UTF-8 or not, so that any language can compare folded text byte by byte.
func Fold(b []byte) []byte {
	folded := make([]byte, 0, len(b))
	gap := false
	for _, c := range b {
		if IsSpace(c) {
			gap = true
			continue
		}
		if gap && len(folded) > 0 {
			folded = append(folded, ' ')
		}
		gap = false
		folded = append(folded, c)
	}
	return folded
}

// IsSpace reports whether c is one of the white space bytes of Fold.
func IsSpace(c byte) bool { return c == ' ' || (c >= '\t' && c <= '\r') }

// Share is a part of a whole in thousandths, 1 to 1000. It is no float, so that two machines
// agree on what a share of some bytes is.
type Share int64

// Whole is the share that is everything.
const Whole Share = 1000

var errShare = errors.New("a share is written 1 or 0.ddd: above 0, at most three decimals, no exponent")

// ParseShare reads a share written as a decimal number, such as 0.3 or 0.125.
func ParseShare(s string) (Share, error) {
	if s == "1" || s == "1.0" || s == "1.00" || s == "1.000" {
		return Whole, nil
	}
	if len(s) < 3 || len(s) > 5 || s[:2] != "0." {
		return 0, errShare
	}
	share, unit := Share(0), Share(100)
	for _, c := range []byte(s[2:]) {
		if c < '0' || c > '9' {
			return 0, errShare
		}
		share += Share(c-'0') * unit
		unit /= 10
	}
	if share == 0 {
		return 0, errShare
	}
	return share, nil
}

// Of returns the share of n, rounded down. n must be below 2^53.
func (s Share) Of(n int) int { return int(int64(n) * int64(s) / int64(Whole)) }

// String writes the share the way ParseShare reads it.
func (s Share) String() string {
	if s == Whole {
		return "1"
	}
	return fmt.Sprintf("0.%03d", int64(s))
}
