package wire_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// TestFormsThatCannotBe: a type without bytes is a programming error, found when the
// program starts.
func TestFormsThatCannotBe(t *testing.T) {
	for name, form := range map[string]func(){
		"channel":     func() { wire.FormOf[struct{ C chan int }]() },
		"float":       func() { wire.FormOf[struct{ F []float64 }]() },
		"number keys": func() { wire.FormOf[map[int]int]() },
		"one name twice": func() {
			wire.FormOf[struct {
				A uint64 `cbor:"x"`
				B uint64 `cbor:"x"`
			}]()
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it has a form")
				}
			}()
			form()
		})
	}
}

// whole has a closed map in an open one, a row, a pointer, and fields that may be absent.
type whole struct {
	Open  *part    `cbor:"open,omitempty"`
	Shut  shut     `cbor:"shut,omitzero"`
	Row   row      `cbor:"row"`
	Many  []shut   `cbor:"many,omitempty"`
	Small uint16   `cbor:"small,omitzero"`
	Texts []string `cbor:"texts"`
}

type part struct {
	N uint64 `cbor:"n"`
}

type shut struct {
	_ struct{} `cbor:",closed"`
	A part     `cbor:"a"`
	B string   `cbor:"b,omitempty"`
}

type row struct {
	_    struct{} `cbor:",toarray"`
	X, Y int64
}

// TestClosedMaps: an unknown field is refused in a closed map and in those within it,
// in an open document too, and kept elsewhere.
func TestClosedMaps(t *testing.T) {
	m := func(pairs ...any) map[string]any {
		all := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i].(string)] = pairs[i+1]
		}
		return all
	}
	rest := []any{"row", []any{1, -2}, "texts", []any{}}
	for _, c := range []struct {
		name string
		v    map[string]any
		want error
	}{
		{"nothing unknown", m(rest...), nil},
		{"in the document", m(append(rest, "new", 1)...), nil},
		{"in an open map", m(append(rest, "open", m("n", 0, "new", 1))...), nil},
		{"in a closed map", m(append(rest, "shut", m("a", m("n", 1), "new", 1))...), wire.ErrUnknownField},
		{"within a closed map", m(append(rest, "shut", m("a", m("n", 1, "new", 1)))...), wire.ErrUnknownField},
		{"in a closed map of a list", m(append(rest, "many", []any{m("a", m("n", 1), "new", 1)})...), wire.ErrUnknownField},
		{"a closed map of which a field is missing", m(append(rest, "shut", m("b", "x"))...), wire.ErrShape},
		{"a closed map of nothing", m(append(rest, "shut", m("a", m("n", 0)))...), wire.ErrShape},
		{"a row too short", m("row", []any{1}, "texts", []any{}), wire.ErrShape},
		{"a row too long", m("row", []any{1, 2, 3}, "texts", []any{}), wire.ErrShape},
		{"a row of a text", m("row", []any{1, "x"}, "texts", []any{}), wire.ErrShape},
		{"a number too large", m(append(rest, "small", 1<<16)...), wire.ErrShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := wire.Encode(c.v)
			if err != nil {
				t.Fatal(err)
			}
			if err := wire.Unmarshal(b, new(whole), wire.MaxDocBytes, false); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestWrittenAndReadAgain: whatever a value is, its bytes are canonical, are read as the
// same value, and are written as the same bytes.
func TestWrittenAndReadAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	numbers := []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<63 - 1}
	number := func() uint64 { return numbers[r.IntN(len(numbers))] }
	text := func() string { return string(bytes.Repeat([]byte("é"), r.IntN(200))) }
	one := func() shut { return shut{A: part{number()}, B: text()} }
	for range 2_000 {
		w := whole{Small: uint16(number()), Row: row{X: int64(number()), Y: -1 - int64(number())}, Texts: []string{}}
		if r.IntN(2) == 0 {
			w.Open, w.Shut = &part{number()}, one()
		}
		for range r.IntN(4) {
			w.Many, w.Texts = append(w.Many, one()), append(w.Texts, text())
		}
		b, err := wire.Encode(&w)
		if err != nil {
			t.Fatalf("%+v: %v", w, err)
		}
		if err := wire.CheckCanonical(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		var read whole
		if err := wire.Unmarshal(b, &read, wire.MaxDocBytes, true); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if again, err := wire.Encode(read); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read   %x\nwritten %x, %v", b, again, err)
		}
		if byValue, err := wire.Encode(w); err != nil || !bytes.Equal(byValue, b) {
			t.Fatalf("as a value, and not by its address: %x, %v", byValue, err)
		}
	}
}
