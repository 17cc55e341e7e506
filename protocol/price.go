package protocol

import "github.com/souk-network/souk/protocol/wire"

// Price is how much is owed. Fixed is shared out over Tranches, in order, the
// first Advance of which are owed before they are delivered. A metered contract has
// no Tranches but up to Parts windows, of Window calls each: for each it adds
// PerUnit for every Per units, up to MaxUnits, rounded up; Fixed is owed with the
// first.
//
//	{per?, unit?, fixed, parts?, window?, advance?, per_unit?, tranches?, max_units?}
type Price struct {
	Fixed    wire.Amount   `cbor:"fixed"`
	Tranches []wire.Amount `cbor:"tranches,omitempty"` // optional, two or more: their sum equals Fixed; none means one part
	Advance  uint64        `cbor:"advance,omitzero"`   // optional: tranches owed before they are delivered
	PerUnit  wire.Amount   `cbor:"per_unit,omitzero"`  // optional
	Per      uint64        `cbor:"per,omitzero"`       // optional: units that PerUnit pays for; none means one
	Unit     string        `cbor:"unit,omitempty"`     // optional: what is metered, such as "token"
	MaxUnits uint64        `cbor:"max_units,omitzero"` // optional: of one part
	Window   uint64        `cbor:"window,omitzero"`    // optional: calls of one part
	Parts    uint64        `cbor:"parts,omitzero"`     // optional: the most windows; none means one
}

// IsZero reports whether p says nothing: a price of nothing.
func (p Price) IsZero() bool {
	return p.Fixed.IsZero() && len(p.Tranches) == 0 && p.Advance == 0 && p.PerUnit.IsZero() && p.Per == 0 &&
		p.Unit == "" && p.MaxUnits == 0 && p.Window == 0 && p.Parts == 0
}

// Most returns the most that can come to be owed, over all parts. The error is
// wire.ErrOverflow.
func (p Price) Most() (wire.Amount, error) {
	part, err := p.Metered(p.MaxUnits)
	if err != nil {
		return wire.Amount{}, err
	}
	parts, err := part.Times(max(p.Parts, 1))
	if err != nil {
		return wire.Amount{}, err
	}
	return p.Fixed.Plus(parts)
}

// Metered returns what so many units of one part add: PerUnit × units / Per,
// rounded up. The error is wire.ErrOverflow.
func (p Price) Metered(units uint64) (wire.Amount, error) {
	all, err := p.PerUnit.Times(units)
	if err != nil {
		return wire.Amount{}, err
	}
	return all.DivUp(max(p.Per, 1))
}

// check leaves out what Most finds.
func (p Price) check() error {
	if err := first(
		size("tranches", len(p.Tranches), 0, MaxParts, "tranches"),
		line("unit", p.Unit, 0, MaxUnit),
		count("max_units", p.MaxUnits, 0),
		count("per", p.Per, 0),
		between("window", p.Window, 0, MaxPart, "calls"),
		between("parts", p.Parts, 0, MaxPart+1, "windows"),
		between("advance", p.Advance, 0, uint64(len(p.Tranches)), "tranches"),
	); err != nil {
		return err
	}
	metered := p.Unit != ""
	return first(
		p.checkTranches(),
		must(metered == (p.MaxUnits > 0), "max_units", "unit and max_units go together"),
		must(metered == (p.Window > 0), "window", "unit and window go together"),
		must(metered || p.PerUnit.IsZero(), "per_unit", "of no unit"),
		must(p.Per == 0 || !p.PerUnit.IsZero() && p.Per > 1, "per", "divides per_unit by two or more"),
		must(p.Parts == 0 || metered && p.Parts > 1, "parts", "two or more windows of a meter"),
		must(!metered || len(p.Tranches) == 0, "tranches", "a meter has none"),
	)
}

func (p Price) checkTranches() error {
	if len(p.Tranches) == 0 {
		return nil
	}
	if len(p.Tranches) == 1 {
		return wrong("tranches", "one is none: want two or more")
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
