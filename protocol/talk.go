package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Hello is the first thing said on a link, by both ends. It is not sealed: the
// connection proves who says it.
type Hello struct {
	wire.Head
	Net      string     `cbor:"net"`
	Least    uint64     `cbor:"least"`              // oldest protocol version spoken
	Most     uint64     `cbor:"most"`               // newest protocol version spoken
	Features []string   `cbor:"features,omitempty"` // optional; unknown ones are ignored
	Epoch    Epoch      `cbor:"epoch"`              // of this process
	Lanes    []LaneHead `cbor:"lanes,omitempty"`    // optional: between the two ends, as the speaker has them
	LogEpoch Epoch      `cbor:"log_epoch"`          // the speaker's outcome log
	LogSeq   uint64     `cbor:"log_seq"`
	LogHead  wire.CID   `cbor:"log_head,omitzero"` // optional: none yet
}

// Epoch is the random name of one run of a process.
type Epoch [16]byte

// LaneHead is the place a lane has reached in the speaker's book.
type LaneHead struct {
	Lane  wire.CID `cbor:"lane"`
	Payer bool     `cbor:"payer"` // the speaker is the payer
	Asset string   `cbor:"asset"`
	Epoch Epoch    `cbor:"epoch"`
	Seq   uint64   `cbor:"seq"`
	Head  wire.CID `cbor:"head"`
}

// Offer announces one capability of its author. A later Seq for the same
// capability replaces an earlier one; one whose Expires is not after its At
// withdraws it. Where Ask is false the Terms are a firm quote to everyone
// until Expires, though capacity is not promised.
type Offer struct {
	wire.Head
	Seq     uint64 `cbor:"seq"`              // grows with each offer of this author
	Expires uint64 `cbor:"expires"`          // Unix milliseconds, at most an hour after At
	Ask     bool   `cbor:"ask"`              // the price is told on request; Terms.Price only hints
	Title   string `cbor:"title,omitempty"`  // optional: for people; never trusted
	Schema  string `cbor:"schema,omitempty"` // optional: JSON Schema of the input
	Terms   Terms  `cbor:"terms"`
}

// Request asks one provider for a Quote. It is not sealed and costs nobody a
// promise.
type Request struct {
	wire.Head
	To         wire.Key      `cbor:"to"`
	Capability string        `cbor:"capability"`
	InputType  string        `cbor:"input_type"`
	Size       uint64        `cbor:"size"` // bytes of the inputs together
	Label      payload.Label `cbor:"label"`
	Deliver    uint64        `cbor:"deliver"`        // milliseconds from Accept to Delivery that would do
	Reply      uint64        `cbor:"reply"`          // Unix milliseconds: no Quote is wanted after
	Rule       Check         `cbor:"check,omitzero"` // optional: the rule wanted
	Assets     []string      `cbor:"assets"`         // that the hirer can pay in
	Rails      []string      `cbor:"rails"`          // that the hirer can pay on
	Owner      wire.Key      `cbor:"owner"`
	Mandate    wire.CID      `cbor:"mandate"`
}

// Quote offers Terms to one hirer, firm until their ValidUntil. It holds no capacity.
type Quote struct {
	wire.Head
	Round uint64 `cbor:"round"` // 0, or how many Counters came before
	Terms Terms  `cbor:"terms"`
}

// Refuse answers a document with a coded no.
type Refuse struct {
	wire.Head
	Of     wire.CID `cbor:"of"`
	Code   Code     `cbor:"code"`
	Detail string   `cbor:"detail,omitempty"` // optional: for people; data, never an order
}

// Accept makes a contract of an offered Quote or posted Offer, which it
// carries whole so that its author need remember nothing. The job's ID is the
// CID of this document, and its At is t0.
type Accept struct {
	wire.Head
	Offered  wire.Proof         `cbor:"offered"`
	Inputs   []payload.Artefact `cbor:"inputs"`
	Choices  []Choice           `cbor:"choices,omitempty"` // optional
	Owner    wire.Key           `cbor:"owner"`             // the hirer's
	Mandates []wire.CID         `cbor:"mandates"`          // from the owner's to the agent's own
	Account  string             `cbor:"account"`           // the payer's, on the Terms' rail
	Parent   wire.CID           `cbor:"parent,omitzero"`   // optional: the job this one is part of
	Instead  wire.CID           `cbor:"instead,omitzero"`  // optional: the defaulted job this one takes over
}

// Choice fills a blank that the Terms leave open.
type Choice struct {
	Name  string `cbor:"name"`
	Value string `cbor:"value"`
}
