package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Mandate is an owner's grant to an agent, or an agent's narrower grant to
// another. What is not granted is denied: an empty list allows nothing, and
// "*" must be written to allow all. The schema is closed. Semantics follow
// UCAN 1.0: issuer (By), audience, scopes, caveats, proof (Parent).
type Mandate struct {
	wire.Head
	Audience      wire.Key        `cbor:"audience"`
	Parent        wire.CID        `cbor:"parent,omitzero"`         // optional: none for a root mandate
	Hire          []string        `cbor:"hire,omitempty"`          // capabilities: exact, "text/*" or "*"
	Offer         []string        `cbor:"offer,omitempty"`         // likewise
	Budgets       []Budget        `cbor:"budgets,omitempty"`       // one for each asset that may be spent
	AnyParty      bool            `cbor:"any_party"`               // may deal with any counterparty
	Parties       []wire.Key      `cbor:"parties,omitempty"`       // otherwise only with these
	LeastEstimate uint64          `cbor:"least_estimate,omitzero"` // optional, of 10,000: hires only above it
	Classes       []payload.Class `cbor:"classes,omitempty"`       // data classes that may leave
	Depth         uint64          `cbor:"depth"`                   // how many further grants may follow
	NotBefore     uint64          `cbor:"not_before"`
	Expires       uint64          `cbor:"expires"`
}

// Budget is what may be spent of one asset under a mandate.
type Budget struct {
	Asset     string      `cbor:"asset"`
	PerJob    wire.Amount `cbor:"per_job"`
	Total     wire.Amount `cbor:"total"`
	PerPeriod wire.Amount `cbor:"per_period,omitzero"` // optional: at most this in any Period
	Period    uint64      `cbor:"period,omitzero"`     // milliseconds
	Approval  wire.Amount `cbor:"approval,omitzero"`   // optional: a job above it needs the owner's approval
}
