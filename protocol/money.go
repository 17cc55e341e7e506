package protocol

import "github.com/souk-network/souk/protocol/wire"

// Act is what an Entry does.
type Act uint8

const (
	ActOpen    Act = 1  // begins an epoch; carries the totals of the one before
	ActPay     Act = 2  // owes Amount at once
	ActHold    Act = 3  // sets Amount aside for one part of a job
	ActPost    Act = 4  // ends a hold and owes Amount, at most what was held
	ActVoid    Act = 5  // ends a hold and owes nothing
	ActMeter   Act = 6  // owes Amount for a meter's reading
	ActAward   Act = 7  // ends a hold as evaluators awarded
	ActCredit  Act = 8  // gives back Amount of what was owed
	ActSettled Act = 9  // Amount was paid on a rail
	ActClose   Act = 10 // nothing will follow in this lane
)

// Totals are the sums over a lane since its pair first dealt in its asset.
// They never fall, pass from epoch to epoch, and are all redundant, so that a
// single entry tells the whole position and a wrong one is refused.
type Totals struct {
	Posted   wire.Amount `cbor:"posted"`   // owed by PAY, POST, METER and AWARD
	Held     wire.Amount `cbor:"held"`     // set aside by HOLD
	Released wire.Amount `cbor:"released"` // of Held, no longer set aside
	Credited wire.Amount `cbor:"credited"` // given back
	Settled  wire.Amount `cbor:"settled"`  // paid on a rail
}

// Entry is the payer's statement in its lane to one payee in one asset. A lane
// is named by LaneID over network, payer (By), payee, asset and epoch. The
// schema is closed.
type Entry struct {
	wire.Head
	Payee    wire.Key    `cbor:"payee"`
	Asset    string      `cbor:"asset"`
	Epoch    Epoch       `cbor:"epoch"`
	Seq      uint64      `cbor:"seq"`           // from 1, without gaps
	Prev     wire.CID    `cbor:"prev,omitzero"` // the entry before; none where Seq is 1
	Act      Act         `cbor:"act"`
	Amount   wire.Amount `cbor:"amount"`
	Totals   Totals      `cbor:"totals"`       // after this entry
	Job      wire.CID    `cbor:"job,omitzero"` // optional, and so is all below
	Part     uint64      `cbor:"part,omitzero"`
	Hold     wire.CID    `cbor:"hold,omitzero"`      // the HOLD entry that POST, VOID or AWARD ends
	Basis    []wire.CID  `cbor:"basis,omitempty"`    // what entitles to it: Verdict, Claim, Award, Cancel, Countersign
	Reading  uint64      `cbor:"reading,omitzero"`   // of the meter, cumulative
	Mandate  wire.CID    `cbor:"mandate,omitzero"`   // under which it is spent
	Deadline uint64      `cbor:"deadline,omitzero"`  // of a HOLD: Unix milliseconds by which it must be claimed
	Idem     []byte      `cbor:"idem,omitempty"`     // idempotency key
	Proof    []byte      `cbor:"proof,omitempty"`    // of a rail, opaque
	OldEpoch Epoch       `cbor:"old_epoch,omitzero"` // of an OPEN: the lane it continues
	OldSeq   uint64      `cbor:"old_seq,omitzero"`
	OldHead  wire.CID    `cbor:"old_head,omitzero"`
}

// Countersign is the payee's statement that it has seen a lane up to an entry
// and found it well formed; it agrees to nothing but the jobs it takes. It
// covers all earlier entries of the lane. Entry and Countersign together are a
// receipt. The schema is closed.
type Countersign struct {
	wire.Head
	Lane     wire.CID   `cbor:"lane"`
	Seq      uint64     `cbor:"seq"`
	Entry    wire.CID   `cbor:"entry"`
	Totals   Totals     `cbor:"totals"`             // as the payee has them
	Taken    []wire.CID `cbor:"taken,omitempty"`    // optional: jobs that will be worked on
	Declined []Declined `cbor:"declined,omitempty"` // optional: jobs that will not; durable and final
	Disputed []wire.CID `cbor:"disputed,omitempty"` // optional: holds in dispute
}

// Declined is one job not taken, and why. It weighs nothing in reputation.
type Declined struct {
	Job  wire.CID `cbor:"job"`
	Code Code     `cbor:"code"`
}

// Claim is the payee's resolution of a hold after a Delivery that was not
// judged in time.
type Claim struct {
	wire.Head
	Job      wire.CID    `cbor:"job"`
	Part     uint64      `cbor:"part"`
	Hold     wire.CID    `cbor:"hold"`
	Delivery wire.CID    `cbor:"delivery"`
	Amount   wire.Amount `cbor:"amount"`
}

// LaneID names a lane: the CID of the canonical map {"net","payer","payee","asset","epoch"}.
func LaneID(net string, payer, payee wire.Key, asset string, epoch Epoch) wire.CID {
	b, err := wire.Encode(struct {
		Net   string   `cbor:"net"`
		Payer wire.Key `cbor:"payer"`
		Payee wire.Key `cbor:"payee"`
		Asset string   `cbor:"asset"`
		Epoch Epoch    `cbor:"epoch"`
	}{net, payer, payee, asset, epoch})
	if err != nil { // fixed shape
		panic(err)
	}
	return wire.Sum(b)
}
