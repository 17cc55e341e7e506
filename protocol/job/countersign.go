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
	for n := range j.parts {
		k, fresh := j.own(uint64(n)).see(d)
		known, news = known || k, news || fresh
	}
	return known, news
}

// see notes which entries of the part d covers.
func (p Part) see(d *protocol.Countersign) (known, news bool) {
	mark := func(e paper[protocol.Entry], seen *bool) bool {
		if !e.there() || !Covers(p.net, d, e.said) {
			return false
		}
		fresh := !*seen
		known, news, *seen = true, news || fresh, true
		return fresh
	}
	mark(p.hold, &p.holdSeen)
	if mark(p.void, &p.voidSeen) {
		p.released = d.At > p.ResolveBy() || !slices.Contains(d.Disputed, p.hold.said.ID)
	}
	mark(p.post, &p.postSeen)
	// Whichever of those that cover them is heard first, one that is dated in time counts,
	// and of a payment that may be disputed one that does not dispute it.
	count := func(e paper[protocol.Entry], done *bool, inTime bool) {
		if e.there() && !*done && inTime && Covers(p.net, d, e.said) {
			*done, news = true, true
		}
	}
	count(p.hold, &p.bound, p.timely(d) && slices.Contains(d.Taken, p.id))
	count(p.post, &p.paid, d.At <= p.ResolveBy() && !p.disputes(d))
	return known, news
}

// Covers reports whether a Countersign, on network net, is of the lane of an entry,
// at or beyond it. Whose Countersign it is is the caller's to have asked.
func Covers(net string, d *protocol.Countersign, entry wire.Said) bool {
	e, ok := entry.Doc.(*protocol.Entry)
	if !ok || d.Seq < e.Seq || d.Seq == e.Seq && d.Entry != entry.ID {
		return false
	}
	return d.Lane == e.Lane(net)
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
