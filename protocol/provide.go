package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Provide hands over further inputs: those a Need asked for, or those of calls
// of a metered window. Their labels must allow what the Terms' data terms say,
// as those of an Accept must.
//
//	{at, by, job, kind: 12, need?, part, nonce, inputs}
type Provide struct {
	wire.Head
	Job    wire.CID           `cbor:"job"`
	Part   uint64             `cbor:"part"`
	Need   wire.CID           `cbor:"need,omitzero"` // optional: what it answers; none for calls of a window
	Inputs []payload.Artefact `cbor:"inputs"`        // at least one, which may be empty
}

// Check reports what is wrong with d taken alone.
func (d *Provide) Check() error {
	return first(
		head(d.Head, KindProvide),
		link("job", d.Job),
		part(d.Part),
		size("inputs", len(d.Inputs), 1, MaxInputs, "artefacts"),
		each("inputs", d.Inputs, payload.Artefact.Check),
	)
}
