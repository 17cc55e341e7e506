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
	hasOld
)

var detailNames = [...]string{"job", "part", "hold", "basis", "reading", "mandate", "deadline", "idem", "proof", "old_epoch"}

// details says for each act which fields it must have, and which it may have
// besides. One more would be a statement that nobody defined.
var details = [...]struct{ must, may detail }{
	ActOpen:    {0, hasOld},
	ActPay:     {hasMandate, hasJob | hasPart | hasBasis | hasIdem | hasProof},
	ActHold:    {hasJob | hasMandate | hasDeadline, hasPart | hasBasis | hasIdem | hasProof},
	ActPost:    {hasHold, hasJob | hasPart | hasBasis | hasReading | hasIdem | hasProof},
	ActVoid:    {hasHold, hasJob | hasPart | hasBasis | hasIdem},
	ActMeter:   {hasJob | hasReading | hasMandate, hasPart | hasBasis | hasIdem | hasProof},
	ActAward:   {hasHold | hasBasis, hasJob | hasPart | hasIdem},
	ActCredit:  {0, hasJob | hasPart | hasBasis | hasIdem},
	ActSettled: {0, hasBasis | hasIdem | hasProof},
	ActClose:   {0, 0},
}

// details returns which optional fields d has.
func (d *Entry) details() detail {
	var has detail
	for i, present := range [...]bool{
		!d.Job.IsZero(), d.Part != 0, !d.Hold.IsZero(), len(d.Basis) > 0, d.Reading != 0, !d.Mandate.IsZero(),
		d.Deadline != 0, len(d.Idem) > 0, len(d.Proof) > 0,
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
		case has&^(want.must|want.may)&bit != 0:
			return wrong(field, "%s has none", d.Act)
		}
	}
	return nil
}
