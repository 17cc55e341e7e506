package simulations

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Span is a time in a scenario, with its unit: "50ms", "3s", "2m", "1h", "3d".
type Span struct{ ms uint64 }

// Share is a share of a whole in a scenario: "5%", "0.5%".
type Share struct{ of10k uint64 }

// Rate is a bandwidth in a scenario: "125kB/s", "12MB/s".
type Rate struct{ bytes uint64 }

// unit is a suffix and what it multiplies by.
type unit struct {
	suffix string
	times  float64
}

var (
	spans  = []unit{{"ms", 1}, {"s", 1000}, {"m", 60_000}, {"h", 3600_000}, {"d", 86_400_000}}
	shares = []unit{{"%", 100}}
	rates  = []unit{{"MB/s", 1e6}, {"kB/s", 1e3}, {"B/s", 1}}
)

// unread is a value that cannot be, and why.
type unread struct{ text, why string }

func (u *unread) Error() string { return fmt.Sprintf("%q %s", u.text, u.why) }

// line tells on which line of a file the value stands: the TOML library does not
// say it of values with a type of their own.
func (u *unread) line(file []byte) int {
	for i, l := range strings.Split(string(file), "\n") {
		if _, value, ok := strings.Cut(l, "="); ok && strings.Trim(strings.TrimSpace(value), `"`) == u.text {
			return i + 1
		}
	}
	return 0
}

// measured reads a number with one of units, the longest suffix first, and
// returns it in the smallest of them.
func measured(text string, most float64, units ...unit) (uint64, error) {
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.suffix
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || strings.TrimLeft(number, "0123456789.") != "" {
			continue
		}
		if n*u.times > most {
			return 0, &unread{text, "is too much"}
		}
		return uint64(math.Round(n * u.times)), nil
	}
	return 0, &unread{text, "needs a number that is not negative and a unit: " + strings.Join(names, ", ")}
}

// UnmarshalText reads a span with its unit.
func (s *Span) UnmarshalText(b []byte) (err error) {
	s.ms, err = measured(string(b), 366*86_400_000, spans...)
	return err
}

// UnmarshalText reads a share.
func (s *Share) UnmarshalText(b []byte) (err error) {
	s.of10k, err = measured(string(b), 10_000, shares...)
	return err
}

// UnmarshalText reads a bandwidth.
func (r *Rate) UnmarshalText(b []byte) (err error) {
	r.bytes, err = measured(string(b), 1e12, rates...)
	return err
}

// told returns a number with the largest of units of which it is a whole multiple, or
// else with the smallest, as measured reads it.
func told(n uint64, units ...unit) ([]byte, error) {
	best := slices.MinFunc(units, func(a, b unit) int { return cmp.Compare(a.times, b.times) })
	for _, u := range units {
		if n > 0 && u.times > best.times && n%uint64(u.times) == 0 {
			best = u
		}
	}
	return []byte(strconv.FormatFloat(float64(n)/best.times, 'f', -1, 64) + best.suffix), nil
}

// MarshalText writes a span with its unit.
func (s Span) MarshalText() ([]byte, error) { return told(s.ms, spans...) }

// MarshalText writes a share in percent.
func (s Share) MarshalText() ([]byte, error) { return told(s.of10k, shares...) }

// MarshalText writes a bandwidth with its unit.
func (r Rate) MarshalText() ([]byte, error) { return told(r.bytes, rates...) }
