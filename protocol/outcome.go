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
	// Of a later version: up to MaxSaid, and it weighs nothing.
)

// How the hirer behaved, in an Outcome. What a later version adds is up to
// MaxSaid too, and weighs nothing.
const (
	PaidInTime  = 1
	PaidLate    = 2
	PaidNot     = 3 // silent
	PaidAgainst = 4 // wrongly contested
	PaidNothing = 5 // nothing was due: the job was free, or nothing of it was owed
)

// Outcome is the public half of a job: what both attest happened. One side
// seals it, and each side names it in its own log.
//
//	{at, by, job, band, kind: 21, asset, ended, entry, hirer, nonce, score, closed,
//	opened, conduct, provider, capability, evaluators?, hirer_owner, provider_owner}
type Outcome struct {
	wire.Head
	Job           wire.CID   `cbor:"job"`
	Hirer         wire.Key   `cbor:"hirer"`
	Provider      wire.Key   `cbor:"provider"`
	HirerOwner    wire.Key   `cbor:"hirer_owner"`
	ProviderOwner wire.Key   `cbor:"provider_owner"`
	Capability    string     `cbor:"capability"`
	Asset         string     `cbor:"asset"`
	Band          uint64     `cbor:"band"`                 // bits of what was posted, else of what was held: 0 for nothing, n for 2^(n-1) to 2^n-1
	Score         uint64     `cbor:"score"`                // of 10,000
	Ended         uint64     `cbor:"ended"`                // EndedAgreed …
	Conduct       uint64     `cbor:"conduct"`              // PaidInTime …
	Evaluators    []wire.Key `cbor:"evaluators,omitempty"` // who awarded; where Ended is EndedResolved, and no other ending of this version
	Entry         wire.CID   `cbor:"entry"`                // the HOLD or POST that binds it to a receipt
	Opened        uint64     `cbor:"opened"`               // Unix milliseconds: t0
	Closed        uint64     `cbor:"closed"`               // Unix milliseconds
}

// Check reports what is wrong with d taken alone.
func (d *Outcome) Check() error {
	return first(
		head(d.Head, KindOutcome),
		link("job", d.Job),
		key("hirer", d.Hirer),
		key("provider", d.Provider),
		must(d.Hirer != d.Provider, "provider", "nobody hires itself"),
		must(d.By == d.Hirer || d.By == d.Provider, "by", "neither hirer nor provider"),
		key("hirer_owner", d.HirerOwner),
		key("provider_owner", d.ProviderOwner),
		capability("capability", d.Capability),
		asset("asset", d.Asset),
		between("band", d.Band, 0, MaxBand, "bits"),
		share("score", d.Score),
		between("ended", d.Ended, EndedAgreed, MaxSaid, ""),
		between("conduct", d.Conduct, PaidInTime, MaxSaid, ""),
		must(d.Ended != EndedDefault || d.Score == 0, "score", "of what was not delivered it is 0"),
		must(d.Conduct >= PaidNothing || d.Band > 0, "conduct", "nothing was due where band is 0"),
		keys("evaluators", d.Evaluators, 0, MaxEvaluators),
		must(d.Ended > EndedCancelled || (len(d.Evaluators) > 0) == (d.Ended == EndedResolved), "evaluators", "named where and only where they awarded"),
		link("entry", d.Entry),
		date("closed", d.Closed),
		must(d.Opened <= d.Closed+Skew, "opened", "after closed"), // told by two clocks
	)
}
