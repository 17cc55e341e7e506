package wire_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

// bundleVectors are bundles of one author with seed 1, 31 zeros.
func bundleVectors(t testing.TB) []vector {
	docs := [][]byte{greet(kindGreeting, 1, "hello"), greet(kindPromise, 1, "tomorrow")}
	key := keyOf(1)
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
		m := map[string]any{"v": b.V, "net": b.Net, "sig": b.Sig, "docs": b.Docs}
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
		{"another author", changed(func(b *wire.Bundle) { b.Docs = [][]byte{greet(kindGreeting, 2, "hello")} }), "seal"},
		{"signature flipped", changed(func(b *wire.Bundle) { b.Sig[63] ^= 1 }), "seal"},
		{"S plus the group order", changed(func(b *wire.Bundle) { addOrder(&b.Sig) }), "seal"},
		{"no documents", changed(func(b *wire.Bundle) { b.Docs = nil }), "limit"},
		{"too many documents", changed(func(b *wire.Bundle) { b.Docs = slices.Repeat([][]byte{{1}}, wire.MaxBundleDocs+1) }), "limit"},
		{"empty document", changed(func(b *wire.Bundle) { b.Docs[0] = nil }), "limit"},
		{"no network", changed(func(b *wire.Bundle) { b.Net = "" }), "shape"},
		{"network in capitals", changed(func(b *wire.Bundle) { b.Net = "Souk" }), "shape"},
		{"network of 65 bytes", changed(func(b *wire.Bundle) { b.Net = strings.Repeat("n", 65) }), "limit"},
		{"field missing", fields(func(m map[string]any) { delete(m, "net") }), "shape"},
		{"author beside the documents", fields(func(m map[string]any) { m["by"] = keyOf(1) }), "unknown-field"},
		{"first document without an author", fields(func(m map[string]any) { m["docs"] = []any{[]byte{0xa0}} }), "shape"},
		{"first document not canonical", fields(func(m map[string]any) { m["docs"] = []any{append(slices.Clone(docs[0]), 0)} }), "canonical"},
		{"unknown field", fields(func(m map[string]any) { m["x"] = 1 }), "unknown-field"},
		{"signature of 63 bytes", fields(func(m map[string]any) { m["sig"] = make([]byte, 63) }), "shape"},
		{"signature of 65 bytes", fields(func(m map[string]any) { m["sig"] = make([]byte, 65) }), "shape"},
		{"signature as numbers", fields(func(m map[string]any) { m["sig"] = make([]int, 64) }), "shape"},
		{"author of small order", changed(func(b *wire.Bundle) { b.Docs[0] = bytes.Replace(docs[0], key[:], make([]byte, 32), 1) }), "key"},
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

// proofVectors show the middle one of the three documents of one bundle.
func proofVectors(t testing.TB) []vector {
	b := sealed(t, 1, greet(kindGreeting, 1, "before"), greet(kindGreeting, 1, "shown"), greet(kindGreeting, 1, "after"))
	var all []vector
	put := func(name, failure string, v any) {
		raw, err := wire.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, vector{Name: name, Bytes: hex.EncodeToString(raw), Net: net, Error: failure})
	}
	add := func(name, failure string, change func(p *wire.Proof)) {
		p := b.Proof(1)
		change(&p)
		put(name, failure, p)
	}
	add("one of three documents", "", func(*wire.Proof) {})
	put("the only document", "", sealed(t, 1, greet(kindGreeting, 1, "alone")).Proof(0))
	put("the last document", "", b.Proof(2))
	add("another document", "seal", func(p *wire.Proof) { p.Doc = greet(kindGreeting, 1, "other") })
	add("list cut", "seal", func(p *wire.Proof) { p.Docs = p.Docs[:1] })
	add("list changed", "seal", func(p *wire.Proof) { p.Docs[1] = wire.Sum(nil) })
	add("list with the document shown", "seal", func(p *wire.Proof) { p.Docs = slices.Insert(p.Docs, 1, wire.Sum(p.Doc)) })
	add("another place", "seal", func(p *wire.Proof) { p.Index = 2 })
	add("a place beyond the list", "shape", func(p *wire.Proof) { p.Index = 3 })
	add("another author", "seal", func(p *wire.Proof) { p.Doc = greet(kindGreeting, 2, "shown") })
	add("signature flipped", "seal", func(p *wire.Proof) { p.Sig[0] ^= 1 })
	add("another network", "network", func(p *wire.Proof) { p.Net = "souk-other" })
	add("no list", "seal", func(p *wire.Proof) { p.Docs, p.Index = nil, 0 })
	add("too long a list", "limit", func(p *wire.Proof) { p.Docs = make([]wire.CID, wire.MaxBundleDocs) })
	add("no document", "limit", func(p *wire.Proof) { p.Doc = nil })
	add("a document of no author", "shape", func(p *wire.Proof) { p.Doc = []byte{0xa0} })
	p := b.Proof(1)
	put("unknown field", "unknown-field", map[string]any{
		"v": p.V, "i": p.Index, "doc": p.Doc, "net": p.Net, "sig": p.Sig, "docs": p.Docs, "by": p.By,
	})
	return all
}

func tryProof(v vector) error {
	p, err := wire.ReadProof(unhex(v.Bytes))
	if err != nil {
		return err
	}
	return p.Open(v.Net)
}
