package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// withdrew ends what the owner no longer wants: a job of ours, with all others of its
// order, or an order that has no contract. What has ended is left as it is, and so is
// whatever took it over.
func (s *step) withdrew(e Withdrew) {
	if o := s.orders[e.Key]; e.Job.IsZero() && o.waiting() {
		s.giveUp(o, protocol.CodeWithdrawn, withdrawn)
		s.endOthers(o, wire.CID{})
		s.effect(Answer{})
		return
	}
	d := s.deals[e.Job]
	if d == nil || d.job.Stage(s.at).Final() {
		s.effect(Answer{&Refusal{Code: protocol.CodeDuplicate, Why: "the job has ended or is not known"}})
		return
	}
	o := s.orders[d.order]
	if o.mayGoOn() { // nor any other in its place
		s.giveUp(o, protocol.CodeWithdrawn, withdrawn)
	}
	switch {
	case s.ending(d): // the same wish once more
		s.effect(Answer{})
	case d.role == job.Provider && s.callOff(d, protocol.CodeWithdrawn),
		d.role == job.Hirer && s.giveNotice(d, protocol.CodeWithdrawn):
		s.effect(Answer{})
	default:
		s.effect(Answer{&Refusal{Code: protocol.CodeLate, Why: "the job is " + d.job.Stage(s.at).String() + ": it can no longer be cancelled"}})
	}
	s.advance(d)
	if d.role == job.Hirer && o != nil {
		s.endOthers(o, d.id)
	}
}

const withdrawn = "withdrawn by its owner"

// ending reports whether we have asked for the end of the part of a job that can be ended.
func (s *step) ending(d *deal) bool {
	part, _ := d.job.Part(s.endable(d))
	_, said := part.CancelBy(d.role)
	return said
}

// endOthers asks for the end of all contracts of an order but one.
func (s *step) endOthers(o *order, but wire.CID) {
	for _, id := range o.jobs {
		d := s.deals[id]
		if d == nil || !d.live || id == but || d.job.Stage(s.at).Final() || s.ending(d) {
			continue
		}
		if s.giveNotice(d, protocol.CodeWithdrawn) {
			s.agenda.set(matter{what: dueDeal, job: id}, s.at+1) // to be said again until it is heard
		}
	}
}
