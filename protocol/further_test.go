package protocol_test

import (
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// value is what an unknown field may have been given by a later version.
type value struct {
	name string
	is   any
}

// sayings are values that an unknown field may have, silences those it may not.
var (
	sayings = []value{
		{"a negative number", -1},
		{"bytes that are not all zero", []byte{0, 1}},
		{"a link", wire.Sum(nil)},
		{"a list of a zero", []any{0}},
		{"a list of an empty map", []any{map[string]any{}}},
		{"a map in which one says something", map[string]any{"a": 0, "b": map[string]any{"c": "x"}}},
	}
	silences = []value{
		{"0", 0},
		{"false", false},
		{"empty text", ""},
		{"no bytes", []byte{}},
		{"bytes of zero", make([]byte, 16)},
		{"a link of zeros", wire.CID{}},
		{"an empty list", []any{}},
		{"an empty map", map[string]any{}},
		{"a map in which none says anything", map[string]any{"a": 0, "b": map[string]any{"c": ""}, "d": wire.CID{}}},
	}
)

// beside returns the bytes of d with fields set; with a nil value, taken out.
func beside(t testing.TB, d wire.Document, fields ...value) []byte {
	t.Helper()
	m := fieldsOf(t, encode(t, d))
	for _, f := range fields {
		if m[f.name] = f.is; f.is == nil {
			delete(m, f.name)
		}
	}
	return encode(t, m)
}

// saying are documents of one open kind with each form that an unknown field may have.
func saying(t testing.TB, e wire.Entry, s sample) []goodVector {
	if e.Kind != protocol.KindStarted {
		return nil // one kind shows it
	}
	var list []goodVector
	for _, v := range sayings {
		list = append(list, good(t, e, "an unknown field that is "+v.name, s.by, beside(t, s.doc, value{"new", v.is})))
	}
	return list
}

// silent are documents of an open kind with a field that is present though
// empty: an unknown one, or a known one beside an unknown.
func silent(t testing.TB, e wire.Entry, s sample) []badVector {
	if e.Strict {
		return nil
	}
	list := []badVector{}
	add := func(name string, raw []byte) {
		list = append(list, badVector{Name: name, Bytes: hex.EncodeToString(raw), Code: bad})
	}
	shown := silences
	if e.Kind != protocol.KindStarted {
		shown = silences[:1]
	}
	for _, v := range shown {
		add("an unknown field that is "+v.name, beside(t, s.doc, value{"new", v.is}))
	}
	for _, f := range empties(t, e.New()) {
		add(f.name+" present and empty beside an unknown field", beside(t, s.doc, f, value{"new", 1}))
	}
	if h, ok := s.doc.(*protocol.Hello); ok && len(h.Lanes) > 0 {
		m := fieldsOf(t, encode(t, h))
		at, _ := descend(m, []string{"lanes", "0"})
		at["new"] = 0
		add("an unknown field of a lane that is 0", encode(t, m))
	}
	return list
}

// empties are the fields of d's type that may be absent, as they must not be present.
func empties(t testing.TB, d wire.Document) []value {
	t.Helper()
	var list []value
	of := reflect.TypeOf(d).Elem()
	for _, f := range fields(of) {
		i := slices.IndexFunc(reflect.VisibleFields(of), func(v reflect.StructField) bool {
			key, _, _ := strings.Cut(v.Tag.Get("cbor"), ",")
			return key == f.name
		})
		typ := reflect.VisibleFields(of)[i].Type
		if !f.optional || typ == reflect.TypeFor[wire.Proof]() {
			continue // an empty proof has faults of its own
		}
		list = append(list, value{f.name, anyOf(t, encode(t, reflect.New(typ).Elem().Interface()))})
	}
	return list
}

// TestUnknownFieldChangesNothing: whatever a known field is given, a document is
// read with an unknown field beside it only where it is read without.
func TestUnknownFieldChangesNothing(t *testing.T) {
	r, odd := protocol.Registry(), slices.Concat(sayings, silences, []value{
		{"absent", nil},
		{"true", true},
		{"text", "x"},
		{"a list of 16 zeros", make([]int, 16)},
		{"a list of 32 zeros", make([]int, 32)},
		{"32 bytes of zero", make([]byte, 32)},
		{"a list of empty text", []any{""}},
		{"a map of a map", map[string]any{"a": map[string]any{"a": 1}}},
	})
	tried := 0
	for _, s := range samples() {
		e, _ := r.Entry(s.doc.Header().Kind)
		if e.Strict {
			continue
		}
		for _, f := range fields(reflect.TypeOf(s.doc).Elem()) {
			for _, v := range odd {
				_, alone := r.Decode(beside(t, s.doc, value{f.name, v.is}))
				_, further := r.Decode(beside(t, s.doc, value{f.name, v.is}, value{"grease", 1}))
				if (alone == nil) != (further == nil) {
					t.Errorf("%s, %s of %s: alone %v, beside an unknown field %v", s.name, f.name, v.name, alone, further)
				}
				tried++
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d were tried", tried)
	}
}
