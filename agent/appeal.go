package agent

import (
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// What happens, and is to be done, in the middle of a job: events and an effect of
// pauses and disputes.

// Provided: the owner has what a job's provider waits for. The input is durable
// in the vault.
type Provided struct {
	Job   wire.CID
	Input payload.Artefact
}

// Consented: the owner lets a provider name this agent as evaluator. Bundle is the
// sealed Consent, and Judge grades what it has to judge.
type Consented struct {
	Consent wire.Said
	Bundle  *wire.Bundle
	Judge   sell.Stand
}

// Graded: a task of effect Grade has ended. Where Code is empty the provider is
// worth Share of 10,000 of the part.
type Graded struct {
	Job    wire.CID
	Share  uint64
	Code   protocol.Code
	Detail string
}

func (Provided) event()  {}
func (Consented) event() {}
func (Graded) event()    {}

// Grade gets the inputs and results of a disputed job from either side, has the
// judge grade them, and ends in Graded.
type Grade struct {
	Job             wire.CID
	Judge           sell.Stand
	Hirer, Provider wire.Key
	Inputs, Results []payload.Artefact
	Until           uint64 // Unix milliseconds
}

func (Grade) effect() {}
