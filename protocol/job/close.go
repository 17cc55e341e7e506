package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// hearCancel takes the hirer's wish to end the job, which by itself moves
// nothing, or the provider's word that it has ended.
func (j *Job) hearCancel(t turn, d *protocol.Cancel) error {
	if err := j.ours(t, d.Job, d.Part, Hirer, Provider); err != nil {
		return err
	}
	if d.Fee.Cmp(j.terms.KillFee) > 0 || d.Fee.Cmp(j.most) > 0 {
		return t.refuse(protocol.CodeAmount, "the kill fee agreed is %s", j.terms.KillFee)
	}
	if t.role == Provider {
		return j.hearEnd(t, d)
	}
	switch {
	case j.cancelH.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case !j.Taken() && d.At > j.StartBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", j.StartBy())
	case j.post.there() || j.verdict.there() || j.contest.there(),
		t.stage.Final() && (j.Taken() || t.stage == Refused):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	j.cancelH = paper[protocol.Cancel]{t.Said, d}
	return nil
}

// hearEnd takes the provider's Cancel: instead of taking the job, instead of
// delivering, or conceding what the hirer contests. The kill fee is owed only
// where the hirer wished for the end of a job that was taken.
func (j *Job) hearEnd(t turn, d *protocol.Cancel) error {
	c, open := j.complaint()
	due := c.due
	switch {
	case j.cancelP.there() || j.decline.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case !d.Fee.IsZero() && (!j.Taken() || j.delivery.there() || !j.cancelH.there()):
		return t.refuse(protocol.CodeAmount, "no kill fee is owed")
	case !j.Taken() && t.stage.Final():
		due = j.StartBy()
	case !j.Taken(): // before its take, or heard before it
		due = j.DeliverBy()
	case !j.delivery.there():
		due = j.DeliverBy()
	case !open:
		return t.refuse(protocol.CodeDuplicate, "the result is delivered")
	}
	if d.At > due {
		return t.refuse(protocol.CodeLate, "its deadline was %d", due)
	}
	if t.stage.Final() && t.stage != Lapsed && !(t.stage == Cancelled && !j.Taken()) {
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	j.cancelP = paper[protocol.Cancel]{t.Said, d}
	return nil
}

// hearRefuse takes a coded no to one of the job's documents. The provider's no
// to the Accept declines the job. The hirer's no, as late, to a document that
// it heard after the job had ended for it brings the provider to the same end.
// Any other is noted and moves nothing.
func (j *Job) hearRefuse(t turn, d *protocol.Refuse) error {
	from := j.origin(d.Of)
	tooLate := d.Code == protocol.CodeLate || d.Code == protocol.CodeExpired || d.Code == protocol.CodeWithdrawn
	switch {
	case t.role != Hirer && t.role != Provider, from != Hirer && from != Provider, from == t.role, !j.knows(d.Of):
		return t.refuse(protocol.CodeNotOffered, "it refuses no document of the other side")
	case t.role == Provider && d.Of == j.id && !j.decline.there():
		_, err := j.declined(t, d.Head, d.Code)
		return err
	case t.role == Hirer && tooLate && j.mayStrike(d.Of):
		return j.strike(t, d)
	case slices.Contains(j.refused, d.Of):
		return t.refuse(protocol.CodeDuplicate, "refused already")
	}
	j.refused = append(j.refused, d.Of)
	return nil
}

// mayStrike reports whether a document is one of the provider's three that
// would move the job, and still counts.
func (j *Job) mayStrike(id wire.CID) bool {
	return j.Taken() && id == j.take.said.ID || j.delivered() && id == j.delivery.said.ID ||
		j.Taken() && j.cancelP.there() && !j.uncut && id == j.cancelP.said.ID
}

// strike takes out a document of the provider's that came too late for the
// hirer. It must be refused by ResolveBy, and by one who has given no other sign
// of having had it: whoever was away for longer cannot plead that it never
// heard. Without a witness a hirer that lies here gets one part for nothing; it
// is the part that docs/spec/job.md calls undecidable.
func (j *Job) strike(t turn, d *protocol.Refuse) error {
	seen := j.Acked(d.Of) || j.post.there() || j.void.there() && slices.Contains(j.void.doc.Basis, d.Of)
	if d.Of != j.cancelP.said.ID {
		seen = seen || j.verdict.there() || j.contest.there() || j.Acked(j.delivery.said.ID)
	}
	if seen {
		return t.refuse(protocol.CodeDuplicate, "the hirer has shown that it arrived")
	}
	if err := t.late(j.ResolveBy()); err != nil {
		return err
	}
	switch {
	case d.Of == j.cancelP.said.ID:
		j.uncut = true
	case d.Of == j.delivery.said.ID && d.Code == protocol.CodeLate:
		j.undelivered = true
	default: // for the hirer the job never began
		j.untaken, j.withdrawn = true, d.Code == protocol.CodeWithdrawn
	}
	return nil
}

func (j *Job) hearOutcome(t turn, d *protocol.Outcome) error {
	if err := j.ours(t, d.Job, 0, Hirer, Provider); err != nil {
		return err
	}
	byHirer := t.role == Hirer
	switch {
	case byHirer && j.outcomeH.there(), !byHirer && j.outcomeP.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case !j.take.there():
		return t.refuse(protocol.CodeNotOffered, "a job nobody took has no outcome")
	case d.Hirer != j.Hirer() || d.Provider != j.provider || d.HirerOwner != j.accept.Owner || d.ProviderOwner != j.terms.Owner,
		d.Capability != j.terms.Capability || d.Asset != j.terms.Asset || d.Opened != j.T0():
		return t.refuse(protocol.CodeMalformed, "it tells of another contract")
	case !(j.hold.there() && d.Entry == j.hold.said.ID) && !(j.post.there() && d.Entry == j.post.said.ID):
		return t.refuse(protocol.CodeHold, "it names no entry of this job")
	case d.Band > uint64(j.most.BitLen()):
		return t.refuse(protocol.CodeAmount, "of more than was held")
	case d.Ended == protocol.EndedAgreed && !(j.verdict.there() && j.verdict.doc.Score == d.Score):
		return t.refuse(protocol.CodeCheck, "not the score of the Verdict")
	case !t.stage.Final() && byHirer && !j.verdict.there() && !j.contest.there() && !j.post.there(),
		!t.stage.Final() && !byHirer && !j.claim.there():
		return t.refuse(protocol.CodeNotOffered, "the job is %s and not yet to be told of", t.stage)
	}
	if byHirer {
		j.outcomeH = paper[protocol.Outcome]{t.Said, d}
	} else {
		j.outcomeP = paper[protocol.Outcome]{t.Said, d}
	}
	return nil
}

func (j *Job) hearLogEntry(t turn, d *protocol.LogEntry) error {
	ofJob := j.outcomeH.there() && d.Outcome == j.outcomeH.said.ID || j.outcomeP.there() && d.Outcome == j.outcomeP.said.ID
	logged := &j.loggedH
	switch {
	case t.role != Hirer && t.role != Provider, !ofJob:
		return t.refuse(protocol.CodeNotOffered, "it names no Outcome of this job, or is a stranger's")
	case t.role == Provider:
		logged = &j.loggedP
	}
	if *logged {
		return t.refuse(protocol.CodeDuplicate, "logged already")
	}
	*logged = true
	return nil
}
