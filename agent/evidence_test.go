package agent_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// receiptsIn are the receipts of a job's entries, each by a countersign of that very entry.
func receiptsIn(all []agent.Statement, id wire.CID) (receipts []*settlement.Receipt) {
	for _, s := range all {
		if e, ok := s.Doc.(*protocol.Entry); !ok || e.Job != id {
			continue
		}
		for _, c := range all {
			if d, ok := c.Doc.(*protocol.Countersign); ok && c.Bundle != nil && d.Entry == s.ID {
				receipts = append(receipts, &settlement.Receipt{Entry: s.Bundle.Proof(s.Index), Countersign: c.Bundle.Proof(c.Index)})
				break
			}
		}
	}
	return receipts
}

// evidence is what c can show of a job, with its own mandate where that is wanted.
func (c *citizen) evidence(id wire.CID, granted bool) *agent.Evidence {
	c.t.Helper()
	all := c.statements(id)
	var mandate *wire.Proof
	if granted {
		b, err := wire.Seal(c.owner(), net, c.conf.Mandate.Raw)
		if err != nil {
			c.t.Fatal(err)
		}
		p := b.Proof(0)
		mandate = &p
	}
	x, err := agent.EvidenceOf(net, id, all, receiptsIn(all, id), mandate)
	if err != nil {
		c.t.Fatal(err)
	}
	return x
}

func (c *citizen) owner() wire.PrivateKey {
	for i, f := range c.folk {
		if f == c {
			return wire.NewPrivateKey([32]byte{byte(i + 1), 1})
		}
	}
	panic("nobody of this town")
}

// proves is what the text of evidence proves, or the error.
func proves(text []byte) (*agent.Proven, error) {
	x, err := agent.ReadEvidence(text)
	if err != nil {
		return nil, err
	}
	return x.Verify(protocol.Registry())
}

func armored(t *testing.T, x *agent.Evidence) []byte {
	t.Helper()
	text, err := x.Armor()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestEvidence tells two jobs anew from what each side exports of them.
func TestEvidence(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	buyer.orders("good")
	w.pass(minute)
	seller.work = fails(protocol.CodeWorkFailed, 10)
	buyer.orders("bad")
	w.pass(minute)
	for _, c := range []struct {
		of            *citizen
		key           string
		stage         job.Stage
		paid          string
		granted, pays bool
	}{
		{buyer, "good", job.Settled, "5", true, true},
		{seller, "good", job.Settled, "5", false, true},
		{buyer, "bad", job.Cancelled, "0", true, false},
		{seller, "bad", job.Cancelled, "0", false, false},
	} {
		id := buyer.view(c.key).ID
		v, err := proves(armored(t, c.of.evidence(id, c.granted)))
		if err != nil {
			t.Fatalf("%s of %s: %v", c.key, c.of.name, err)
		}
		if v.Job.Stage(v.At) != c.stage || v.Paid.String() != c.paid || (v.Mandate.Doc != nil) != c.granted {
			t.Errorf("%s of %s: %s, %s paid, mandate %v", c.key, c.of.name, v.Job.Stage(v.At), v.Paid, v.Mandate.Doc)
		}
		if _, delivered := v.Job.Delivery(); delivered != c.pays || len(v.Receipted) == 0 {
			t.Errorf("%s of %s: delivered %v, %d receipts", c.key, c.of.name, delivered, len(v.Receipted))
		}
		if v.Job.Hirer() != buyer.key.Key() || v.Job.Provider() != seller.key.Key() {
			t.Errorf("%s of %s: between %s and %s", c.key, c.of.name, v.Job.Hirer(), v.Job.Provider())
		}
	}
}

// TestChangedEvidence changes the bytes of evidence one by one: none passes, and what
// is said names the part. (-seeds over 10: each byte; otherwise each fifth.)
func TestChangedEvidence(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	buyer.orders("good")
	w.pass(minute)
	text := armored(t, buyer.evidence(buyer.view("good").ID, true))
	parts := map[string]int{}
	stride := 5 // every byte where there are many seeds: each costs some thirty signatures
	if *seeds > 10 {
		stride = 1
	}
	for i := 0; i < len(text); i += stride {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		_, err := proves(changed)
		if !errors.Is(err, agent.ErrEvidence) {
			t.Fatalf("byte %d of %d changed: %v", i, len(text), err)
		}
		part, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), agent.ErrEvidence.Error()+": "), ":")
		parts[strings.Fields(part)[0]+" "+strings.Fields(part)[1]]++
	}
	for _, part := range []string{"the file", "document 1", "document 2", "receipt 1", "receipt 2", "the mandate"} {
		if parts[part] == 0 {
			t.Errorf("no changed byte was found in %s: %v", part, parts)
		}
	}
	for _, cut := range [][]byte{nil, text[:len(text)-1], append(bytes.Clone(text), '\n')} {
		if _, err := proves(cut); !errors.Is(err, agent.ErrEvidence) {
			t.Errorf("%d bytes: %v", len(cut), err)
		}
	}
}

// TestForgedEvidence puts together what is truly signed, and still proves nothing.
func TestForgedEvidence(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	buyer.orders("one")
	w.pass(minute)
	buyer.orders("two")
	w.pass(minute)
	one, two := buyer.view("one").ID, buyer.view("two").ID
	other := buyer.evidence(two, true)
	granted := seller.evidence(one, true).Mandate // it is the seller's
	for name, forge := range map[string]func(*agent.Evidence){
		"another job's name":     func(x *agent.Evidence) { x.Job = two },
		"a name of nothing":      func(x *agent.Evidence) { x.Job = wire.Sum([]byte("none")) },
		"no contract":            func(x *agent.Evidence) { x.Shown = x.Shown[1:] },
		"nothing":                func(x *agent.Evidence) { x.Shown = nil },
		"a document twice":       func(x *agent.Evidence) { x.Shown = append(x.Shown, x.Shown[2]) },
		"another job's contract": func(x *agent.Evidence) { x.Shown = append(x.Shown, other.Shown[0]) },
		"another job's delivery": func(x *agent.Evidence) { x.Shown = append(x.Shown, other.Shown...) },
		"another job's receipt":  func(x *agent.Evidence) { x.Receipts = append(x.Receipts, other.Receipts[0]) },
		"a receipt twice":        func(x *agent.Evidence) { x.Receipts = append(x.Receipts, x.Receipts[0]) },
		"another's mandate":      func(x *agent.Evidence) { x.Mandate = granted },
		"no mandate at all":      func(x *agent.Evidence) { x.Mandate = x.Shown[0] },
		"too many documents": func(x *agent.Evidence) {
			for len(x.Shown) <= agent.MaxEvidenceShown {
				x.Shown = append(x.Shown, x.Shown[0])
			}
		},
	} {
		x := buyer.evidence(one, true)
		if _, err := x.Verify(protocol.Registry()); err != nil {
			t.Fatal(err)
		}
		forge(x)
		if _, err := x.Verify(protocol.Registry()); !errors.Is(err, agent.ErrEvidence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Less is shown: less is proved, and nothing else than what is left.
	x := buyer.evidence(one, false)
	x.Receipts = nil
	if v, err := x.Verify(protocol.Registry()); err != nil || !v.Paid.IsZero() || v.Mandate.Doc != nil {
		t.Errorf("without receipts and mandate: %+v, %v", v, err)
	}
}

func FuzzReadEvidence(f *testing.F) {
	f.Add([]byte("-----BEGIN SOUK EVIDENCE-----\noA==\n-----END SOUK EVIDENCE-----\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := agent.ReadEvidence(b)
		if err != nil {
			return
		}
		if again, err := x.Armor(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read %q, would write %q (%v)", b, again, err)
		}
		_, _ = x.Verify(protocol.Registry())
	})
}
