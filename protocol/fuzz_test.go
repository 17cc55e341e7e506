package protocol_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// FuzzDocument reads any bytes as a document. What is read passed Check, keeps
// within its kind's limit, can be written again (into the same bytes, unless it
// has fields nobody knows), and is of no second kind.
func FuzzDocument(f *testing.F) {
	for _, raw := range seeds(f, "*.json") {
		f.Add(raw)
	}
	r := protocol.Registry()
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := r.Decode(raw)
		if err != nil {
			if protocol.CodeOf(err) == "" {
				t.Fatalf("refused without a code: %v", err)
			}
			return
		}
		h := d.Header()
		e, _ := r.Entry(h.Kind)
		if err := d.Check(); err != nil || len(raw) > e.Limit {
			t.Fatalf("%s of %d bytes was read: %v", e.Name, len(raw), err)
		}
		again, err := wire.Encode(d)
		if err != nil {
			t.Fatalf("%s cannot be written again: %v", e.Name, err)
		}
		closed := wire.Unmarshal(raw, e.New(), len(raw), true) == nil
		if closed && !bytes.Equal(raw, again) {
			t.Fatalf("%s written again\n%x\nread from\n%x", e.Name, again, raw)
		}
		if e.Strict && !closed {
			t.Fatalf("%s was read with unknown fields", e.Name)
		}
		for k := range protocol.KindApproval + 1 {
			other, ok := r.Entry(k)
			if !ok || other.New == nil || k == h.Kind {
				continue
			}
			if d := other.New(); wire.Unmarshal(raw, d, len(raw), false) == nil && d.Check() == nil {
				t.Fatalf("%s is also valid as %s", e.Name, other.Name)
			}
		}
	})
}

// FuzzFrame reads any bytes as a frame: one form, within its limits, and every
// bundle and document in it can be tried.
func FuzzFrame(f *testing.F) {
	for _, raw := range seeds(f, "frame.json") {
		f.Add(raw)
	}
	r := protocol.Registry()
	f.Fuzz(func(t *testing.T, raw []byte) {
		frame, err := protocol.ReadFrame(raw)
		if err != nil {
			if protocol.CodeOf(err) == "" {
				t.Fatalf("refused without a code: %v", err)
			}
			return
		}
		if again, err := frame.Bytes(); err != nil || !bytes.Equal(again, raw) {
			t.Fatalf("written again\n%x, %v\nread from\n%x", again, err, raw)
		}
		for _, b := range frame.Bundles {
			if bundle, err := wire.ReadBundle(b); err == nil {
				_, _ = r.Documents(bundle)
			}
		}
		for _, b := range frame.Bare {
			_, _ = r.Decode(b)
		}
	})
}

// seeds returns all bytes that the vector files of pattern show.
func seeds(f *testing.F, pattern string) [][]byte {
	files, err := filepath.Glob(filepath.Join(vectorFolder, pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no vectors: %v", err)
	}
	type shown struct {
		Bytes string `json:"bytes"`
	}
	var list [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var page struct{ Valid, Invalid []shown }
		if text[0] == '[' {
			err = json.Unmarshal(text, &page.Valid)
		} else {
			err = json.Unmarshal(text, &page)
		}
		if err != nil {
			f.Fatal(err)
		}
		for _, v := range append(page.Valid, page.Invalid...) {
			list = append(list, unhex(v.Bytes))
		}
	}
	return list
}
