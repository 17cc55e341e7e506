package protocol

import "github.com/souk-network/souk/protocol/wire"

// Progress tells how far the work is.
//
//	{at, by, job, kind: 13, note?, part, nonce, units?, fraction}
type Progress struct {
	wire.Head
	Job      wire.CID `cbor:"job"`
	Part     uint64   `cbor:"part"`
	Fraction uint64   `cbor:"fraction"`       // of 10,000
	Units    uint64   `cbor:"units,omitzero"` // optional: metered so far, over all parts
	Note     wire.CID `cbor:"note,omitzero"`  // optional: commitment of a note that travels beside
}

// Check reports what is wrong with d taken alone.
func (d *Progress) Check() error {
	return first(
		head(d.Head, KindProgress),
		link("job", d.Job),
		part(d.Part),
		share("fraction", d.Fraction),
		count("units", d.Units, 0),
	)
}
