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

	worth uint8
	heard uint64
	of    *int // how many its author has in the book
}

// Market is the book of live offers. Nothing in it outlives its expiry. Where it is
// full, those make room who are worth least: a crowd of names that nobody knows pushes
// out nobody who is worth more, nor keeps out others whom nobody knows.
type Market struct {
	listings []*Listing // by capability, then author
	authors  map[wire.Key]*int
	schemas  int // how many of them have one
}

func order(a, b *Listing) int {
	return cmp.Or(
		cmp.Compare(a.Offer.Terms.Capability, b.Offer.Terms.Capability),
		bytes.Compare(a.Offer.By[:], b.Offer.By[:]))
}

// Put takes a proved offer into the book and reports whether it changed
// anything: a lower Seq than the one known, or an offer over the limits, does
// not. Of two with one Seq that with the lower CID counts, whoever heard it first. An
// offer that is already over removes its predecessor. worth tells what an author is worth
// to the reader, by any scale; it is asked where there is not room for all.
func (m *Market) Put(at uint64, l Listing, worth func(author wire.Key) uint8) bool {
	l.heard = at
	i, known := slices.BinarySearchFunc(m.listings, &l, order)
	if known && !l.replaces(m.listings[i]) {
		return false
	}
	over := l.Offer.Expires <= at
	switch {
	case known && over:
		m.drop(i)
	case known:
		l.of = m.listings[i].of
		m.schemas += l.schemas() - m.listings[i].schemas()
		m.listings[i] = &l
	case over || !m.room(at, &l, worth):
		return false
	default:
		l.of = m.count(l.Offer.By)
		*l.of++
		m.schemas += l.schemas()
		i, _ = slices.BinarySearchFunc(m.listings, &l, order)
		m.listings = slices.Insert(m.listings, i, &l)
	}
	return true
}

// count returns where the listings of an author are counted.
func (m *Market) count(author wire.Key) *int {
	n := m.authors[author]
	if n == nil {
		n = new(int)
		if m.authors == nil {
			m.authors = map[wire.Key]*int{}
		}
		m.authors[author] = n
	}
	return n
}

// uncount counts a listing off that is taken out.
func (m *Market) uncount(l *Listing) {
	m.schemas -= l.schemas()
	if *l.of--; *l.of == 0 {
		delete(m.authors, l.Offer.By)
	}
}

// schemas is 1 for an offer that says what inputs must be, else 0.
func (l *Listing) schemas() int { return min(len(l.Offer.Schema), 1) }

// drop takes a listing out.
func (m *Market) drop(i int) {
	m.uncount(m.listings[i])
	m.listings = slices.Delete(m.listings, i, i+1)
}

// replaces reports whether l takes the place of another offer of its author.
func (l Listing) replaces(known *Listing) bool {
	if l.Offer.Seq != known.Offer.Seq {
		return l.Offer.Seq > known.Offer.Seq
	}
	a, b := wire.Sum(l.Proof.Doc), wire.Sum(known.Proof.Doc)
	return bytes.Compare(a[:], b[:]) < 0
}

// room drops what is over where the book is full, and then the listing that is to make
// room first, if it is not worth more than l. It reports whether l may be added.
func (m *Market) room(at uint64, l *Listing, worth func(wire.Key) uint8) bool {
	own := 0
	if n := m.authors[l.Offer.By]; n != nil {
		own = *n
	}
	if own >= MaxPerAuthor {
		return false
	}
	if len(m.listings) >= MaxOffers {
		m.Expire(at)
	}
	if len(m.listings) < MaxOffers {
		return true
	}
	l.worth = worth(l.Offer.By)
	i := m.least()
	for first := m.listings[i]; worth(first.Offer.By) > first.worth; first = m.listings[i] {
		first.worth = worth(first.Offer.By) // it has risen since it was last asked
		i = m.least()
	}
	first := m.listings[i]
	if first.worth > l.worth || first.worth == l.worth && *first.of <= own {
		return false
	}
	m.drop(i)
	return true
}

// least returns where the listing stands that is to make room first.
func (m *Market) least() (first int) {
	for i, l := range m.listings {
		if l.yields(m.listings[first]) {
			first = i
		}
	}
	return first
}

// yields reports whether a is to make room before b: that of an author of less worth,
// of such the one who has most in the book, of such the one heard longest ago.
func (a *Listing) yields(b *Listing) bool {
	switch {
	case a.worth != b.worth:
		return a.worth < b.worth
	case *a.of != *b.of:
		return *a.of > *b.of
	}
	return a.heard < b.heard
}

// Expire drops the offers that are over.
func (m *Market) Expire(at uint64) {
	m.listings = slices.DeleteFunc(m.listings, func(l *Listing) bool {
		over := l.Offer.Expires <= at
		if over {
			m.uncount(l)
		}
		return over
	})
}

// Live returns the offers for a capability ("" for all) that are not over, by capability and author.
func (m *Market) Live(at uint64, capability string) []Listing {
	var live []Listing
	for _, l := range m.of(capability) {
		if l.Offer.Expires > at {
			live = append(live, *l)
		}
	}
	return live
}

// Schemas returns how many offers in the book say what inputs must be.
func (m *Market) Schemas() int { return m.schemas }

// Schema returns what a provider's live offer of a capability says that inputs must be, or "".
func (m *Market) Schema(at uint64, provider wire.Key, capability string) string {
	i, known := slices.BinarySearchFunc(m.listings, provider, func(l *Listing, by wire.Key) int {
		return cmp.Or(cmp.Compare(l.Offer.Terms.Capability, capability), bytes.Compare(l.Offer.By[:], by[:]))
	})
	if !known || m.listings[i].Offer.Expires <= at {
		return ""
	}
	return m.listings[i].Offer.Schema
}

// of returns the listings of a capability, or all for "".
func (m *Market) of(capability string) []*Listing {
	if capability == "" {
		return m.listings
	}
	from, _ := slices.BinarySearchFunc(m.listings, capability, func(l *Listing, c string) int {
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
	Evaluators []wire.Key // who is to judge what is contested; terms that name others, or nobody, do not suit. None: nobody
	Checked    bool       // by a rule of the hirer's own: terms under which a failure of it could not be complained of do not suit
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
// works for nothing; and whether there is one, where the wish names any.
func (w Wish) trusts(p *protocol.Panel) bool {
	return (len(w.Evaluators) == 0 || len(p.Members) > 0) && !slices.ContainsFunc(p.Members, func(m protocol.Third) bool {
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
	case t.Asset != w.Asset:
		return protocol.CodeNoOffer
	case w.Checked && t.Reworks == 0 && t.Panel.IsZero():
		return protocol.CodeNotOffered // what fails would be passed, and vouched for
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
	case worst.Cmp(w.Budget) > 0:
		return protocol.CodeBudget // that is all that is in the way
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
// are none of either: CodeBudget where one suits but for its price.
func (m *Market) Candidates(at uint64, self wire.Key, w Wish) (firm []Candidate, ask []wire.Key, why protocol.Code) {
	why = protocol.CodeNoOffer
	offered := m.of(w.Capability)
	firm = make([]Candidate, 0, len(offered))
	for _, l := range offered {
		if l.Offer.By == self {
			continue
		}
		code := w.Fits(at, *l)
		switch {
		case code != "":
			if code != protocol.CodeNotOffered && code != protocol.CodeExpired && why != protocol.CodeBudget {
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
