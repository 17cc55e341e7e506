package agent

import (
	"slices"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Effect is something the core wants done once the facts of its step are
// durable. Carrying one out twice does no harm.
type Effect interface{ effect() }

// Saying is one bundle as said to one peer. The hands seal it once, before its
// fact is recorded, and always send the same bytes.
type Saying struct {
	To     wire.Key
	Docs   []wire.Said
	Bundle *wire.Bundle       // nil until sealed
	With   []payload.Artefact // artefacts whose bytes ride along
	reply  wire.CID           // the first document of the bundle it answers
}

// countersigns reports whether a Countersign is in it.
func (s *Saying) countersigns() bool {
	return slices.ContainsFunc(s.Docs, func(x wire.Said) bool { return x.Doc.Header().Kind == protocol.KindCountersign })
}

// Say sends a saying. It may be lost: what must arrive is said again.
type Say struct{ Saying *Saying }

// Tell sends a bare document, of a kind that is not sealed.
type Tell struct {
	To  wire.Key
	Doc wire.Said
}

// Announce seals an Offer or a Call and gossips it.
type Announce struct{ Notice wire.Said }

// Reach opens a link to a peer; Met tells when it is open.
type Reach struct{ Peer wire.Key }

// Wake asks for Woke at an instant. Only the earliest outstanding one counts.
type Wake struct{ At uint64 }

// Work gets the inputs (from their frame, the vault or the peer), sees that the
// first is what the stand's schema asks for, has the stand's worker work on them, runs the rule, makes the results durable and
// ends in Worked. It is asked for at most once for a job unless the offer says
// that work may be repeated.
type Work struct {
	Job       wire.CID
	From      wire.Key
	Stand     sell.Stand // with the rule, the schema and the type of result that the contract names
	Inputs    []payload.Artefact
	Part      uint64 // of the contract that it does, from 1
	Parts     uint64 // there are, at most
	Until     uint64 // Unix milliseconds
	Retention uint64
}

// Judge gets the results, makes them durable, runs the check over inputs and
// results, and ends in Judged.
type Judge struct {
	Job     wire.CID
	From    wire.Key
	Rule    protocol.Check
	Expect  protocol.Check // of the hirer's own
	Inputs  []payload.Artefact
	Results []payload.Artefact
	Until   uint64 // Unix milliseconds
}

// Stop ends the Work or Judge of a job, if it is under way; nothing follows.
type Stop struct{ Job wire.CID }

// Serve lets a peer fetch artefacts.
type Serve struct {
	To        wire.Key
	Artefacts []payload.Artefact
	Of        wire.Key // whose they are, where they are not ours
}

// Withhold lets a peer fetch artefacts no longer. They stay in the vault.
type Withhold struct {
	From      wire.Key
	Artefacts []payload.Artefact
}

// Erase removes payloads of a job for good: those that came from a peer, and
// those that are ours, which then are served no longer. Of a job we provide
// these are its inputs and results; of a part of one it is the other way round.
type Erase struct {
	From            wire.Key
	Inputs, Results []payload.Artefact
}

// Pull asks a peer for what is new in its log of outcomes, and ends in Told.
// Wanted tells that we have dealt with it: then others make room, those first who
// stand lowest.
type Pull struct {
	Author   wire.Key
	Wanted   bool
	Standing float64 // from 0 to 1
}

// Caught: the author has written two different entries for one place of its
// log, or of its lane to us. Whoever keeps both can prove it.
type Caught struct {
	Author        wire.Key
	First, Second wire.CID
}

// Retell shows a payer all that was said between it and us of the jobs for which it has
// entries after After (zero for its first) up to Tip, as the journal has it, in order.
type Retell struct {
	To         wire.Key
	After, Tip wire.CID
}

// Answer answers the owner's event of the same step. Err is nil where it was taken.
type Answer struct{ Err *Refusal }

// Changed tells who waits for them that an order or job has changed.
type Changed struct {
	Key string   // of an order, or ""
	Job wire.CID // or zero
}

func (Say) effect()      {}
func (Tell) effect()     {}
func (Announce) effect() {}
func (Reach) effect()    {}
func (Wake) effect()     {}
func (Work) effect()     {}
func (Judge) effect()    {}
func (Stop) effect()     {}
func (Serve) effect()    {}
func (Withhold) effect() {}
func (Erase) effect()    {}
func (Pull) effect()     {}
func (Caught) effect()   {}
func (Retell) effect()   {}
func (Answer) effect()   {}
func (Changed) effect()  {}

// Refusal is a coded no to the owner.
type Refusal struct {
	Code protocol.Code
	Why  string
}

func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Why }
