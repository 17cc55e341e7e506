package protocol

import (
	"strings"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Terms is what a provider binds itself to. It stands in a Quote, for one
// hirer, or in a posted Offer, for anyone. Like everything in it, it has no
// field that may go unread: an unknown one refuses the document.
//
//	{data, rail, asset, check?, hirer?, needs?, owner, panel?, price, times, blanks?,
//	mandate, request?, reworks?, witness?, kill_fee?, max_bytes?, capability, input_type,
//	rerun_safe, output_type, valid_until}
type Terms struct {
	_          struct{}         `cbor:",closed"`
	Capability string           `cbor:"capability"`         // such as "text/summarize@1"
	InputType  string           `cbor:"input_type"`         // media type taken; "*/*" for any
	MaxBytes   uint64           `cbor:"max_bytes,omitzero"` // optional: the largest input, all artefacts together
	OutputType string           `cbor:"output_type"`        // media type given
	Asset      string           `cbor:"asset"`              // CAIP-19 manner, such as "souk:credit/usd-6"
	Price      Price            `cbor:"price"`              //
	Times      Times            `cbor:"times"`              //
	Data       payload.Handling `cbor:"data"`               // what the provider may do with inputs
	Rule       Check            `cbor:"check,omitzero"`     // optional: a rule both sides can run
	Panel      Panel            `cbor:"panel,omitzero"`     // optional: who judges what is contested
	Witness    Third            `cbor:"witness,omitzero"`   // optional: whose Ack proves an arrival
	Rail       Rail             `cbor:"rail"`               //
	RerunSafe  bool             `cbor:"rerun_safe"`         // work may be repeated after a crash
	KillFee    wire.Amount      `cbor:"kill_fee,omitzero"`  // optional: owed where the hirer's side ends the job after it was taken
	Reworks    uint64           `cbor:"reworks,omitzero"`   // optional: times a Delivery may be made good
	Needs      []string         `cbor:"needs,omitempty"`    // optional: what the provider may still ask for
	Blanks     []string         `cbor:"blanks,omitempty"`   // optional: names that the choices of an Accept may fill, rising
	Owner      wire.Key         `cbor:"owner"`              // the provider's owner
	Mandate    wire.CID         `cbor:"mandate"`            // to offer this: the last one of the chain, whose audience is the provider
	Hirer      wire.Key         `cbor:"hirer,omitzero"`     // in a Quote: for whom
	Request    wire.CID         `cbor:"request,omitzero"`   // in a Quote: the Request or Call it answers
	ValidUntil uint64           `cbor:"valid_until"`        // firm until then
}

// check reports what is wrong with the terms of provider, taken alone.
func (t *Terms) check(provider wire.Key) error {
	most, err := t.Price.Most()
	return first(
		capability("capability", t.Capability),
		inputType("input_type", t.InputType),
		count("max_bytes", t.MaxBytes, 0),
		mediaType("output_type", t.OutputType),
		asset("asset", t.Asset),
		within("price", err),
		within("price", t.Price.check()),
		within("times", t.Times.check()),
		within("data", t.Data.Check()),
		must(t.Times.Retention <= t.Data.Retention, "times.retention", "longer than data.retention promises"),
		within("check", t.Rule.check()),
		within("panel", t.Panel.check(provider)),
		within("witness", t.Witness.optional(provider)),
		within("rail", t.Rail.check()),
		must(t.KillFee.Cmp(most) <= 0, "kill_fee", "more than the price"),
		distinct("needs", t.Needs, 0, MaxNeeds),
		each("needs", t.Needs, need),
		between("reworks", t.Reworks, 0, MaxReworks, ""),
		must((t.Reworks > 0) == (t.Times.Rework > 0), "times.rework", "reworks and times.rework go together"),
		size("blanks", len(t.Blanks), 0, MaxChoices, "blanks"),
		rising("blanks", t.Blanks, strings.Compare),
		each("blanks", t.Blanks, func(s string) error { return name("", s) }),
		t.notThird(t.Hirer),
		key("owner", t.Owner),
		link("mandate", t.Mandate),
		date("valid_until", t.ValidUntil),
	)
}

// notThird checks that the hirer is no third party to its own job.
func (t *Terms) notThird(hirer wire.Key) error {
	if hirer.IsZero() {
		return nil
	}
	return first(
		each("panel.members", t.Panel.Members, func(m Third) error { return must(m.Key != hirer, "key", "the hirer is no third") }),
		must(t.Witness.Key != hirer, "witness.key", "the hirer is no third"),
	)
}

// Check names a rule by which both sides can judge a result alike. It has no field
// that may go unread.
//
//	{rule, params, program?}
type Check struct {
	_       struct{} `cbor:",closed"`
	Rule    string   `cbor:"rule"`             // such as "summary"; see docs/spec/checks.md
	Params  string   `cbor:"params"`           // as the rule says
	Program wire.CID `cbor:"program,omitzero"` // optional: the commitment of a program that is the rule
}

// IsZero reports whether there is no check.
func (c Check) IsZero() bool { return c == Check{} }

func (c Check) check() error {
	if c.IsZero() {
		return nil
	}
	return first(name("rule", c.Rule), prose("params", c.Params, MaxParams))
}

// Rail is how the payee wants receipts to be settled.
//
//	{name, params?, account}
type Rail struct {
	Name    string `cbor:"name"`             // such as "credit"
	Account string `cbor:"account"`          // the payee's, in the rail's own form
	Params  []byte `cbor:"params,omitempty"` // optional, opaque to all but the rail
}

func (r Rail) check() error {
	return first(
		name("name", r.Name),
		line("account", r.Account, 0, MaxAccount),
		size("params", len(r.Params), 0, MaxParams, "bytes"),
	)
}
