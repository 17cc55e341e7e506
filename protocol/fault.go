package protocol

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/souk-network/souk/protocol/wire"
)

// Fault is what Check finds wrong: the field, why, and the code under which a
// peer is told so. Why may quote what the sender wrote, always escaped.
type Fault struct {
	Code  Code
	Field string // path of the field, such as "terms.times.review"
	Why   string
	err   error // what another room found, if it did
}

// Error names the field and says why.
func (f *Fault) Error() string { return f.Field + ": " + f.Why }

// Unwrap returns what another room found: an error of wire or payload, or nil.
func (f *Fault) Unwrap() error { return f.err }

func wrong(field, format string, args ...any) error {
	return &Fault{Code: CodeMalformed, Field: field, Why: fmt.Sprintf(format, args...)}
}

func tooLarge(field string, has, most uint64, what string) error {
	return &Fault{Code: CodeTooLarge, Field: field, Why: fmt.Sprintf("%d %s, at most %d", has, what, most)}
}

// within puts err, found inside a part of a document, under that part's name.
func within(field string, err error) error {
	if err == nil {
		return nil
	}
	f, ok := err.(*Fault)
	if !ok {
		return &Fault{CodeOf(err), field, err.Error(), err}
	}
	if f.Field != "" {
		field += "." + f.Field
	}
	return &Fault{f.Code, field, f.Why, f.err}
}

// first returns the first of errs that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// must is for what relates several fields: it names one and says what has to hold.
func must(holds bool, field, law string) error {
	if holds {
		return nil
	}
	return &Fault{Code: CodeMalformed, Field: field, Why: law}
}

// head checks what every document begins with.
func head(h wire.Head, k wire.Kind) error {
	if h.Kind != k {
		return wrong("kind", "%d, want %d", h.Kind, k)
	}
	return first(key("by", h.By), date("at", h.At))
}

func key(field string, k wire.Key) error {
	return must(!k.IsZero(), field, "names nobody")
}

func link(field string, id wire.CID) error {
	return must(!id.IsZero(), field, "refers to nothing")
}

func epoch(field string, e Epoch) error {
	return must(!e.IsZero(), field, "an epoch is never all zero")
}

func date(field string, ms uint64) error {
	return between(field, ms, 0, MaxTime, "is no time in Unix milliseconds")
}

func span(field string, ms, most uint64) error {
	return between(field, ms, 0, most, "ms")
}

// count is for what is counted from least on.
func count(field string, n, least uint64) error {
	return between(field, n, least, MaxCount, "")
}

func share(field string, n uint64) error { return between(field, n, 0, Full, "of 10,000") }

func part(n uint64) error { return between("part", n, 0, MaxPart, "") }

func between(field string, n, least, most uint64, what string) error {
	if n < least || n > most {
		return wrong(field, "%s: want %d to %d", strings.TrimSpace(fmt.Sprint(n, " ", what)), least, most)
	}
	return nil
}

// size is for the length of a list, text or byte string.
func size(field string, n, least, most int, what string) error {
	if n < least {
		return wrong(field, "%d %s, at least %d", n, what, least)
	}
	if n > most {
		return tooLarge(field, uint64(n), uint64(most), what)
	}
	return nil
}

// prose is text for people, or a program's parameters: any characters. Whoever
// prints it escapes it.
func prose(field, s string, most int) error {
	return first(size(field, len(s), 0, most, "bytes"), must(utf8.ValidString(s), field, "not UTF-8"))
}

// line is text that any program shows and compares alike: ASCII from space to
// tilde, so that no table of characters decides what is valid.
func line(field, s string, least, most int) error {
	if err := size(field, len(s), least, most, "bytes"); err != nil {
		return err
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return wrong(field, "has the byte %#02x, want 0x20 to 0x7e", s[i])
		}
	}
	return nil
}

// links checks a list of least to most references, none twice and none to nothing.
func links(field string, ids []wire.CID, least, most int) error {
	if err := distinct(field, ids, least, most); err != nil {
		return err
	}
	for _, id := range ids {
		if id.IsZero() {
			return wrong(field, "one refers to nothing")
		}
	}
	return nil
}

// keys checks a list of least to most keys, none twice and none of nobody.
func keys(field string, list []wire.Key, least, most int) error {
	if err := distinct(field, list, least, most); err != nil {
		return err
	}
	for _, k := range list {
		if k.IsZero() {
			return wrong(field, "one names nobody")
		}
	}
	return nil
}

// distinct checks the length of a list in which nothing stands twice.
func distinct[T comparable](field string, list []T, least, most int) error {
	if err := size(field, len(list), least, most, "entries"); err != nil {
		return err
	}
	seen := make(map[T]struct{}, len(list))
	for _, v := range list {
		if _, twice := seen[v]; twice {
			return wrong(field, "one stands twice")
		}
		seen[v] = struct{}{}
	}
	return nil
}

// each applies check to every entry of a list.
func each[T any](field string, list []T, check func(v T) error) error {
	for i, v := range list {
		if err := check(v); err != nil {
			return within(fmt.Sprintf("%s[%d]", field, i), err)
		}
	}
	return nil
}
