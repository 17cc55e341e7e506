// Package hire is the buyer's head: it keeps the book of live offers and
// chooses whom to hire for a wish.
//
// It promises that what it chooses is within the wish's budget, deadline and
// data label, and that the same book and wish always give the same choice. It
// must never hold money, sign, or say anything.
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
// anything: a lower or equal Seq than the one known, or an offer over the
// limits, does not. An offer that is already over removes its predecessor.
func (m *Market) Put(at uint64, l Listing) bool {
	i, known := slices.BinarySearchFunc(m.listings, l, order)
	if known && m.listings[i].Offer.Seq >= l.Offer.Seq {
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

// room drops what is over where the book is full, and reports whether author may add one more.
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
	return len(m.listings) < MaxOffers && own < MaxPerAuthor
}

// Expire drops the offers that are over.
func (m *Market) Expire(at uint64) {
	m.listings = slices.DeleteFunc(m.listings, func(l Listing) bool { return l.Offer.Expires <= at })
}

// Live returns the offers for a capability ("" for all) that are not over, by capability and author.
func (m *Market) Live(at uint64, capability string) []Listing {
	var live []Listing
	for _, l := range m.listings {
		if l.Offer.Expires > at && (capability == "" || l.Offer.Terms.Capability == capability) {
			live = append(live, l)
		}
	}
	return live
}

// Wish is what is wanted, and the most it may cost.
type Wish struct {
	Capability string
	Asset      string
	Budget     wire.Amount // most that one job may cost
	Deliver    uint64      // milliseconds from Accept to Delivery that would do
	Peer       wire.Key    // only this provider; zero for any
	InputType  string
	Label      payload.Label
	Rails      []string // that can be paid on
}

// Candidate is a firm offer that a wish could accept.
type Candidate struct {
	Provider wire.Key
	Terms    protocol.Terms
	Offered  wire.Proof
	Price    wire.Amount // most it can cost
}

// Suits reports why terms of provider do not suit the wish, as a code, or "".
func (w Wish) Suits(at uint64, provider wire.Key, t *protocol.Terms) protocol.Code {
	switch {
	case t.Capability != w.Capability || (!w.Peer.IsZero() && w.Peer != provider):
		return protocol.CodeNotOffered
	case t.ValidUntil <= at:
		return protocol.CodeExpired
	case t.Asset != w.Asset || t.Price.Fixed.Cmp(w.Budget) > 0:
		return protocol.CodeNoOffer
	case t.Price.PerUnit.Cmp(wire.Amount{}) > 0 || len(t.Price.Tranches) > 1:
		return protocol.CodeNotOffered
	case t.Times.Deliver > w.Deliver:
		return protocol.CodeLate
	case t.InputType != "*/*" && t.InputType != w.InputType:
		return protocol.CodeNotOffered
	case !slices.Contains(w.Rails, t.Rail.Name):
		return protocol.CodeRail
	case w.Label.MayGo(t.Data) != nil:
		return protocol.CodeLabel
	}
	return ""
}

// Candidates returns the posted offers that suit the wish, and the providers
// that tell their price on request. why is the most telling reason where there
// are none of either.
func (m *Market) Candidates(at uint64, self wire.Key, w Wish) (firm []Candidate, ask []wire.Key, why protocol.Code) {
	why = protocol.CodeNoOffer
	for _, l := range m.Live(at, w.Capability) {
		if l.Offer.By == self {
			continue
		}
		terms := l.Offer.Terms
		if l.Offer.Ask {
			terms.Price.Fixed = wire.Amount{} // only a hint
		}
		code := w.Suits(at, l.Offer.By, &terms)
		switch {
		case code != "":
			if code != protocol.CodeNotOffered {
				why = code
			}
		case l.Offer.Ask:
			ask = append(ask, l.Offer.By)
		default:
			firm = append(firm, Candidate{Provider: l.Offer.By, Terms: terms, Offered: l.Proof, Price: terms.Price.Fixed})
		}
	}
	return firm, ask, why
}

// Plan is whom to hire.
type Plan struct {
	Hire Candidate
}

// Arrange chooses the cheapest candidate; among equals the one with the lower
// key. It reports false where there is none.
func Arrange(candidates []Candidate) (Plan, bool) {
	if len(candidates) == 0 {
		return Plan{}, false
	}
	return Plan{Hire: slices.MinFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(a.Price.Cmp(b.Price), bytes.Compare(a.Provider[:], b.Provider[:]))
	})}, true
}
