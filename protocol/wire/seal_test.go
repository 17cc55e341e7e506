package wire_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

const net = "souk-test"

// private returns the same key pair for the same number, everywhere.
func private(n byte) wire.PrivateKey { return wire.NewPrivateKey([32]byte{n}) }

func keyOf(n byte) wire.Key { return private(n).Key() }

const (
	kindGreeting wire.Kind = 1
	kindPromise  wire.Kind = 2
	kindWhisper  wire.Kind = 3
	kindReserved wire.Kind = 4
)

type greeting struct {
	wire.Head
	Text string `cbor:"text"`
}

func (g *greeting) Check() error {
	if g.Text == "" {
		return errors.New("a greeting says something")
	}
	return nil
}

func registry() *wire.Registry {
	fresh := func() wire.Document { return new(greeting) }
	return wire.NewRegistry(
		wire.Entry{Kind: kindGreeting, Name: "greeting", Limit: 1 << 10, Sealed: true, New: fresh},
		wire.Entry{Kind: kindPromise, Name: "promise", Limit: 1 << 10, Sealed: true, Strict: true, New: fresh},
		wire.Entry{Kind: kindWhisper, Name: "whisper", Limit: 1 << 10, New: fresh},
		wire.Entry{Kind: kindReserved, Name: "reserved"},
	)
}

func greet(kind wire.Kind, by byte, text string) []byte {
	g := &greeting{Head: wire.Head{Kind: kind, By: keyOf(by), At: 1700000000000, Nonce: wire.Nonce{by}}, Text: text}
	return wire.Canonical{}.Name(g).Raw
}

func sealed(t testing.TB, by byte, docs ...[]byte) *wire.Bundle {
	t.Helper()
	b, err := wire.Seal(private(by), net, docs...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealTravelOpen(t *testing.T) {
	docs := [][]byte{greet(kindGreeting, 1, "hello"), greet(kindPromise, 1, "tomorrow")}
	raw, err := sealed(t, 1, docs...).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.ReadBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	said, err := registry().Read(b, net)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range said {
		if !bytes.Equal(s.Raw, docs[i]) || s.ID != wire.Sum(docs[i]) || s.Doc.Header().By != keyOf(1) {
			t.Errorf("document %d changed on the way", i)
		}
	}
	again, err := b.Bytes()
	if err != nil || !bytes.Equal(again, raw) {
		t.Errorf("read and written again: %v, %x", err, again)
	}
}

func TestOpenRefuses(t *testing.T) {
	other := greet(kindGreeting, 1, "other")
	cases := []struct {
		name   string
		change func(b *wire.Bundle)
		want   error
	}{
		{"another network", func(b *wire.Bundle) { b.Net = "souk-other" }, wire.ErrNetwork},
		{"version 0", func(b *wire.Bundle) { b.V = 0 }, wire.ErrSeal},
		{"version 2", func(b *wire.Bundle) { b.V = 2 }, wire.ErrSeal},
		{"document swapped", func(b *wire.Bundle) { b.Docs[0] = other }, wire.ErrSeal},
		{"document added", func(b *wire.Bundle) { b.Docs = append(b.Docs, other) }, wire.ErrSeal},
		{"document dropped", func(b *wire.Bundle) { b.Docs = b.Docs[1:] }, wire.ErrSeal},
		{"order changed", func(b *wire.Bundle) { slices.Reverse(b.Docs) }, wire.ErrSeal},
		{"no documents", func(b *wire.Bundle) { b.Docs = nil }, wire.ErrLimit},
		{"too many documents", func(b *wire.Bundle) { b.Docs = make([][]byte, wire.MaxBundleDocs+1) }, wire.ErrLimit},
		{"another author", func(b *wire.Bundle) { b.By = keyOf(2) }, wire.ErrSeal},
		{"no author", func(b *wire.Bundle) { b.By = wire.Key{} }, wire.ErrSeal},
		{"no signature", func(b *wire.Bundle) { b.Sig = wire.Signature{} }, wire.ErrSeal},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := sealed(t, 1, greet(kindGreeting, 1, "a"), greet(kindGreeting, 1, "b"))
			c.change(b)
			if err := b.Open(net); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err := wire.OpenAll(net, []*wire.Bundle{b})[0]; !errors.Is(err, c.want) {
				t.Errorf("in a batch: got %v, want %v", err, c.want)
			}
		})
	}
}

// TestZeroKeySealsNothing: the zero Key is a point of order four, and under it
// the signature (identity, 0) satisfies the bare equation for one message in four.
func TestZeroKeySealsNothing(t *testing.T) {
	sig := wire.Signature{1}
	for i := range 64 {
		m := fmt.Append(nil, i)
		if wire.Verify(wire.Key{}, m, sig) || wire.VerifyBatch([]wire.Signed{{Message: m, Sig: sig}})[0] {
			t.Fatal("anybody can sign as the zero key")
		}
	}
}

func TestEveryByteOfABundleCounts(t *testing.T) {
	raw, err := sealed(t, 1, greet(kindGreeting, 1, "hello")).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for _, flip := range []byte{0x01, 0x80} {
			changed := bytes.Clone(raw)
			changed[i] ^= flip
			b, err := wire.ReadBundle(changed)
			if err != nil {
				continue
			}
			if _, err := registry().Read(b, net); err == nil {
				t.Fatalf("byte %d may be changed by %#x", i, flip)
			}
		}
	}
}

func TestProof(t *testing.T) {
	b := sealed(t, 1, greet(kindGreeting, 1, "shown"), greet(kindGreeting, 1, "hidden"))
	p := b.Proof(0)
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(raw, []byte("hidden")) {
		t.Fatal("the proof shows its neighbour")
	}
	q, err := wire.ReadProof(raw)
	if err != nil {
		t.Fatal(err)
	}
	said, err := registry().ReadProof(q, net)
	if err != nil || said.Doc.(*greeting).Text != "shown" || q.By != keyOf(1) {
		t.Fatalf("got %v, %v", said, err)
	}
	var held struct {
		Shown wire.Proof `cbor:"shown,omitzero"`
	}
	nested, err := wire.Encode(map[string]any{"shown": p})
	if err != nil || wire.Unmarshal(nested, &held, wire.MaxProofBytes, true) != nil || held.Shown.By != keyOf(1) {
		t.Errorf("within a document: %v, by %s", err, held.Shown.By)
	}
	if again, err := wire.Encode(held); err != nil || !bytes.Equal(again, nested) {
		t.Errorf("within a document: written again as %x, %v", again, err)
	}
	cases := map[string]func(p *wire.Proof){
		"another document":  func(p *wire.Proof) { p.Doc = greet(kindGreeting, 1, "other") },
		"another place":     func(p *wire.Proof) { p.Index = 1 },
		"list cut":          func(p *wire.Proof) { p.Docs = nil },
		"list changed":      func(p *wire.Proof) { p.Docs[0] = wire.Sum(nil) },
		"list grown":        func(p *wire.Proof) { p.Docs = append(p.Docs, wire.Sum(nil)) },
		"another author":    func(p *wire.Proof) { p.By = keyOf(2) },
		"another version":   func(p *wire.Proof) { p.V = 2 },
		"signature flipped": func(p *wire.Proof) { p.Sig[3] ^= 1 },
	}
	for name, change := range cases {
		p := b.Proof(0)
		change(&p)
		if err := p.Open(net); !errors.Is(err, wire.ErrSeal) {
			t.Errorf("%s: got %v, want %v", name, err, wire.ErrSeal)
		}
	}
	if err := q.Open("souk-other"); !errors.Is(err, wire.ErrNetwork) {
		t.Errorf("another network: got %v", err)
	}
}

func TestRegistryRefuses(t *testing.T) {
	g := func(by byte, kind wire.Kind, text string) []byte { return greet(kind, by, text) }
	extra, err := wire.Encode(map[string]any{
		"kind": kindPromise, "by": keyOf(1), "at": 1, "nonce": wire.Nonce{}, "text": "x", "but": "not on Fridays",
	})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		doc  []byte
		want error
	}{
		{"another author's document", g(2, kindGreeting, "x"), wire.ErrAuthor},
		{"kind of the stream", g(1, kindWhisper, "x"), wire.ErrShape},
		{"reserved kind", g(1, kindReserved, "x"), wire.ErrUnknownKind},
		{"kind never heard of", g(1, 999, "x"), wire.ErrUnknownKind},
		{"over the kind's limit", g(1, kindGreeting, strings.Repeat("x", 1<<10)), wire.ErrLimit},
		{"unread restriction", extra, wire.ErrUnknownField},
		{"not canonical", append(g(1, kindGreeting, "x"), 0), wire.ErrCanonical},
		{"no kind", []byte{0xa0}, wire.ErrShape},
		{"not a map", []byte{0x80}, wire.ErrShape},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := sealed(t, 1, g(1, kindGreeting, "good"), c.doc)
			if said, err := registry().Read(b, net); !errors.Is(err, c.want) || said != nil {
				t.Errorf("got %v, %v, want %v", said, err, c.want)
			}
		})
	}
	if _, err := registry().Decode(g(1, kindGreeting, "")); err == nil || !strings.Contains(err.Error(), "greeting: a greeting") {
		t.Errorf("Check is not asked: %v", err)
	}
}

func TestUnknownFieldKeptInRaw(t *testing.T) {
	raw, err := wire.Encode(map[string]any{
		"kind": kindGreeting, "by": keyOf(1), "at": 1, "nonce": wire.Nonce{}, "text": "x", "later": "kept",
	})
	if err != nil {
		t.Fatal(err)
	}
	said, err := registry().Read(sealed(t, 1, raw), net)
	if err != nil || !bytes.Equal(said[0].Raw, raw) || said[0].ID != wire.CID(sha256.Sum256(raw)) {
		t.Fatalf("got %v, %v", said, err)
	}
}

func TestDomainSeparation(t *testing.T) {
	s := wire.Statement{V: wire.Version, Net: net, Docs: []wire.CID{wire.Sum(nil)}}
	msg, err := s.SignedBytes()
	if err != nil {
		t.Fatal(err)
	}
	payload, err := wire.Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Appendf(nil, "\x0esouk-bundle-v1\x0e/souk/bundle/1%c%s", len(payload), payload)
	if !bytes.Equal(msg, want) {
		t.Fatalf("signed bytes\n%q\nwant\n%q", msg, want)
	}
	for name, foreign := range map[string][]byte{
		"bare payload":   payload,
		"another domain": bytes.Replace(msg, []byte("souk-bundle-v1"), []byte("souk-bundle-v2"), 1),
		"another type":   bytes.Replace(msg, []byte("/souk/bundle/1"), []byte("/souk/ticket/1"), 1),
	} {
		sig, _ := private(1).Sign(foreign)
		b := &wire.Bundle{V: 1, By: keyOf(1), Net: net, Sig: sig, Docs: [][]byte{{}}}
		if err := b.Open(net); !errors.Is(err, wire.ErrSeal) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestBundleLimits(t *testing.T) {
	doc := func(n int) []byte { return make([]byte, n) }
	first := greet(kindGreeting, 1, "first")
	many := func(n int, d []byte) [][]byte { return slices.Repeat([][]byte{d}, n) }
	for name, docs := range map[string][][]byte{
		"no documents":       nil,
		"an empty document":  {{}},
		"a large document":   {doc(wire.MaxDocBytes + 1)},
		"too many documents": many(wire.MaxBundleDocs+1, doc(1)),
		"too many bytes":     many(8, doc(wire.MaxDocBytes)),
	} {
		if _, err := wire.Seal(private(1), net, docs...); !errors.Is(err, wire.ErrLimit) {
			t.Errorf("seal %s: got %v", name, err)
		}
		raw, err := wire.Encode(wire.Bundle{V: 1, By: keyOf(1), Net: net, Docs: docs})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wire.ReadBundle(raw); !errors.Is(err, wire.ErrLimit) {
			t.Errorf("read %s: got %v", name, err)
		}
	}
	for name, want := range map[string]error{
		"": wire.ErrShape, "Souk": wire.ErrShape, "souk test": wire.ErrShape, "s\u00fck": wire.ErrShape,
		strings.Repeat("n", wire.MaxNetBytes+1): wire.ErrLimit,
	} {
		if _, err := wire.Seal(private(1), name, first); !errors.Is(err, want) {
			t.Errorf("network %q: got %v", name, err)
		}
	}
	b := sealed(t, 1, many(wire.MaxBundleDocs, first)...)
	if raw, err := b.Bytes(); err != nil || b.Open(net) != nil {
		t.Errorf("the largest list: %v", err)
	} else if _, err := wire.ReadBundle(raw); err != nil {
		t.Errorf("the largest list: %v", err)
	}
	p := sealed(t, 1, append(many(wire.MaxBundleDocs-1, first), largest())...).Proof(63)
	if raw, err := p.Bytes(); err != nil {
		t.Errorf("the largest proof: %v", err)
	} else if _, err := wire.ReadProof(raw); err != nil {
		t.Errorf("the largest proof: %v", err)
	}
}

// largest is a document of nearly MaxDocBytes.
func largest() []byte {
	raw, err := wire.Encode(map[string]any{"by": keyOf(1), "data": make([]byte, wire.MaxDocBytes-64)})
	if err != nil {
		panic(err)
	}
	return raw
}

// TestOneAuthor: the author of the first document speaks for the bundle, and so
// must be the author of every other.
func TestOneAuthor(t *testing.T) {
	raw, err := sealed(t, 1, greet(kindGreeting, 1, "mine"), greet(kindGreeting, 2, "another's")).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b, err := wire.ReadBundle(raw)
	if err != nil || b.By != keyOf(1) || b.Open(net) != nil {
		t.Fatalf("the seal is the first author's: %v", err)
	}
	if _, err := registry().Read(b, net); !errors.Is(err, wire.ErrAuthor) {
		t.Errorf("got %v", err)
	}
	p := b.Proof(1)
	if raw, err = p.Bytes(); err != nil {
		t.Fatal(err)
	}
	if q, err := wire.ReadProof(raw); err != nil || !errors.Is(q.Open(net), wire.ErrSeal) {
		t.Errorf("the second is shown as sealed by its author: %v", err)
	}
}

func TestOpenAllAnswersForEach(t *testing.T) {
	const n = wire.MaxBatch*2 + 9
	bundles, want := make([]*wire.Bundle, n), make([]error, n)
	for i := range bundles {
		bundles[i] = sealed(t, byte(1+i%5), greet(kindGreeting, 1, fmt.Sprint(i)))
		switch {
		case i%7 == 3 && i > wire.MaxBatch: // the first batch stays good
			bundles[i].Sig[40] ^= 1
			want[i] = wire.ErrSeal
		case i%11 == 5:
			bundles[i].Net = "souk-other"
			want[i] = wire.ErrNetwork
		}
	}
	for i, err := range wire.OpenAll(net, bundles) {
		if !errors.Is(err, want[i]) || !errors.Is(bundles[i].Open(net), want[i]) {
			t.Errorf("bundle %d: got %v, want %v", i, err, want[i])
		}
	}
	if got := wire.OpenAll(net, nil); len(got) != 0 {
		t.Errorf("nothing: got %v", got)
	}
}

func TestNewRegistryPanics(t *testing.T) {
	fresh := func() wire.Document { return new(greeting) }
	for name, entries := range map[string][]wire.Entry{
		"number twice": {{Kind: 1, Name: "a"}, {Kind: 1, Name: "b"}},
		"name twice":   {{Kind: 1, Name: "a"}, {Kind: 2, Name: "a"}},
		"no limit":     {{Kind: 1, Name: "a", New: fresh}},
		"large limit":  {{Kind: 1, Name: "a", New: fresh, Limit: wire.MaxDocBytes + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			wire.NewRegistry(entries...)
		})
	}
}
