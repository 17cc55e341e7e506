package agent

import (
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Event is something that happened, as the hands tell it.
type Event interface{ event() }

// Began: the process has started and its facts are replayed. It must be the
// first event of a run.
type Began struct{ Epoch protocol.Epoch }

// Met: a link to a peer is open.
type Met struct{ Peer wire.Key }

// Lost: the last link to a peer is gone.
type Lost struct{ Peer wire.Key }

// Greeted: a peer's Hello, the first thing it said on a link.
type Greeted struct {
	Peer  wire.Key
	Hello *protocol.Hello
}

// Asked: a peer's Request, proved by its link.
type Asked struct {
	Peer    wire.Key
	Request wire.Said
}

// Heard: a bundle from a peer, opened and decoded. Its author may be another.
type Heard struct {
	From   wire.Key
	Bundle *wire.Bundle
	Docs   []wire.Said
}

// Garbled: a peer sent what could not be read or was not truly said.
type Garbled struct {
	From wire.Key
	Of   wire.CID // of the bytes as they came
	Code protocol.Code
}

// Listed: an announced offer, its seal checked.
type Listed struct{ Listing hire.Listing }

// Called: an announced Call, its seal checked.
type Called struct{ Call wire.Said }

// Ordered: the owner wants something done. The input is durable in the vault.
type Ordered struct{ Order Order }

// Withdrew: the owner wants a job ended, or an order that has no contract yet.
type Withdrew struct {
	Job wire.CID
	Key string // of the order, where there is no job
}

// Opened: the owner wants a capability sold.
type Opened struct{ Stand sell.Stand }

// Closed: the owner no longer wants a capability sold.
type Closed struct{ Capability string }

// Worked: a task of effect Work has ended. Where Code is empty the results are
// durable in the vault and have passed the stand's own check.
type Worked struct {
	Job     wire.CID
	Results []payload.Artefact
	Units   uint64
	Code    protocol.Code
	Detail  string   // for the owner only
	Needs   []string // what it could not go on without, a code then saying so
}

// Judged: a task of effect Judge has ended. Where Code is empty the results are
// durable in the vault and pass; CodeCheck tells that they do not pass.
type Judged struct {
	Job    wire.CID
	Code   protocol.Code
	Clause string // what CodeCheck is about, where it is not the rule of the terms
	Detail string
}

// Told: pages of a peer's log of outcomes, each document in them truly said by
// its author. It may be told again.
type Told struct {
	Author wire.Key
	Owner  wire.Key // of whom a mandate for the author was seen, or zero
	Forked bool     // an Equivocation of the author is at hand
	Pages  []Testimony
}

// Woke: an instant asked for by effect Wake has come.
type Woke struct{}

func (Began) event()    {}
func (Met) event()      {}
func (Lost) event()     {}
func (Greeted) event()  {}
func (Asked) event()    {}
func (Heard) event()    {}
func (Garbled) event()  {}
func (Listed) event()   {}
func (Called) event()   {}
func (Ordered) event()  {}
func (Withdrew) event() {}
func (Opened) event()   {}
func (Closed) event()   {}
func (Worked) event()   {}
func (Judged) event()   {}
func (Told) event()     {}
func (Woke) event()     {}

// Order is what an owner wants bought.
type Order struct {
	Key        string             `cbor:"key"` // names the order; the same key is never ordered twice
	Capability string             `cbor:"capability"`
	Asset      string             `cbor:"asset"`
	Budget     wire.Amount        `cbor:"budget"`  // most it may cost
	Deliver    uint64             `cbor:"deliver"` // milliseconds from contract to delivery that would do
	Peer       wire.Key           `cbor:"peer,omitzero"`
	Choose     string             `cbor:"choose,omitempty"` // what to go by: "" the cost of a success, hire.ByPrice or hire.ByLot
	Input      payload.Artefact   `cbor:"input"`
	More       []payload.Artefact `cbor:"more,omitempty"`       // inputs of further calls, each answered by a result of its own
	Plan       string             `cbor:"plan,omitempty"`       // PlanSingle, PlanTakeover
	Call       uint64             `cbor:"call,omitzero"`        // milliseconds for which everybody may quote for it, at most protocol.MaxCallLife; 0: no Call
	Bid        wire.Amount        `cbor:"bid,omitzero"`         // what it would rather cost: dearer quotes are countered; 0: they are taken or left
	Parent     wire.CID           `cbor:"parent,omitzero"`      // the job of ours, as provider, that this is a part of
	Expect     protocol.Check     `cbor:"expect,omitzero"`      // a rule of the hirer's own; what fails it is for the evaluators
	Evaluators []wire.Key         `cbor:"evaluators,omitempty"` // who is to judge what is contested: only offers that name some of these, and nobody else, are taken
}
