package settlement

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

func (d *deal) seal(p *person, said ...wire.Said) *wire.Bundle {
	d.Helper()
	var docs [][]byte
	for _, s := range said {
		docs = append(docs, s.Raw)
	}
	b, err := wire.Seal(p, testNet, docs...)
	d.must(err)
	return b
}

// history is an ordinary deal over two epochs: OPEN HOLD POST | OPEN, the first
// and the last countersigned.
func history(t *testing.T) (d *deal, entries []wire.Said, first, last wire.Said) {
	d = newDeal(t)
	open := d.both(d.a.DraftOpen(d.payee.Key(), usd))
	hold := d.hold(jobID(1), 5)
	first = d.sign(jobID(1))
	post := d.both(d.a.DraftPost(hold.ID, wire.Units(5)))
	d.a.Begin(protocol.Epoch{2})
	again := d.both(d.a.DraftOpen(d.payee.Key(), usd))
	last = d.sign()
	return d, []wire.Said{open, hold, post, again}, first, last
}

func TestReceipt(t *testing.T) {
	d, e, first, last := history(t)
	reg := protocol.Registry()
	// The HOLD was sealed in one bundle with the OPEN.
	both, post := d.seal(d.payer, e[0], e[1]), d.seal(d.payer, e[2])
	signed, closing := d.seal(d.payee, first), d.seal(d.payee, last)

	old := protocol.LaneID(testNet, d.payer.Key(), d.payee.Key(), usd, protocol.Epoch{1})
	if l, ok := d.b.Lane(old); !ok || l.ID == old || l.Epoch != (protocol.Epoch{2}) {
		t.Fatalf("%+v", l)
	}

	exact := &Receipt{Entry: both.Proof(1), Countersign: signed.Proof(0)}
	covered := &Receipt{Entry: both.Proof(0), Countersign: signed.Proof(0), Chain: [][]byte{e[1].Raw}}
	across := &Receipt{Entry: both.Proof(1), Countersign: closing.Proof(0), Chain: [][]byte{e[2].Raw, e[3].Raw}}
	for name, r := range map[string]*Receipt{"exact": exact, "covered": covered, "across epochs": across} {
		text, err := r.Armor()
		d.must(err)
		back, err := ReadReceipt(text)
		d.must(err)
		entry, cs, err := back.Verify(reg, testNet)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if entry.By != d.payer.Key() || cs.By != d.payee.Key() {
			t.Fatalf("%s: %v %v", name, entry, cs)
		}
	}

	forged := *e[2].Doc.(*protocol.Entry)
	forged.Nonce[0]++
	for name, r := range map[string]*Receipt{
		"later entry, no chain":   {Entry: both.Proof(0), Countersign: signed.Proof(0)},
		"earlier countersign":     {Entry: post.Proof(0), Countersign: signed.Proof(0)},
		"gap in the chain":        {Entry: both.Proof(1), Countersign: closing.Proof(0), Chain: [][]byte{e[3].Raw}},
		"another entry between":   {Entry: both.Proof(1), Countersign: closing.Proof(0), Chain: [][]byte{wire.Canonical{}.Name(&forged).Raw, e[3].Raw}},
		"chain too far":           {Entry: both.Proof(0), Countersign: signed.Proof(0), Chain: [][]byte{e[1].Raw, e[2].Raw}},
		"two entries":             {Entry: both.Proof(0), Countersign: both.Proof(1)},
		"countersigned by payer":  {Entry: both.Proof(1), Countersign: d.seal(d.payer, forgeBy(first, d.payer)).Proof(0)},
		"other totals":            {Entry: both.Proof(1), Countersign: d.seal(d.payee, otherTotals(first)).Proof(0)},
		"countersign of no entry": {Entry: signed.Proof(0), Countersign: signed.Proof(0)},
		"chain too long":          {Entry: both.Proof(0), Countersign: signed.Proof(0), Chain: make([][]byte, MaxChain+1)},
	} {
		if _, _, err := r.Verify(reg, testNet); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, _, err := exact.Verify(reg, "elsewhere"); !errors.Is(err, wire.ErrNetwork) {
		t.Errorf("another network: got %v", err)
	}
}

func otherTotals(s wire.Said) wire.Said {
	c := *s.Doc.(*protocol.Countersign)
	grow(&c.Totals.Held, 1)
	return wire.Canonical{}.Name(&c)
}

// forgeBy says a countersign again under another key.
func forgeBy(s wire.Said, p *person) wire.Said {
	c := *s.Doc.(*protocol.Countersign)
	c.By = p.Key()
	return wire.Canonical{}.Name(&c)
}

// No byte of a receipt's file can be changed, left out or added.
func TestReceiptEveryByte(t *testing.T) {
	d, e, first, _ := history(t)
	r := &Receipt{
		Entry: d.seal(d.payer, e[0], e[1]).Proof(0), Countersign: d.seal(d.payee, first).Proof(0), Chain: [][]byte{e[1].Raw},
	}
	text, err := r.Armor()
	d.must(err)
	reg := protocol.Registry()
	good := func(b []byte) bool {
		r, err := ReadReceipt(b)
		if err != nil {
			return false
		}
		_, _, err = r.Verify(reg, testNet)
		return err == nil
	}
	if !good(text) {
		t.Fatal("the receipt itself is refused")
	}
	for i := range text {
		for _, c := range []byte{text[i] ^ 1, text[i] ^ 0x20, 'A', '=', '\n'} {
			b := bytes.Clone(text)
			if b[i] = c; c != text[i] && good(b) {
				t.Fatalf("byte %d: %q in place of %q passes", i, c, text[i])
			}
		}
		if good(append(bytes.Clone(text[:i]), text[i+1:]...)) {
			t.Fatalf("without byte %d it passes", i)
		}
	}
	for name, b := range map[string]string{
		"empty":        "",
		"trailing":     string(text) + "\n",
		"leading":      " " + string(text),
		"other breaks": strings.ReplaceAll(string(text), "\n", "\r\n"),
		"other width":  "-----BEGIN SOUK RECEIPT-----\n" + strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(string(text), "-----BEGIN SOUK RECEIPT-----\n"), "-----END SOUK RECEIPT-----\n"), "\n", "") + "\n" + "-----END SOUK RECEIPT-----\n",
		"markers only": "-----BEGIN SOUK RECEIPT-----\n" + "-----END SOUK RECEIPT-----\n",
		"too long":     "-----BEGIN SOUK RECEIPT-----\n" + strings.Repeat("A", 2*MaxReceipt) + "-----END SOUK RECEIPT-----\n",
	} {
		if good([]byte(b)) {
			t.Errorf("%s passes", name)
		}
	}
}

func FuzzReadReceipt(f *testing.F) {
	f.Add([]byte("-----BEGIN SOUK RECEIPT-----\n" + "oA==\n" + "-----END SOUK RECEIPT-----\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ReadReceipt(b)
		if err != nil {
			return
		}
		if again, err := r.Armor(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read %q, would write %q (%v)", b, again, err)
		}
		_, _, _ = r.Verify(protocol.Registry(), testNet)
	})
}

func TestEquivocation(t *testing.T) {
	d, e, _, _ := history(t)
	reg := protocol.Registry()
	other := *e[2].Doc.(*protocol.Entry)
	other.Amount = wire.Units(4)
	other.Totals.Posted = wire.Units(4)
	second := d.payer.name(t, &other)

	var fork *Fork
	if err := d.b.Check(second); !errors.As(err, &fork) || fork.First != e[2].ID || fork.Second != second.ID || fork.Seq != 3 {
		t.Fatal(err)
	}
	if err := d.b.Apply(second); !errors.As(err, &fork) {
		t.Fatal(err)
	}
	if l, _ := d.b.LaneFrom(d.payer.Key(), usd); !l.Stopped {
		t.Fatal("the lane goes on")
	}
	next := d.say(d.a.DraftHold(d.payee.Key(), usd, Hold{Job: jobID(9), Deadline: 1 << 50, Mandate: jobID(200)}))
	if got := code(d.b.Apply(next)); got != protocol.CodeFork {
		t.Fatal(got)
	}

	proof := &protocol.Equivocation{
		Head:  wire.Head{Kind: protocol.KindEquivocation, By: d.payee.Key(), At: 1, Nonce: wire.Nonce{1}},
		First: d.seal(d.payer, e[0], e[1], e[2]).Proof(2), Second: d.seal(d.payer, second).Proof(0),
	}
	if bytes.Compare(e[2].ID[:], second.ID[:]) > 0 {
		proof.First, proof.Second = proof.Second, proof.First
	}
	d.must(CheckEquivocation(reg, testNet, proof))
	if err := CheckEquivocation(reg, "elsewhere", proof); !errors.Is(err, wire.ErrNetwork) {
		t.Error(err)
	}
	for name, change := range map[string]func(p *protocol.Equivocation){
		"twice the same":   func(p *protocol.Equivocation) { p.Second = p.First },
		"two places":       func(p *protocol.Equivocation) { p.Second = d.seal(d.payer, e[1]).Proof(0) },
		"another author":   func(p *protocol.Equivocation) { p.First.By = d.payee.Key() },
		"in falling order": func(p *protocol.Equivocation) { p.First, p.Second = p.Second, p.First },
		"a seal is forged": func(p *protocol.Equivocation) { p.Second.Sig[0] ^= 1 },
		"two epochs": func(p *protocol.Equivocation) {
			p.First, p.Second = d.seal(d.payer, e[0]).Proof(0), d.seal(d.payer, e[3]).Proof(0)
		},
	} {
		p := *proof
		change(&p)
		if CheckEquivocation(reg, testNet, &p) == nil {
			t.Errorf("%s: passes", name)
		}
	}
}

// code is the code of a refusal, or what the error says.
func code(err error) protocol.Code {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	if err == nil {
		return "taken"
	}
	return protocol.Code(err.Error())
}
