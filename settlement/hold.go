package settlement

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// job is what the book must know of a job: its holds and what entitles the
// payer to end them.
type job struct {
	of      pair
	holds   []*hold
	bases   []wire.CID
	reading uint64 // of its meter
}

func (j *job) permits(basis []wire.CID) bool {
	return slices.ContainsFunc(basis, func(c wire.CID) bool { return slices.Contains(j.bases, c) })
}

// hold is money set aside for one part of a job.
type hold struct {
	id, job  wire.CID
	part     uint64
	of       pair
	at       place       // of the HOLD
	amount   wire.Amount // set aside by the HOLD
	metered  wire.Amount // of it, owed by METERs that draw on it
	deadline uint64
	mandate  wire.CID
	idem     []byte

	seen       bool // countersigned
	taken      bool
	declined   protocol.Code
	declinedAs wire.CID
	claim      wire.CID
	claimed    wire.Amount

	end      *end // POST, AWARD or VOID
	finished bool // the end is countersigned, and no claim can change it
	cleared  bool // both sides take what was posted for all that is owed
}

// end is how a hold ended.
type end struct {
	entry     *protocol.Entry
	id        wire.CID
	height    uint64
	permitted bool // by a basis that the payee, or evaluators, gave
	word      word // of the payee, about an end that it can dispute
}

// word is what one countersign says of the end of a hold: that this is all, or not.
type word struct {
	height, at uint64
	id         wire.CID
	disputes   bool
}

// before reports whether the payee has said w before v, by its own order: of two about one
// entry the one that is dated first, then the one whose name is less.
func (w word) before(v word) bool {
	return cmp.Or(cmp.Compare(w.height, v.height), cmp.Compare(w.at, v.at), bytes.Compare(w.id[:], v.id[:])) < 0
}

// disputable reports whether the payee can say of the end of h that it is not all: of a VOID
// for which nobody gave a basis, and of a POST of less than might be claimed, until the two
// are clear about it.
func (h *hold) disputable() bool {
	switch {
	case h.end == nil || h.cleared:
		return false
	case h.voided():
		return !h.end.permitted
	}
	return h.end.entry.Act == protocol.ActPost && h.end.entry.Amount.Cmp(h.rest()) < 0
}

// disputed reports whether the payee says that the end of h is not all. The first word that
// covers the end decides, whichever is heard first: later ones need not say it again.
func (h *hold) disputed() bool { return h.disputable() && h.end.word.disputes }

// lapsed reports whether the time to claim h is over, as an entry made at at sees it.
func (h *hold) lapsed(at uint64) bool { return at > h.deadline+protocol.Skew }

// voided reports whether a VOID has ended h.
func (h *hold) voided() bool { return h.end != nil && h.end.entry.Act == protocol.ActVoid }

// rest is what h sets aside still: what METERs owe out of it is no longer held.
func (h *hold) rest() wire.Amount { return less(h.amount, h.metered) }

// due is what is claimed of h although it has ended. A VOID that lets a hold lapse may
// cross a claim made in time: the claim counts. A POST of less than is claimed leaves
// the rest, until the payee countersigns it without disputing that.
func (h *hold) due() wire.Amount {
	switch {
	case !h.disputable() || h.finished && !h.disputed():
		return wire.Amount{}
	case h.voided():
		return h.claimed
	}
	return less(h.claimed, h.end.entry.Amount)
}

// stake is what h costs its payer, as things stand: what is metered out of it
// and what the rest may come to.
func (h *hold) stake() wire.Amount {
	switch {
	case h.end == nil:
		return h.amount
	case h.voided():
		return plus(h.metered, h.due())
	}
	return plus(plus(h.metered, h.end.entry.Amount), h.due())
}

func (b *Book) checkHold(s *strand, from place, e *protocol.Entry) error {
	switch {
	case e.Job.IsZero() || e.Deadline == 0 || e.Deadline >= 1<<63 || !e.Hold.IsZero():
		return refuse(protocol.CodeMalformed, "a HOLD needs a job and a deadline, and no other hold")
	case len(e.Idem) > protocol.MaxIdem || e.Part > protocol.MaxPart:
		return refuse(protocol.CodeTooLarge, "idempotency key or part out of range")
	case s.holds >= MaxHolds:
		return refuse(protocol.CodeBusy, "%d holds are outstanding", s.holds)
	}
	for _, id := range s.idem[string(e.Idem)] {
		if s.stands(b.entries[id], from) {
			return refuse(protocol.CodeDuplicate, "the idempotency key was used already")
		}
	}
	j := b.jobs[e.Job]
	if j == nil {
		return nil
	}
	if j.of != s.pair {
		return refuse(protocol.CodeDuplicate, "the job is paid between others, or in another asset")
	}
	for _, h := range j.holds {
		if h.part == e.Part && s.stands(h, from) {
			return refuse(protocol.CodeDuplicate, "part %d of the job has a hold already", e.Part)
		}
	}
	return nil
}

// stands reports whether h counts at a place, or lies on another branch: what a
// payer that came back from an old copy has forgotten may come to light and
// hold for the same job as what it has said since.
func (s *strand) stands(h *hold, at place) bool {
	if h.seen {
		return true
	}
	for _, x := range slices.Backward(s.steps) {
		if x.id != at.id {
			continue
		}
		if x.id == h.id {
			return true
		}
		at.id = x.parent
	}
	return false
}

// checkEnd returns the hold that e would end. A job that the payee has not
// taken may be given up at any time: nothing was done for it. A taken one needs
// a basis, or that its deadline has passed without a Claim.
func (b *Book) checkEnd(s *strand, e *protocol.Entry) (*hold, error) {
	h := b.entries[e.Hold]
	switch {
	case h == nil || h.of != s.pair:
		return nil, refuse(protocol.CodeHold, "no such hold in this lane")
	case h.end != nil && (!h.voided() || h.due().IsZero() || e.Act == protocol.ActVoid):
		return nil, refuse(protocol.CodeHold, "the hold has ended")
	case e.Job != h.job || e.Part != h.part:
		return nil, refuse(protocol.CodeHold, "the hold is for another job or part")
	case len(e.Basis) > protocol.MaxBasis:
		return nil, refuse(protocol.CodeTooLarge, "%d bases, at most %d", len(e.Basis), protocol.MaxBasis)
	case e.Amount.Cmp(h.rest()) > 0:
		return nil, refuse(protocol.CodeAmount, "%s of a hold with %s left", e.Amount, h.rest())
	}
	permitted := b.jobs[h.job].permits(e.Basis) || b.forgotten(e)
	switch {
	case e.Act == protocol.ActAward && !permitted:
		return nil, refuse(protocol.CodeHold, "an AWARD needs the evaluators' Award as its basis")
	case e.Act != protocol.ActVoid:
		return h, nil
	case !e.Amount.IsZero():
		return nil, refuse(protocol.CodeAmount, "a VOID owes nothing")
	case !h.claim.IsZero() && !permitted && !h.lapsed(e.At):
		return nil, refuse(protocol.CodeHold, "the hold is claimed, and no basis given frees it")
	case h.taken && !permitted && !h.lapsed(e.At):
		return nil, refuse(protocol.CodeHold, "the job was taken, and no basis given frees its hold")
	}
	return h, nil
}

// checkClaim returns the hold that c would claim. It may come after a VOID that
// let the hold lapse, or after a POST of less, until the payee has countersigned that
// undisputed.
func (b *Book) checkClaim(c *protocol.Claim, id wire.CID) (*hold, error) {
	h := b.entries[c.Hold]
	if h == nil {
		return nil, refuse(protocol.CodeHold, "no such hold")
	}
	short := h.end != nil && h.end.entry.Act == protocol.ActPost && h.end.entry.Amount.Cmp(c.Amount) < 0
	over := h.end != nil && (!h.disputable() || h.finished && !h.disputed() || !h.voided() && !short)
	switch {
	case h.claim == id:
		return nil, ErrKnown
	case c.By != h.of.payee:
		return nil, refuse(protocol.CodePayee, "only the payee can claim")
	case !h.claim.IsZero():
		return nil, refuse(protocol.CodeDuplicate, "the hold is claimed already")
	case over || c.Job != h.job || c.Part != h.part:
		return nil, refuse(protocol.CodeHold, "the hold has ended or is for another job or part")
	case !h.seen || !h.taken:
		return nil, refuse(protocol.CodeHold, "the job was not taken")
	case c.Amount.Cmp(h.rest()) > 0:
		return nil, refuse(protocol.CodeAmount, "%s of a hold with %s left", c.Amount, h.rest())
	case c.At > h.deadline:
		return nil, refuse(protocol.CodeLate, "claimed after the hold's deadline")
	}
	return h, nil
}

// Permit records that basis, a document that the caller has found to be good (a
// Cancel by the payee, a failed Outcome that both have logged, an Award),
// entitles the payer to end the holds of job. Both sides must record it for the
// VOID, AWARD or CREDIT that cites it to fit. A job without a hold is ignored,
// and so is what goes beyond MaxPermits.
func (b *Book) Permit(job, basis wire.CID) {
	j := b.jobs[job]
	if j == nil || len(j.bases) >= MaxPermits || slices.Contains(j.bases, basis) {
		return
	}
	j.bases = append(j.bases, basis)
}

// part returns the hold for one part of a job: the last one said, where there
// are several on different branches.
func (b *Book) part(id wire.CID, part uint64) (last *hold, ok bool) {
	j := b.jobs[id]
	if j == nil {
		return nil, false
	}
	for _, h := range slices.Backward(j.holds) {
		if h.part == part {
			return h, true
		}
	}
	return nil, false
}

// addHold takes a HOLD into the book.
func (b *Book) addHold(s *strand, x *step) {
	e := x.entry
	h := &hold{
		id: x.id, job: e.Job, part: e.Part, of: s.pair, at: x.place, amount: e.Amount,
		deadline: e.Deadline, mandate: e.Mandate, idem: e.Idem,
	}
	b.entries[h.id] = h
	j := b.jobs[h.job]
	if j == nil {
		j = &job{of: s.pair}
		b.jobs[h.job] = j
	}
	j.holds = append(j.holds, h)
	if len(h.idem) > 0 {
		s.idem[string(h.idem)] = append(s.idem[string(h.idem)], h.id)
	}
	s.holds++
	if s.payer == b.self {
		b.spend(purse{h.mandate, s.asset}, h.amount, wire.Amount{})
	}
}

// dropHold forgets a hold, and its job with the last one.
func (b *Book) dropHold(s *strand, h *hold) {
	delete(b.entries, h.id)
	s.words = slices.DeleteFunc(s.words, func(x *hold) bool { return x == h })
	key := string(h.idem)
	if ids := slices.DeleteFunc(s.idem[key], func(id wire.CID) bool { return id == h.id }); len(ids) > 0 {
		s.idem[key] = ids
	} else {
		delete(s.idem, key)
	}
	j := b.jobs[h.job]
	j.holds = slices.DeleteFunc(j.holds, func(x *hold) bool { return x == h })
	if len(j.holds) == 0 {
		delete(b.jobs, h.job)
	}
}

// finish remembers a hold that has ended for good, and forgets the oldest.
func (b *Book) finish(s *strand, h *hold) {
	h.finished = true
	s.holds--
	s.done = append(s.done, h.id)
	if len(s.done) > Remembered {
		b.dropHold(s, b.entries[s.done[0]])
		s.done = s.done[1:]
	}
}
