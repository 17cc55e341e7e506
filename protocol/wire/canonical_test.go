package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/node/basicnode"
	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol/wire"
)

// canonicalCase is one item in hex, with the failure it meets.
type canonicalCase struct {
	name string
	hex  string
	want error
}

var link = "d82a582500" + "01711220" + strings.Repeat("00", 32)

func canonicalCases() []canonicalCase {
	deep := func(n int, inner string) string { return strings.Repeat("81", n) + inner }
	text := func(n int) string { return fmt.Sprintf("79%04x", n) + strings.Repeat("61", n) }
	list := func(n int) string { return fmt.Sprintf("99%04x", n) + strings.Repeat("00", n) }
	bad := wire.ErrCanonical
	return []canonicalCase{
		{"zero", "00", nil},
		{"23, the last in the head", "17", nil},
		{"24, the first in one byte", "1818", nil},
		{"255", "18ff", nil},
		{"256", "190100", nil},
		{"65535", "19ffff", nil},
		{"65536", "1a00010000", nil},
		{"2^32-1", "1affffffff", nil},
		{"2^32", "1b0000000100000000", nil},
		{"2^63-1", "1b7fffffffffffffff", nil},
		{"-1", "20", nil},
		{"-2^63", "3b7fffffffffffffff", nil},
		{"no bytes", "40", nil},
		{"no text", "60", nil},
		{"text", "6568656c6c6f", nil},
		{"text with two-byte letters", "64c3a9c3a9", nil},
		{"empty list", "80", nil},
		{"list", "83010203", nil},
		{"empty map", "a0", nil},
		{"map sorted by length, then bytes", "a361610161620262616103", nil},
		{"false", "f4", nil},
		{"true", "f5", nil},
		{"link", link, nil},
		{"as deep as allowed", deep(wire.MaxDepth, "00"), nil},
		{"link as deep as allowed", deep(wire.MaxDepth, link), nil},
		{"longest text", text(wire.MaxTextBytes), nil},
		{"longest list", list(wire.MaxItems), nil},

		{"nothing", "", bad},
		{"two items", "0000", bad},
		{"23 in one byte", "1817", bad},
		{"255 in two bytes", "1900ff", bad},
		{"65535 in four bytes", "1a0000ffff", bad},
		{"2^32-1 in eight bytes", "1b00000000ffffffff", bad},
		{"2^63", "1b8000000000000000", bad},
		{"below -2^63", "3b8000000000000000", bad},
		{"integer cut off", "19ff", bad},
		{"reserved length form 28", "1c", bad},
		{"reserved length form 30", "1e", bad},
		{"bytes cut off", "4201", bad},
		{"text cut off", "6261", bad},
		{"length of bytes not shortest", "580161", bad},
		{"huge length of bytes", "5b7fffffffffffffff", bad},
		{"text not UTF-8", "61ff", bad},
		{"text with a surrogate", "63eda080", bad},
		{"text with an overlong form", "62c080", bad},
		{"bytes of indefinite length", "5f4101ff", bad},
		{"text of indefinite length", "7f6161ff", bad},
		{"list of indefinite length", "9fff", bad},
		{"map of indefinite length", "bfff", bad},
		{"break alone", "ff", bad},
		{"list cut off", "8201", bad},
		{"map cut off", "a16161", bad},
		{"map keys by bytes only", "a262616101616202", bad},
		{"map keys descending", "a2616201616102", bad},
		{"map key twice", "a2616101616102", bad},
		{"map key a number", "a10101", bad},
		{"map key bytes", "a1416101", bad},
		{"map key a link", "a1" + link + "01", bad},
		{"map key not UTF-8", "a161ff01", bad},
		{"null", "f6", bad},
		{"null in a list", "81f6", bad},
		{"null in a map", "a16161f6", bad},
		{"undefined", "f7", bad},
		{"simple value 0", "e0", bad},
		{"simple value 255", "f8ff", bad},
		{"false in two bytes", "f814", bad},
		{"half float", "f93c00", bad},
		{"single float", "fa3f800000", bad},
		{"double float", "fb3ff0000000000000", bad},
		{"not a number", "fb7ff8000000000000", bad},
		{"tag 0", "c0613a", bad},
		{"big number", "c249010000000000000000", bad},
		{"tag 42 over text", "d82a6161", bad},
		{"tag 42 in a longer form", "d9002a" + link[4:], bad},
		{"link without the multibase byte", "d82a5824" + link[10:], bad},
		{"link with another multibase", "d82a582562" + link[10:], bad},
		{"link of version 0", "d82a5823001220" + strings.Repeat("00", 32), bad},
		{"link to raw bytes", strings.Replace(link, "01711220", "01551220", 1), bad},
		{"link with another hash", strings.Replace(link, "01711220", "01711e20", 1), bad},
		{"link cut off", link[:len(link)-2], bad},
		{"tag 42 twice", "d82a" + link, bad},

		{"too deep", deep(wire.MaxDepth+1, "00"), wire.ErrLimit},
		{"too deep though empty", deep(wire.MaxDepth, "80"), wire.ErrLimit},
		{"maps too deep", strings.Repeat("a16161", wire.MaxDepth+1) + "00", wire.ErrLimit},
		{"deep beyond any stack", deep(60000, "00"), wire.ErrLimit},
		{"text too long", text(wire.MaxTextBytes + 1), wire.ErrLimit},
		{"map key too long", "a1" + text(wire.MaxTextBytes+1) + "00", wire.ErrLimit},
		{"list too long", list(wire.MaxItems + 1), wire.ErrLimit},
		{"list said to be huge", "9b7fffffffffffffff", wire.ErrLimit},
		{"map said to be huge", "bb7fffffffffffffff", wire.ErrLimit},
	}
}

func (c canonicalCase) bytes(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(c.hex)
	if err != nil {
		t.Fatal(c.name, err)
	}
	return b
}

func TestCheckCanonical(t *testing.T) {
	for _, c := range canonicalCases() {
		if err := wire.CheckCanonical(c.bytes(t)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// TestOracle asks an independent DAG-CBOR library: what the walk accepts, it
// reads, and writes again as the same bytes.
func TestOracle(t *testing.T) {
	for _, c := range canonicalCases() {
		if c.want == nil {
			if err := rewrite(c.bytes(t)); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b, err := wire.Encode(anyItem(0).Draw(t, "item"))
		if err != nil {
			t.Fatal(err)
		}
		if err := rewrite(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
	})
}

func rewrite(b []byte) error {
	node := basicnode.Prototype.Any.NewBuilder()
	if err := dagcbor.Decode(node, bytes.NewReader(b)); err != nil {
		return err
	}
	var again bytes.Buffer
	if err := dagcbor.Encode(node.Build(), &again); err != nil {
		return err
	}
	if !bytes.Equal(again.Bytes(), b) {
		return fmt.Errorf("written again as %x", again.Bytes())
	}
	return nil
}

// anyItem draws a value that Encode takes.
func anyItem(depth int) *rapid.Generator[any] {
	flat := rapid.OneOf(
		rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.SliceOf(rapid.Byte()).AsAny(),
		rapid.Custom(func(t *rapid.T) wire.CID { return wire.Sum([]byte(rapid.String().Draw(t, "content"))) }).AsAny(),
	)
	if depth == 4 {
		return flat
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return anyItem(depth + 1) })
	return rapid.OneOf(flat,
		rapid.SliceOfN(inner, 0, 5).AsAny(),
		rapid.MapOfN(rapid.String(), inner, 0, 5).AsAny(),
	)
}

// TestOneByteOff changes accepted bytes and asks the walk and the oracle: what
// the walk still accepts is canonical in the oracle's eyes too.
func TestOneByteOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := wire.Encode(anyItem(1).Draw(t, "item"))
		if err != nil {
			t.Fatal(err)
		}
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		if wire.CheckCanonical(b) != nil {
			return
		}
		if err := rewrite(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
	})
}

func TestCheckCanonicalAllocatesNothing(t *testing.T) {
	b := with(t, map[string]any{"unknown": []any{map[string]any{"a": link, "b": []byte(link)}}})
	if n := testing.AllocsPerRun(100, func() { _ = wire.CheckCanonical(b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCheckCanonical(b *testing.B) {
	raw := with(b, nil)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		_ = wire.CheckCanonical(raw)
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	raw := with(b, nil)
	for b.Loop() {
		var s stall
		if err := wire.Unmarshal(raw, &s, wire.MaxDocBytes, true); err != nil {
			b.Fatal(err)
		}
	}
}
