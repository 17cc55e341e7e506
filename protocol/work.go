package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Started says that work has begun; it is only said of work that takes over a second.
type Started struct {
	wire.Head
	Job  wire.CID `cbor:"job"`
	Part uint64   `cbor:"part"`
}

// Ack is the only proof that something arrived. The other side says it, or the
// witness that the Terms name.
type Ack struct {
	wire.Head
	Job   wire.CID   `cbor:"job"`
	Of    []wire.CID `cbor:"of"`    // documents or commitments that arrived
	Bytes uint64     `cbor:"bytes"` // of payload received
}

// Progress tells how far the work is.
type Progress struct {
	wire.Head
	Job      wire.CID `cbor:"job"`
	Part     uint64   `cbor:"part"`
	Fraction uint64   `cbor:"fraction"`       // of 10,000
	Units    uint64   `cbor:"units,omitzero"` // optional: metered so far, cumulative
	Note     wire.CID `cbor:"note,omitzero"`  // optional: commitment of a note that travels beside
}

// Delivery hands over the result of one part.
type Delivery struct {
	wire.Head
	Job       wire.CID           `cbor:"job"`
	Part      uint64             `cbor:"part"`
	Artefacts []payload.Artefact `cbor:"artefacts"`
	Units     uint64             `cbor:"units,omitzero"` // optional: metered in all
}

// Verdict judges a Delivery. One that does not pass names the clause of the
// Terms that is broken and is itself a Contest.
type Verdict struct {
	wire.Head
	Job      wire.CID `cbor:"job"`
	Part     uint64   `cbor:"part"`
	Delivery wire.CID `cbor:"delivery"`
	Score    uint64   `cbor:"score"` // of 10,000
	Pass     bool     `cbor:"pass"`
	Clause   string   `cbor:"clause,omitempty"` // where it does not pass: "check", "deliver", "type", …
}

// Contest disputes a Delivery or a Claim by a clause of the Terms.
type Contest struct {
	wire.Head
	Job    wire.CID `cbor:"job"`
	Part   uint64   `cbor:"part"`
	About  wire.CID `cbor:"about"`
	Clause string   `cbor:"clause"`
}

// Cancel ends a job, or one side's part in it.
type Cancel struct {
	wire.Head
	Job  wire.CID    `cbor:"job"`
	Part uint64      `cbor:"part"`
	Code Code        `cbor:"code"`
	Fee  wire.Amount `cbor:"fee,omitzero"` // optional: the kill fee owed
}
