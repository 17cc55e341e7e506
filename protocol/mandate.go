package protocol

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Mandate is an owner's grant to an agent, or an agent's narrower grant to
// another. What is not granted is denied: an empty list allows nothing, and
// "*" must be written to allow all. The schema is closed. Semantics follow
// UCAN 1.0: issuer (By), audience, scopes, caveats, proof (Parent). Lists stand
// in rising order, so that one grant has one form.
//
//	{at, by, hire?, kind: 25, depth, nonce, offer?, parent?, renews?, budgets?,
//	classes?, expires, parties?, audience, any_party, not_before, least_estimate?}
type Mandate struct {
	wire.Head
	Audience      wire.Key        `cbor:"audience"`
	Parent        wire.CID        `cbor:"parent,omitzero"`         // optional: none for a root mandate
	Renews        wire.CID        `cbor:"renews,omitzero"`         // optional: the mandate it takes the place of, of the same issuer and audience; what was spent under that counts on
	Hire          []string        `cbor:"hire,omitempty"`          // capabilities: exact, "text/*" or "*"
	Offer         []string        `cbor:"offer,omitempty"`         // likewise
	Budgets       []Budget        `cbor:"budgets,omitempty"`       // one for each asset that may be spent
	AnyParty      bool            `cbor:"any_party"`               // may deal with any counterparty
	Parties       []wire.Key      `cbor:"parties,omitempty"`       // otherwise only with these
	LeastEstimate uint64          `cbor:"least_estimate,omitzero"` // optional, of 10,000: hires only above it
	Classes       []payload.Class `cbor:"classes,omitempty"`       // data classes that may leave: a byte string, one byte each, rising
	Depth         uint64          `cbor:"depth"`                   // how many further grants may follow
	NotBefore     uint64          `cbor:"not_before"`
	Expires       uint64          `cbor:"expires"`
}

// Budget is what may be spent of one asset under a mandate.
//
//	{asset, total, period?, per_job, approval?, per_period?}
type Budget struct {
	Asset     string      `cbor:"asset"`
	PerJob    wire.Amount `cbor:"per_job"`
	Total     wire.Amount `cbor:"total"`
	PerPeriod wire.Amount `cbor:"per_period,omitzero"` // optional: at most this in any Period
	Period    uint64      `cbor:"period,omitzero"`     // milliseconds
	Approval  wire.Amount `cbor:"approval,omitzero"`   // optional: a job of this amount or more needs the owner's approval
}

// Check reports what is wrong with d taken alone.
func (d *Mandate) Check() error {
	return first(
		head(d.Head, KindMandate),
		key("audience", d.Audience),
		size("hire", len(d.Hire)+len(d.Offer), 0, MaxScopes, "scopes"),
		rising("hire", d.Hire, strings.Compare),
		each("hire", d.Hire, func(s string) error { return scope("", s) }),
		rising("offer", d.Offer, strings.Compare),
		each("offer", d.Offer, func(s string) error { return scope("", s) }),
		size("budgets", len(d.Budgets), 0, MaxAssets, "assets"),
		rising("budgets", d.Budgets, func(a, b Budget) int { return strings.Compare(a.Asset, b.Asset) }),
		each("budgets", d.Budgets, Budget.check),
		keys("parties", d.Parties, 0, MaxParties),
		rising("parties", d.Parties, func(a, b wire.Key) int { return bytes.Compare(a[:], b[:]) }),
		must(!d.AnyParty || len(d.Parties) == 0, "parties", "named though any party is allowed"),
		share("least_estimate", d.LeastEstimate),
		rising("classes", d.Classes, cmp.Compare[payload.Class]),
		each("classes", d.Classes, func(c payload.Class) error {
			return between("", uint64(c), uint64(payload.Public), uint64(payload.Sensitive), "is no data class")
		}),
		between("depth", d.Depth, 0, MaxChain, ""),
		date("expires", d.Expires),
		must(d.NotBefore < d.Expires, "not_before", "not before expires"),
	)
}

func (b Budget) check() error {
	return first(
		asset("asset", b.Asset),
		must(b.PerJob.Cmp(b.Total) <= 0, "per_job", "more than total"),
		must(b.PerPeriod.IsZero() == (b.Period == 0), "period", "period and per_period go together"),
		must(b.PerPeriod.Cmp(b.Total) <= 0, "per_period", "more than total"),
		span("period", b.Period, MaxDuration),
	)
}

// rising checks that each entry of a list is more than the one before.
func rising[T any](field string, list []T, compare func(a, b T) int) error {
	for i := range list[min(1, len(list)):] {
		if compare(list[i], list[i+1]) >= 0 {
			return wrong(field, "not in rising order, or one stands twice")
		}
	}
	return nil
}
