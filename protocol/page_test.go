package protocol_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// shownTogether seals documents of one author as one bundle, and shows each alone.
func shownTogether(t testing.TB, by wire.PrivateKey, docs ...any) []wire.Proof {
	t.Helper()
	var raw [][]byte
	for _, d := range docs {
		raw = append(raw, encode(t, d))
	}
	b, err := wire.Seal(by, network, raw...)
	if err != nil {
		t.Fatal(err)
	}
	var all []wire.Proof
	for i := range raw {
		all = append(all, b.Proof(i))
	}
	return all
}

func pageVectors(t testing.TB) []frameVector {
	own := shownTogether(t, hirer, post(), outcome(), logEntry())[1:]
	mandate := shownTogether(t, hirerOwner, mandateOf(hirerOwner, hirer))
	many := make([]wire.Proof, protocol.MaxShown+1)
	for i := range many {
		o := outcome()
		o.Nonce = wire.Nonce{byte(i)}
		many[i] = shownTogether(t, hirer, o)[0]
	}
	var list []frameVector
	for _, c := range []struct {
		name string
		page any
		code protocol.Code
	}{
		{"an outcome and the entry that names it", protocol.Page{Shown: own}, ""},
		{"a mandate", protocol.Page{Shown: mandate}, ""},
		{"as many proofs as there may be", protocol.Page{Shown: many[:protocol.MaxShown]}, ""},
		{"one proof too many", protocol.Page{Shown: many}, big},
		{"nothing shown", protocol.Page{Shown: []wire.Proof{}}, bad},
		{"no field", map[string]any{}, bad},
		{"an unknown field", map[string]any{"shown": own, "grease": 1}, bad},
		{"a document twice", protocol.Page{Shown: []wire.Proof{own[0], own[0]}}, bad},
		{"a proof as bytes", map[string]any{"shown": []any{encode(t, own[0])}}, bad},
		{"a list", []wire.Proof{own[0]}, bad},
	} {
		list = append(list, frameVector{c.name, hex.EncodeToString(encode(t, c.page)), c.code})
	}
	return list
}

func TestPageVectors(t *testing.T) {
	var cases []frameVector
	if err := json.Unmarshal(golden(t, "page.json", pageVectors(t)), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		p, err := protocol.ReadPage(unhex(c.Bytes))
		if protocol.CodeOf(err) != c.Code || (c.Code == "") != (err == nil) {
			t.Errorf("%s: %v, want code %q", c.Name, err, c.Code)
			continue
		}
		if err != nil {
			continue
		}
		if again, err := p.Bytes(); err != nil || !bytes.Equal(again, unhex(c.Bytes)) {
			t.Errorf("%s: written again as %x, %v", c.Name, again, err)
		}
	}
}

// TestPageTooLarge: what ReadPage refuses, Bytes refuses too.
func TestPageTooLarge(t *testing.T) {
	large := protocol.Page{}
	for i := range 3 {
		doc := make([]byte, wire.MaxDocBytes-100)
		doc[0] = byte(i)
		large.Shown = append(large.Shown, wire.Proof{V: wire.Version, Doc: doc, Net: network})
	}
	if _, err := large.Bytes(); protocol.CodeOf(err) != big {
		t.Errorf("a page over its limit is written: %v", err)
	}
	if _, err := protocol.ReadPage(make([]byte, protocol.MaxPage+1)); protocol.CodeOf(err) != big {
		t.Errorf("a page over its limit is read: %v", err)
	}
}
