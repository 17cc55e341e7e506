package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Delivery hands over the result of one part.
//
//	{at, by, job, kind: 14, part, nonce, units?, inputs?, artefacts}
type Delivery struct {
	wire.Head
	Job       wire.CID           `cbor:"job"`
	Part      uint64             `cbor:"part"`
	Artefacts []payload.Artefact `cbor:"artefacts"`        // at least one, which may be empty
	Inputs    []wire.CID         `cbor:"inputs,omitempty"` // optional: what the calls of a window took
	Units     uint64             `cbor:"units,omitzero"`   // optional: metered so far, over all parts
}

// Check reports what is wrong with d taken alone.
func (d *Delivery) Check() error {
	return first(
		head(d.Head, KindDelivery),
		link("job", d.Job),
		part(d.Part),
		size("artefacts", len(d.Artefacts), 1, MaxInputs, "artefacts"),
		each("artefacts", d.Artefacts, payload.Artefact.Check),
		links("inputs", d.Inputs, 0, MaxCalls),
		count("units", d.Units, 0),
	)
}
