package protocol_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

type frameVector struct {
	Name  string        `json:"name"`
	Bytes string        `json:"bytes"` // hex
	Code  protocol.Code `json:"code"`
}

func datum(content string) protocol.Datum {
	return protocol.Datum{Opening: openingOf(content), Bytes: []byte(content)}
}

func sealedHold(t testing.TB) []byte { return seal(t, hirer, network, encode(t, hold())) }

func frameVectors(t testing.TB) []frameVector {
	longer, otherAlg := datum("hello"), datum("hello")
	longer.Opening.Size++
	otherAlg.Opening.Alg = "md5"
	unknown := map[string]any{"bare": [][]byte{encode(t, request())}, "grease": 1}
	var list []frameVector
	for _, c := range []struct {
		name  string
		frame any
		code  protocol.Code
	}{
		{"one bundle", protocol.Frame{Bundles: [][]byte{sealedHold(t)}}, ""},
		{"one bare document", protocol.Frame{Bare: [][]byte{encode(t, request())}}, ""},
		{"an artefact beside a bundle", protocol.Frame{Bundles: [][]byte{sealedHold(t)}, Data: []protocol.Datum{datum("hello world")}}, ""},
		{"64 documents", protocol.Frame{Bare: many(64)}, ""},
		{"nothing", protocol.Frame{}, bad},
		{"an empty list", map[string]any{"bare": []any{}}, bad},
		{"an unknown field", unknown, bad},
		{"65 documents", protocol.Frame{Bare: many(33), Bundles: many(32)}, big},
		{"17 artefacts", protocol.Frame{Data: make([]protocol.Datum, 17)}, big},
		{"an empty document", protocol.Frame{Bare: [][]byte{{}}}, bad},
		{"fewer bytes than the opening says", protocol.Frame{Data: []protocol.Datum{longer}}, bad},
		{"an opening of another algorithm", protocol.Frame{Data: []protocol.Datum{otherAlg}}, bad},
		{"a document as text", map[string]any{"bare": []any{"hello"}}, bad},
		{"a bundle as a list of numbers", map[string]any{"bundles": []any{[]int{1, 2}}}, bad},
		{"a list", []int{1}, bad},
	} {
		list = append(list, frameVector{c.name, hex.EncodeToString(encode(t, c.frame)), c.code})
	}
	return list
}

func many(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = []byte{byte(i)}
	}
	return list
}

func TestFrameVectors(t *testing.T) {
	var cases []frameVector
	if err := json.Unmarshal(golden(t, "frame.json", frameVectors(t)), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		f, err := protocol.ReadFrame(unhex(c.Bytes))
		if protocol.CodeOf(err) != c.Code || (c.Code == "") != (err == nil) {
			t.Errorf("%s: %v, want code %q", c.Name, err, c.Code)
			continue
		}
		if err != nil {
			continue
		}
		if again, err := f.Bytes(); err != nil || !bytes.Equal(again, unhex(c.Bytes)) {
			t.Errorf("%s: written again as %x, %v", c.Name, again, err)
		}
	}
}

// TestFrameLimits: what ReadFrame refuses, Bytes refuses too.
func TestFrameLimits(t *testing.T) {
	half := datum(strings.Repeat("a", payload.MaxInline/2))
	for name, f := range map[string]protocol.Frame{
		"payload above 256 KiB": {Data: []protocol.Datum{half, half, datum("b")}},
		"over a megabyte":       {Bundles: [][]byte{make([]byte, wire.MaxBundleBytes), make([]byte, wire.MaxBundleBytes)}},
		"a document over 64 KiB": {
			Bare: [][]byte{make([]byte, wire.MaxDocBytes+1)},
		},
	} {
		if _, err := f.Bytes(); protocol.CodeOf(err) != big {
			t.Errorf("%s: written: %v", name, err)
		}
		if raw := encode(t, f); protocol.CodeOf(errorOf(protocol.ReadFrame(raw))) != big {
			t.Errorf("%s: read", name)
		}
	}
	if _, err := (&protocol.Frame{Data: []protocol.Datum{half, half}}).Bytes(); err != nil {
		t.Errorf("just 256 KiB: %v", err)
	}
}

func errorOf[T any](_ T, err error) error { return err }

type laneVector struct {
	Network string `json:"network"`
	Payer   string `json:"payer"`
	Payee   string `json:"payee"`
	Asset   string `json:"asset"`
	Epoch   string `json:"epoch"`
	Lane    string `json:"lane"`
}

func TestLaneVectors(t *testing.T) {
	var list []laneVector
	for _, e := range []*protocol.Entry{hold(), act(protocol.ActOpen)} {
		list = append(list, laneVector{
			network, hex.EncodeToString(e.By[:]), hex.EncodeToString(e.Payee[:]), e.Asset, e.Epoch.String(), e.Lane(network).String(),
		})
	}
	golden(t, "lane.json", list)
}

type artefactVector struct {
	Name       string `json:"name"`
	Unit       string `json:"unit"`   // hex
	Repeat     int    `json:"repeat"` // the content is Unit this many times
	Salt       string `json:"salt"`   // hex
	Size       uint64 `json:"size"`
	Root       string `json:"root"`    // hex
	Opening    string `json:"opening"` // hex
	Commitment string `json:"commitment"`
}

func TestArtefactVectors(t *testing.T) {
	var list []artefactVector
	for _, c := range []struct {
		name, unit string
		repeat     int
	}{
		{"empty", "", 0},
		{"hello world", "hello world", 1},
		{"one chunk", "0123456789abcdef", payload.Chunk / 16},
		{"one chunk and 16 bytes", "0123456789abcdef", payload.Chunk/16 + 1},
		{"five chunks", "souk", 5 * payload.Chunk / 4},
	} {
		content := strings.Repeat(c.unit, c.repeat)
		o := openingOf(content)
		list = append(list, artefactVector{
			c.name, hex.EncodeToString([]byte(c.unit)), c.repeat, hex.EncodeToString(o.Salt[:]), o.Size,
			hex.EncodeToString(o.Root[:]), hex.EncodeToString(encode(t, o)), o.ID().String(),
		})
		a := payload.Artefact{ID: o.ID(), Size: o.Size}
		if err := payload.Verify(a, o, strings.NewReader(content)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	golden(t, "artefact.json", list)
}

// TestEquivocationOpen: what Check compares counts only under both seals.
func TestEquivocationOpen(t *testing.T) {
	d := equivocation()
	if err := d.Open(network); err != nil {
		t.Fatal(err)
	}
	if err := d.Open("souk-other"); !errors.Is(err, wire.ErrNetwork) {
		t.Errorf("on another network: %v", err)
	}
	d.Second.Sig[0] ^= 1
	if err := d.Open(network); d.Check() != nil || !errors.Is(err, wire.ErrSeal) {
		t.Errorf("with a forged seal: %v", err)
	}
}

// TestForgedProofs: what a document shows is read by its Check, and is its
// author's word only once the seal is opened.
func TestForgedProofs(t *testing.T) {
	forged, head := acceptOf(proofOf(judge, quote())), logHead()
	forged.Offered.By, head.Shown.Sig[0] = provider.Key(), head.Shown.Sig[0]^1
	for name, c := range map[string]struct {
		doc  wire.Document
		open func(string) error
	}{
		"a Quote its author did not seal":     {forged, forged.Offered.Open},
		"a log entry its author did not seal": {head, head.Open},
	} {
		if _, err := protocol.Registry().Decode(encode(t, c.doc)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.open(network); !errors.Is(err, wire.ErrSeal) || protocol.CodeOf(err) != protocol.CodeSeal {
			t.Errorf("%s: opened: %v", name, err)
		}
	}
	if err := logHead().Open(network); err != nil {
		t.Error(err)
	}
	if err := ownHead().Open(network); err != nil {
		t.Error(err)
	}
}
