package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Windowed reports whether a part of the contract is a window of calls.
func (j *Job) Windowed() bool { return j.terms.Price.Unit != "" && several(j.terms.Price) }

// Calls returns the inputs of a window's calls, in the order they were provided
// on this side: first those of the Accept, then those of each Provide.
func (p Part) Calls() []payload.Artefact { return slices.Clip(p.calls) }

// Output returns the commitment of what a Progress gave for call i of the window, from 0.
func (p Part) Output(i int) (wire.CID, bool) {
	if i < 0 || i >= len(p.outputs) {
		return wire.CID{}, false
	}
	return p.outputs[i], !p.outputs[i].IsZero()
}

// Closed reports whether the hirer has said that a window gets no more calls.
func (p Part) Closed() bool {
	next, ok := p.Part(p.n + 1)
	return ok && next.cancelH.there() || p.cancelH.there()
}

// Full reports whether a window has all the calls it may have.
func (p Part) Full() bool { return uint64(len(p.calls)) >= p.terms.Price.Window }

// reading returns the meter after the part: what its Delivery says, or where it began.
func (p Part) reading() uint64 {
	if p.delivery.there() {
		return p.delivery.doc.Units
	}
	return p.base
}

// Base returns the meter's reading where the part begins.
func (p Part) Base() uint64 { return p.base }

// Units returns what was metered in the part: by its Delivery, or so far.
func (p Part) Units() uint64 {
	switch {
	case p.delivery.there():
		return p.delivery.doc.Units - p.base
	case p.progress.there():
		return p.progress.doc.Units - p.base
	}
	return 0
}

// metered reports whether a reading goes on from the last one said, and does not
// pass what may be metered in the part.
func (p Part) metered(units uint64) bool {
	least := p.base
	if p.progress.there() {
		least = p.progress.doc.Units
	}
	return units >= least && units-p.base <= p.terms.Price.MaxUnits
}

// hearCalls takes the inputs of further calls of a window, one call each.
func (j *Job) hearCalls(t turn, d *protocol.Provide) error {
	p, err := j.ours(&t, d.Job, d.Part, Hirer)
	if err != nil {
		return err
	}
	switch {
	case !p.Windowed():
		return t.refuse(protocol.CodeNotOffered, "the contract is of no calls")
	case p.Closed():
		return t.refuse(protocol.CodeWithdrawn, "the window gets no more calls")
	case t.stage == Quoted || t.stage == Agreed || t.stage == Funded:
		return t.refuse(protocol.CodeHold, "the window has not begun")
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "the window is %s", t.stage)
	case len(p.calls)+len(d.Inputs) > int(p.terms.Price.Window):
		return t.refuse(protocol.CodeTooLarge, "a window has %d calls", p.terms.Price.Window)
	}
	unfit := func(a payload.Artefact) bool { return a.Label.MayGo(p.terms.Data) != nil }
	if slices.ContainsFunc(d.Inputs, unfit) {
		return t.refuse(protocol.CodeLabel, "the Terms do not take the label of an input")
	}
	if size := inputSize(p.calls) + inputSize(d.Inputs); p.terms.MaxBytes > 0 && size > p.terms.MaxBytes {
		return t.refuse(protocol.CodeTooLarge, "%d bytes of inputs, at most %d", size, p.terms.MaxBytes)
	}
	for i, in := range d.Inputs {
		same := func(a payload.Artefact) bool { return a.ID == in.ID }
		if slices.ContainsFunc(p.calls, same) || slices.ContainsFunc(d.Inputs[:i], same) {
			return t.refuse(protocol.CodeDuplicate, "an input is provided twice")
		}
	}
	if err := t.late(p.DeliverBy()); err != nil {
		return err
	}
	p.calls = append(slices.Clip(p.calls), d.Inputs...)
	return nil
}

// call returns which call of a window, from 0, a Progress with a note answers:
// its fraction tells, so that none need be known to place another.
func (p Part) call(d *protocol.Progress) (int, bool) {
	window := p.terms.Price.Window
	for i := range p.calls {
		if d.Fraction == fraction(uint64(i)+1, window) {
			return i, true
		}
	}
	return 0, false
}

// fraction is what a Progress says of n calls answered out of a window.
func fraction(n, window uint64) uint64 { return protocol.Full * n / window }

// Answered returns the fraction that the Progress for call i of the window, from 0, must tell.
func (p Part) Answered(i int) uint64 { return fraction(uint64(i)+1, p.terms.Price.Window) }

// note takes the output that a Progress names for a call.
func (p Part) note(t turn, d *protocol.Progress) error {
	i, ok := p.call(d)
	if !ok {
		return t.refuse(protocol.CodeArtefact, "it answers no call of the window")
	}
	outputs := make([]wire.CID, p.terms.Price.Window)
	copy(outputs, p.outputs)
	outputs[i] = d.Note
	p.outputs = outputs
	return nil
}

// complete reports whether a Delivery gives one output for each of the calls it
// names, and those that were given already.
func (p Part) complete(d *protocol.Delivery) bool {
	if len(d.Inputs) != len(d.Artefacts) {
		return false
	}
	for _, in := range d.Inputs {
		if !slices.ContainsFunc(p.calls, func(a payload.Artefact) bool { return a.ID == in }) {
			return false
		}
	}
	for i := range p.outputs {
		if id, ok := p.Output(i); ok && (i >= len(d.Artefacts) || d.Artefacts[i].ID != id) {
			return false
		}
	}
	return true
}
