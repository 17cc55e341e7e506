package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Check reports what Apply would: nil, ErrKnown or a *Refusal. It changes nothing.
func (j *Job) Check(at uint64, s wire.Said) error {
	next := *j
	return next.fold(at, s)
}

// Apply folds a document about the job, said or heard at an instant of this
// side's clock, after the timers that lapsed until then. It returns ErrKnown
// for a repetition and a *Refusal for what does not belong; both leave the job
// as it was, its clock included. The document's seal and its own Check are the
// caller's to have verified.
//
// Of Entries it takes this job's HOLD, POST, VOID and AWARD; of Countersigns
// those that take or decline it or cover its entries for the first time; of
// Refuses those of its Accept or of a recorded document; of LogEntries those
// that name its Outcome.
func (j *Job) Apply(at uint64, s wire.Said) error {
	next := *j
	if err := next.fold(at, s); err != nil {
		return err
	}
	*j = next
	return nil
}

// fold changes j; after an error j is no longer to be used. It only ever
// appends to what it shares with the job it is a copy of.
func (j *Job) fold(at uint64, s wire.Said) error {
	if s.Doc == nil {
		return refuse(protocol.CodeMalformed, s.ID, "no document")
	}
	if j.knows(s.ID) {
		return ErrKnown
	}
	at, j.owned = max(at, j.clock), [len(j.owned)]uint64{}
	j.conclude(at)
	j.clock = at
	if err := j.hear(turn{Heard: Heard{at, s}, role: j.RoleOf(s.Doc.Header().By)}, s.Doc); err != nil {
		return err
	}
	j.record = append(j.record, Heard{at, s})
	return nil
}

// conclude notes which parts time has ended.
func (j *Job) conclude(at uint64) {
	for n, x := range j.parts {
		if now := (Part{j, x}).stand(at); now.stage.Final() && now != x.end {
			j.own(uint64(n)).end = now
		}
	}
}

// turn is one document's turn to be heard.
type turn struct {
	Heard
	role  Role  // its author's
	stage Stage // before it, of the part it is about
}

func (t turn) refuse(code protocol.Code, why string, args ...any) error {
	return refuse(code, t.Said.ID, why, args...)
}

// late refuses a document whose own date or arrival is past its deadline.
func (t turn) late(deadline uint64) error {
	if t.Said.Doc.Header().At > deadline || past(t.At, deadline) {
		return t.refuse(protocol.CodeLate, "its deadline was %d", deadline)
	}
	return nil
}

// foresees reports whether a document is dated before one that it is about, by more than
// honest clocks may differ.
func (t turn) foresees(about wire.Head) bool {
	return plus(t.Said.Doc.Header().At, protocol.Skew) < about.At
}

func (j *Job) hear(t turn, doc wire.Document) error {
	switch d := doc.(type) {
	case *protocol.Entry:
		return j.hearEntry(t, d)
	case *protocol.Countersign:
		return j.hearCountersign(t, d)
	case *protocol.LogEntry:
		return j.hearLogEntry(t, d)
	case *protocol.Refuse:
		return j.hearRefuse(t, d)
	}
	if d := doc.Header(); d.At > plus(t.At, protocol.Skew) || plus(d.At, protocol.Skew) < j.T0() {
		return t.refuse(protocol.CodeClock, "dated %d, heard at %d in a job of %d", d.At, t.At, j.T0())
	}
	switch d := doc.(type) {
	case *protocol.Started:
		return j.hearStarted(t, d)
	case *protocol.Progress:
		return j.hearProgress(t, d)
	case *protocol.Ack:
		return j.hearAck(t, d)
	case *protocol.Need:
		return j.hearNeed(t, d)
	case *protocol.Provide:
		if d.Need.IsZero() {
			return j.hearCalls(t, d)
		}
		return j.hearProvide(t, d)
	case *protocol.Delivery:
		return j.hearDelivery(t, d)
	case *protocol.Verdict:
		return j.hearVerdict(t, d)
	case *protocol.Contest:
		return j.hearContest(t, d)
	case *protocol.Award:
		return j.hearAward(t, d)
	case *protocol.Claim:
		return j.hearClaim(t, d)
	case *protocol.Cancel:
		return j.hearCancel(t, d)
	case *protocol.Outcome:
		return j.hearOutcome(t, d)
	}
	return t.refuse(protocol.CodeUnknownKind, "a job has no place for kind %d", doc.Header().Kind)
}

// about checks what every document that names a job must fulfil: that it is this
// one, and its author's to say it.
func (j *Job) about(t turn, job wire.CID, roles ...Role) error {
	if job != j.id {
		return t.refuse(protocol.CodeNotOffered, "it is about another job")
	}
	if !slices.Contains(roles, t.role) {
		return t.refuse(protocol.CodeNotOffered, "not for the %s to say", t.role)
	}
	return nil
}

// ours is about for a document that names a part as well. It returns that part,
// to be changed, and notes where it stands.
func (j *Job) ours(t *turn, job wire.CID, n uint64, roles ...Role) (Part, error) {
	if job == j.id && n >= uint64(len(j.parts)) {
		return Part{}, t.refuse(protocol.CodeNotOffered, "the job has no part %d", n)
	}
	if err := j.about(*t, job, roles...); err != nil {
		return Part{}, err
	}
	p := j.own(n)
	if !p.begun() && !p.early(t.Said.Doc) {
		return Part{}, t.refuse(protocol.CodeHold, "part %d has not begun", n)
	}
	t.stage = p.Stage(t.At)
	return p, nil
}
