package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

func (j *Job) hearStarted(t turn, d *protocol.Started) error {
	if err := j.ours(t, d.Job, d.Part, Provider); err != nil {
		return err
	}
	switch {
	case j.started:
		return t.refuse(protocol.CodeDuplicate, "work has begun")
	case !j.Taken():
		return t.refuse(protocol.CodeHold, "the job is not taken")
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "no work begins in a job that is %s", t.stage)
	}
	j.started = true
	return nil
}

func (j *Job) hearProgress(t turn, d *protocol.Progress) error {
	if err := j.ours(t, d.Job, d.Part, Provider); err != nil {
		return err
	}
	var last protocol.Progress
	if j.progress.there() {
		last = *j.progress.doc
	}
	switch {
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "no work goes on in a job that is %s", t.stage)
	case d.Fraction < last.Fraction || d.Units < last.Units || d.Units > j.terms.Price.MaxUnits:
		return t.refuse(protocol.CodeAmount, "the work went backwards, or beyond the units agreed")
	case j.steps >= MaxProgress:
		return t.refuse(protocol.CodeTooLarge, "more than %d", MaxProgress)
	}
	j.progress = paper[protocol.Progress]{t.Said, d}
	j.steps++
	return nil
}

// hearAck keeps what the Ack proves: that documents of the other side, or the
// payload they name, arrived. What it says twice or of things unknown is left out.
// Bytes that arrived in time answer the complaint that they did not, even where
// that is heard after the end.
func (j *Job) hearAck(t turn, d *protocol.Ack) error {
	if err := j.ours(t, d.Job, 0, Hirer, Provider, Witness); err != nil {
		return err
	}
	c, open := j.complaint()
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
	for _, a := range j.accept.Inputs {
		if a.ID == id {
			return Hirer
		}
	}
	if j.delivery.there() {
		for _, a := range j.delivery.doc.Artefacts {
			if a.ID == id {
				return Provider
			}
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
	if err := j.ours(t, d.Job, d.Part, Provider); err != nil {
		return err
	}
	switch {
	case j.delivery.there():
		return t.refuse(protocol.CodeDuplicate, "the result was delivered")
	case t.stage == Cancelled:
		return t.refuse(protocol.CodeWithdrawn, "the job is cancelled")
	case t.stage == Refused:
		return t.refuse(protocol.CodeDuplicate, "the job was declined")
	case t.stage == Lapsed:
		return t.refuse(protocol.CodeExpired, "nobody took the job in time")
	case !j.Taken():
		return t.refuse(protocol.CodeHold, "the job is not taken")
	case d.Units > j.terms.Price.MaxUnits || j.progress.there() && d.Units < j.progress.doc.Units:
		return t.refuse(protocol.CodeAmount, "%d units, at most %d", d.Units, j.terms.Price.MaxUnits)
	case t.stage != Working:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(j.DeliverBy()); err != nil {
		return err
	}
	j.delivery = paper[protocol.Delivery]{t.Said, d}
	return nil
}
