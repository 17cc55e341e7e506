package wire_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// saying are values that an unknown field may have, silent those it may not.
var (
	saying = map[string]any{
		"a number": 1, "a negative number": -1, "true": true, "text": "x", "text of a zero byte": "\x00",
		"a byte": []byte{1}, "a byte after zeros": []byte{0, 0, 1}, "a link": wire.Sum(nil),
		"a list of a zero": []any{0}, "a list of an empty list": []any{[]any{}}, "a list of an empty map": []any{map[string]any{}},
		"a map of a number": map[string]any{"k": 1}, "a map in which one says something": map[string]any{"a": 0, "b": "x", "c": ""},
		"a map of a map of a number": map[string]any{"k": map[string]any{"k": 1}}, "a map of a list of a zero": map[string]any{"k": []any{0}},
	}
	silent = map[string]any{
		"zero": 0, "false": false, "empty text": "", "no bytes": []byte{}, "a zero byte": []byte{0},
		"zero bytes": make([]byte, 300), "a link of zeros": wire.CID{}, "an empty list": []any{}, "an empty map": map[string]any{},
		"a map of nothing":               map[string]any{"a": 0, "b": "", "c": false, "d": []any{}, "e": wire.CID{}, "f": []byte{0}},
		"a map of a map of nothing":      map[string]any{"k": map[string]any{"k": map[string]any{}}},
		"a map in which none says a bit": map[string]any{"a": map[string]any{"k": []byte{0, 0}}, "b": 0},
	}
)

// An unknown field is kept if it says something, and refused otherwise, in the
// document and in the maps of it.
func TestUnknownFieldSaysSomething(t *testing.T) {
	places := map[string]func(v any) map[string]any{
		"first":       func(v any) map[string]any { return map[string]any{"a": v} },
		"between":     func(v any) map[string]any { return map[string]any{"gift": v} },
		"last":        func(v any) map[string]any { return map[string]any{"zzzzzzzz": v} },
		"in an entry": func(v any) map[string]any { return map[string]any{"wares": []any{map[string]any{"id": 0, "gift": v}}} },
	}
	for place, put := range places {
		for name, v := range saying {
			var s stall
			if err := wire.Unmarshal(with(t, put(v)), &s, wire.MaxDocBytes, false); err != nil {
				t.Errorf("%s, %s: %v", place, name, err)
			}
		}
		for name, v := range silent {
			var s stall
			b := with(t, put(v))
			err := wire.Unmarshal(b, &s, wire.MaxDocBytes, false)
			if !errors.Is(err, wire.ErrShape) || !strings.Contains(err.Error(), "present though empty") {
				t.Errorf("%s, %s: got %v, want %v", place, name, err, wire.ErrShape)
			}
			if err := wire.Unmarshal(b, &s, wire.MaxDocBytes, true); !errors.Is(err, wire.ErrUnknownField) {
				t.Errorf("%s, %s, strict: got %v, want %v", place, name, err, wire.ErrUnknownField)
			}
		}
	}
}

// A known field that may be absent stays refused when it is present and empty,
// whatever else the document has; one that must be present may say nothing.
func TestKnownEmptyBesideUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		field   string // refused; "" where the document is read
	}{
		"link of zeros":           {map[string]any{"ref": wire.CID{}}, `"ref"`},
		"empty map":               {map[string]any{"notes": map[string]any{}}, `"notes"`},
		"empty text of an entry":  {map[string]any{"wares": []any{map[string]any{"id": 1, "note": ""}}}, `"note"`},
		"required ones":           {map[string]any{"no": 0, "due": []byte{}, "data": []byte{}, "name": "", "open": false, "sign": 0, "wares": []any{}, "nonce": make([]byte, 16)}, ""},
		"a required one of entry": {map[string]any{"wares": []any{map[string]any{"id": 0, "gift": 1}}}, ""},
	} {
		for _, further := range []string{"a", "gift", "zzzzzzzz"} {
			c.changes[further] = 1
			var s stall
			err := wire.Unmarshal(with(t, c.changes), &s, wire.MaxDocBytes, false)
			delete(c.changes, further)
			if c.field == "" && err != nil {
				t.Errorf("%s beside %q: %v", name, further, err)
			}
			if c.field != "" && (!errors.Is(err, wire.ErrShape) || !strings.Contains(err.Error(), c.field)) {
				t.Errorf("%s beside %q: got %v, want %v of %s", name, further, err, wire.ErrShape, c.field)
			}
		}
	}
}

// A document's kind and author are read from it before its other fields are
// known, none of which may be mistaken for an unknown one.
func TestGlanceLeavesTheRest(t *testing.T) {
	raw, err := wire.Encode(map[string]any{
		"kind": kindGreeting, "by": keyOf(1), "at": 0, "nonce": make([]byte, 16), "text": "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := registry().Decode(raw); err != nil {
		t.Error(err)
	}
	if _, err := registry().Read(sealed(t, 1, raw), net); err != nil {
		t.Error(err)
	}
	b, err := sealed(t, 1, raw).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if read, err := wire.ReadBundle(b); err != nil || read.By != keyOf(1) {
		t.Errorf("read as %+v: %v", read, err)
	}
}

// saysNothing is the definition of docs/spec/bytes.md, over values in place of bytes.
func saysNothing(v any) bool {
	switch v := v.(type) {
	case int:
		return v == 0
	case bool:
		return !v
	case string:
		return v == ""
	case []byte:
		return strings.Trim(string(v), "\x00") == ""
	case wire.CID:
		return v == wire.CID{}
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !saysNothing(inner) {
				return false
			}
		}
		return true
	}
	panic(fmt.Sprintf("%T", v))
}

// anything returns a random value, as often as not one that says nothing.
func anything(r *rand.Rand, depth int) any {
	n, most := 0, 8
	if r.IntN(2) == 0 {
		n = r.IntN(3)
	}
	if depth == 0 {
		most = 6
	}
	switch r.IntN(most) {
	case 0:
		return n
	case 1:
		return -n
	case 2:
		return n > 0
	case 3:
		return strings.Repeat("x", n)
	case 4:
		return append(make([]byte, r.IntN(40)), strings.Repeat("\x01", n)...)
	case 5:
		return wire.CID{31: byte(n)}
	case 6:
		list := make([]any, n)
		for i := range list {
			list[i] = anything(r, depth-1)
		}
		return list
	}
	m := make(map[string]any)
	for i := range r.IntN(4) {
		m[fmt.Sprint("k", i)] = anything(r, depth-1)
	}
	return m
}

// TestFurtherFieldsAgainstTheDefinition: of random documents with fields known
// and unknown, those are read that the definition allows, and no others.
func TestFurtherFieldsAgainstTheDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[bool]int{}
	for range 5_000 {
		changes, good := map[string]any{}, true
		for range r.IntN(4) {
			v := anything(r, 4)
			changes[[]string{"a", "zz", "gift", "offer", "further"}[r.IntN(5)]] = v
		}
		for _, v := range changes {
			good = good && !saysNothing(v)
		}
		entry := map[string]any{"id": r.IntN(2)}
		if r.IntN(3) == 0 {
			entry["new"] = anything(r, 3)
			good = good && !saysNothing(entry["new"])
		}
		if r.IntN(3) == 0 {
			entry["note"] = []string{"", "dry", "wet", "cold"}[r.IntN(4)]
			good = good && entry["note"] != ""
		}
		changes["wares"] = []any{entry}
		if r.IntN(4) == 0 {
			changes["ref"] = wire.CID{5: byte(r.IntN(3))}
			good = good && !saysNothing(changes["ref"])
		}
		changes["no"], changes["open"], changes["name"] = r.IntN(2), r.IntN(2) == 0, []string{"", "x"}[r.IntN(2)]
		b := with(t, changes)
		var s stall
		err := wire.Unmarshal(b, &s, wire.MaxDocBytes, false)
		if (err == nil) != good || (err != nil && !errors.Is(err, wire.ErrShape)) {
			t.Fatalf("%v\n%x\nthe definition allows it: %v; got %v", changes, b, good, err)
		}
		seen[good]++
	}
	if seen[true] < 500 || seen[false] < 500 {
		t.Errorf("allowed and refused: %v", seen)
	}
}
