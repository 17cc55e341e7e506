package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

func (j *Job) hearStarted(t turn, d *protocol.Started) error {
	p, err := j.ours(&t, d.Job, d.Part, Provider)
	if err != nil {
		return err
	}
	switch {
	case p.started:
		return t.refuse(protocol.CodeDuplicate, "work has begun")
	case !p.Taken():
		return t.refuse(protocol.CodeHold, "the job is not taken")
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "no work begins in a job that is %s", t.stage)
	}
	p.started = true
	return nil
}

func (j *Job) hearProgress(t turn, d *protocol.Progress) error {
	p, err := j.ours(&t, d.Job, d.Part, Provider)
	if err != nil {
		return err
	}
	var last protocol.Progress
	if p.progress.there() {
		last = *p.progress.doc
	}
	switch {
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "no work goes on in a job that is %s", t.stage)
	case d.Fraction < last.Fraction || !p.metered(d.Units):
		return t.refuse(protocol.CodeAmount, "the work went backwards, or beyond the units agreed")
	case p.steps >= MaxProgress:
		return t.refuse(protocol.CodeTooLarge, "more than %d", MaxProgress)
	}
	if p.Windowed() && !d.Note.IsZero() {
		if err := p.note(t, d); err != nil {
			return err
		}
	}
	p.progress = paper[protocol.Progress]{t.Said, d}
	p.steps++
	return nil
}

// hearAck keeps what the Ack proves: that documents of the other side, or the
// payload they name, arrived. What it says twice or of things unknown is left out.
// Bytes that arrived in time answer the complaint that they did not, even where
// that is heard after the end.
func (j *Job) hearAck(t turn, d *protocol.Ack) error {
	if err := j.about(t, d.Job, Hirer, Provider, Witness); err != nil {
		return err
	}
	p := j.InHand()
	c, open := p.lodged()
	t.stage = p.Stage(t.At)
	switch missing := open && c.clause == ClauseArtefact; {
	case missing && d.At > c.due:
		return t.refuse(protocol.CodeLate, "its deadline was %d", c.due)
	case t.stage.Final() && (!missing || t.role == Provider):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	news := false
	for _, id := range d.Of {
		a := ack{id, t.role}
		if from := j.origin(id); from == Other || from == t.role || slices.Contains(j.acks, a) {
			continue
		}
		j.acks = append(j.acks, a)
		news = true
	}
	if !news {
		return t.refuse(protocol.CodeDuplicate, "it proves no arrival that was not proved")
	}
	return nil
}

// origin returns who sent a document of this job or the payload of one; Other
// for what is not known.
func (j *Job) origin(id wire.CID) Role {
	it := func(a payload.Artefact) bool { return a.ID == id }
	if slices.ContainsFunc(j.accept.Inputs, it) {
		return Hirer
	}
	for _, x := range j.parts {
		switch p := (Part{j, x}); {
		case p.brought(it), slices.Contains(p.outputs, id) && !id.IsZero():
			return Provider
		case slices.ContainsFunc(p.calls, it), slices.ContainsFunc(p.Provided(), it):
			return Hirer
		}
	}
	if id == j.id {
		return Hirer
	}
	s, _ := j.find(id)
	switch s.Doc.(type) {
	case nil, *protocol.Ack, *protocol.Refuse: // no end of Acks of Acks
		return Other
	}
	return j.RoleOf(s.Doc.Header().By)
}

func (j *Job) hearDelivery(t turn, d *protocol.Delivery) error {
	p, err := j.ours(&t, d.Job, d.Part, Provider)
	if err != nil {
		return err
	}
	switch {
	case p.delivered():
		return p.makeGood(t, d)
	case p.delivery.there():
		return t.refuse(protocol.CodeDuplicate, "the result was delivered")
	case t.stage == Cancelled:
		return t.refuse(protocol.CodeWithdrawn, "the job is cancelled")
	case t.stage == Refused:
		return t.refuse(protocol.CodeDuplicate, "the job was declined")
	case t.stage == Lapsed:
		return t.refuse(protocol.CodeExpired, "nobody took the job in time")
	case !p.Taken():
		return t.refuse(protocol.CodeHold, "the job is not taken")
	case !p.metered(d.Units):
		return t.refuse(protocol.CodeAmount, "%d units, from %d on and at most %d more", d.Units, p.base, p.terms.Price.MaxUnits)
	case p.Windowed() && !p.complete(d):
		return t.refuse(protocol.CodeArtefact, "it does not give one result for each call it names")
	case p.prepaid() && t.stage == Funded:
		return t.refuse(protocol.CodeHold, "its advance is not paid")
	case t.stage == Paused:
		return t.refuse(protocol.CodeEarly, "it waits for what it asked for")
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(p.DeliverBy()); err != nil {
		return err
	}
	p.delivery = paper[protocol.Delivery]{t.Said, d}
	return nil
}
