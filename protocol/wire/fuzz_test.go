package wire_test

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// FuzzUnmarshal: no bytes make a reader panic or allocate out of proportion;
// what is read strictly is written again as the same bytes; what is accepted as
// canonical an independent library writes again as the same bytes.
func FuzzUnmarshal(f *testing.F) {
	f.Add(with(f, nil))
	f.Add(with(f, map[string]any{"unknown": []any{"x"}}))
	f.Add(with(f, map[string]any{"unknown": map[string]any{"k": []byte{0}}}))
	for _, c := range canonicalCases() {
		f.Add(c.bytes(f))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var strict, lenient stall
		var err error
		bounded(t, len(b), func() {
			err = wire.Unmarshal(b, &strict, wire.MaxDocBytes, true)
			_ = wire.Unmarshal(b, &lenient, wire.MaxDocBytes, false)
		})
		if err == nil {
			sameAgain(t, b, strict)
		}
		if len(b) <= wire.MaxDocBytes && wire.CheckCanonical(b) == nil {
			if err := rewrite(b); err != nil {
				t.Fatalf("%x: %v", b, err)
			}
		}
	})
}

// FuzzBundle: no bytes make a reader of bundles panic or allocate out of
// proportion, and what is read is written again as the same bytes.
func FuzzBundle(f *testing.F) {
	for _, v := range bundleVectors(f) {
		f.Add(unhex(v.Bytes))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded(t, len(raw), func() {
			b, err := wire.ReadBundle(raw)
			if err != nil {
				return
			}
			sameAgain(t, raw, b)
			if alone, all := b.Open(net), wire.OpenAll(net, []*wire.Bundle{b, b, b}); (alone == nil) != (all[0] == nil) {
				t.Fatalf("alone %v, with others %v", alone, all[0])
			}
			_, _ = registry().Documents(b)
		})
	})
}

// FuzzProof is FuzzBundle for proofs.
func FuzzProof(f *testing.F) {
	for _, v := range proofVectors(f) {
		f.Add(unhex(v.Bytes))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		bounded(t, len(raw), func() {
			p, err := wire.ReadProof(raw)
			if err != nil {
				return
			}
			sameAgain(t, raw, p)
			_, _ = registry().ReadProof(p, net)
		})
	})
}

// FuzzText: a name that is read is written again as the same text.
func FuzzText(f *testing.F) {
	for _, s := range append(amountTexts, keyOf(1).String(), keyOf(1).DID(), wire.Sum(nil).String(), most) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := wire.ParseKey(s); err == nil && k.String() != s && k.DID() != s {
			t.Errorf("key %q is written as %q", s, k)
		}
		if id, err := wire.ParseCID(s); err == nil && id.String() != s {
			t.Errorf("CID %q is written as %q", s, id)
		}
		if a, err := wire.ParseAmount(s); err == nil && a.String() != s {
			t.Errorf("amount %q is written as %q", s, a)
		}
	})
}

func sameAgain(t *testing.T, b []byte, v any) {
	t.Helper()
	again, err := wire.Encode(v)
	if err != nil || !bytes.Equal(again, b) {
		t.Fatalf("read   %x\nwritten %x, %v", b, again, err)
	}
}

// bounded runs f and fails if it allocates out of proportion to an input of n bytes.
func bounded(t *testing.T, n int, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<20+100*n); got > most {
		t.Errorf("an input of %d bytes made the reader allocate %d bytes, at most %d expected", n, got, most)
	}
}

// TestHostileSizes hands the readers the inputs that would grow most.
func TestHostileSizes(t *testing.T) {
	hexed := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"list said to be huge":       hexed("a1657761726573" + "9b7fffffffffffffff"),
		"most entries allowed":       hexed("a1657761726573" + "991000" + strings.Repeat("a0", 4096)),
		"unknown, many small values": hexed("a1617a" + "8f" + strings.Repeat("991000"+strings.Repeat("00", 4096), 15)),
		"bytes said to be huge":      hexed("a16464617461" + "5b7fffffffffffffff"),
		"map said to be huge":        hexed("a1656e6f746573" + "bb00000000ffffffff"),
	} {
		t.Run(name, func(t *testing.T) {
			bounded(t, len(b), func() {
				var s stall
				if err := wire.Unmarshal(b, &s, wire.MaxDocBytes, false); err == nil {
					t.Error("accepted")
				}
			})
		})
	}
}
