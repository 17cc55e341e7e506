package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Terms is what a provider binds itself to. It stands in a Quote, for one
// hirer, or in a posted Offer, for anyone. Like everything in it, it has no
// field that may go unread: an unknown one refuses the document.
type Terms struct {
	Capability string           `cbor:"capability"`        // such as "text/summarize@1"
	InputType  string           `cbor:"input_type"`        // media type taken; "*/*" for any
	OutputType string           `cbor:"output_type"`       // media type given
	Asset      string           `cbor:"asset"`             // CAIP-19 manner, such as "souk:credit/usd-6"
	Price      Price            `cbor:"price"`             //
	Times      Times            `cbor:"times"`             //
	Data       payload.Handling `cbor:"data"`              // what the provider may do with inputs
	Rule       Check            `cbor:"check,omitzero"`    // optional: a rule both sides can run
	Panel      Panel            `cbor:"panel,omitzero"`    // optional: who judges what is contested
	Witness    Third            `cbor:"witness,omitzero"`  // optional: whose Ack proves an arrival
	Rail       Rail             `cbor:"rail"`              //
	RerunSafe  bool             `cbor:"rerun_safe"`        // work may be repeated after a crash
	KillFee    wire.Amount      `cbor:"kill_fee,omitzero"` // optional: owed where the hirer's side ends the job after it was taken
	Needs      []string         `cbor:"needs,omitempty"`   // optional: what the provider may still ask for
	Owner      wire.Key         `cbor:"owner"`             // the provider's owner
	Mandate    wire.CID         `cbor:"mandate"`           // the owner's mandate to offer this
	Hirer      wire.Key         `cbor:"hirer,omitzero"`    // in a Quote: for whom
	Request    wire.CID         `cbor:"request,omitzero"`  // in a Quote: the Request it answers
	ValidUntil uint64           `cbor:"valid_until"`       // firm until then
}

// Price is how much is owed. Fixed is shared out over Tranches, in order; a
// metered contract adds PerUnit for each unit, up to MaxUnits, and pays by
// windows of Window calls.
type Price struct {
	Fixed    wire.Amount   `cbor:"fixed"`
	Tranches []wire.Amount `cbor:"tranches,omitempty"` // optional: sum equals Fixed; none means one part
	PerUnit  wire.Amount   `cbor:"per_unit,omitzero"`  // optional
	Unit     string        `cbor:"unit,omitempty"`     // optional: what is metered, such as "token"
	MaxUnits uint64        `cbor:"max_units,omitzero"` // optional
	Window   uint64        `cbor:"window,omitzero"`    // optional: calls of one metered part
}

// Times are durations in milliseconds. All run from t0, the Accept's at, except
// PauseMax, a total, and Retention, from the job's end. They never fall in the
// order Start, Deliver, Review, Claim, Answer, Award, Settle, Resolve.
type Times struct {
	Fund      uint64 `cbor:"fund"`      // the rail's proof is there; 0 where the HOLD itself is the proof
	Start     uint64 `cbor:"start"`     // the provider has taken or declined
	Deliver   uint64 `cbor:"deliver"`   // the Delivery is said
	Review    uint64 `cbor:"review"`    // the Verdict is said, else it is accepted by silence
	Claim     uint64 `cbor:"claim"`     // the payee has claimed, else the hold falls
	Answer    uint64 `cbor:"answer"`    // a Contest or Claim is answered
	Award     uint64 `cbor:"award"`     // the evaluators have awarded, else the split applies
	Settle    uint64 `cbor:"settle"`    // the POST is countersigned
	Resolve   uint64 `cbor:"resolve"`   // what is owed is posted, else its debtor has defaulted
	Open      uint64 `cbor:"open"`      // commitments in dispute are opened
	Outcome   uint64 `cbor:"outcome"`   // after it is shown, the other side answers an Outcome
	PauseMax  uint64 `cbor:"pause_max"` // Needs may extend deadlines by this in all
	Retention uint64 `cbor:"retention"` // inputs and results are erased, after the job's end
}

// Check names a rule by which both sides can judge a result alike.
type Check struct {
	Rule    string   `cbor:"rule"`             // such as "summary"; see docs/spec/checks.md
	Params  string   `cbor:"params"`           // as the rule says
	Program wire.CID `cbor:"program,omitzero"` // optional: the commitment of a program that is the rule
}

// IsZero reports whether there is no check.
func (c Check) IsZero() bool { return c == Check{} }

// Who pays a third party's fee.
const (
	PaysHirer    = 1
	PaysProvider = 2
	PaysLoser    = 3
)

// Third is a third agent named in the Terms.
type Third struct {
	Key     wire.Key    `cbor:"key"`
	Fee     wire.Amount `cbor:"fee"`
	Payer   uint8       `cbor:"payer"`   // PaysHirer, PaysProvider or PaysLoser
	Consent wire.CID    `cbor:"consent"` // the document by which it agreed
}

// Panel is who judges, how many of them must agree, and what happens when
// they stay silent.
type Panel struct {
	Members []Third `cbor:"members"`
	Needed  uint8   `cbor:"needed"` // awards that decide
	Split   uint64  `cbor:"split"`  // the provider's share of the part if they stay silent
}

// IsZero reports whether nobody is named.
func (p Panel) IsZero() bool { return len(p.Members) == 0 && p.Needed == 0 && p.Split == 0 }

// Rail is how the payee wants receipts to be settled.
type Rail struct {
	Name    string `cbor:"name"`             // such as "credit"
	Account string `cbor:"account"`          // the payee's, in the rail's own form
	Params  []byte `cbor:"params,omitempty"` // optional, opaque to all but the rail
}
