package protocol

import (
	"strings"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// What a third agent consents to be.
const (
	RoleEvaluator = 1
	RoleWitness   = 2
)

// Consent is a third agent's word that a provider may name it in Terms, under
// these conditions; its CID is the Consent of the Third. An unknown field in it
// is refused, since a condition must not go unread.
//
//	{at, by, to, fee, data, kind: 29, role, asset, nonce, owner, payer, scopes,
//	expires, not_before}
type Consent struct {
	wire.Head
	To        wire.Key         `cbor:"to"`         // the provider that may name it
	Role      uint8            `cbor:"role"`       // RoleEvaluator or RoleWitness
	Scopes    []string         `cbor:"scopes"`     // of capabilities, rising, at least one
	Asset     string           `cbor:"asset"`      // that Fee is in, and the Terms are
	Fee       wire.Amount      `cbor:"fee"`        // for each job it is called upon in
	Payer     uint8            `cbor:"payer"`      // PaysHirer …
	Data      payload.Handling `cbor:"data"`       // what it may do with what it is shown
	Owner     wire.Key         `cbor:"owner"`      // that answers for it
	NotBefore uint64           `cbor:"not_before"` // Unix milliseconds
	Expires   uint64           `cbor:"expires"`    // Unix milliseconds: Terms whose Accept is later may not name it
}

// Check reports what is wrong with d taken alone.
func (d *Consent) Check() error {
	return first(
		head(d.Head, KindConsent),
		key("to", d.To),
		must(d.To != d.By, "to", "the provider is no third"),
		between("role", uint64(d.Role), RoleEvaluator, RoleWitness, ""),
		size("scopes", len(d.Scopes), 1, MaxConsented, "scopes"),
		rising("scopes", d.Scopes, strings.Compare),
		each("scopes", d.Scopes, func(s string) error { return scope("", s) }),
		asset("asset", d.Asset),
		between("payer", uint64(d.Payer), PaysHirer, PaysHalf, ""),
		within("data", d.Data.Check()),
		key("owner", d.Owner),
		date("expires", d.Expires),
		must(d.NotBefore < d.Expires, "not_before", "not before expires"),
	)
}
