package wire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// stall is a shape with one field of each sort a document may have.
type stall struct {
	No    uint64            `cbor:"no"`
	Key   wire.Key          `cbor:"key"`
	Due   wire.Amount       `cbor:"due"`
	Ref   wire.CID          `cbor:"ref,omitzero"`
	Data  []byte            `cbor:"data"`
	Name  string            `cbor:"name"`
	Open  bool              `cbor:"open"`
	Sign  int64             `cbor:"sign"`
	Wares []ware            `cbor:"wares"`
	Nonce wire.Nonce        `cbor:"nonce"`
	Notes map[string]string `cbor:"notes,omitempty"`
}

type ware struct {
	ID   uint8  `cbor:"id"`
	Note string `cbor:"note,omitempty"`
}

func aStall() stall {
	return stall{
		No: 7, Key: keyOf(1), Due: wire.Units(500), Ref: wire.Sum([]byte("x")), Data: []byte{1, 2},
		Name: "saffron", Open: true, Sign: -3, Wares: []ware{{ID: 1}, {ID: 2, Note: "dry"}}, Nonce: wire.Nonce{9, 9},
	}
}

// with encodes a stall in which some fields are replaced by other values; a nil
// value leaves the field out.
func with(t testing.TB, changes map[string]any) []byte {
	t.Helper()
	s := aStall()
	fields := map[string]any{
		"no": s.No, "key": s.Key, "due": s.Due, "ref": s.Ref, "data": s.Data, "name": s.Name, "open": s.Open,
		"sign": s.Sign, "wares": s.Wares, "nonce": s.Nonce,
	}
	for k, v := range changes {
		if fields[k] = v; v == nil {
			delete(fields, k)
		}
	}
	b, err := wire.Encode(fields)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestOneFormPerMeaning(t *testing.T) {
	ints := make([]int, 16)
	cases := []struct {
		name    string
		changes map[string]any
		want    error  // nil where both modes read it
		says    string // part of the message
	}{
		{"as encoded", nil, nil, ""},
		{"optional field absent", map[string]any{"ref": nil}, nil, ""},
		{"number missing", map[string]any{"no": nil}, wire.ErrShape, `"no"`},
		{"text missing", map[string]any{"name": nil}, wire.ErrShape, `"name"`},
		{"bytes missing", map[string]any{"data": nil}, wire.ErrShape, `"data"`},
		{"flag missing", map[string]any{"open": nil}, wire.ErrShape, `"open"`},
		{"list missing", map[string]any{"wares": nil}, wire.ErrShape, `"wares"`},
		{"key missing", map[string]any{"key": nil}, wire.ErrShape, `"key"`},
		{"amount missing", map[string]any{"due": nil}, wire.ErrShape, `"due"`},
		{"optional field present though empty", map[string]any{"notes": map[string]string{}}, wire.ErrShape, `"notes"`},
		{"optional field of an entry present though empty", map[string]any{"wares": []any{map[string]any{"id": 1, "note": ""}}}, wire.ErrShape, `"note"`},
		{"field of an entry missing", map[string]any{"wares": []any{map[string]any{"note": "x"}}}, wire.ErrShape, `"id"`},
		{"fixed array shorter", map[string]any{"nonce": make([]byte, 15)}, wire.ErrShape, "nonce"},
		{"fixed array empty", map[string]any{"nonce": []byte{}}, wire.ErrShape, "nonce"},
		{"fixed array longer", map[string]any{"nonce": make([]byte, 17)}, wire.ErrShape, "nonce"},
		{"fixed array as numbers", map[string]any{"nonce": ints}, wire.ErrShape, "nonce"},
		{"bytes as numbers", map[string]any{"data": []int{1, 2}}, wire.ErrShape, "data"},
		{"bytes as an empty list", map[string]any{"data": []int{}}, wire.ErrShape, "data"},
		{"bytes as a link", map[string]any{"data": wire.Sum(nil)}, wire.ErrShape, "data"},
		{"bytes as text", map[string]any{"data": "ab"}, wire.ErrShape, ""},
		{"text as bytes", map[string]any{"name": []byte("ab")}, wire.ErrShape, ""},
		{"number as text", map[string]any{"no": "7"}, wire.ErrShape, ""},
		{"number as flag", map[string]any{"no": true}, wire.ErrShape, ""},
		{"flag as number", map[string]any{"open": 1}, wire.ErrShape, ""},
		{"negative for unsigned", map[string]any{"no": -1}, wire.ErrShape, ""},
		{"number too large for its field", map[string]any{"wares": []any{map[string]any{"id": 256}}}, wire.ErrShape, ""},
		{"list as map", map[string]any{"wares": map[string]int{}}, wire.ErrShape, ""},
		{"map as list", map[string]any{"notes": []string{"a"}}, wire.ErrShape, ""},
		{"key as link", map[string]any{"key": wire.Sum(nil)}, wire.ErrKey, ""},
		{"key of small order", map[string]any{"key": make([]byte, 32)}, wire.ErrKey, ""},
		{"key too short", map[string]any{"key": make([]byte, 31)}, wire.ErrKey, ""},
		{"amount as number", map[string]any{"due": 500}, wire.ErrAmount, ""},
		{"amount with leading zero", map[string]any{"due": []byte{0, 1}}, wire.ErrAmount, ""},
		{"amount of 17 bytes", map[string]any{"due": append([]byte{1}, make([]byte, 16)...)}, wire.ErrAmount, ""},
		{"link as bytes", map[string]any{"ref": make([]byte, 32)}, wire.ErrCID, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := with(t, c.changes)
			for _, strict := range []bool{true, false} {
				var s stall
				err := wire.Unmarshal(b, &s, wire.MaxDocBytes, strict)
				if !errors.Is(err, c.want) {
					t.Fatalf("strict=%v: got %v, want %v", strict, err, c.want)
				}
				if err != nil && !strings.Contains(err.Error(), c.says) {
					t.Fatalf("strict=%v: %q does not name %s", strict, err, c.says)
				}
			}
		})
	}
}

func TestUnknownFields(t *testing.T) {
	cases := []struct {
		name    string
		changes map[string]any
		lenient error
	}{
		{"before all others", map[string]any{"a": 1}, nil},
		{"between", map[string]any{"gift": []any{"x"}}, nil},
		{"after all others", map[string]any{"zzzzzzzzzz": wire.Sum(nil)}, nil},
		{"in an entry", map[string]any{"wares": []any{map[string]any{"id": 1, "new": 1}}}, nil},
		{"same name in another case", map[string]any{"No": 8}, nil},
		{"beside a missing one", map[string]any{"a": 1, "no": nil}, wire.ErrShape},
		{"beside a short one", map[string]any{"a": 1, "nonce": []byte{1}}, wire.ErrShape},
		{"beside numbers for bytes", map[string]any{"a": 1, "data": []int{1}}, wire.ErrShape},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := with(t, c.changes)
			var s stall
			if err := wire.Unmarshal(b, &s, wire.MaxDocBytes, true); !errors.Is(err, wire.ErrUnknownField) {
				t.Errorf("strict: got %v, want %v", err, wire.ErrUnknownField)
			}
			s = stall{}
			if err := wire.Unmarshal(b, &s, wire.MaxDocBytes, false); !errors.Is(err, c.lenient) {
				t.Errorf("lenient: got %v, want %v", err, c.lenient)
			} else if err == nil && (s.No != 7 || s.Name != "saffron") {
				t.Errorf("lenient: known fields lost: %+v", s)
			}
		})
	}
}

func TestFixedArraysAreByteStrings(t *testing.T) {
	b, err := wire.Encode(struct {
		N wire.Nonce     `cbor:"n"`
		S wire.Signature `cbor:"s"`
	}{})
	if err != nil {
		t.Fatal(err)
	}
	want := "\xa2\x61n\x50" + strings.Repeat("\x00", 16) + "\x61s\x58\x40" + strings.Repeat("\x00", 64)
	if string(b) != want {
		t.Fatalf("got %x\nwant %x", b, want)
	}
}

func TestEncodeRefusesWhatNobodyReads(t *testing.T) {
	var none *ware
	for name, v := range map[string]any{
		"2^63":          struct{ N uint64 }{1 << 63},
		"nil pointer":   struct{ P *ware }{none},
		"nil interface": struct{ V any }{},
		"float":         struct{ F float64 }{1},
		"not UTF-8":     struct{ S string }{"\xff"},
		"long text":     struct{ S string }{strings.Repeat("a", wire.MaxTextBytes+1)},
		"many items":    struct{ A []bool }{make([]bool, wire.MaxItems+1)},
		"number keys":   map[int]int{1: 1},
		"channel":       struct{ C chan int }{},
	} {
		if b, err := wire.Encode(v); err == nil {
			t.Errorf("%s: encoded as %x", name, b)
		}
	}
}

func TestUnmarshalLimit(t *testing.T) {
	b := with(t, nil)
	var s stall
	if err := wire.Unmarshal(b, &s, len(b)-1, true); !errors.Is(err, wire.ErrLimit) {
		t.Fatalf("got %v", err)
	}
	if err := wire.Unmarshal(b, &s, len(b), true); err != nil {
		t.Fatal(err)
	}
}
