package protocol

import "github.com/souk-network/souk/protocol/wire"

// Totals are the sums over a lane since its pair first dealt in its asset.
// They never fall, pass from epoch to epoch, and are all redundant, so that a
// single entry tells the whole position and a wrong one is refused. On the wire
// they are an array of five amounts.
//
//	[posted, held, released, credited, settled]
type Totals struct {
	_        struct{}    `cbor:",toarray"`
	Posted   wire.Amount `cbor:"posted"`   // owed by PAY, POST, METER and AWARD
	Held     wire.Amount `cbor:"held"`     // set aside by HOLD
	Released wire.Amount `cbor:"released"` // of Held, no longer set aside
	Credited wire.Amount `cbor:"credited"` // given back
	Settled  wire.Amount `cbor:"settled"`  // paid on a rail
}

// Exposure returns what the payer owes or has set aside: Posted + Held -
// Released - Credited - Settled. The error is wire.ErrOverflow where no lane
// can have such totals.
func (t Totals) Exposure() (wire.Amount, error) {
	open, err := t.Held.Minus(t.Released)
	if err != nil {
		return wire.Amount{}, err
	}
	owed, err := t.Posted.Minus(t.Credited)
	if err != nil {
		return wire.Amount{}, err
	}
	if owed, err = owed.Minus(t.Settled); err != nil {
		return wire.Amount{}, err
	}
	return owed.Plus(open)
}

func (t Totals) check() error {
	_, err := t.Exposure()
	if err != nil {
		return &Fault{Code: CodeAmount, Field: "posted", Why: "released is over held, or credited and settled over posted, or all over 2^128-1"}
	}
	return nil
}
