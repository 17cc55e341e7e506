// Package hire is the buyer's head: it keeps the book of live offers and
// chooses whom to hire for a wish.
//
// It promises that what it chooses is within the wish's budget, deadline and
// data label; that the same book, wish, estimates and chance always give the same
// choice; that what it costs to find out who is good stays within a bound (Arrange);
// and that no call takes long, however many offers there are. It must never hold
// money, sign, or say anything.
package hire

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Limits of the book of offers: what is over them is not kept.
const (
	MaxOffers    = 4096 // in all
	MaxPerAuthor = 64
)

// Listing is one live offer with what proves it.
type Listing struct {
	Offer *protocol.Offer
	Proof wire.Proof
}

// Market is the book of live offers. Nothing in it outlives its expiry.
type Market struct {
	listings []Listing // by capability, then author
}

func order(a, b Listing) int {
	return cmp.Or(
		cmp.Compare(a.Offer.Terms.Capability, b.Offer.Terms.Capability),
		bytes.Compare(a.Offer.By[:], b.Offer.By[:]))
}

// Put takes a proved offer into the book and reports whether it changed
// anything: a lower Seq than the one known, or an offer over the limits, does
// not. Of two with one Seq that with the lower CID counts, whoever heard it first. An offer that is already over removes its predecessor.
func (m *Market) Put(at uint64, l Listing) bool {
	i, known := slices.BinarySearchFunc(m.listings, l, order)
	if known && !l.replaces(m.listings[i]) {
		return false
	}
	over := l.Offer.Expires <= at
	switch {
	case known && over:
		m.listings = slices.Delete(m.listings, i, i+1)
	case known:
		m.listings[i] = l
	case over || !m.room(at, l.Offer.By):
		return false
	default:
		i, _ = slices.BinarySearchFunc(m.listings, l, order)
		m.listings = slices.Insert(m.listings, i, l)
	}
	return true
}

// replaces reports whether l takes the place of another offer of its author.
func (l Listing) replaces(known Listing) bool {
	if l.Offer.Seq != known.Offer.Seq {
		return l.Offer.Seq > known.Offer.Seq
	}
	a, b := wire.Sum(l.Proof.Doc), wire.Sum(known.Proof.Doc)
	return bytes.Compare(a[:], b[:]) < 0
}

// room drops what is over where the book is full, and then one offer of the author
// that has most, if it has more than this one would: a few keys keep nobody out. It
// reports whether author may add one more.
func (m *Market) room(at uint64, author wire.Key) bool {
	if len(m.listings) >= MaxOffers {
		m.Expire(at)
	}
	own := 0
	for _, l := range m.listings {
		if l.Offer.By == author {
			own++
		}
	}
	return own < MaxPerAuthor && (len(m.listings) < MaxOffers || m.yield(own+1))
}

// yield drops an offer of the author that has most, if these are more than than.
func (m *Market) yield(than int) bool {
	of, last := map[wire.Key]int{}, 0
	for i, l := range m.listings {
		if of[l.Offer.By]++; of[l.Offer.By] >= of[m.listings[last].Offer.By] {
			last = i
		}
	}
	if of[m.listings[last].Offer.By] <= than {
		return false
	}
	m.listings = slices.Delete(m.listings, last, last+1)
	return true
}

// Expire drops the offers that are over.
func (m *Market) Expire(at uint64) {
	m.listings = slices.DeleteFunc(m.listings, func(l Listing) bool { return l.Offer.Expires <= at })
}

// Live returns the offers for a capability ("" for all) that are not over, by capability and author.
func (m *Market) Live(at uint64, capability string) []Listing {
	var live []Listing
	for _, l := range m.of(capability) {
		if l.Offer.Expires > at {
			live = append(live, l)
		}
	}
	return live
}

// of returns the listings of a capability, or all for "".
func (m *Market) of(capability string) []Listing {
	if capability == "" {
		return m.listings
	}
	from, _ := slices.BinarySearchFunc(m.listings, capability, func(l Listing, c string) int {
		return cmp.Or(cmp.Compare(l.Offer.Terms.Capability, c), 1) // before the first of them
	})
	to := from
	for to < len(m.listings) && m.listings[to].Offer.Terms.Capability == capability {
		to++
	}
	return m.listings[from:to]
}

// Wish is what is wanted, and the most it may cost.
type Wish struct {
	Capability string
	Asset      string
	Budget     wire.Amount // most that one job may cost
	Deliver    uint64      // milliseconds from Accept to Delivery that would do
	Peer       wire.Key    // only this provider; zero for any
	Only       []wire.Key  // only these providers, none where it is empty; nil for any
	InputType  string
	Size       uint64 // bytes of all inputs
	Calls      uint64 // inputs, each a call of its own; 0 and 1: one
	Label      payload.Label
	Rails      []string   // that can be paid on
	Least      uint64     // of 10,000: least lower end of the estimate that will do
	By         string     // what to choose by: "" the cost of a success, ByPrice or ByLot
	Evaluators []wire.Key // whose judgement is accepted; terms that name others do not suit
}

// Candidate is a firm offer that a wish could accept.
type Candidate struct {
	Provider wire.Key
	Terms    *protocol.Terms // not to be changed
	Offered  wire.Proof
	Price    wire.Amount // most it can cost
}

// Leisure is the least time, in milliseconds, that a hirer wants between two
// deadlines at which it has something to do: to judge, and to pay.
const Leisure = 60_000

// Longest is the most time, in milliseconds beyond that for delivery, for which a
// hirer sets money aside. A provider that takes a job and is gone keeps it from being
// spent for so long, and names are free.
const Longest = 7 * 86_400_000

// held returns for how long terms set money aside, beyond the time for delivery.
func held(t *protocol.Terms) uint64 {
	long := t.Times.Claim + t.Reworks*t.Times.Rework
	if len(t.Needs) > 0 {
		long += t.Times.PauseMax
	}
	return long - min(long, t.Times.Deliver)
}

// trusts reports whether each evaluator of a panel is one that the wish names, and
// works for nothing.
func (w Wish) trusts(p *protocol.Panel) bool {
	return !slices.ContainsFunc(p.Members, func(m protocol.Third) bool {
		return !slices.Contains(w.Evaluators, m.Key) || !m.Fee.IsZero()
	})
}

// Suits reports why terms of provider do not suit the wish, as a code, or "".
// The most they may come to must be within the budget. Terms under which something
// may come to be owed to others than the provider, or before the result can be
// judged, suit nobody; a tranche in advance is one part's risk.
func (w Wish) Suits(at uint64, provider wire.Key, t *protocol.Terms) protocol.Code {
	worst, dealt := Worst(t.Price, w.Calls)
	switch {
	case t.Capability != w.Capability || (!w.Peer.IsZero() && w.Peer != provider):
		return protocol.CodeNotOffered
	case w.Only != nil && !slices.Contains(w.Only, provider):
		return protocol.CodeMandate
	case t.ValidUntil <= at:
		return protocol.CodeExpired
	case !dealt, several(t.Price) && (t.Reworks > 0 || len(t.Needs) > 0), t.Price.Window > 1 && !t.Panel.IsZero():
		return protocol.CodeNotOffered // nobody could rework it, or judge what several calls brought
	case t.Asset != w.Asset || worst.Cmp(w.Budget) > 0:
		return protocol.CodeNoOffer
	case !t.KillFee.IsZero() || !w.trusts(&t.Panel) || !t.Witness.Key.IsZero():
		return protocol.CodeNotOffered
	case t.Times.Fund > 0 || t.Times.Review < t.Times.Deliver+Leisure || t.Times.Settle < t.Times.Claim+Leisure:
		return protocol.CodeNotOffered
	case held(t) > Longest:
		return protocol.CodeNotOffered
	case t.Times.Deliver > w.Deliver:
		return protocol.CodeLate
	case t.InputType != "*/*" && t.InputType != w.InputType:
		return protocol.CodeNotOffered
	case t.MaxBytes > 0 && w.Size > t.MaxBytes:
		return protocol.CodeTooLarge
	case !slices.Contains(w.Rails, t.Rail.Name):
		return protocol.CodeRail
	case w.Label.MayGo(t.Data) != nil:
		return protocol.CodeLabel
	}
	return ""
}

// Fits reports why a listing does not suit the wish, as a code, or "". Where the
// price is told on request, the one that the offer hints at is not looked at.
func (w Wish) Fits(at uint64, l Listing) protocol.Code {
	if l.Offer.At > at+protocol.Skew || l.Offer.Expires <= at {
		return protocol.CodeExpired // or of a time to come: it could not be accepted
	}
	terms := &l.Offer.Terms
	if l.Offer.Ask {
		untold := *terms
		untold.Price.Fixed = wire.Amount{}
		terms = &untold
	}
	return w.Suits(at, l.Offer.By, terms)
}

// Candidates returns the posted offers that suit the wish, and the providers
// that tell their price on request. why is the most telling reason where there
// are none of either.
func (m *Market) Candidates(at uint64, self wire.Key, w Wish) (firm []Candidate, ask []wire.Key, why protocol.Code) {
	why = protocol.CodeNoOffer
	offered := m.of(w.Capability)
	firm = make([]Candidate, 0, len(offered))
	for _, l := range offered {
		if l.Offer.By == self {
			continue
		}
		code := w.Fits(at, l)
		switch {
		case code != "":
			if code != protocol.CodeNotOffered && code != protocol.CodeExpired {
				why = code
			}
		case l.Offer.Ask:
			ask = append(ask, l.Offer.By)
		default:
			worst, _ := Worst(l.Offer.Terms.Price, w.Calls)
			firm = append(firm, Candidate{Provider: l.Offer.By, Terms: &l.Offer.Terms, Offered: l.Proof, Price: worst})
		}
	}
	return firm, ask, why
}
