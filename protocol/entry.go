package protocol

import (
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Act is what an Entry does.
type Act uint8

const (
	ActOpen    Act = 1  // begins an epoch; carries the totals of the one before
	ActPay     Act = 2  // owes Amount at once
	ActHold    Act = 3  // sets Amount aside for one part of a job
	ActPost    Act = 4  // ends a hold and owes Amount, at most what was held
	ActVoid    Act = 5  // ends a hold and owes nothing
	ActMeter   Act = 6  // owes Amount for a meter's reading; out of a hold, if it names one
	ActAward   Act = 7  // ends a hold as evaluators awarded
	ActCredit  Act = 8  // gives back Amount of what was owed
	ActSettled Act = 9  // Amount was paid on a rail
	ActClose   Act = 10 // nothing will follow in this lane
)

var actNames = [...]string{
	ActOpen: "OPEN", ActPay: "PAY", ActHold: "HOLD", ActPost: "POST", ActVoid: "VOID", ActMeter: "METER",
	ActAward: "AWARD", ActCredit: "CREDIT", ActSettled: "SETTLED", ActClose: "CLOSE",
}

// String returns the act's name, such as "HOLD".
func (a Act) String() string {
	if a < ActOpen || a > ActClose {
		return fmt.Sprintf("ACT(%d)", uint8(a))
	}
	return actNames[a]
}

// Entry is the payer's statement in its lane to one payee in one asset. A lane
// is named by LaneID over network, payer (By), payee, asset and epoch. Which of
// the optional fields an act needs and may have is in docs/spec/documents.md;
// any other is refused. The schema is closed.
//
//	{at, by, act, job?, seq, hold?, idem?, kind: 18, part?, prev?, rail?, asset, basis?,
//	epoch, nonce, payee, proof?, amount, totals, mandate?, old_seq?, reading?, deadline?,
//	old_head?, old_epoch?}
type Entry struct {
	wire.Head
	Payee    wire.Key    `cbor:"payee"`
	Asset    string      `cbor:"asset"`
	Epoch    Epoch       `cbor:"epoch"`
	Seq      uint64      `cbor:"seq"`           // from 1, without gaps; 1 is the OPEN
	Prev     wire.CID    `cbor:"prev,omitzero"` // the entry before; none where Seq is 1
	Act      Act         `cbor:"act"`
	Amount   wire.Amount `cbor:"amount"`
	Totals   Totals      `cbor:"totals"`       // after this entry
	Job      wire.CID    `cbor:"job,omitzero"` // optional, and so is all below
	Part     uint64      `cbor:"part,omitzero"`
	Hold     wire.CID    `cbor:"hold,omitzero"`      // the HOLD entry that POST, VOID or AWARD ends, or METER draws on
	Basis    []wire.CID  `cbor:"basis,omitempty"`    // what entitles to it: Verdict, Claim, Award, Cancel, Countersign
	Reading  uint64      `cbor:"reading,omitzero"`   // of the meter, cumulative
	Mandate  wire.CID    `cbor:"mandate,omitzero"`   // under which it is spent
	Deadline uint64      `cbor:"deadline,omitzero"`  // of a HOLD: Unix milliseconds by which it must be claimed
	Idem     []byte      `cbor:"idem,omitempty"`     // idempotency key
	Proof    []byte      `cbor:"proof,omitempty"`    // of a rail, opaque to all but the rail
	Rail     string      `cbor:"rail,omitempty"`     // the rail whose Proof it is; present exactly where that is
	OldEpoch Epoch       `cbor:"old_epoch,omitzero"` // of an OPEN: the lane it continues
	OldSeq   uint64      `cbor:"old_seq,omitzero"`
	OldHead  wire.CID    `cbor:"old_head,omitzero"`
}

// Check reports what is wrong with d taken alone. That its totals follow from
// the entry before is for the book to say.
func (d *Entry) Check() error {
	return first(
		head(d.Head, KindEntry),
		key("payee", d.Payee),
		must(d.Payee != d.By, "payee", "nobody pays itself"),
		asset("asset", d.Asset),
		epoch("epoch", d.Epoch),
		count("seq", d.Seq, 1),
		must(d.Prev.IsZero() == (d.Seq == 1), "prev", "absent where seq is 1, and only there"),
		between("act", uint64(d.Act), uint64(ActOpen), uint64(ActClose), ""),
		must((d.Act == ActOpen) == (d.Seq == 1), "act", "the entry with seq 1 is the OPEN, and no other is"),
		within("totals", d.Totals.check()),
		d.checkFields(),
		d.checkAmount(),
		between("part", d.Part, 0, MaxPart, ""),
		must(d.Part == 0 || !d.Job.IsZero(), "part", "a part of no job"),
		links("basis", d.Basis, 0, MaxBasis),
		count("reading", d.Reading, 0),
		date("deadline", d.Deadline),
		must(d.Deadline == 0 || d.Deadline > d.At, "deadline", "not after at"),
		size("idem", len(d.Idem), 0, MaxIdem, "bytes"),
		size("proof", len(d.Proof), 0, MaxProof, "bytes"),
		must((d.Rail == "") == (len(d.Proof) == 0), "rail", "rail and proof go together"),
		must(d.Rail == "" || name("", d.Rail) == nil, "rail", "not the name of a rail"),
		must(d.Act != ActPay || len(d.Basis) > 0 || !d.Mandate.IsZero(), "mandate", "PAY needs a basis or a mandate"),
		d.checkOld(),
	)
}

// checkOld checks what an OPEN says of the lane it continues: all or nothing.
// One that continues none starts from nothing.
func (d *Entry) checkOld() error {
	continues := !d.OldEpoch.IsZero()
	return first(
		must(continues == (d.OldSeq > 0) && continues == !d.OldHead.IsZero(), "old_epoch", "old_epoch, old_seq and old_head go together"),
		must(!continues || d.OldEpoch != d.Epoch, "old_epoch", "the epoch it opens"),
		count("old_seq", d.OldSeq, 0),
		must(d.Act != ActOpen || continues || d.Totals == Totals{}, "totals", "an OPEN that continues no lane starts from zero"),
	)
}

// checkAmount compares the amount with the act, and with the total it must be
// a part of.
func (d *Entry) checkAmount() error {
	var total wire.Amount
	switch d.Act {
	case ActOpen, ActVoid, ActClose:
		if !d.Amount.IsZero() {
			return &Fault{Code: CodeAmount, Field: "amount", Why: d.Act.String() + " moves nothing"}
		}
		return nil
	case ActHold:
		total = d.Totals.Held
	case ActCredit:
		total = d.Totals.Credited
	case ActSettled:
		total = d.Totals.Settled
	default:
		total = d.Totals.Posted
	}
	if d.Amount.IsZero() && (d.Act == ActPay || d.Act == ActCredit || d.Act == ActSettled) {
		return &Fault{Code: CodeAmount, Field: "amount", Why: d.Act.String() + " moves something"}
	}
	if d.Amount.Cmp(total) > 0 {
		return &Fault{Code: CodeAmount, Field: "totals", Why: "the amount is not in them"}
	}
	return nil
}
