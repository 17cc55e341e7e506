package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// pause is a Need and what answered it.
type pause struct {
	need    paper[protocol.Need]
	provide paper[protocol.Provide]
	from    uint64 // from when it counts: the Need's date, but not before the take and the pause before
	most    uint64 // milliseconds it may last
	missed  bool   // the provider refused the Provide as late
}

// open reports whether the pause was not answered.
func (x pause) open() bool { return !x.provide.there() }

// until returns the instant until which the Provide may be dated.
func (x pause) until() uint64 { return plus(x.from, x.most) }

// lasted returns the milliseconds by which an answered pause moves the
// deadlines. They run from the provider's date to the hirer's: neither can
// lengthen all pauses together beyond what the Terms allow, and a hirer that
// shortens one gets its result no sooner.
func (x pause) lasted() uint64 {
	if x.open() {
		return 0
	}
	return max(x.provide.doc.At, x.from) - x.from
}

// paused returns the milliseconds by which the answered pauses of the part move
// its deadlines.
func (p Part) paused() (sum uint64) {
	for _, x := range p.pauses {
		sum += x.lasted()
	}
	return sum
}

// waits returns the pause that is not answered, if there is one.
func (p Part) waits() (pause, bool) {
	if n := len(p.pauses); n > 0 && p.pauses[n-1].open() {
		return p.pauses[n-1], true
	}
	return pause{}, false
}

// unanswered reports whether a Need was left unanswered for as long as it may
// be, or its answer came too late for the provider. The kill fee is then owed.
func (p Part) unanswered(at uint64) bool {
	x, open := p.waits()
	return open && (x.missed || past(at, x.until()))
}

// Need returns what the provider waits for, and until when it may be provided.
func (p Part) Need() (need *protocol.Need, until uint64, open bool) {
	x, open := p.waits()
	if !open || p.undelivered {
		return nil, 0, false
	}
	return x.need.doc, x.until(), true
}

// Provided returns the inputs that came by Provide, in the order they came.
func (p Part) Provided() []payload.Artefact {
	var all []payload.Artefact
	for _, x := range p.pauses {
		if !x.open() {
			all = append(all, x.provide.doc.Inputs...)
		}
	}
	return all
}

// hearNeed takes the provider's word that it cannot go on: of what the Terms
// list, before the Delivery is due, and one at a time.
func (j *Job) hearNeed(t turn, d *protocol.Need) error {
	p, err := j.ours(&t, d.Job, d.Part, Provider)
	if err != nil {
		return err
	}
	strange := func(need string) bool { return !slices.Contains(p.terms.Needs, need) }
	switch {
	case p.terms.Times.PauseMax == 0 || slices.ContainsFunc(d.Needs, strange):
		return t.refuse(protocol.CodeNotOffered, "the Terms do not list all that is asked for, or allow no pause")
	case t.stage == Cancelled || p.cancelP.there():
		return t.refuse(protocol.CodeWithdrawn, "the job is cancelled")
	case t.stage == Lapsed:
		return t.refuse(protocol.CodeExpired, "nobody took the job in time")
	case !p.Taken():
		return t.refuse(protocol.CodeHold, "the job is not taken")
	case t.stage == Paused:
		return t.refuse(protocol.CodeDuplicate, "it waits for what it asked for before")
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	case len(p.pauses) >= MaxPauses:
		return t.refuse(protocol.CodeTooLarge, "more than %d", MaxPauses)
	}
	if err := t.late(p.DeliverBy()); err != nil {
		return err
	}
	from := max(d.At, p.take.doc.At)
	if n := len(p.pauses); n > 0 {
		from = max(from, p.pauses[n-1].provide.doc.At)
	}
	p.pauses = append(slices.Clip(p.pauses), pause{
		need: paper[protocol.Need]{t.Said, d}, from: from, most: p.terms.Times.PauseMax - p.paused(),
	})
	return nil
}

// hearProvide takes the hirer's answer to a Need.
func (j *Job) hearProvide(t turn, d *protocol.Provide) error {
	p, err := j.ours(&t, d.Job, d.Part, Hirer)
	if err != nil {
		return err
	}
	x, open := p.waits()
	size := inputSize(j.accept.Inputs) + inputSize(p.Provided()) + inputSize(d.Inputs)
	unfit := func(a payload.Artefact) bool { return a.Label.MayGo(p.terms.Data) != nil }
	switch {
	case p.cancelP.there():
		return t.refuse(protocol.CodeWithdrawn, "the provider has ended the job")
	case !open || d.Need != x.need.said.ID:
		return t.refuse(protocol.CodeNotOffered, "it answers nothing that is asked for")
	case slices.ContainsFunc(d.Inputs, unfit):
		return t.refuse(protocol.CodeLabel, "the Terms do not take the label of an input")
	case p.terms.MaxBytes > 0 && size > p.terms.MaxBytes:
		return t.refuse(protocol.CodeTooLarge, "%d bytes of inputs, at most %d", size, p.terms.MaxBytes)
	case t.stage != Paused:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(x.until()); err != nil {
		return err
	}
	x.provide = paper[protocol.Provide]{t.Said, d}
	p.pauses = append(slices.Clone(p.pauses[:len(p.pauses)-1]), x)
	return nil
}

// inputSize is far from an overflow: 16 Needs of 16 inputs of 2^40 bytes each.
func inputSize(all []payload.Artefact) (sum uint64) {
	for _, a := range all {
		sum += a.Size
	}
	return sum
}

// forgo takes out a Need that came too late for the hirer: to it, nothing was
// delivered in time.
func (p Part) forgo() {
	p.pauses = slices.Clone(p.pauses[:len(p.pauses)-1])
	p.undelivered = true
}

// mayMiss reports whether id is a Provide that the provider may say it heard too
// late: the last one, and nothing shows that it had it.
func (p Part) mayMiss(id wire.CID) bool {
	n := len(p.pauses)
	return n > 0 && !p.pauses[n-1].open() && p.pauses[n-1].provide.said.ID == id &&
		!p.delivery.there() && !p.cancelP.there() && !p.Acked(id)
}

// miss takes out a Provide that came too late for the provider. Its Need was
// never answered, and for the hirer too the job ends as it does then.
func (p Part) miss() {
	p.pauses = slices.Clone(p.pauses)
	x := &p.pauses[len(p.pauses)-1]
	x.provide, x.missed = paper[protocol.Provide]{}, true
}

// left is a job whose provider was left without what it needs. The hirer owes
// the kill fee.
func (p Part) left(at uint64) place {
	if p.terms.KillFee.IsZero() || p.paid {
		return place{stage: Cancelled}
	}
	return p.owing(at, Settling)
}
