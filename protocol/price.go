package protocol

import "github.com/souk-network/souk/protocol/wire"

// Price is how much is owed. Fixed is shared out over Tranches, in order; a
// metered contract adds PerUnit for each unit, up to MaxUnits, and pays by
// windows of Window calls.
//
//	{unit?, fixed, window?, per_unit?, tranches?, max_units?}
type Price struct {
	Fixed    wire.Amount   `cbor:"fixed"`
	Tranches []wire.Amount `cbor:"tranches,omitempty"` // optional: sum equals Fixed; none means one part
	PerUnit  wire.Amount   `cbor:"per_unit,omitzero"`  // optional
	Unit     string        `cbor:"unit,omitempty"`     // optional: what is metered, such as "token"
	MaxUnits uint64        `cbor:"max_units,omitzero"` // optional
	Window   uint64        `cbor:"window,omitzero"`    // optional: calls of one metered part
}

// Most returns the most that can come to be owed: Fixed, and PerUnit for
// MaxUnits. The error is wire.ErrOverflow.
func (p Price) Most() (wire.Amount, error) {
	metered, err := p.PerUnit.Times(p.MaxUnits)
	if err != nil {
		return wire.Amount{}, err
	}
	return p.Fixed.Plus(metered)
}

// check leaves out what Most finds.
func (p Price) check() error {
	if err := first(
		size("tranches", len(p.Tranches), 0, MaxParts, "tranches"),
		line("unit", p.Unit, 0, MaxUnit),
		count("max_units", p.MaxUnits, 0),
		between("window", p.Window, 0, MaxPart, "calls"),
	); err != nil {
		return err
	}
	metered := p.Unit != ""
	return first(
		p.checkTranches(),
		must(metered == (p.MaxUnits > 0), "max_units", "unit and max_units go together"),
		must(metered == (p.Window > 0), "window", "unit and window go together"),
		must(metered || p.PerUnit.IsZero(), "per_unit", "of no unit"),
	)
}

func (p Price) checkTranches() error {
	if len(p.Tranches) == 0 {
		return nil
	}
	var sum wire.Amount
	for _, t := range p.Tranches {
		var err error
		if sum, err = sum.Plus(t); err != nil {
			return &Fault{Code: CodeAmount, Field: "tranches", Why: err.Error()}
		}
	}
	if sum != p.Fixed {
		return &Fault{Code: CodeAmount, Field: "tranches", Why: "do not sum to fixed"}
	}
	return nil
}
