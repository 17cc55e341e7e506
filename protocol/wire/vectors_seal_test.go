package wire_test

import (
	"encoding/hex"
	"slices"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// bundleVectors are bundles of one author with seed 1, 31 zeros.
func bundleVectors(t testing.TB) []vector {
	docs := [][]byte{greet(kindGreeting, 1, "hello"), greet(kindPromise, 1, "tomorrow")}
	raw := func(v any) []byte {
		b, err := wire.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	changed := func(change func(b *wire.Bundle)) []byte {
		b := sealed(t, 1, docs...)
		b.Docs = slices.Clone(b.Docs)
		change(b)
		return raw(b)
	}
	fields := func(change func(m map[string]any)) []byte {
		b := sealed(t, 1, docs...)
		m := map[string]any{"v": b.V, "by": b.By, "net": b.Net, "sig": b.Sig, "docs": b.Docs}
		change(m)
		return raw(m)
	}
	var all []vector
	for _, c := range []struct {
		name  string
		raw   []byte
		error string
	}{
		{"one document", raw(sealed(t, 1, docs[0])), ""},
		{"two documents", raw(sealed(t, 1, docs...)), ""},
		{"another network", changed(func(b *wire.Bundle) { b.Net = "souk-other" }), "network"},
		{"version 2", changed(func(b *wire.Bundle) { b.V = 2 }), "seal"},
		{"document changed", changed(func(b *wire.Bundle) { b.Docs[1] = docs[0] }), "seal"},
		{"document dropped", changed(func(b *wire.Bundle) { b.Docs = b.Docs[:1] }), "seal"},
		{"order changed", changed(func(b *wire.Bundle) { slices.Reverse(b.Docs) }), "seal"},
		{"another author", changed(func(b *wire.Bundle) { b.By = keyOf(2) }), "seal"},
		{"signature flipped", changed(func(b *wire.Bundle) { b.Sig[63] ^= 1 }), "seal"},
		{"S plus the group order", changed(func(b *wire.Bundle) { addOrder(&b.Sig) }), "seal"},
		{"no documents", changed(func(b *wire.Bundle) { b.Docs = nil }), "limit"},
		{"too many documents", changed(func(b *wire.Bundle) { b.Docs = slices.Repeat([][]byte{{1}}, wire.MaxBundleDocs+1) }), "limit"},
		{"empty document", changed(func(b *wire.Bundle) { b.Docs[0] = nil }), "limit"},
		{"no network", changed(func(b *wire.Bundle) { b.Net = "" }), "limit"},
		{"field missing", fields(func(m map[string]any) { delete(m, "net") }), "shape"},
		{"author missing", fields(func(m map[string]any) { delete(m, "by") }), "shape"},
		{"unknown field", fields(func(m map[string]any) { m["x"] = 1 }), "unknown-field"},
		{"signature of 63 bytes", fields(func(m map[string]any) { m["sig"] = make([]byte, 63) }), "shape"},
		{"signature of 65 bytes", fields(func(m map[string]any) { m["sig"] = make([]byte, 65) }), "shape"},
		{"signature as numbers", fields(func(m map[string]any) { m["sig"] = make([]int, 64) }), "shape"},
		{"author of small order", fields(func(m map[string]any) { m["by"] = make([]byte, 32) }), "key"},
		{"document not in bytes", fields(func(m map[string]any) { m["docs"] = []any{map[string]any{}} }), "shape"},
		{"something after it", append(raw(sealed(t, 1, docs...)), 0), "canonical"},
		{"cut off", raw(sealed(t, 1, docs...))[:200], "canonical"},
		{"not a map", []byte{0x80}, "shape"},
	} {
		all = append(all, vector{Name: c.name, Bytes: hex.EncodeToString(c.raw), Net: net, Error: c.error})
	}
	return all
}

func tryBundle(v vector) error {
	b, err := wire.ReadBundle(unhex(v.Bytes))
	if err != nil {
		return err
	}
	return b.Open(v.Net)
}

// proofVectors show the first of the two documents of one bundle.
func proofVectors(t testing.TB) []vector {
	b := sealed(t, 1, greet(kindGreeting, 1, "shown"), greet(kindGreeting, 1, "hidden"))
	var all []vector
	add := func(name, failure string, change func(p *wire.Proof)) {
		p := b.Proof(0)
		change(&p)
		raw, err := wire.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, vector{Name: name, Bytes: hex.EncodeToString(raw), Net: net, Error: failure})
	}
	add("one of two documents", "", func(*wire.Proof) {})
	add("another document", "seal", func(p *wire.Proof) { p.Doc = greet(kindGreeting, 1, "other") })
	add("list cut", "seal", func(p *wire.Proof) { p.Docs = p.Docs[:1] })
	add("list changed", "seal", func(p *wire.Proof) { p.Docs[1] = wire.Sum(nil) })
	add("document not in the list", "seal", func(p *wire.Proof) { p.Docs[0] = wire.Sum(nil) })
	add("another author", "seal", func(p *wire.Proof) { p.By = keyOf(2) })
	add("signature flipped", "seal", func(p *wire.Proof) { p.Sig[0] ^= 1 })
	add("another network", "network", func(p *wire.Proof) { p.Net = "souk-other" })
	add("no list", "limit", func(p *wire.Proof) { p.Docs = nil })
	add("no document", "limit", func(p *wire.Proof) { p.Doc = nil })
	return all
}

func tryProof(v vector) error {
	p, err := wire.ReadProof(unhex(v.Bytes))
	if err != nil {
		return err
	}
	return p.Open(v.Net)
}
