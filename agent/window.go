package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// serveCalls does what a window calls for now: it works on the next call, and
// delivers once all are answered that there will be, or time is up.
func (s *step) serveCalls(d *deal) {
	part := d.job.InHand()
	calls, up := part.Calls(), s.at >= d.workUntil()
	switch {
	case len(d.answers) == len(calls) && len(calls) > 0 && (part.Full() || part.Closed()), up && len(d.answers) > 0:
		s.layAside(d)
		s.deliver(d)
	case up, part.Closed() && len(calls) == 0:
		s.callOff(d, protocol.CodeArtefact)
	case !d.busy && len(d.answers) < len(calls):
		s.setToWork(d)
	}
}

// layAside stops the work on a call that will not be answered any more.
func (s *step) layAside(d *deal) {
	if d.busy {
		d.busy = false
		s.effect(Stop{d.id})
	}
}

// tellAnswer says what the last call answered has given, and what the meter reads.
func (s *step) tellAnswer(d *deal) {
	part := d.job.InHand()
	i := len(d.answers) - 1
	if d.job.Terms().Price.Window <= 1 || i < 0 || len(d.answers[i].results) != 1 {
		return
	}
	result := d.answers[i].results[0]
	progress, ok := s.may(d, &protocol.Progress{
		Head: s.head(protocol.KindProgress), Job: d.id, Part: part.Number(),
		Fraction: part.Answered(i), Units: d.reading(), Note: result.ID,
	})
	p := s.about(d)
	if ok && p.add(progress) && inline([]payload.Artefact{result}) {
		p.with = []payload.Artefact{result}
	}
	s.effect(Serve{To: d.peer, Artefacts: []payload.Artefact{result}})
	p.say()
}

// reading is the meter after the work done on the part in hand.
func (d *deal) reading() uint64 {
	sum := d.job.InHand().Base()
	for _, a := range d.answers {
		sum += a.units
	}
	if d.work != nil {
		sum += d.work.units
	}
	return sum
}

// unmetered is what may still be metered in the part in hand.
func (d *deal) unmetered() uint64 {
	return d.job.Terms().Price.MaxUnits - (d.reading() - d.job.InHand().Base())
}

// handed is what a Delivery of the part in hand hands over, and for which calls.
func (d *deal) handed() (results []payload.Artefact, inputs []wire.CID) {
	if !d.job.Windowed() {
		return d.work.results, nil
	}
	calls := d.job.InHand().Calls()
	for i, a := range d.answers {
		results, inputs = append(results, a.results...), append(inputs, calls[i].ID)
	}
	return results, inputs
}

// tasked are the inputs of the next task: those of the job, or of the next call.
func (d *deal) tasked() []payload.Artefact {
	inputs := d.inputs()
	if d.job.Windowed() {
		return inputs[len(d.answers) : len(d.answers)+1]
	}
	return d.supplied()
}
