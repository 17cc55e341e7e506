package protocol_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

var mapType = reflect.TypeFor[map[string]any]()

// field is one key of a struct's map.
type field struct {
	name     string
	optional bool
}

// fields returns the keys of struct type t, embedded ones included.
func fields(t reflect.Type) []field {
	var list []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			list = append(list, fields(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("cbor"), ",")
		if name == "" || name == "-" {
			continue // has no bytes
		}
		list = append(list, field{name, options != ""})
	}
	return list
}

// required returns the keys that a document of d's type must have, but kind,
// by, at and nonce.
func required(d wire.Document) []string {
	var list []string
	for _, f := range fields(reflect.TypeOf(d).Elem())[4:] {
		if !f.optional {
			list = append(list, f.name)
		}
	}
	return list
}

// greased returns d's bytes with two fields that nobody knows.
func greased(t testing.TB, d wire.Document) []byte {
	t.Helper()
	m := fieldsOf(t, encode(t, d))
	m["grease"] = []any{"harmless", map[string]any{"x": true}}
	m["a"] = 1
	return encode(t, m)
}

// TestGrease sends something harmless and unknown, so that nobody forgets to
// ignore it: lenient kinds read on and keep the bytes, closed ones refuse.
func TestGrease(t *testing.T) {
	r := protocol.Registry()
	for _, s := range samples() {
		e, _ := r.Entry(s.doc.Header().Kind)
		raw := greased(t, s.doc)
		d, err := r.Decode(raw)
		if e.Strict {
			if !errors.Is(err, wire.ErrUnknownField) {
				t.Errorf("%s, %s: got %v, want %v", e.Name, s.name, err, wire.ErrUnknownField)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s, %s: %v", e.Name, s.name, err)
			continue
		}
		if !bytes.Equal(encode(t, d), encode(t, s.doc)) {
			t.Errorf("%s, %s: the known fields changed", e.Name, s.name)
		}
		if !e.Sealed {
			continue
		}
		b, err := wire.Seal(s.by, network, raw)
		if err != nil {
			t.Fatal(err)
		}
		if said, err := r.Read(b, network); err != nil || !bytes.Equal(said[0].Raw, raw) {
			t.Errorf("%s, %s: unknown fields were not kept: %v", e.Name, s.name, err)
		}
	}
}

// TestTermsAreClosed: no restriction in the Terms may go unread, though the
// documents around them are open.
func TestTermsAreClosed(t *testing.T) {
	for _, d := range []wire.Document{quoteOn(metered()), offer()} {
		for _, path := range [][]string{
			{},
			{"price"},
			{"times"},
			{"data"},
			{"check"},
			{"panel"},
			{"panel", "members", "0"},
			{"panel", "members", "0", "data"},
			{"witness"},
			{"rail"},
		} {
			if _, ok := descend(fieldsOf(t, encode(t, d)), append([]string{"terms"}, path...)); ok {
				refusesWithin(t, d, append([]string{"terms"}, path...)...)
			} // the posted offer has no panel and no witness
		}
	}
}

// TestUnknownIsNoClause: what only an unknown field is in has none of the fields that
// it must have, and does not pass for a clause that is absent.
func TestUnknownIsNoClause(t *testing.T) {
	for _, s := range samples() {
		if s.doc.Header().Kind != protocol.KindCounter {
			continue
		}
		for _, clause := range []string{"price", "times", "data"} {
			m := fieldsOf(t, encode(t, s.doc))
			m[clause] = map[string]any{"a": 1}
			if _, err := protocol.Registry().Decode(encode(t, m)); !errors.Is(err, wire.ErrShape) {
				t.Errorf("%s, %s of nothing known: got %v, want %v", s.name, clause, err, wire.ErrShape)
			}
		}
	}
}

// TestFormsAreAtHand: no document's form is made anew each time it is read or written.
func TestFormsAreAtHand(t *testing.T) {
	for _, s := range samples() {
		formed, ok := s.doc.(wire.Formed)
		if !ok || formed.Form() == nil {
			t.Errorf("%T has no form at hand", s.doc)
		}
		if n := testing.AllocsPerRun(10, func() { encode(t, s.doc) }); n > 1 {
			t.Errorf("%T, %s: %g allocations to write it, want 1", s.doc, s.name, n)
		}
	}
}

// TestClosedWherever: what is closed is so in open documents too.
func TestClosedWherever(t *testing.T) {
	refusesWithin(t, request(), "label")
	refusesWithin(t, request(), "check")
	refusesWithin(t, call(), "label")
	refusesWithin(t, call(), "check")
	refusesWithin(t, fullCounter(), "check")
	refusesWithin(t, provide(), "inputs", "0")
	refusesWithin(t, consent(), "data")
	refusesWithin(t, accept(), "offered")
	refusesWithin(t, accept(), "inputs", "0")
	refusesWithin(t, accept(), "inputs", "0", "label")
	refusesWithin(t, accept(), "choices", "0")
	refusesWithin(t, delivery(), "artefacts", "0")
	refusesWithin(t, delivery(), "artefacts", "0", "label")
	refusesWithin(t, logHead(), "shown")
	refusesWithin(t, equivocation(), "first")
	refusesWithin(t, equivocation(), "second")
}

// refusesWithin adds an unknown field to the map at path, which must not be read.
func refusesWithin(t *testing.T, d wire.Document, path ...string) {
	t.Helper()
	doc := fieldsOf(t, encode(t, d))
	at, ok := descend(doc, path)
	if !ok {
		t.Errorf("%T has no map at %s", d, strings.Join(path, "."))
		return
	}
	at["only_on_sundays"] = true
	_, err := protocol.Registry().Decode(encode(t, doc))
	if !errors.Is(err, wire.ErrUnknownField) || protocol.CodeOf(err) != protocol.CodeMalformed {
		t.Errorf("%T, %s: got %v, want %v", d, strings.Join(path, "."), err, wire.ErrUnknownField)
	}
}

// TestTotalsAreFive: no array of another length, and no map, passes for totals.
func TestTotalsAreFive(t *testing.T) {
	for name, change := range map[string]func(five []any) any{
		"four":  func(five []any) any { return five[:4] },
		"six":   func(five []any) any { return append(five, []byte{}) },
		"none":  func([]any) any { return []any{} },
		"a map": func(five []any) any { return map[string]any{"posted": five[0]} },
	} {
		for _, d := range []wire.Document{post(), countersign()} {
			doc := fieldsOf(t, encode(t, d))
			doc["totals"] = change(doc["totals"].([]any))
			if _, err := protocol.Registry().Decode(encode(t, doc)); protocol.CodeOf(err) != bad {
				t.Errorf("%T, %s: %v", d, name, err)
			}
		}
	}
}

// descend finds the map at path; a numeral stands for the first entry of a list.
func descend(v any, path []string) (map[string]any, bool) {
	for _, p := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[p]
		case []any:
			v = at[0]
		}
	}
	m, ok := v.(map[string]any)
	return m, ok
}

// TestNoBytesOfTwoKinds: a document of one kind, read into the struct of
// another, fails that kind's Check. So no bytes are valid as two kinds whatever
// reads them, and no seal over one can pass for a seal over another.
func TestNoBytesOfTwoKinds(t *testing.T) {
	r := protocol.Registry()
	for _, s := range samples() {
		raw, own := encode(t, s.doc), s.doc.Header().Kind
		for k := range protocol.KindApproval + 1 {
			e, ok := r.Entry(k)
			if !ok || e.New == nil || k == own {
				continue
			}
			d := e.New()
			if err := wire.Unmarshal(raw, d, wire.MaxDocBytes, false); err != nil {
				continue
			}
			if d.Check() == nil {
				t.Errorf("%T, %s: also valid as %s", s.doc, s.name, e.Name)
			}
		}
	}
}
