package protocol

import "github.com/souk-network/souk/protocol/wire"

// Claim is the payee's resolution of a hold after a Delivery that was not
// judged in time.
//
//	{at, by, job, hold, kind: 20, part, nonce, amount, delivery}
type Claim struct {
	wire.Head
	Job      wire.CID    `cbor:"job"`
	Part     uint64      `cbor:"part"`
	Hold     wire.CID    `cbor:"hold"` // the HOLD entry
	Delivery wire.CID    `cbor:"delivery"`
	Amount   wire.Amount `cbor:"amount"` // at most what is held
}

// Check reports what is wrong with d taken alone.
func (d *Claim) Check() error {
	return first(
		head(d.Head, KindClaim),
		link("job", d.Job),
		part(d.Part),
		link("hold", d.Hold),
		link("delivery", d.Delivery),
	)
}
