package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Job is one conversation between a hirer and a provider, from its Accept on.
// It stores what was said and when it was heard; the stage is computed. What
// belongs to one part of the contract is in that Part, the rest here. It is
// not safe for concurrent use. Its documents are shared and must not be changed.
type Job struct {
	net      string
	id       wire.CID
	accept   *protocol.Accept
	terms    *protocol.Terms
	provider wire.Key

	lane   lane                    // of its last entry
	clock  uint64                  // latest instant folded; time never runs back
	record []Heard                 // in the order folded
	parts  []*part                 // those that have begun, the first always; shared with copies of the job until own
	owned  [MaxParts/64 + 1]uint64 // by number: parts that this fold has made its own

	take               paper[protocol.Countersign]
	decline            paper[wire.Head] // a Countersign that declines, or a Refuse of the Accept
	declineCode        protocol.Code
	untaken            bool // the hirer refused the take as late
	withdrawn          bool // … and had cancelled
	outcomeH, outcomeP paper[protocol.Outcome]
	logged             [2][2]bool // by hirer, provider: the Outcome of hirer, provider
	acks               []ack
	refused            []wire.CID // documents refused once
}

// Heard is one document and the instant, by this side's clock, at which it was
// said or heard.
type Heard struct {
	At   uint64
	Said wire.Said
}

// paper is a document that is there or not.
type paper[T any] struct {
	said wire.Said
	doc  *T
}

func (p paper[T]) there() bool             { return p.doc != nil }
func (p paper[T]) look() (wire.Said, bool) { return p.said, p.doc != nil }

type ack struct {
	of wire.CID
	by Role
}

// ID returns the job's name: the CID of its Accept.
func (j *Job) ID() wire.CID { return j.id }

// Hirer returns the key that sealed the Accept.
func (j *Job) Hirer() wire.Key { return j.accept.By }

// Provider returns the key that sealed the Quote or Offer.
func (j *Job) Provider() wire.Key { return j.provider }

// Terms returns what both agreed to; it is not to be changed.
func (j *Job) Terms() *protocol.Terms { return j.terms }

// Accept returns the document the job began with; it is not to be changed.
func (j *Job) Accept() *protocol.Accept { return j.accept }

// RoleOf returns what key is in this job. A witness that is an evaluator too is
// Witness.
func (j *Job) RoleOf(key wire.Key) Role {
	switch {
	case key == j.accept.By:
		return Hirer
	case key == j.provider:
		return Provider
	case !key.IsZero() && key == j.terms.Witness.Key:
		return Witness
	case j.MemberOf(key):
		return Evaluator
	}
	return Other
}

// Taken reports whether the provider has bound itself to the work, in a
// Countersign the hirer did not refuse as late.
func (j *Job) Taken() bool { return j.take.there() && !j.untaken }

// Declined reports whether and why the provider did not take the job, by
// Countersign or by a Refuse of the Accept.
func (j *Job) Declined() (protocol.Code, bool) { return j.declineCode, j.decline.there() }

// OutcomeBy returns the Outcome that one side sealed.
func (j *Job) OutcomeBy(role Role) (wire.Said, bool) {
	switch role {
	case Hirer:
		return j.outcomeH.look()
	case Provider:
		return j.outcomeP.look()
	}
	return wire.Said{}, false
}

// Logged reports whether side by has put the Outcome that side of sealed into
// its log.
func (j *Job) Logged(by, of Role) bool {
	sides := [...]Role{Hirer, Provider}
	b, o := slices.Index(sides[:], by), slices.Index(sides[:], of)
	return b >= 0 && o >= 0 && j.logged[b][o]
}

// Acked reports whether the arrival of a document or payload is proved, by an
// Ack of the side it was for or of the witness.
func (j *Job) Acked(id wire.CID) bool {
	return slices.ContainsFunc(j.acks, func(a ack) bool { return a.of == id })
}

// AckedBy is Acked by an Ack of that side alone.
func (j *Job) AckedBy(id wire.CID, role Role) bool { return slices.Contains(j.acks, ack{id, role}) }

// Said returns the documents in the order they were folded, the Accept first.
func (j *Job) Said() []wire.CID {
	ids := make([]wire.CID, 0, len(j.record)+1)
	ids = append(ids, j.id)
	for _, h := range j.record {
		ids = append(ids, h.Said.ID)
	}
	return ids
}

// Record returns all that was folded after the Accept. Open, and Apply over the
// Record, give the same job again. It is not to be changed.
func (j *Job) Record() []Heard { return slices.Clip(j.record) }

// find returns a recorded document.
func (j *Job) find(id wire.CID) (wire.Said, bool) {
	for _, h := range j.record {
		if h.Said.ID == id {
			return h.Said, true
		}
	}
	return wire.Said{}, false
}

// knows reports whether id is the Accept or a recorded document.
func (j *Job) knows(id wire.CID) bool {
	_, ok := j.find(id)
	return ok || id == j.id
}
