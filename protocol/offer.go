package protocol

import "github.com/souk-network/souk/protocol/wire"

// Offer announces one capability of its author. A later Seq for the same
// capability replaces an earlier one; one whose Expires is not after its At
// withdraws it. Where Ask is false the Terms are a firm quote to everyone
// until Expires, though capacity is not promised. Schema binds both: no input that
// breaks it is handed over, and none that satisfies it is sent back. The Terms of an Offer name
// neither Hirer nor Request, and their ValidUntil is Expires where it is live.
//
//	{at, by, ask, seq, kind: 2, nonce, terms, title?, schema?, expires}
type Offer struct {
	wire.Head
	Seq     uint64 `cbor:"seq"`              // grows with each offer of this author, from 1
	Expires uint64 `cbor:"expires"`          // Unix milliseconds, at most an hour after At
	Ask     bool   `cbor:"ask"`              // the price is told on request; Terms.Price only hints
	Title   string `cbor:"title,omitempty"`  // optional: for people; never trusted
	Schema  string `cbor:"schema,omitempty"` // optional: what each input must satisfy, as Params of the rule "jsonschema"
	Terms   Terms  `cbor:"terms"`
}

// Check reports what is wrong with d taken alone.
func (d *Offer) Check() error {
	return first(
		head(d.Head, KindOffer),
		count("seq", d.Seq, 1),
		date("expires", d.Expires),
		must(d.Expires <= d.At+MaxOfferLife, "expires", "an offer lives at most an hour"),
		prose("title", d.Title, MaxTitle),
		prose("schema", d.Schema, MaxSchema),
		within("terms", d.Terms.check(d.By)),
		must(d.Terms.Hirer.IsZero(), "terms.hirer", "an offer is made to everyone"),
		must(d.Terms.Request.IsZero(), "terms.request", "an offer answers no request"),
		must(d.Withdraws() || d.Terms.ValidUntil == d.Expires, "terms.valid_until", "want what expires says"),
	)
}

// Withdraws reports whether d only takes back the offers before it: nobody can
// accept it.
func (d *Offer) Withdraws() bool { return d.Expires <= d.At }
