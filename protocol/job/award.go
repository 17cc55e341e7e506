package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// maxTales is how many commitments, and how many openings, of one evaluator about
// one complaint are kept: two that contradict each other from itself, and as many
// that the other side was shown (docs/spec/job.md, "Evaluators").
const maxTales = 4

// award is what one evaluator has said about one complaint.
type award struct {
	by      wire.Key
	about   wire.CID
	commits []paper[protocol.Award]
	opened  []opening
}

// opening is an Award that opens a commitment, and when it was heard.
type opening struct {
	paper[protocol.Award]
	heard uint64
}

// twofold reports whether its author has said two things where there can be one.
// It then counts for nothing, whichever of them came first.
func (x award) twofold() bool { return len(x.commits) > 1 || len(x.opened) > 1 }

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

// awardOf combines the Awards that were opened: those on which the entry rests that
// ended the hold, else all of evaluators that do not contradict themselves.
func (p Part) awardOf(c complaint) Award {
	if p.ruling != nil {
		return *p.ruling
	}
	var counted []opening
	for _, m := range p.terms.Panel.Members {
		if x, ok := p.awardBy(m.Key, c.id); ok && len(x.opened) == 1 && !x.twofold() {
			counted = append(counted, x.opened[0])
		}
	}
	return p.combine(counted)
}

// combine is what several openings, in the order of the Terms, come to: their
// median, of an even number the lower of the two in the middle.
func (p Part) combine(counted []opening) (a Award) {
	var shares []uint64
	for _, o := range counted {
		a.By, a.Basis = append(a.By, o.doc.By), append(a.Basis, o.said.ID)
		shares = append(shares, o.doc.Share)
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

// decided reports whether every evaluator has opened its Award, or contradicted
// itself: nothing is to be waited for any more.
func (p Part) decided(c complaint) bool {
	return len(p.terms.Panel.Members) > 0 && !slices.ContainsFunc(p.terms.Panel.Members, func(m protocol.Third) bool {
		x, _ := p.awardBy(m.Key, c.id)
		return len(x.opened) == 0 && !x.twofold()
	})
}

// Decided reports whether no evaluator has anything more to say about the
// complaint that is open.
func (p Part) Decided() bool {
	c, open := p.lodged()
	return open && p.decided(c)
}

// Twofold returns the evaluators that have said two things about the complaint
// that is open, and so count for nothing.
func (p Part) Twofold() (all []wire.Key) {
	c, open := p.lodged()
	for _, m := range p.terms.Panel.Members {
		if x, _ := p.awardBy(m.Key, c.id); open && x.twofold() {
			all = append(all, m.Key)
		}
	}
	return all
}

// Committed reports whether key has committed to an Award about the complaint
// that is open, and whether all evaluators have.
func (p Part) Committed(key wire.Key) (it, all bool) {
	c, _ := p.lodged()
	_, it = p.awardBy(key, c.id)
	return it, p.committed(c.id)
}

// Opened reports whether key has opened its Award about the complaint that is open.
func (p Part) Opened(key wire.Key) bool {
	c, _ := p.lodged()
	x, ok := p.awardBy(key, c.id)
	return ok && len(x.opened) > 0
}

func (p Part) committed(about wire.CID) bool {
	return !slices.ContainsFunc(p.terms.Panel.Members, func(m protocol.Third) bool {
		_, ok := p.awardBy(m.Key, about)
		return !ok
	})
}

func (p Part) awardBy(key wire.Key, about wire.CID) (award, bool) {
	for _, x := range p.awards {
		if x.by == key && x.about == about {
			return x, true
		}
	}
	return award{}, false
}

// hearAward takes an evaluator's commitment, and later what opens it. Dates
// decide: two sides that hear the same Awards count the same, in whatever order
// they hear them, until the part is paid for.
func (j *Job) hearAward(t turn, d *protocol.Award) error {
	p, err := j.ours(&t, d.Job, d.Part, Evaluator, Witness)
	if err != nil {
		return err
	}
	c, open := p.lodged()
	switch {
	case !j.MemberOf(d.By):
		return t.refuse(protocol.CodeNotOffered, "the Terms do not name its author as an evaluator")
	case !p.delivered() || !open || d.About != c.id:
		switch s, _ := j.find(d.About); s.Doc.(type) {
		case *protocol.Verdict, *protocol.Contest:
			return t.refuse(protocol.CodeLate, "what it is about is not contested any more")
		}
		return t.refuse(protocol.CodeEarly, "what it is about is not known here")
	case p.post.there(), p.void.there(), t.stage.Final() && t.stage != Defaulted && !p.cancelP.there():
		return t.refuse(protocol.CodeLate, "the job is %s", t.stage)
	case !d.Opens.IsZero():
		return p.hearOpening(t, d)
	case d.At > p.CommitBy() || past(t.At, p.ResolveBy()):
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.CommitBy())
	}
	x := p.awardFrom(d)
	if len(x.commits) >= maxTales {
		return t.refuse(protocol.CodeDuplicate, "it has committed to %d Awards", maxTales)
	}
	x.commits = append(slices.Clip(x.commits), paper[protocol.Award]{t.Said, d})
	return nil
}

// awardFrom returns what the author of d has said about its complaint, to be changed.
func (p Part) awardFrom(d *protocol.Award) *award {
	p.awards = slices.Clone(p.awards)
	i := slices.IndexFunc(p.awards, func(x award) bool { return x.by == d.By && x.about == d.About })
	if i < 0 {
		i = len(p.awards)
		p.awards = append(p.awards, award{by: d.By, about: d.About})
	}
	return &p.awards[i]
}

// hearOpening takes the second Award of an evaluator. Until all have committed
// or their time is over it is nobody's to hear, lest another copy it.
func (p Part) hearOpening(t turn, d *protocol.Award) error {
	x := p.awardFrom(d)
	i := slices.IndexFunc(x.commits, func(c paper[protocol.Award]) bool { return c.said.ID == d.Opens })
	switch {
	case i < 0:
		return t.refuse(protocol.CodeEarly, "its author has not committed to it")
	case !d.Opened(x.commits[i].said.ID, x.commits[i].doc):
		return t.refuse(protocol.CodeArtefact, "it is not what its author committed to")
	case len(x.opened) >= maxTales:
		return t.refuse(protocol.CodeDuplicate, "it has opened %d Awards", maxTales)
	case d.At > p.AwardBy() || past(t.At, p.ResolveBy()):
		return t.refuse(protocol.CodeLate, "its deadline was %d", p.AwardBy())
	case d.At <= p.CommitBy() && !past(t.At, p.CommitBy()) && !p.committed(d.About):
		return t.refuse(protocol.CodeEarly, "others may still commit until %d", p.CommitBy())
	}
	x.opened = append(slices.Clip(x.opened), opening{paper[protocol.Award]{t.Said, d}, t.At})
	return nil
}
