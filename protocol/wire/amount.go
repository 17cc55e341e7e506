package wire

import (
	"errors"
	"fmt"

	"lukechampine.com/uint128"
)

// Amount is a sum of money in the smallest unit of one asset, 0 to 2^128-1.
// An Amount does not know its asset: whoever adds two must know that both are
// of the same one.
//
// On the wire it is a CBOR byte string, big-endian, without leading zero bytes
// (zero is the empty string), at most 16 bytes. As text it is a decimal integer
// without sign, point, exponent or leading zero.
type Amount struct{ u uint128.Uint128 }

var (
	// ErrAmount is returned (wrapped) for bytes or text that are no Amount.
	ErrAmount = errors.New("not an amount")
	// ErrOverflow is returned where a sum would pass 2^128-1 or a difference would fall below zero.
	ErrOverflow = errors.New("amount out of range")
)

// Units returns an Amount of n units.
func Units(n uint64) Amount { return Amount{uint128.From64(n)} }

// FromWords returns the Amount of hi·2^64 + lo units.
func FromWords(hi, lo uint64) Amount { return Amount{uint128.New(lo, hi)} }

// Words returns a as hi·2^64 + lo.
func (a Amount) Words() (hi, lo uint64) { return a.u.Hi, a.u.Lo }

// ParseAmount reads a decimal integer of at most 39 digits.
func ParseAmount(s string) (Amount, error) {
	if s == "" || len(s) > 39 || (len(s) > 1 && s[0] == '0') {
		return Amount{}, fmt.Errorf("%w: %.48q: want a whole number of smallest units, such as 5", ErrAmount, s)
	}
	var u uint128.Uint128
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return Amount{}, fmt.Errorf("%w: %.48q: want a whole number of smallest units, such as 5", ErrAmount, s)
		}
		a, err := Amount{u}.Times(10)
		if err == nil {
			a, err = a.Plus(Units(uint64(c - '0')))
		}
		if err != nil {
			return Amount{}, fmt.Errorf("%w: %s is above 2^128-1", ErrAmount, s)
		}
		u = a.u
	}
	return Amount{u}, nil
}

// IsZero reports whether a is nothing.
func (a Amount) IsZero() bool { return a.u.IsZero() }

// Cmp returns -1, 0 or 1 as a is less than, equal to or more than b.
func (a Amount) Cmp(b Amount) int { return a.u.Cmp(b.u) }

// Plus returns a+b, or ErrOverflow.
func (a Amount) Plus(b Amount) (Amount, error) {
	s := a.u.AddWrap(b.u)
	if s.Cmp(a.u) < 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{s}, nil
}

// Minus returns a-b, or ErrOverflow where b is more than a.
func (a Amount) Minus(b Amount) (Amount, error) {
	if a.u.Cmp(b.u) < 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{a.u.SubWrap(b.u)}, nil
}

// Times returns a·n, or ErrOverflow.
func (a Amount) Times(n uint64) (Amount, error) {
	if n == 0 || a.IsZero() {
		return Amount{}, nil
	}
	if a.u.Cmp(uint128.Max.Div64(n)) > 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{a.u.MulWrap64(n)}, nil
}

// DivUp returns a/n, rounded up to a whole unit, or ErrOverflow where n is 0.
func (a Amount) DivUp(n uint64) (Amount, error) {
	if n == 0 {
		return Amount{}, ErrOverflow
	}
	whole, rest := a.u.QuoRem64(n)
	if rest == 0 {
		return Amount{whole}, nil
	}
	return Amount{whole}.Plus(Units(1))
}

// Share returns the whole part of a·share/10000, for shares of 0 to 10000.
func (a Amount) Share(share uint64) (Amount, error) {
	if share > 10000 {
		return Amount{}, ErrOverflow
	}
	whole, rest := a.u.QuoRem64(10000)
	hi, err := Amount{whole}.Times(share)
	if err != nil {
		return Amount{}, err
	}
	return hi.Plus(Units(rest * share / 10000))
}

// BitLen returns the number of bits a needs; 0 for zero.
func (a Amount) BitLen() int { return a.u.Len() }

// String returns the decimal text.
func (a Amount) String() string { return a.u.String() }

// MarshalText writes the decimal text.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAmount reads.
func (a *Amount) UnmarshalText(b []byte) (err error) {
	*a, err = ParseAmount(string(b))
	return err
}

// append appends the shortest big-endian byte string to b.
func (a *Amount) append(b []byte) []byte {
	var be [16]byte
	a.u.PutBytesBE(be[:])
	n := (a.u.Len() + 7) / 8
	return append(append(b, majorBytes<<5|byte(n)), be[16-n:]...)
}

// read reads the content of what append writes, and nothing else.
func (a *Amount) read(major byte, b []byte) error {
	if major != majorBytes || len(b) > 16 || len(b) > 0 && b[0] == 0 {
		return fmt.Errorf("%w: want at most 16 bytes, big-endian, without leading zero", ErrAmount)
	}
	var be [16]byte
	copy(be[16-len(b):], b)
	a.u = uint128.FromBytesBE(be[:])
	return nil
}
