package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

var write = flag.Bool("write", false, "write testdata anew from the cases in the tests")

// vector is one golden case. Every field but Name and Error is what a shelf's
// page in testdata/README.md says; bytes are hex. Error names the failure
// expected, and is empty where there is none.
type vector struct {
	Name      string `json:"name"`
	Bytes     string `json:"bytes,omitempty"`
	Text      string `json:"text,omitempty"`
	DID       string `json:"did,omitempty"`
	Content   string `json:"content,omitempty"`
	Key       string `json:"key,omitempty"`
	Message   string `json:"message,omitempty"`
	Signature string `json:"signature,omitempty"`
	Net       string `json:"net,omitempty"`
	Error     string `json:"error"`
}

// failures are the words of the error field.
var failures = map[string]error{
	"": nil, "canonical": wire.ErrCanonical, "limit": wire.ErrLimit, "shape": wire.ErrShape,
	"unknown-field": wire.ErrUnknownField, "key": wire.ErrKey, "cid": wire.ErrCID, "amount": wire.ErrAmount,
	"seal": wire.ErrSeal, "network": wire.ErrNetwork,
}

// shelves are the files of testdata: what they hold, and how one case is tried.
var shelves = []struct {
	file  string
	cases func(t testing.TB) []vector
	try   func(v vector) error
}{
	{"canonical.json", canonicalVectors, func(v vector) error { return wire.CheckCanonical(unhex(v.Bytes)) }},
	{"keys.json", keyVectors, tryKey},
	{"cids.json", cidVectors, tryCID},
	{"amounts.json", amountVectors, tryAmount},
	{"signatures.json", signatureVectors, trySignature},
	{"bundles.json", bundleVectors, tryBundle},
	{"proofs.json", proofVectors, tryProof},
}

// TestVectors tries each case as a reader in another language would, and checks
// that the files are those the tests' own cases give: a change of bytes shows
// as a change of a file.
func TestVectors(t *testing.T) {
	for _, s := range shelves {
		t.Run(s.file, func(t *testing.T) {
			path := filepath.Join("testdata", s.file)
			want := render(t, s.cases(t))
			if *write {
				if err := os.WriteFile(path, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("the file and the tests' cases differ; if the change is meant: go test -run Vectors -write")
			}
			var cases []vector
			if err := json.Unmarshal(got, &cases); err != nil {
				t.Fatal(err)
			}
			for _, v := range cases {
				if err := s.try(v); !errors.Is(err, failures[v.Error]) {
					t.Errorf("%s: got %v, want %q", v.Name, err, v.Error)
				}
			}
		})
	}
}

func render(t testing.TB, cases []vector) []byte {
	t.Helper()
	seen := make(map[string]bool)
	out := []byte("[\n")
	for i, v := range cases {
		if _, known := failures[v.Error]; !known || seen[v.Name] {
			t.Fatalf("%q: name used twice, or unknown failure %q", v.Name, v.Error)
		}
		seen[v.Name] = true
		line, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if out = append(append(out, " "...), line...); i < len(cases)-1 {
			out = append(out, ',')
		}
		out = append(out, '\n')
	}
	return append(out, "]\n"...)
}

// unhex panics on what is no hex: the files are ours.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// wordFor returns the word of the error field for err.
func wordFor(err error) string {
	for word, known := range failures {
		if known != nil && errors.Is(err, known) {
			return word
		}
	}
	return ""
}

func canonicalVectors(t testing.TB) []vector {
	var all []vector
	for _, c := range canonicalCases() {
		if len(c.hex) < 1<<12 { // the long ones say little for their size
			all = append(all, vector{Name: c.name, Bytes: hex.EncodeToString(c.bytes(t)), Error: wordFor(c.want)})
		}
	}
	return all
}

func keyVectors(testing.TB) []vector {
	var all []vector
	for i := range byte(4) {
		k := keyOf(i)
		all = append(all, vector{Name: "key of seed " + string('0'+i) + ", 31 zeros", Bytes: hex.EncodeToString(k[:]), Text: k.String(), DID: k.DID()})
	}
	for i, enc := range smallOrder() {
		all = append(all, vector{Name: "small order " + string('a'+rune(i)), Bytes: hex.EncodeToString(enc[:]), Error: "key"})
	}
	high := bytes.Repeat([]byte{0xff}, 32)
	high[31] = 0x7f
	noPoint := append([]byte{2}, make([]byte, 31)...)
	good := keyOf(1).String()
	return append(all,
		vector{Name: "encoding not canonical", Bytes: hex.EncodeToString(high), Error: "key"},
		vector{Name: "no point of the curve", Bytes: hex.EncodeToString(noPoint), Error: "key"},
		vector{Name: "31 bytes", Bytes: strings.Repeat("11", 31), Error: "key"},
		vector{Name: "text cut off", Text: good[:len(good)-1], Error: "key"},
		vector{Name: "text of a hashed key", Text: "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPB3G", Error: "key"},
	)
}

func tryKey(v vector) error {
	if v.Bytes == "" {
		_, err := wire.ParseKey(v.Text)
		return err
	}
	k, err := wire.KeyFromBytes(unhex(v.Bytes))
	if err == nil && (k.String() != v.Text || k.DID() != v.DID) {
		return errors.New("another text: " + k.String() + " " + k.DID())
	}
	return err
}

func cidVectors(t testing.TB) []vector {
	var all []vector
	for _, content := range []string{"", "a", "\xa0"} {
		b, err := wire.Encode(wire.Sum([]byte(content)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, vector{
			Name: "content of " + hex.EncodeToString([]byte(content)), Content: hex.EncodeToString([]byte(content)),
			Bytes: hex.EncodeToString(b), Text: wire.Sum([]byte(content)).String(),
		})
	}
	text := wire.Sum(nil).String()
	return append(all,
		vector{Name: "upper case", Text: strings.ToUpper(text), Error: "cid"},
		vector{Name: "spare bits set", Text: text[:len(text)-1] + "v", Error: "cid"},
		vector{Name: "version 0", Text: "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPB3G", Error: "cid"},
	)
}

func tryCID(v vector) error {
	id, err := wire.ParseCID(v.Text)
	if err != nil {
		return err
	}
	b, err := wire.Encode(id)
	if err == nil && (id != wire.Sum(unhex(v.Content)) || hex.EncodeToString(b) != v.Bytes) {
		return errors.New("another CID: " + id.String())
	}
	return err
}

func amountVectors(t testing.TB) []vector {
	var all []vector
	for _, text := range []string{"0", "1", "255", "256", "18446744073709551615", "18446744073709551616", most} {
		a, err := wire.ParseAmount(text)
		if err != nil {
			t.Fatal(err)
		}
		b, err := wire.Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, vector{Name: text, Text: text, Bytes: hex.EncodeToString(b)})
	}
	for _, text := range amountTexts[1:] {
		all = append(all, vector{Name: "text " + text, Text: text, Error: "amount"})
	}
	return append(all,
		vector{Name: "leading zero byte", Bytes: "420001", Error: "amount"},
		vector{Name: "zero as a byte", Bytes: "4100", Error: "amount"},
		vector{Name: "17 bytes", Bytes: "5101" + strings.Repeat("00", 16), Error: "amount"},
		vector{Name: "integer", Bytes: "05", Error: "amount"},
		vector{Name: "text string", Bytes: "6135", Error: "amount"},
	)
}

func tryAmount(v vector) error {
	if v.Bytes == "" {
		_, err := wire.ParseAmount(v.Text)
		return err
	}
	var a wire.Amount
	err := wire.Unmarshal(unhex(v.Bytes), &a, 64, true)
	if err == nil && a.String() != v.Text {
		return errors.New("another amount: " + a.String())
	}
	return err
}

func signatureVectors(t testing.TB) []vector {
	var all []vector
	for _, c := range signatureCases(t) {
		v := vector{
			Name: c.name, Key: hex.EncodeToString(c.s.By[:]), Message: hex.EncodeToString(c.s.Message),
			Signature: hex.EncodeToString(c.s.Sig[:]),
		}
		if !c.valid {
			v.Error = "seal"
		}
		all = append(all, v)
	}
	return all
}

func trySignature(v vector) error {
	if !wire.Verify(wire.Key(unhex(v.Key)), unhex(v.Message), wire.Signature(unhex(v.Signature))) {
		return wire.ErrSeal
	}
	return nil
}
