package simulations

import (
	"fmt"
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
		return uint64(n * u.times), nil
	}
	return 0, &unread{text, "needs a number that is not negative and a unit: " + strings.Join(names, ", ")}
}

// UnmarshalText reads a span with its unit.
func (s *Span) UnmarshalText(b []byte) (err error) {
	s.ms, err = measured(string(b), 366*86_400_000, unit{"ms", 1}, unit{"s", 1000}, unit{"m", 60_000}, unit{"h", 3600_000}, unit{"d", 86_400_000})
	return err
}

// UnmarshalText reads a share.
func (s *Share) UnmarshalText(b []byte) (err error) {
	s.of10k, err = measured(string(b), 10_000, unit{"%", 100})
	return err
}

// UnmarshalText reads a bandwidth.
func (r *Rate) UnmarshalText(b []byte) (err error) {
	r.bytes, err = measured(string(b), 1e12, unit{"MB/s", 1e6}, unit{"kB/s", 1e3}, unit{"B/s", 1})
	return err
}
