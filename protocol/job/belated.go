package job

import (
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// A provider that has claimed may hear only after its answer was due that its hirer had
// complained in time. The hirer alone wrote the date of that, so to the provider it
// proves nothing; and it may be true. Where evaluators are named such a complaint is
// belated: it moves no stage. Enough evaluators who judge it make it count, for both
// sides have agreed to believe them. Of the split of silent ones the provider takes
// what it is paid, and may dispute that it is all (docs/decisions/0023-late-complaints.md).

// mayBeBelated reports whether a complaint that is heard too late for what was claimed is
// kept: until the job is over, so that the provider can still say in time what it thinks
// of the split.
func (p Part) mayBeBelated(t turn) bool {
	return !p.terms.Panel.IsZero() && p.claim.there() && !past(t.At, p.ResolveBy()) &&
		(!t.stage.Final() || p.stand(t.At).fault == Hirer)
}

// Belated reports whether there is a complaint that came too late for what was claimed,
// and that no entry has made count by the evaluators' Awards.
func (p Part) Belated() bool {
	_, there := p.lodged()
	return there && p.belated
}

// belatedly reports whether an entry pays the split of a belated complaint.
func (p Part) belatedly(d *protocol.Entry) bool {
	if !p.Belated() || d.Act != protocol.ActPost || p.terms.Panel.Split == 0 {
		return false
	}
	share, err := p.cost().Share(p.terms.Panel.Split)
	return err == nil && d.Amount == share
}

// Short reports whether the hirer has posted no more than the split of its complaint,
// and nothing shows that the provider had heard that in time. By disputing the hold in
// its Countersign the provider may then say that it had not: it has the money, and the
// part is not settled.
func (p Part) Short() bool {
	c, there := p.lodged()
	switch {
	case !there || c.answered || p.prepaid() || p.terms.Panel.IsZero(),
		!p.post.there() || p.post.doc.Act != protocol.ActPost,
		p.claim.there() && p.post.doc.Amount.Cmp(p.claim.doc.Amount) >= 0:
		return false
	}
	return p.post.doc.Amount.Cmp(p.cost()) < 0
}

// Missing returns what the provider claimed and was not posted, where it says that it
// heard too late of the complaint by which less was owed; else nothing.
func (p Part) Missing() wire.Amount {
	if !p.Short() || !p.belated || p.paid {
		return wire.Amount{}
	}
	rest, err := p.claim.doc.Amount.Minus(p.post.doc.Amount)
	if err != nil {
		return wire.Amount{}
	}
	return rest
}

// Even reports whether what was posted is countersigned, and is all that is owed: the
// provider has said so in time, or cannot say otherwise.
func (p Part) Even() bool {
	return p.post.there() && p.post.doc.Act == protocol.ActPost && p.postSeen && (p.paid || !p.Short())
}

// Unsettled reports whether what was posted is countersigned, and the provider says that
// it is not all.
func (p Part) Unsettled() bool { return p.Short() && p.postSeen && !p.paid }

// disputes reports whether a Countersign says that what was posted is not all.
func (p Part) disputes(d *protocol.Countersign) bool {
	return p.Short() && slices.Contains(d.Disputed, p.hold.said.ID)
}
