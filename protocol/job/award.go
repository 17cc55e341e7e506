package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// award is what one evaluator has said about one complaint.
type award struct {
	commit, opened paper[protocol.Award]
}

// Award is what the evaluators have decided about the complaint that is open.
type Award struct {
	Share  uint64     // of 10,000, the provider's
	By     []wire.Key // who opened its Award, in the order of the Terms
	Basis  []wire.CID // the Awards that opened it, in the same order
	Counts bool       // there are as many as the Terms need
}

// MemberOf reports whether key is an evaluator that the Terms name.
func (j *Job) MemberOf(key wire.Key) bool {
	return slices.ContainsFunc(j.terms.Panel.Members, func(m protocol.Third) bool { return m.Key == key })
}

// Complaint returns the failing Verdict or the Contest that is open, and the
// clause it cites.
func (p Part) Complaint() (id wire.CID, clause string, open bool) {
	if !p.delivered() || p.cancelP.there() {
		return id, "", false
	}
	c, open := p.complaint()
	return c.id, c.clause, open
}

// Award returns the evaluators' decision about the open complaint, as far as it
// is known.
func (p Part) Award() Award {
	c, open := p.complaint()
	if !open {
		return Award{}
	}
	return p.awardOf(c)
}

// awardOf combines the Awards that were opened: their median, of an even number
// the lower of the two in the middle.
func (p Part) awardOf(c complaint) (a Award) {
	var shares []uint64
	for _, m := range p.terms.Panel.Members {
		if x, ok := p.awardBy(m.Key, c.id); ok && x.opened.there() {
			a.By, a.Basis = append(a.By, m.Key), append(a.Basis, x.opened.said.ID)
			shares = append(shares, x.opened.doc.Share)
		}
	}
	if len(shares) == 0 || len(shares) < int(p.terms.Panel.Needed) {
		return a
	}
	slices.Sort(shares)
	a.Share, a.Counts = shares[(len(shares)-1)/2], true
	return a
}

// attests reports whether an Outcome tells of what the evaluators awarded.
func (p Part) attests(d *protocol.Outcome) bool {
	a := p.Award()
	return a.Counts && p.Score(a.Share) == d.Score && len(d.Evaluators) >= int(p.terms.Panel.Needed) &&
		!slices.ContainsFunc(d.Evaluators, func(k wire.Key) bool { return !slices.Contains(a.By, k) })
}

// split returns the provider's share of the part where a complaint ran its time:
// what the evaluators awarded, or what the Terms say where too few did.
func (p Part) split(c complaint) uint64 {
	if a := p.awardOf(c); a.Counts {
		return a.Share
	}
	return p.terms.Panel.Split
}

// decided reports whether every evaluator has opened its Award: nothing is to be
// waited for any more.
func (p Part) decided(c complaint) bool {
	return len(p.terms.Panel.Members) > 0 && len(p.awardOf(c).By) == len(p.terms.Panel.Members)
}

// Committed reports whether key has committed to an Award about the complaint
// that is open, and whether all evaluators have.
func (p Part) Committed(key wire.Key) (it, all bool) {
	c, _ := p.complaint()
	_, it = p.awardBy(key, c.id)
	return it, p.committed(c.id)
}

// Opened reports whether key has opened its Award about the complaint that is open.
func (p Part) Opened(key wire.Key) bool {
	c, _ := p.complaint()
	x, ok := p.awardBy(key, c.id)
	return ok && x.opened.there()
}

func (p Part) committed(about wire.CID) bool {
	return !slices.ContainsFunc(p.terms.Panel.Members, func(m protocol.Third) bool {
		_, ok := p.awardBy(m.Key, about)
		return !ok
	})
}

func (p Part) awardBy(key wire.Key, about wire.CID) (award, bool) {
	for _, x := range p.awards {
		if x.commit.doc.By == key && x.commit.doc.About == about {
			return x, true
		}
	}
	return award{}, false
}

// hearAward takes an evaluator's commitment, and later what opens it. Dates
// decide: two sides that hear the same Awards count the same, whenever they hear
// them, until the part is paid for.
func (j *Job) hearAward(t turn, d *protocol.Award) error {
	p, err := j.ours(&t, d.Job, d.Part, Evaluator, Witness)
	if err != nil {
		return err
	}
	c, open := p.complaint()
	switch {
	case !j.MemberOf(d.By):
		return t.refuse(protocol.CodeNotOffered, "the Terms do not name its author as an evaluator")
	case !p.delivered() || !open || d.About != c.id:
		switch s, _ := j.find(d.About); s.Doc.(type) {
		case *protocol.Verdict, *protocol.Contest:
			return t.refuse(protocol.CodeLate, "what it is about is not contested any more")
		}
		return t.refuse(protocol.CodeEarly, "what it is about is not known here")
	case p.cancelP.there(), p.post.there(), p.void.there(), t.stage.Final() && t.stage != Defaulted:
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	case !d.Opens.IsZero():
		return p.hearOpening(t, d)
	}
	if _, ok := p.awardBy(d.By, d.About); ok {
		return t.refuse(protocol.CodeDuplicate, "it has committed to an Award")
	}
	if d.At > p.CommitBy() || past(t.At, p.ResolveBy()) {
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.CommitBy())
	}
	p.awards = append(slices.Clip(p.awards), award{commit: paper[protocol.Award]{t.Said, d}})
	return nil
}

// hearOpening takes the second Award of an evaluator. Until all have committed
// or their time is over it is nobody's to hear, lest another copy it.
func (p Part) hearOpening(t turn, d *protocol.Award) error {
	i := slices.IndexFunc(p.awards, func(x award) bool { return x.commit.doc.By == d.By && x.commit.doc.About == d.About })
	switch {
	case i < 0:
		return t.refuse(protocol.CodeEarly, "its author has not committed to it")
	case p.awards[i].opened.there():
		return t.refuse(protocol.CodeDuplicate, "it was opened already")
	case !d.Opened(p.awards[i].commit.said.ID, p.awards[i].commit.doc):
		return t.refuse(protocol.CodeArtefact, "it is not what its author committed to")
	case d.At > p.AwardBy() || past(t.At, p.ResolveBy()):
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.AwardBy())
	case d.At <= p.CommitBy() && !past(t.At, p.CommitBy()) && !p.committed(d.About):
		return t.refuse(protocol.CodeEarly, "others may still commit until %d", p.CommitBy())
	}
	p.awards = slices.Clone(p.awards)
	p.awards[i].opened = paper[protocol.Award]{t.Said, d}
	return nil
}
