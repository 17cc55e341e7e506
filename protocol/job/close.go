package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// hearCancel takes the hirer's wish to end the job, which by itself moves
// nothing, or the provider's word that it has ended.
func (j *Job) hearCancel(t turn, d *protocol.Cancel) error {
	p, err := j.ours(&t, d.Job, d.Part, Hirer, Provider)
	if err != nil {
		return err
	}
	if !p.begun() {
		return p.hearNotice(t, d)
	}
	if d.Fee.Cmp(p.terms.KillFee) > 0 || d.Fee.Cmp(p.most) > 0 {
		return t.refuse(protocol.CodeAmount, "the kill fee agreed is %s", p.terms.KillFee)
	}
	if t.role == Provider {
		return p.hearEnd(t, d)
	}
	switch {
	case p.cancelH.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case !p.Taken() && d.At > p.StartBy():
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.StartBy())
	case p.post.there() || p.verdict.there() || p.contest.there(),
		t.stage.Final() && (p.Taken() || t.stage == Refused):
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	p.cancelH = paper[protocol.Cancel]{t.Said, d}
	return nil
}

// hearEnd takes the provider's Cancel: instead of taking the job, instead of
// delivering, or conceding what the hirer contests. The kill fee is owed only
// where the hirer wished for the end of a job that was taken.
func (p Part) hearEnd(t turn, d *protocol.Cancel) error {
	c, open := p.complaint()
	due := c.due
	switch {
	case p.cancelP.there() || p.decline.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case p.unanswered(t.At) && t.stage.Final(): // before that it counts, and a kill fee that was posted stays so
		return t.refuse(protocol.CodeDuplicate, "the job has ended for want of what was needed")
	case !d.Fee.IsZero() && (!p.Taken() || p.prepaid() || p.delivery.there() || !p.cancelH.there()):
		return t.refuse(protocol.CodeAmount, "no kill fee is owed")
	case !p.Taken() && t.stage.Final():
		due = p.StartBy()
	case !p.Taken(): // before its take, or heard before it
		due = p.DeliverBy()
	case !p.delivery.there():
		due = p.DeliverBy()
	case !open:
		return t.refuse(protocol.CodeDuplicate, "the result is delivered")
	}
	if d.At > due {
		return t.refuse(protocol.CodeLate, "its deadline was %d", due)
	}
	if t.stage.Final() && t.stage != Lapsed && !(t.stage == Cancelled && !p.Taken()) {
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	p.cancelP = paper[protocol.Cancel]{t.Said, d}
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
	}
	for n, x := range j.parts {
		switch p := (Part{j, x}); {
		case t.role == Provider && tooLate && n > 0 && x.hold.there() && d.Of == x.hold.said.ID && !x.unheld:
			return j.own(uint64(n)).strikeHold(t)
		case t.role == Hirer && tooLate && p.mayStrike(d.Of):
			return j.own(uint64(n)).strike(t, d)
		case t.role == Provider && d.Code == protocol.CodeLate && p.mayMiss(d.Of):
			if err := t.late(p.ResolveBy()); err != nil {
				return err
			}
			j.own(uint64(n)).miss()
			return nil
		}
	}
	if slices.Contains(j.refused, d.Of) {
		return t.refuse(protocol.CodeDuplicate, "refused already")
	}
	j.refused = append(j.refused, d.Of)
	return nil
}

// mayStrike reports whether a document is one of the provider's four that
// would move the part, and still counts: the take, with which the first begins,
// the Need it waits for, its last Delivery and its Cancel.
func (p Part) mayStrike(id wire.CID) bool {
	x, waiting := p.waits()
	return waiting && !p.cancelP.there() && id == x.need.said.ID ||
		p.n == 0 && p.Taken() && id == p.take.said.ID || p.delivered() && id == p.delivery.said.ID ||
		p.Taken() && p.cancelP.there() && !p.uncut && id == p.cancelP.said.ID
}

// strike takes out a document of the provider's that came too late for the
// hirer. It must be refused by ResolveBy, and by one who has given no other sign
// of having had it: whoever was away for longer cannot plead that it never
// heard. Without a witness a hirer that lies here gets one part for nothing; it
// is the part that docs/spec/job.md calls undecidable.
func (p Part) strike(t turn, d *protocol.Refuse) error {
	paid := p.post.there() && (!p.prepaid() || d.Of == p.take.said.ID) // an advance shows that the take was heard, and no more
	seen := p.Acked(d.Of) || paid || p.void.there() && slices.Contains(p.void.doc.Basis, d.Of)
	if d.Of != p.cancelP.said.ID {
		seen = seen || p.verdict.there() || p.contest.there() || p.Acked(p.delivery.said.ID)
	}
	if d.Code != protocol.CodeLate || d.Of == p.take.said.ID { // it has answered a Need or a Delivery before
		seen = seen || len(p.rounds) > 0 || len(p.pauses) > 0 && !p.pauses[0].open()
	}
	if seen {
		return t.refuse(protocol.CodeDuplicate, "the hirer has shown that it arrived")
	}
	if err := t.late(p.ResolveBy()); err != nil {
		return err
	}
	switch {
	case d.Of == p.cancelP.said.ID:
		p.uncut = true
	case d.Of == p.delivery.said.ID && d.Code == protocol.CodeLate && len(p.rounds) > 0:
		p.unmake()
	case d.Of == p.delivery.said.ID && (d.Code == protocol.CodeLate || p.n > 0):
		p.undelivered = true
	case len(p.pauses) > 0 && d.Of == p.pauses[len(p.pauses)-1].need.said.ID && d.Code == protocol.CodeLate:
		p.forgo()
	default: // for the hirer the job never began
		p.untaken, p.withdrawn = true, d.Code == protocol.CodeWithdrawn
	}
	return nil
}

// Tells returns a *Refusal where an Outcome is not of this contract, or tells of
// what was yet to come at its date. What else was said of the job is not asked.
func (j *Job) Tells(outcome wire.Said) error {
	d, ok := outcome.Doc.(*protocol.Outcome)
	switch {
	case !ok, d.Job != j.id, d.Hirer != j.Hirer() || d.Provider != j.provider, d.Opened != j.T0(),
		d.HirerOwner != j.accept.Owner || d.ProviderOwner != j.terms.Owner,
		d.Capability != j.terms.Capability || d.Asset != j.terms.Asset:
		return refuse(protocol.CodeMalformed, outcome.ID, "it tells of another contract")
	case d.Band > uint64(j.Most().BitLen()):
		return refuse(protocol.CodeAmount, outcome.ID, "of more than was held")
	case plus(d.At, protocol.Skew) < j.T0(), d.Closed > plus(d.At, protocol.Skew):
		return refuse(protocol.CodeClock, outcome.ID, "of what was yet to come")
	}
	return nil
}

func (j *Job) hearOutcome(t turn, d *protocol.Outcome) error {
	if err := j.about(t, d.Job, Hirer, Provider); err != nil {
		return err
	}
	if err := j.Tells(t.Said); err != nil {
		return err
	}
	p := j.InHand()
	byHirer, stage := t.role == Hirer, p.Stage(t.At)
	entry, entered := j.entered(d.Entry)
	switch {
	case byHirer && j.outcomeH.there(), !byHirer && j.outcomeP.there():
		return t.refuse(protocol.CodeDuplicate, "said already")
	case !j.take.there():
		return t.refuse(protocol.CodeNotOffered, "a job nobody took has no outcome")
	case !entered:
		return t.refuse(protocol.CodeHold, "it names no entry of this job")
	case entry.Doc.Header().At > plus(d.At, protocol.Skew):
		return t.refuse(protocol.CodeClock, "it names an entry that was yet to come")
	case d.Ended == protocol.EndedAgreed && !(p.verdict.there() && j.Score(p.verdict.doc.Score) == d.Score):
		return t.refuse(protocol.CodeCheck, "not the score of the Verdict")
	case d.Ended == protocol.EndedResolved && !p.attests(d):
		return t.refuse(protocol.CodeCheck, "not what the evaluators awarded")
	case !stage.Final() && byHirer && !p.verdict.there() && !p.contest.there() && !p.post.there(),
		!stage.Final() && !byHirer && !p.claim.there():
		return t.refuse(protocol.CodeNotOffered, "the job is %s and not yet to be told of", stage)
	}
	if byHirer {
		j.outcomeH = paper[protocol.Outcome]{t.Said, d}
	} else {
		j.outcomeP = paper[protocol.Outcome]{t.Said, d}
	}
	return nil
}

// entered returns a HOLD or POST of the job.
func (j *Job) entered(id wire.CID) (wire.Said, bool) {
	for _, x := range j.parts {
		for _, e := range []paper[protocol.Entry]{x.hold, x.post} {
			if e.there() && id == e.said.ID {
				return e.said, true
			}
		}
	}
	return wire.Said{}, false
}

func (j *Job) hearLogEntry(t turn, d *protocol.LogEntry) error {
	by, of := 0, 0
	switch {
	case t.role != Hirer && t.role != Provider:
		return t.refuse(protocol.CodeNotOffered, "a stranger's log")
	case j.outcomeH.there() && d.Outcome == j.outcomeH.said.ID:
	case j.outcomeP.there() && d.Outcome == j.outcomeP.said.ID:
		of = 1
	default:
		return t.refuse(protocol.CodeNotOffered, "it names no Outcome of this job")
	}
	if t.role == Provider {
		by = 1
	}
	if j.logged[by][of] {
		return t.refuse(protocol.CodeDuplicate, "logged already")
	}
	j.logged[by][of] = true
	return nil
}
