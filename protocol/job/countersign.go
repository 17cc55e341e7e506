package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// hearCountersign takes what a Countersign tells of this job: that it is taken
// or declined, and which of its entries are seen.
func (j *Job) hearCountersign(t turn, d *protocol.Countersign) error {
	if t.role != Provider {
		return t.refuse(protocol.CodeNotOffered, "not for the %s to say", t.role)
	}
	known, news := j.see(d)
	for _, c := range d.Declined {
		if c.Job == j.id {
			fresh, err := j.declined(t, d.Head, c.Code)
			if err != nil {
				return err
			}
			known, news = true, news || fresh
		}
	}
	if slices.Contains(d.Taken, j.id) {
		fresh, err := j.taken(t, d)
		if err != nil {
			return err
		}
		known, news = true, news || fresh
	}
	switch {
	case news:
		return nil
	case known:
		return ErrKnown
	}
	return t.refuse(protocol.CodeNotOffered, "it tells nothing of this job")
}

// see notes which entries of the job d covers.
func (j *Job) see(d *protocol.Countersign) (known, news bool) {
	for n, x := range slices.Backward(j.parts) {
		if x.told() { // then d can only be known, and one part is enough for that
			known = known || j.covered(d, x.hold) || j.covered(d, x.void) || j.covered(d, x.post)
			continue
		}
		k, fresh := j.own(uint64(n)).see(d)
		known, news = known || k, news || fresh
	}
	return known, news
}

// told reports whether no Countersign can tell more of the part's entries, unless the
// hirer says another.
func (x *part) told() bool {
	return x.holdSeen && x.bound && (!x.void.there() || x.voidSeen) && (!x.post.there() || x.postSeen && x.paid)
}

// covered reports whether d covers an entry of the job.
func (j *Job) covered(d *protocol.Countersign, e paper[protocol.Entry]) bool {
	return e.there() && reaches(d, e.said.ID, e.doc) && d.Lane == j.laneOf(e.doc).id
}

// see notes which entries of the part d covers.
func (p Part) see(d *protocol.Countersign) (known, news bool) {
	mark := func(covered bool, seen *bool) bool {
		if !covered {
			return false
		}
		fresh := !*seen
		known, news, *seen = true, news || fresh, true
		return fresh
	}
	hold, post := p.covered(d, p.hold), p.covered(d, p.post)
	mark(hold, &p.holdSeen)
	if mark(p.covered(d, p.void), &p.voidSeen) {
		p.released = d.At > p.ResolveBy() || !slices.Contains(d.Disputed, p.hold.said.ID)
	}
	mark(post, &p.postSeen)
	// Whichever of those that cover them is heard first, one that is dated in time counts,
	// and of a payment that may be disputed one that does not dispute it.
	count := func(covered bool, done *bool, inTime bool) {
		if covered && !*done && inTime {
			*done, news = true, true
		}
	}
	count(hold, &p.bound, p.timely(d) && slices.Contains(d.Taken, p.id))
	count(post, &p.paid, d.At <= p.ResolveBy() && !p.disputes(d))
	return known, news
}

// Covers reports whether a Countersign, on network net, is of the lane of an entry,
// at or beyond it. Whose Countersign it is is the caller's to have asked.
func Covers(net string, d *protocol.Countersign, entry wire.Said) bool {
	e, ok := entry.Doc.(*protocol.Entry)
	return ok && reaches(d, entry.ID, e) && d.Lane == e.Lane(net)
}

// reaches reports whether a Countersign is at or beyond an entry, if it is of its lane.
func reaches(d *protocol.Countersign, id wire.CID, e *protocol.Entry) bool {
	return d.Seq > e.Seq || d.Seq == e.Seq && d.Entry == id
}

// lane is the name of the lane from hirer to provider in one epoch.
type lane struct {
	epoch protocol.Epoch
	id    wire.CID
}

// laneOf returns the lane of an entry of the job. Most have one, and its name takes long to make.
func (j *Job) laneOf(e *protocol.Entry) lane {
	if j.lane.epoch == e.Epoch && !j.lane.id.IsZero() {
		return j.lane
	}
	return lane{e.Epoch, e.Lane(j.net)}
}

func (j *Job) taken(t turn, d *protocol.Countersign) (news bool, err error) {
	p := Part{j, j.parts[0]}
	t.stage = p.Stage(t.At)
	switch {
	case j.take.there():
		return false, nil
	case j.decline.there() || p.cancelP.there():
		return false, t.refuse(protocol.CodeDuplicate, "the provider has declined")
	case !p.holdSeen:
		return false, t.refuse(protocol.CodeHold, "it takes the job without having seen its HOLD")
	case t.stage == Cancelled:
		return false, t.refuse(protocol.CodeWithdrawn, "the job is %s", t.stage)
	case t.stage.Final():
		return false, t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	}
	if err := t.late(p.StartBy()); err != nil {
		return false, err
	}
	j.take = paper[protocol.Countersign]{t.Said, d}
	return true, nil
}

// declined notes that the provider will not do the job. It may be heard after
// the job lapsed: nothing was owed then, and nothing is now.
func (j *Job) declined(t turn, head wire.Head, code protocol.Code) (news bool, err error) {
	switch {
	case j.decline.there():
		return false, nil
	case j.Taken() || j.parts[0].cancelP.there():
		return false, t.refuse(protocol.CodeDuplicate, "the provider has taken or cancelled the job")
	}
	j.decline = paper[wire.Head]{t.Said, &head}
	j.declineCode = code
	return true, nil
}
