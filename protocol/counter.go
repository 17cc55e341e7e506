package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Counter answers a Quote with the clauses the hirer wants instead, each whole;
// those it leaves out stand as they were quoted. It binds nobody: the provider
// answers it with a fresh full Quote of that Round, or a Refuse. A clause of
// nothing (a price or kill fee of 0, no rework) cannot be wished for.
//
//	{at, by, data?, kind: 6, check?, nonce, panel?, price?, quote, round, times?,
//	reworks?, witness?, kill_fee?}
type Counter struct {
	wire.Head
	Quote   wire.CID         `cbor:"quote"`
	Round   uint64           `cbor:"round"` // rounds so far, this one included: 1 to MaxRounds
	Price   Price            `cbor:"price,omitzero"`
	Times   Times            `cbor:"times,omitzero"`
	Data    payload.Handling `cbor:"data,omitzero"`
	Rule    Check            `cbor:"check,omitzero"`
	Panel   Panel            `cbor:"panel,omitzero"`
	Witness Third            `cbor:"witness,omitzero"`
	KillFee wire.Amount      `cbor:"kill_fee,omitzero"` // in the asset of the Quote, as all amounts here
	Reworks uint64           `cbor:"reworks,omitzero"`
}

// Check reports what is wrong with d taken alone.
func (d *Counter) Check() error {
	_, err := d.Price.Most()
	thirds := Terms{Panel: d.Panel, Witness: d.Witness}
	return first(
		head(d.Head, KindCounter),
		link("quote", d.Quote),
		between("round", d.Round, 1, MaxRounds, ""),
		must(d.wishes(), "price", "neither this nor another clause is wished for"),
		within("price", err),
		within("price", d.Price.check()),
		within("times", d.Times.check()),
		within("data", d.checkData()),
		within("check", d.Rule.check()),
		within("panel", d.Panel.check(wire.Key{})),
		within("witness", d.Witness.optional(wire.Key{})),
		thirds.notThird(d.By),
		between("reworks", d.Reworks, 0, MaxReworks, ""),
	)
}

// wishes reports whether d names any clause.
func (d *Counter) wishes() bool {
	return !d.Price.IsZero() || d.Times != (Times{}) || d.Data != (payload.Handling{}) || !d.Rule.IsZero() ||
		!d.Panel.IsZero() || d.Witness != (Third{}) || !d.KillFee.IsZero() || d.Reworks > 0
}

func (d *Counter) checkData() error {
	if d.Data == (payload.Handling{}) {
		return nil
	}
	return d.Data.Check()
}
