package protocol

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Accept makes a contract of an offered Quote or posted Offer, which it
// carries whole so that its author need remember nothing. The job's ID is the
// CID of this document, and its At is t0.
//
//	{at, by, kind: 8, nonce, owner, inputs, parent?, account, choices?, instead?,
//	offered, mandates}
type Accept struct {
	wire.Head
	Offered  wire.Proof         `cbor:"offered"`           // its By is the provider
	Inputs   []payload.Artefact `cbor:"inputs"`            // labels as the Terms' data terms allow
	Choices  []Choice           `cbor:"choices,omitempty"` // optional: by name
	Owner    wire.Key           `cbor:"owner"`             // the hirer's
	Mandates []wire.CID         `cbor:"mandates"`          // from the owner's to the agent's own
	Account  string             `cbor:"account"`           // the payer's, on the Terms' rail
	Parent   wire.CID           `cbor:"parent,omitzero"`   // optional: the job this one is part of
	Instead  wire.CID           `cbor:"instead,omitzero"`  // optional: the job this one takes over

	read *reading // what Terms has read of Offered
}

// reading is the document that a proof shows.
type reading struct {
	of  wire.Proof
	doc wire.Document
}

// is reports whether it is that of p.
func (r *reading) is(p *wire.Proof) bool {
	return r != nil && r.of.V == p.V && r.of.By == p.By && bytes.Equal(r.of.Doc, p.Doc)
}

// Choice fills a blank that the Terms leave open. It has no field that may go unread.
//
//	{name, value}
type Choice struct {
	_     struct{} `cbor:",closed"`
	Name  string   `cbor:"name"`
	Value string   `cbor:"value"`
}

// Check reports what is wrong with d taken alone. It reads what was offered
// too, but does not open its seal: that is Offered.Open's.
func (d *Accept) Check() error {
	if err := first(
		head(d.Head, KindAccept),
		size("inputs", len(d.Inputs), 0, MaxInputs, "artefacts"),
		each("inputs", d.Inputs, payload.Artefact.Check),
		size("choices", len(d.Choices), 0, MaxChoices, "choices"),
		rising("choices", d.Choices, func(a, b Choice) int { return strings.Compare(a.Name, b.Name) }),
		each("choices", d.Choices, Choice.check),
		key("owner", d.Owner),
		links("mandates", d.Mandates, 1, MaxChain),
		line("account", d.Account, 0, MaxAccount),
	); err != nil {
		return err
	}
	terms, err := d.Terms()
	if err != nil {
		return within("offered", err)
	}
	return d.agrees(terms)
}

// agrees checks that an Accept such as d may follow from terms.
func (d *Accept) agrees(terms *Terms) error {
	if d.At > terms.ValidUntil {
		return &Fault{Code: CodeExpired, Field: "at", Why: "after valid_until of what was offered"}
	}
	if err := first(
		must(d.Offered.By != d.By, "by", "nobody hires itself"),
		must(terms.Hirer.IsZero() || terms.Hirer == d.By, "by", "the quote is for another hirer"),
		within("offered.terms", terms.notThird(d.By)),
		d.fills(terms.Blanks),
	); err != nil {
		return err
	}
	return first(
		terms.takes(d.Inputs),
		each("inputs", d.Inputs, func(a payload.Artefact) error { return a.Label.MayGo(terms.Data) }),
	)
}

// fills checks that each choice fills one of blanks.
func (d *Accept) fills(blanks []string) error {
	return each("choices", d.Choices, func(c Choice) error {
		if !slices.Contains(blanks, c.Name) {
			return &Fault{Code: CodeNotOffered, Field: "name", Why: "no blank of what was offered"}
		}
		return nil
	})
}

// takes checks that inputs, each of which may be, are together no larger than
// the terms allow.
func (t *Terms) takes(inputs []payload.Artefact) error {
	var all uint64
	for _, a := range inputs {
		all += a.Size
	}
	if t.MaxBytes > 0 && all > t.MaxBytes {
		return tooLarge("inputs", all, t.MaxBytes, "bytes")
	}
	return nil
}

func (c Choice) check() error {
	return first(name("name", c.Name), prose("value", c.Value, MaxTitle))
}

// offered are the kinds that an Accept makes a contract of.
var offered = only(KindQuote, KindOffer)

// Shown returns the Quote or Offer that is accepted, after its own Check. It is
// read once, and is not to be changed.
func (d *Accept) Shown() (wire.Document, error) {
	if !d.read.is(&d.Offered) {
		doc, err := shown(&d.Offered, offered)
		if err != nil {
			return nil, err
		}
		d.read = &reading{of: d.Offered, doc: doc}
	}
	return d.read.doc, nil
}

// Terms returns what was offered, after the Check of the Quote or Offer it
// stands in. The caller must not take them for the provider's word before
// Offered.Open has said so.
func (d *Accept) Terms() (*Terms, error) {
	doc, err := d.Shown()
	if err != nil {
		return nil, err
	}
	switch doc := doc.(type) {
	case *Quote:
		return &doc.Terms, nil
	case *Offer:
		if doc.Withdraws() {
			return nil, &Fault{Code: CodeNotOffered, Field: "expires", Why: "the offer takes back what was offered"}
		}
		if doc.Ask {
			return nil, &Fault{Code: CodeNotOffered, Field: "ask", Why: "the offer only hints at its terms"}
		}
		return &doc.Terms, nil
	}
	return nil, fmt.Errorf("%w: neither Quote nor Offer", wire.ErrShape)
}
