package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Delivery hands over the result of one part.
//
//	{at, by, job, kind: 14, part, nonce, units?, artefacts}
type Delivery struct {
	wire.Head
	Job       wire.CID           `cbor:"job"`
	Part      uint64             `cbor:"part"`
	Artefacts []payload.Artefact `cbor:"artefacts"`      // at least one, which may be empty
	Units     uint64             `cbor:"units,omitzero"` // optional: metered in all
}

// Check reports what is wrong with d taken alone.
func (d *Delivery) Check() error {
	return first(
		head(d.Head, KindDelivery),
		link("job", d.Job),
		part(d.Part),
		size("artefacts", len(d.Artefacts), 1, MaxInputs, "artefacts"),
		each("artefacts", d.Artefacts, payload.Artefact.Check),
		count("units", d.Units, 0),
	)
}
