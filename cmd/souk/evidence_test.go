package main

import (
	"bytes"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// TestReadFork checks a proof of two tales as a machine does that has met neither side,
// and that no proof is made of one tale, nor of two of different places.
func TestReadFork(t *testing.T) {
	liar, witness := wire.NewPrivateKey([32]byte{1}), wire.NewPrivateKey([32]byte{2})
	says := func(seq uint64, nonce byte) wire.Proof {
		e := wire.Canonical{}.Name(&protocol.LogEntry{
			Head:  wire.Head{Kind: protocol.KindLogEntry, By: liar.Key(), At: 1, Nonce: wire.Nonce{nonce}},
			Epoch: protocol.Epoch{1}, Seq: seq, Outcome: wire.Sum([]byte{nonce}),
		})
		b, err := wire.Seal(liar, "n", e.Raw)
		if err != nil {
			t.Fatal(err)
		}
		return b.Proof(0)
	}
	text := func(one, other wire.Proof) []byte {
		if a, b := wire.Sum(one.Doc), wire.Sum(other.Doc); bytes.Compare(a[:], b[:]) > 0 {
			one, other = other, one
		}
		d := wire.Canonical{}.Name(&protocol.Equivocation{
			Head:  wire.Head{Kind: protocol.KindEquivocation, By: witness.Key(), At: 2},
			First: one, Second: other,
		})
		b, err := wire.Seal(witness, "n", d.Raw)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return settlement.ArmorEquivocation(raw)
	}
	r, err := readFork(text(says(1, 1), says(1, 2)))
	if err != nil || r.Author != liar.Key() || r.By != witness.Key() || r.Kind != "LogEntry" || r.Seq != 1 || r.Net != "n" {
		t.Errorf("%+v, %v", r, err)
	}
	for name, bad := range map[string][]byte{
		"one tale":   text(says(1, 1), says(1, 1)),
		"two places": text(says(1, 1), says(2, 2)),
		"no file":    []byte("nothing"),
	} {
		if r, err := readFork(bad); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
