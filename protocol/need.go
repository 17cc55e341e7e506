package protocol

import "github.com/souk-network/souk/protocol/wire"

// Need says what the provider cannot go on without. It may ask only for what the
// Terms list in their Needs, extends deadlines by at most their PauseMax in all,
// and grants nothing.
//
//	{at, by, job, kind: 11, note?, part, needs, nonce}
type Need struct {
	wire.Head
	Job   wire.CID `cbor:"job"`
	Part  uint64   `cbor:"part"`
	Needs []string `cbor:"needs"`         // each as the Terms have it, at least one
	Note  wire.CID `cbor:"note,omitzero"` // optional: commitment of a note that travels beside
}

// Check reports what is wrong with d taken alone.
func (d *Need) Check() error {
	return first(
		head(d.Head, KindNeed),
		link("job", d.Job),
		part(d.Part),
		distinct("needs", d.Needs, 1, MaxNeeds),
		each("needs", d.Needs, need),
	)
}

// need is one thing a provider may ask for.
func need(s string) error { return line("", s, 1, MaxCapability) }
