package protocol

// detail names one optional field of an Entry, as one bit.
type detail uint16

const (
	hasJob detail = 1 << iota
	hasPart
	hasHold
	hasBasis
	hasReading
	hasMandate
	hasDeadline
	hasIdem
	hasProof
	hasRail
	hasOld
)

// anyAct may stand on every act.
const anyAct = hasBasis | hasIdem | hasProof | hasRail

var detailNames = [...]string{"job", "part", "hold", "basis", "reading", "mandate", "deadline", "idem", "proof", "rail", "old_epoch"}

// details says for each act which fields it must have, and which it may have
// besides those of anyAct. One more would be a statement that nobody defined.
var details = [...]struct{ must, may detail }{
	ActOpen:    {0, hasOld},
	ActPay:     {0, hasJob | hasPart | hasMandate},
	ActHold:    {hasJob | hasMandate | hasDeadline, hasPart},
	ActPost:    {hasHold, hasJob | hasPart | hasReading},
	ActVoid:    {hasHold, hasJob | hasPart},
	ActMeter:   {hasJob | hasReading | hasMandate, hasPart | hasHold},
	ActAward:   {hasHold | hasBasis, hasJob | hasPart},
	ActCredit:  {0, hasJob | hasPart},
	ActSettled: {0, 0},
	ActClose:   {0, 0},
}

// details returns which optional fields d has.
func (d *Entry) details() detail {
	var has detail
	for i, present := range [...]bool{
		!d.Job.IsZero(), d.Part != 0, !d.Hold.IsZero(), len(d.Basis) > 0, d.Reading != 0, !d.Mandate.IsZero(),
		d.Deadline != 0, len(d.Idem) > 0, len(d.Proof) > 0, d.Rail != "",
		!d.OldEpoch.IsZero() || d.OldSeq != 0 || !d.OldHead.IsZero(),
	} {
		if present {
			has |= 1 << i
		}
	}
	return has
}

// checkFields compares the fields d has with those of its act.
func (d *Entry) checkFields() error {
	if int(d.Act) >= len(details) {
		return nil // refused by its range already
	}
	want, has := details[d.Act], d.details()
	for i, field := range detailNames {
		switch bit := detail(1) << i; {
		case want.must&^has&bit != 0:
			return wrong(field, "%s needs it", d.Act)
		case has&^(want.must|want.may|anyAct)&bit != 0:
			return wrong(field, "%s has none", d.Act)
		}
	}
	return nil
}
