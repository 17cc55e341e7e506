package protocol

import "github.com/souk-network/souk/protocol/payload"

// Times are durations in milliseconds. All run from t0, the Accept's at (those of
// a later part from the at of its own HOLD), except PauseMax, a total, Rework,
// which is added, and Retention, from the job's end. They never fall in the order
// Start, Deliver, Review, Claim, Answer, Award, Settle, Resolve; Commit and Open
// lie from Answer to Award.
//
//	{fund, open, award, claim, start, answer, commit?, review, rework?, settle, deliver,
//	outcome, resolve, pause_max, retention}
type Times struct {
	Fund      uint64 `cbor:"fund"`            // the rail's proof is there; 0 where the HOLD itself is the proof
	Start     uint64 `cbor:"start"`           // the provider has taken or declined
	Deliver   uint64 `cbor:"deliver"`         // the Delivery is said
	Review    uint64 `cbor:"review"`          // the Verdict is said, else it is accepted by silence
	Claim     uint64 `cbor:"claim"`           // the payee has claimed, else the hold falls
	Answer    uint64 `cbor:"answer"`          // a Contest or Claim is answered
	Commit    uint64 `cbor:"commit,omitzero"` // optional: the evaluators have committed to their awards
	Award     uint64 `cbor:"award"`           // the evaluators have awarded, else the split applies
	Settle    uint64 `cbor:"settle"`          // the POST is countersigned
	Resolve   uint64 `cbor:"resolve"`         // what is owed is posted, else its debtor has defaulted
	Open      uint64 `cbor:"open"`            // commitments in dispute are opened
	Rework    uint64 `cbor:"rework,omitzero"` // optional: added to all later deadlines for each rework
	Outcome   uint64 `cbor:"outcome"`         // after it is shown, the other side answers an Outcome
	PauseMax  uint64 `cbor:"pause_max"`       // Needs may extend deadlines by this in all
	Retention uint64 `cbor:"retention"`       // inputs and results are erased, after the job's end
}

func (t Times) check() error {
	var before uint64
	for _, d := range [...]struct {
		field string
		ms    uint64
	}{
		{"start", t.Start},
		{"deliver", t.Deliver},
		{"review", t.Review},
		{"claim", t.Claim},
		{"answer", t.Answer},
		{"award", t.Award},
		{"settle", t.Settle},
		{"resolve", t.Resolve},
	} {
		if d.ms < before {
			return wrong(d.field, "%d ms is before the deadline it follows, %d ms", d.ms, before)
		}
		before = d.ms
	}
	return first(
		span("resolve", t.Resolve, MaxDuration), // the longest of those above
		span("fund", t.Fund, MaxDuration),
		between("open", t.Open, t.Answer, t.Award, "ms"),
		must(t.Commit == 0 || t.Answer <= t.Commit && t.Commit <= t.Award, "commit", "not from answer to award"),
		span("rework", t.Rework, MaxDuration),
		span("outcome", t.Outcome, MaxDuration),
		span("pause_max", t.PauseMax, MaxDuration),
		span("retention", t.Retention, payload.MaxKeep),
	)
}
