package main

import (
	"bytes"
	"testing"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// TestEveryChangedByte changes each byte of a receipt in turn: none passes.
func TestEveryChangedByte(t *testing.T) {
	text := someReceipt(t)
	r, err := readReceipt(text)
	if err != nil {
		t.Fatal(err)
	}
	if r.Amount.String() != "5" || r.Net != "n" || !r.Valid {
		t.Errorf("%+v", r)
	}
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := readReceipt(changed); err == nil || exit(gateway.AsError(err).Code) != 1 {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for _, cut := range [][]byte{nil, text[:len(text)-1], append(bytes.Clone(text), '\n'), append([]byte(" "), text...)} {
		if _, err := readReceipt(cut); err == nil {
			t.Errorf("%d bytes pass", len(cut))
		}
	}
}

// someReceipt is the receipt of a payment of 5.
func someReceipt(t *testing.T) []byte {
	t.Helper()
	payer, payee := wire.NewPrivateKey([32]byte{1}), wire.NewPrivateKey([32]byte{2})
	totals := protocol.Totals{Posted: wire.Units(5)}
	entry := wire.Canonical{}.Name(&protocol.Entry{
		Head:  wire.Head{Kind: protocol.KindEntry, By: payer.Key(), At: 1},
		Payee: payee.Key(), Asset: "souk:credit/usd-6", Epoch: protocol.Epoch{1}, Seq: 2, Prev: wire.Sum([]byte("before")),
		Act: protocol.ActPay, Amount: wire.Units(5), Totals: totals, Mandate: wire.Sum([]byte("mandate")), Idem: []byte("once"),
	})
	seen := wire.Canonical{}.Name(&protocol.Countersign{
		Head: wire.Head{Kind: protocol.KindCountersign, By: payee.Key(), At: 2},
		Lane: protocol.LaneID("n", payer.Key(), payee.Key(), "souk:credit/usd-6", protocol.Epoch{1}),
		Seq:  2, Entry: entry.ID, Totals: totals,
	})
	first, err := wire.Seal(payer, "n", entry.Raw)
	if err != nil {
		t.Fatal(err)
	}
	second, err := wire.Seal(payee, "n", seen.Raw)
	if err != nil {
		t.Fatal(err)
	}
	text, err := (&settlement.Receipt{Entry: first.Proof(0), Countersign: second.Proof(0)}).Armor()
	if err != nil {
		t.Fatal(err)
	}
	return text
}
