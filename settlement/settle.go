package settlement

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// transfer is money that a rail has moved for good.
type transfer struct {
	of     pair
	amount wire.Amount
	used   bool // a SETTLED cites it
}

// Final records that a rail has moved amount from payer to payee for good, as
// proof shows. One SETTLED with that proof and at most that amount then fits.
// Said twice, the first counts.
func (b *Book) Final(payer, payee wire.Key, asset string, proof []byte, amount wire.Amount) {
	id := wire.Sum(proof)
	if b.paid[id] == nil {
		b.paid[id] = &transfer{of: pair{payer, payee, asset}, amount: amount}
	}
}

func (b *Book) checkSettled(e *protocol.Entry) error {
	t := b.paid[wire.Sum(e.Proof)]
	switch {
	case t == nil && len(e.Proof) > 0 && b.forgotten(e):
		return owed(e)
	case len(e.Proof) == 0 || t == nil || t.of != pairOf(e):
		return refuse(protocol.CodeRail, "no rail has shown this transfer to be final")
	case t.used:
		return refuse(protocol.CodeDuplicate, "the transfer is settled already")
	case e.Amount.Cmp(t.amount) > 0:
		return refuse(protocol.CodeAmount, "%s of a transfer of %s", e.Amount, t.amount)
	}
	return owed(e)
}
