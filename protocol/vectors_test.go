package protocol_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

var update = flag.Bool("update", false, "write testdata/vectors anew from the samples of the tests")

const vectorFolder = "testdata/vectors"

// shelf is one file of vectors: a kind of document, good and bad. Its form is
// described in testdata/vectors/README.md.
type shelf struct {
	Kind    wire.Kind    `json:"kind"`
	Name    string       `json:"name"`
	Limit   int          `json:"limit"`
	Strict  bool         `json:"strict"`
	Sealed  bool         `json:"sealed"`
	Network string       `json:"network"`
	Valid   []goodVector `json:"valid"`
	Invalid []badVector  `json:"invalid"`
}

type goodVector struct {
	Name   string `json:"name"`
	Seed   string `json:"seed"`             // hex: of the author's key
	Bytes  string `json:"bytes"`            // hex
	CID    string `json:"cid"`              //
	Bundle string `json:"bundle,omitempty"` // hex: sealed alone, where the kind is sealed
	Fields any    `json:"fields"`           // what bytes say, as DAG-JSON
}

type badVector struct {
	Name   string        `json:"name"`
	Bytes  string        `json:"bytes,omitempty"`  // hex: of a document
	Bundle string        `json:"bundle,omitempty"` // hex: or of a bundle
	Code   protocol.Code `json:"code"`
}

// shelves returns what the files must hold, in the order of kinds.
func shelves(t testing.TB) []shelf {
	var list []shelf
	r, all, broken := protocol.Registry(), samples(), allSpoilt()
	for k := range protocol.KindApproval + 1 {
		e, ok := r.Entry(k)
		if !ok || e.New == nil {
			continue
		}
		s := shelf{Kind: k, Name: e.Name, Limit: e.Limit, Strict: e.Strict, Sealed: e.Sealed, Network: network}
		for _, v := range all {
			if v.doc.Header().Kind == k {
				s.Valid = append(s.Valid, good(t, e, v.name, v.by, encode(t, v.doc)))
			}
		}
		first := all[slices.IndexFunc(all, func(s sample) bool { return s.doc.Header().Kind == k })]
		if !e.Strict {
			s.Valid = append(s.Valid, good(t, e, "an unknown field is kept", first.by, greased(t, first.doc)))
			s.Valid = append(s.Valid, saying(t, e, first)...)
		}
		s.Invalid = slices.Concat(badForms(t, e, first), badSeals(t, e, first), silent(t, e, first))
		for _, v := range broken {
			if raw, err := wire.Encode(v.doc); err == nil && v.doc.Header().Kind == k && len(raw) <= 8<<10 {
				s.Invalid = append(s.Invalid, badVector{Name: v.name, Bytes: hex.EncodeToString(raw), Code: v.code})
			}
		}
		list = append(list, s)
	}
	return list
}

func good(t testing.TB, e wire.Entry, name string, by wire.PrivateKey, raw []byte) goodVector {
	seed := by.Seed()
	v := goodVector{
		Name: name, Seed: hex.EncodeToString(seed[:]), Bytes: hex.EncodeToString(raw), CID: wire.Sum(raw).String(),
		Fields: dagJSON(t, raw),
	}
	if e.Sealed {
		v.Bundle = hex.EncodeToString(seal(t, by, network, raw))
	}
	return v
}

func seal(t testing.TB, by wire.PrivateKey, net string, raw []byte) []byte {
	t.Helper()
	b, err := wire.Seal(by, net, raw)
	if err != nil {
		t.Fatal(err)
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// badForms are the faults that every kind can have, made from a good document.
func badForms(t testing.TB, e wire.Entry, s sample) []badVector {
	raw := encode(t, s.doc)
	with := func(field string, v any) []byte {
		m := fieldsOf(t, raw)
		if m[field] = v; v == nil {
			delete(m, field)
		}
		return encode(t, m)
	}
	list := []badVector{
		{Name: "a byte after it", Bytes: hex.EncodeToString(append(slices.Clone(raw), 0)), Code: bad},
		{Name: "cut short", Bytes: hex.EncodeToString(raw[:len(raw)-1]), Code: bad},
		{Name: "kind in a long form", Bytes: hex.EncodeToString(longKind(raw, e.Kind)), Code: bad},
		{Name: "keys out of order", Bytes: hex.EncodeToString(swapped(raw)), Code: bad},
		{Name: "a kind nobody knows", Bytes: hex.EncodeToString(with("kind", 999)), Code: protocol.CodeUnknownKind},
		{Name: "a reserved kind", Bytes: hex.EncodeToString(with("kind", protocol.KindApproval)), Code: protocol.CodeUnknownKind},
		{Name: "said to be another kind", Bytes: hex.EncodeToString(with("kind", otherKind(e.Kind))), Code: bad},
		{Name: "kind as text", Bytes: hex.EncodeToString(with("kind", e.Name)), Code: bad},
		{Name: "by nobody", Bytes: hex.EncodeToString(with("by", make([]byte, 32))), Code: bad},
		{Name: "at 2^53", Bytes: hex.EncodeToString(with("at", far)), Code: bad},
		{Name: "at before 1970", Bytes: hex.EncodeToString(with("at", -1)), Code: bad},
		{Name: "nonce of 15 bytes", Bytes: hex.EncodeToString(with("nonce", make([]byte, 15))), Code: bad},
	}
	for _, field := range required(e.New()) {
		list = append(list, badVector{Name: "without " + field, Bytes: hex.EncodeToString(with(field, nil)), Code: bad})
	}
	if e.Strict {
		list = append(list, badVector{Name: "an unknown field", Bytes: hex.EncodeToString(greased(t, s.doc)), Code: bad})
	}
	if e.Limit <= 2<<10 && !e.Strict {
		list = append(list, badVector{
			Name: "over its limit", Bytes: hex.EncodeToString(with("zzzzzzzzzzzzzzzz", bytes.Repeat([]byte{1}, e.Limit))), Code: big,
		})
	}
	return list
}

// badSeals are bundles that must not be believed.
func badSeals(t testing.TB, e wire.Entry, s sample) []badVector {
	raw := encode(t, s.doc)
	if !e.Sealed {
		return []badVector{{Name: "under a seal", Bundle: hex.EncodeToString(seal(t, s.by, network, raw)), Code: bad}}
	}
	flipped := seal(t, s.by, network, raw)
	at := bytes.Index(flipped, []byte("\x63sig\x58\x40")) + 6
	flipped[at] ^= 1
	return []badVector{
		{Name: "said on another network", Bundle: hex.EncodeToString(seal(t, s.by, "souk-other", raw)), Code: protocol.CodeNetwork},
		{Name: "sealed by another key", Bundle: hex.EncodeToString(seal(t, actor(9), network, raw)), Code: protocol.CodeSeal},
		{Name: "one bit of the signature flipped", Bundle: hex.EncodeToString(flipped), Code: protocol.CodeSeal},
	}
}

// otherKind is a kind whose fields no document of kind k has.
func otherKind(k wire.Kind) wire.Kind {
	if k == protocol.KindEntry {
		return protocol.KindCountersign
	}
	return protocol.KindEntry
}

// longKind writes the number of the kind in one byte more than it needs.
func longKind(raw []byte, k wire.Kind) []byte {
	short, long := []byte{byte(k)}, []byte{0x18, byte(k)}
	if k >= 24 {
		short, long = long, []byte{0x19, 0, byte(k)}
	}
	name := []byte("\x64kind")
	return bytes.Replace(raw, append(slices.Clone(name), short...), append(slices.Clone(name), long...), 1)
}

// swapped exchanges the first two entries of a document, which are always at and by.
func swapped(raw []byte) []byte {
	const at, by = 3 + 9, 3 + 34 // "at" with a time of 8 bytes, "by" with 32
	out := append([]byte{raw[0]}, raw[1+at:1+at+by]...)
	out = append(out, raw[1:1+at]...)
	return append(out, raw[1+at+by:]...)
}

// fieldsOf reads any canonical map.
func fieldsOf(t testing.TB, raw []byte) map[string]any {
	t.Helper()
	return anyOf(t, raw).(map[string]any)
}

// anyOf reads any canonical bytes.
func anyOf(t testing.TB, raw []byte) any {
	t.Helper()
	mode, err := cbor.DecOptions{DefaultMapType: mapType}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := mode.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return linked(v)
}

// linked puts links in place of tags.
func linked(v any) any {
	switch v := v.(type) {
	case cbor.Tag:
		return wire.CID(v.Content.([]byte)[5:])
	case []any:
		for i := range v {
			v[i] = linked(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = linked(v[k])
		}
	}
	return v
}

// dagJSON turns canonical bytes into what DAG-JSON (IPLD specification) shows
// of them: links as {"/":cid}, byte strings as {"/":{"bytes":base64}}.
func dagJSON(t testing.TB, raw []byte) any {
	t.Helper()
	return shownAsJSON(anyOf(t, raw))
}

func shownAsJSON(v any) any {
	switch v := v.(type) {
	case []byte:
		return map[string]any{"/": map[string]any{"bytes": base64.RawStdEncoding.EncodeToString(v)}}
	case wire.CID:
		return map[string]any{"/": v.String()}
	case []any:
		for i := range v {
			v[i] = shownAsJSON(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = shownAsJSON(v[k])
		}
	}
	return v
}

// TestVectors tries each vector as a reader in another language would, and
// checks that the files are those that the samples give: a change of bytes
// shows as a change of a file.
func TestVectors(t *testing.T) {
	for _, s := range shelves(t) {
		t.Run(s.Name, func(t *testing.T) {
			got := golden(t, strings.ToLower(s.Name)+".json", s)
			var read shelf
			if err := json.Unmarshal(got, &read); err != nil {
				t.Fatal(err)
			}
			for _, v := range read.Valid {
				tryGood(t, read, v)
			}
			for _, v := range read.Invalid {
				if err := try(v); protocol.CodeOf(err) != v.Code {
					t.Errorf("%s: %v, want code %q", v.Name, err, v.Code)
				}
			}
		})
	}
}

// golden writes v to a file of vectors where asked to, and compares both.
func golden(t *testing.T, file string, v any) []byte {
	t.Helper()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(vectorFolder, file)
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("the file and the samples differ; if the change is meant: go test -run Vectors -update")
	}
	return got
}

func tryGood(t *testing.T, s shelf, v goodVector) {
	t.Helper()
	raw := unhex(v.Bytes)
	d, err := protocol.Registry().Decode(raw)
	if err != nil {
		t.Errorf("%s: %v", v.Name, err)
		return
	}
	seed := wire.NewPrivateKey([32]byte(unhex(v.Seed)))
	if d.Header().Kind != s.Kind || d.Header().By != seed.Key() || wire.Sum(raw).String() != v.CID {
		t.Errorf("%s: kind, author or CID differ", v.Name)
	}
	if !s.Sealed {
		return
	}
	b, err := wire.ReadBundle(unhex(v.Bundle))
	if err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	said, err := protocol.Registry().Read(b, s.Network)
	if err != nil || len(said) != 1 || said[0].ID.String() != v.CID || !bytes.Equal(said[0].Raw, raw) {
		t.Errorf("%s: the bundle says something else: %v", v.Name, err)
	}
}

func try(v badVector) error {
	if v.Bytes != "" {
		_, err := protocol.Registry().Decode(unhex(v.Bytes))
		return err
	}
	b, err := wire.ReadBundle(unhex(v.Bundle))
	if err == nil {
		_, err = protocol.Registry().Read(b, network)
	}
	return err
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
