package settlement

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
)

var update = flag.Bool("update", false, "write the golden receipts anew from the cases of the test")

// goldenReceipts lie beside the other vectors, for readers in other languages.
const goldenReceipts = "../protocol/testdata/vectors/receipt.json"

// receiptVector is the file of one receipt, and the code it is refused with.
type receiptVector struct {
	Name    string        `json:"name"`
	Network string        `json:"network"`
	Text    string        `json:"text"`
	Code    protocol.Code `json:"code"`
}

func receiptVectors(t *testing.T) []receiptVector {
	d, e, first, last := history(t)
	both, signed := d.seal(d.payer, e[0], e[1]), d.seal(d.payee, first)
	var list []receiptVector
	add := func(name string, code protocol.Code, r Receipt) string {
		text, err := r.Armor()
		d.must(err)
		list = append(list, receiptVector{name, testNet, string(text), code})
		return string(text)
	}
	exact := Receipt{Entry: both.Proof(1), Countersign: signed.Proof(0)}
	covered := Receipt{Entry: both.Proof(0), Countersign: signed.Proof(0), Chain: [][]byte{e[1].Raw}}
	across := Receipt{
		Entry: both.Proof(1), Countersign: d.seal(d.payee, last).Proof(0), Chain: [][]byte{e[2].Raw, e[3].Raw},
	}
	text := add("the entry that is countersigned", "", exact)
	add("an entry before it", "", covered)
	add("an entry of the epoch before", "", across)

	gap := across
	gap.Chain = gap.Chain[1:]
	add("a gap in between", protocol.CodeMalformed, gap)
	add("countersigned by the payer", protocol.CodeMalformed,
		Receipt{Entry: exact.Entry, Countersign: d.seal(d.payer, forgeBy(first, d.payer)).Proof(0)})
	add("countersigned with other totals", protocol.CodeMalformed,
		Receipt{Entry: exact.Entry, Countersign: d.seal(d.payee, otherTotals(first)).Proof(0)})
	add("two entries", protocol.CodeMalformed, Receipt{Entry: both.Proof(0), Countersign: both.Proof(1)})
	forged := exact
	forged.Countersign.Sig[0] ^= 1
	add("a seal that is not its author's", protocol.CodeSeal, forged)
	return append(list,
		receiptVector{"without its last line", testNet, strings.TrimSuffix(text, "-----END SOUK RECEIPT-----\n"), protocol.CodeMalformed},
		receiptVector{"with other line breaks", testNet, strings.ReplaceAll(text, "\n", "\r\n"), protocol.CodeMalformed},
		receiptVector{"with a line after it", testNet, text + "\n", protocol.CodeMalformed},
	)
}

// TestVectors reads each golden receipt, and checks that the file is what the
// cases give.
func TestVectors(t *testing.T) {
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetIndent("", " ")
	if err := enc.Encode(receiptVectors(t)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(goldenReceipts, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(goldenReceipts)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("the file and the cases differ; if the change is meant: go test -run Vectors -update")
	}
	var list []receiptVector
	if err := json.Unmarshal(got, &list); err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		if err := proves([]byte(v.Text), v.Network); codeOf(err) != v.Code {
			t.Errorf("%s: %v, want code %q", v.Name, err, v.Code)
		}
	}
}

// proves reports what keeps a receipt's file from proving anything.
func proves(text []byte, net string) error {
	r, err := ReadReceipt(text)
	if err == nil {
		_, _, err = r.Verify(protocol.Registry(), net)
	}
	return err
}

// codeOf is the code of what is wrong with a receipt: where it is no matter of
// one document's bytes, it is malformed as a whole.
func codeOf(err error) protocol.Code {
	if c := protocol.CodeOf(err); c != "" || !errors.Is(err, ErrReceipt) {
		return c
	}
	return protocol.CodeMalformed
}
