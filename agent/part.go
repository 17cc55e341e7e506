package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// A part is a job that we hire others for so as to do a job that others have
// hired us for: its parent. Both are contracts of their own. What ties them is
// kept on our side: the part's payload is under the parent's label, it is
// delivered within the parent's time, and it is no longer wanted once the parent
// has come to nothing. Since a part's time lies within its parent's, no chain of
// parts is without end, nor ever leads back to the same offer.

// MaxParts is how many orders may be parts of one job.
const MaxParts = 64

// PartLabel returns the label under which what a job of ours was given may be
// given on to others, as the widest there is, or why nobody can be hired for a
// part of it.
func (a *Agent) PartLabel(at uint64, parent wire.CID) (payload.Label, *Refusal) {
	d := a.deals[parent]
	if p := a.past[parent]; p != nil && p.view.Role == job.Provider {
		return payload.Label{}, &Refusal{protocol.CodeLate, "the job is over: it is " + p.view.Stage}
	}
	if d == nil || d.role != job.Provider {
		return payload.Label{}, &Refusal{protocol.CodeNotOffered, "it is no job that this peer does for another"}
	}
	if stage := d.job.Stage(at); stage != job.Working && stage != job.Paused {
		if !d.job.Taken() && !stage.Final() {
			return payload.Label{}, &Refusal{protocol.CodeEarly, "the job is not taken yet"}
		}
		return payload.Label{}, &Refusal{protocol.CodeLate, "the job needs no parts any more: it is " + stage.String()}
	}
	label := payload.Label{Class: payload.Public, Retention: payload.MaxKeep, PassOn: true, Train: true}
	for _, in := range d.job.Accept().Inputs {
		l := in.Label.Under(d.job.Terms().Data)
		if !l.PassOn {
			return l, &Refusal{protocol.CodeLabel, "the label of the job's input, or its terms, do not allow it to be passed on"}
		}
		if label.Purpose != "" && l.Purpose != "" && label.Purpose != l.Purpose {
			return l, &Refusal{protocol.CodeLabel, "the job's inputs are for different purposes"}
		}
		label = payload.Label{
			Class: max(label.Class, l.Class), Purpose: max(label.Purpose, l.Purpose),
			Retention: min(label.Retention, l.Retention), PassOn: true, Train: label.Train && l.Train,
		}
	}
	return label, nil
}

// mayPart reports why an order may not be the part it wants to be, or nil.
func (s *step) mayPart(o *Order) *Refusal {
	if o.Parent.IsZero() {
		return nil
	}
	label, refusal := s.PartLabel(s.at, o.Parent)
	if refusal != nil {
		return refusal
	}
	if err := o.Input.Label.Within(label); err != nil {
		return &Refusal{protocol.CodeLabel, err.Error()}
	}
	if s.time(o) == 0 {
		return &Refusal{protocol.CodeLate, "no time is left for a part of the job"}
	}
	return nil
}

// mayAdd is mayPart for an order that is new.
func (s *step) mayAdd(o *Order) *Refusal {
	if !o.Parent.IsZero() && len(s.parts[o.Parent]) >= MaxParts {
		return &Refusal{protocol.CodeTooLarge, "the job has as many parts as it may have"}
	}
	return s.mayPart(o)
}

// time returns within how many milliseconds an order must be delivered: a part
// while its parent is still worked on.
func (s *step) time(o *Order) uint64 {
	d := s.deals[o.Parent]
	if d == nil {
		return o.Deliver
	}
	until := d.workUntil()
	return min(o.Deliver, until-min(until, s.at))
}

// dismiss ends the parts of a job that has come to nothing, called off by us or
// over without being settled: orders without a
// contract are given up, and of those with one the end is asked for. A contract
// binds all the same: what is delivered in spite of it is judged and paid.
func (s *step) dismiss(d *deal) {
	_, cancelled := d.job.CancelBy(job.Provider)
	stage := d.job.Stage(s.at)
	if d.job.Taken() && !cancelled && !stage.Final() || stage == job.Settled {
		return
	}
	for _, key := range s.parts[d.id] {
		o := s.orders[key]
		if v, _ := s.ByKey(s.at, key); v.OK {
			continue
		}
		if o.waiting() || o.mayGoOn() { // nor any other in its place
			s.giveUp(o, protocol.CodeWithdrawn, "the job it was a part of is "+stage.String())
		}
		for _, id := range o.jobs {
			s.askForEnd(s.deals[id])
		}
	}
}

// askForEnd asks for the end of a part, where that has any use.
func (s *step) askForEnd(part *deal) {
	if part == nil || !part.live {
		return
	}
	_, said := part.job.CancelBy(job.Hirer)
	_, done := part.job.Delivery()
	if !said && !done && !part.job.Stage(s.at).Final() {
		s.giveNotice(part, protocol.CodeWithdrawn)
		s.advance(part)
	}
}

// partsOf returns how the parts of a job stand, oldest first: of each order every
// contract, so that what was tried in vain is told as well.
func (a *Agent) partsOf(at uint64, id wire.CID) []View {
	var all []View
	for _, key := range a.parts[id] {
		now, ok := a.ByKey(at, key)
		if !ok {
			continue
		}
		for _, try := range a.orders[key].jobs {
			v := now
			if try != now.ID {
				v, _ = a.ByID(at, try)
			}
			all = append(all, v)
		}
		if now.ID.IsZero() {
			all = append(all, now)
		}
	}
	return all
}

// PartBudget returns the most that one part more may cost of a job that we do, in
// the asset of that job: what its price leaves after the parts there are, and no
// more than the mandate allows one job.
func (a *Agent) PartBudget(at uint64, parent wire.CID) (asset string, left wire.Amount) {
	v, ok := a.ByID(at, parent)
	if !ok || v.Role != job.Provider {
		return "", wire.Amount{}
	}
	left = v.Price
	for _, part := range a.partsOf(at, parent) {
		cost := part.Price
		if part.Final {
			cost = part.Paid
		}
		rest, err := left.Minus(cost)
		if part.Asset != v.Asset || err != nil {
			rest = wire.Amount{} // what cannot be compared is not weighed up
		}
		left = rest
	}
	for _, b := range a.mandate.Budgets {
		if b.Asset == v.Asset && b.PerJob.Cmp(left) < 0 {
			left = b.PerJob
		}
	}
	return v.Asset, left
}

// stageOf returns the stage of a job of ours, or "".
func (a *Agent) stageOf(at uint64, id wire.CID) string {
	if p := a.past[id]; p != nil {
		return p.view.Stage
	}
	if d := a.deals[id]; d != nil {
		return d.job.Stage(at).String()
	}
	return ""
}

// eraseParts erases what was made of a job's payload for its parts, and what
// came of them: it is under the parent's label and goes with it. Parts that are
// not over yet lose theirs when they are.
func (s *step) eraseParts(parent wire.CID) {
	for _, key := range s.parts[parent] {
		if o := s.orders[key]; !o.waiting() {
			s.erasePart(o)
		}
	}
}

func (s *step) erasePart(o *order) {
	for _, id := range o.jobs {
		if d := s.deals[id]; d != nil && d.live {
			return
		}
	}
	ours := o.inputs() // served no longer
	s.effect(Erase{Results: ours})
	for _, id := range o.jobs {
		v, _ := s.ByID(s.at, id)
		s.effect(Erase{From: v.Peer, Inputs: v.Results, Results: ours})
	}
}

// outlived reports whether the payload of a part's parent is erased already.
func (a *Agent) outlived(o *order) bool {
	if o == nil || o.Parent.IsZero() || a.keepsakes[o.Parent] != nil {
		return false
	}
	d := a.deals[o.Parent]
	return d == nil || !d.live
}
