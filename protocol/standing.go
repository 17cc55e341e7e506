package protocol

import "github.com/souk-network/souk/protocol/wire"

// How a job ended, in an Outcome.
const (
	EndedAgreed    = 1 // delivered and judged
	EndedSilent    = 2 // delivered, accepted by the hirer's silence
	EndedContested = 3 // delivered, contested
	EndedResolved  = 4 // delivered, contested, awarded
	EndedDefault   = 5 // not delivered in time
	EndedCancelled = 6 // cancelled after it was taken
)

// How the hirer behaved, in an Outcome.
const (
	PaidInTime  = 1
	PaidLate    = 2
	PaidNot     = 3 // silent
	PaidAgainst = 4 // wrongly contested
)

// Outcome is the public half of a job: what both attest happened. One side
// seals it, and each side names it in its own log.
type Outcome struct {
	wire.Head
	Job           wire.CID   `cbor:"job"`
	Hirer         wire.Key   `cbor:"hirer"`
	Provider      wire.Key   `cbor:"provider"`
	HirerOwner    wire.Key   `cbor:"hirer_owner"`
	ProviderOwner wire.Key   `cbor:"provider_owner"`
	Capability    string     `cbor:"capability"`
	Asset         string     `cbor:"asset"`
	Band          uint64     `cbor:"band"`                 // bits of the amount: 0 for nothing, n for 2^(n-1) to 2^n-1
	Score         uint64     `cbor:"score"`                // of 10,000
	Ended         uint64     `cbor:"ended"`                // EndedAgreed …
	Conduct       uint64     `cbor:"conduct"`              // PaidInTime …
	Evaluators    []wire.Key `cbor:"evaluators,omitempty"` // optional: who awarded
	Entry         wire.CID   `cbor:"entry"`                // the HOLD or POST that binds it to a receipt
	Opened        uint64     `cbor:"opened"`               // Unix milliseconds: t0
	Closed        uint64     `cbor:"closed"`               // Unix milliseconds
}

// LogEntry puts an Outcome into its author's own log. Seq counts from 1 in each
// epoch; the first of an epoch cites the head of the epoch before.
type LogEntry struct {
	wire.Head
	Outcome wire.CID `cbor:"outcome"`
	Epoch   Epoch    `cbor:"epoch"`
	Seq     uint64   `cbor:"seq"`
	Prev    wire.CID `cbor:"prev,omitzero"` // optional: none for the first ever
}

// LogHead tells how far the log of Author has come; anyone may pass it on.
type LogHead struct {
	wire.Head
	Author wire.Key `cbor:"author"`
	Epoch  Epoch    `cbor:"epoch"`
	Seq    uint64   `cbor:"seq"`
	Entry  wire.CID `cbor:"entry"`
}

// Equivocation shows two sealed statements that one honest key could not both
// have made: two Entries of one lane and Seq, or two LogEntries of one epoch
// and Seq, that differ. Anyone can check it, for ever.
type Equivocation struct {
	wire.Head
	Author wire.Key   `cbor:"author"`
	First  wire.Proof `cbor:"first"`
	Second wire.Proof `cbor:"second"`
}
