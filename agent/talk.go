package agent

import (
	"cmp"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of the talk before a contract, on the hirer's side.
const (
	roundPatience = 3_000  // milliseconds: round_by, for the answer to a Counter
	talkPatience  = 20_000 // milliseconds for all talk of an order, from when it looks, or its Call is over: all rounds and a bit
	mostTalks     = 64     // quotes taken for one Call, of strangers that were not asked
	mostDear      = 16     // providers that an order haggles with over a posted price: the cheapest
	mostAsked     = 64     // providers that an order asks for a quote
	mostCalls     = 16     // of ours in the air at once: what others carry of one author
)

// talk is what lies between an order and one provider before there is a contract.
// Soft: what is said in it binds nobody but the provider, by its Quotes.
type talk struct {
	peer    wire.Key
	request wire.CID        // our Request or Call; zero until the peer is there to be asked
	last    wire.CID        // what of ours is to be answered: the Request, or the last Counter
	round   uint64          // Counters so far
	until   uint64          // the answer is waited for until then; 0 where it has come
	quote   *hire.Candidate // the best so far
	code    protocol.Code   // why the peer refused
	again   uint64          // where it was busy: when it is asked again
}

// unfair says why an order is not to be talked about as it wishes, or nil.
func (s *step) unfair(o *Order) *Refusal {
	switch {
	case o.Call > protocol.MaxCallLife:
		return &Refusal{Code: protocol.CodeMalformed, Why: "a call stands for at most an hour"}
	case o.Call > 0 && s.callsOut() >= mostCalls:
		return &Refusal{Code: protocol.CodeBusy, Why: "too many calls are out already: wait for one of them to end"}
	case o.Call > 0 && !o.Peer.IsZero():
		return &Refusal{Code: protocol.CodeMalformed, Why: "a call is to everybody, not to one peer"}
	case o.Bid.Cmp(o.Budget) > 0:
		return &Refusal{Code: protocol.CodeMalformed, Why: "the bid is above the budget"}
	}
	return nil
}

// callsOut counts the orders whose Calls may be in the air.
func (s *step) callsOut() (n int) {
	for _, key := range s.wishes {
		if s.orders[key].Call > 0 {
			n++
		}
	}
	return n
}

// talkAgain forgets a talk that a peer, which is there again, may not have heard
// of, so that it is asked again. It reports whether there was one.
func (o *order) talkAgain(peer wire.Key) bool {
	n := len(o.talks)
	o.talks = slices.DeleteFunc(o.talks, func(t talk) bool {
		return t.peer == peer && t.quote == nil && (t.request.IsZero() || t.request != o.call)
	})
	return len(o.talks) < n
}

// awaits returns until when the order waits for answers. Who comes and goes, or comes
// late, does not hold it up for ever.
func (o *order) awaits() uint64 {
	until := o.reply
	for _, t := range o.talks {
		until = max(until, t.until)
	}
	until = min(until, max(o.since, o.reply)+talkPatience)
	for _, f := range o.fittings { // our own hands answer, and there are few
		until = max(until, f.until)
	}
	return until
}

// waits has the order looked at again when it has waited for answers, if it does.
func (s *step) waits(o *order) bool {
	until := o.awaits()
	if s.at < until {
		s.agenda.set(matter{what: dueOrder, key: o.Key}, until)
	}
	return s.at < until
}

// asksAgain returns when the next provider that was busy is asked again, or 0.
func (o *order) asksAgain() (at uint64) {
	for _, t := range o.talks {
		at = sooner(at, t.again)
	}
	return at
}

// quoted adds to the candidates those whose quotes suit, and tells why the others
// do not, if nothing else did.
func (o *order) quoted(at uint64, w hire.Wish, firm []hire.Candidate, why protocol.Code) ([]hire.Candidate, protocol.Code) {
	for _, t := range o.talks {
		switch {
		case t.quote != nil && w.Suits(at, t.peer, t.quote.Terms) == "":
			firm = append(firm, *t.quote)
		case t.code != "" && why == protocol.CodeNoOffer:
			why = t.code
		}
	}
	return firm, why
}

// TooDear is the detail of an order that is given up as CodeBudget by its own budget,
// not by what the mandate has left.
const TooDear = "whoever would do it asks for more than the order's budget"

// unmet says why an order found nobody, and what to do.
func (o *order) unmet(why protocol.Code) string {
	switch {
	case why == protocol.CodeBudget:
		return TooDear
	case why == protocol.CodeInput:
		return "the input is not what those who offer " + o.Capability + " say that they take"
	case o.Call > 0:
		return "no live offer suits and nobody's answer to the call did: raise the budget, or call for longer"
	}
	return "no live offer suits: try `souk find " + o.Capability + "`, or --call"
}

// callOut announces the order's Call, if it wants one and has none in this run.
// It hides what the hirer would pay at most: else all quotes would be that.
func (s *step) callOut(o *order, w hire.Wish) {
	if o.Call == 0 || !o.call.IsZero() {
		return
	}
	said := s.name(&protocol.Call{
		Head: s.head(protocol.KindCall), Capability: o.Capability, InputType: o.Input.Type, Size: o.Input.Size,
		Label: o.Input.Label, Deliver: w.Deliver, Reply: s.at + o.Call, Assets: []string{o.Asset},
		Rails: []string{s.c.Rail}, Owner: s.mandate.By, Mandate: s.c.Mandate.ID,
	})
	if err := said.Doc.Check(); err != nil {
		s.slip("call", err)
		return
	}
	o.call, o.reply = said.ID, s.at+o.Call
	s.effect(Announce{said})
}

// dear returns the cheapest of the providers whose posted price is above the order's
// bid, though nothing else is in the way: they may be asked, and haggled with.
func (s *step) dear(o *order) []wire.Key {
	if o.Bid.IsZero() {
		return nil
	}
	w := s.wish(o)
	w.Budget = o.Bid
	var all []hire.Listing
	for _, l := range s.market.Live(s.at, o.Capability) {
		if l.Offer.By == s.c.Self || l.Offer.Ask || l.Offer.Terms.Price.Fixed.Cmp(o.Bid) <= 0 {
			continue
		}
		cheap := *l.Offer
		cheap.Terms.Price.Fixed = o.Bid
		if w.Fits(s.at, hire.Listing{Offer: &cheap}) == "" {
			all = append(all, l)
		}
	}
	slices.SortStableFunc(all, func(a, b hire.Listing) int {
		return a.Offer.Terms.Price.Fixed.Cmp(b.Offer.Terms.Price.Fixed)
	})
	var keys []wire.Key
	for _, l := range all[:min(len(all), mostDear)] {
		keys = append(keys, l.Offer.By)
	}
	return keys
}

// ask requests quotes from providers that were not asked yet, or were busy.
func (s *step) ask(o *order, providers []wire.Key) {
	o.talks = slices.DeleteFunc(o.talks, func(t talk) bool { return t.again != 0 && s.at >= t.again })
	for _, p := range s.someOf(o, providers) {
		t := talk{peer: p, until: max(o.since, s.at) + quotePatience}
		if !s.peers[p] {
			s.effect(Reach{p})
			o.talks = append(o.talks, t)
			continue // asked again once it has greeted us
		}
		r := &protocol.Request{
			Head: s.head(protocol.KindRequest), To: p, Capability: o.Capability, InputType: o.Input.Type,
			Size: o.Input.Size, Label: o.Input.Label, Deliver: s.time(&o.Order), Reply: s.at + quotePatience,
			Assets: []string{o.Asset}, Rails: []string{s.c.Rail}, Owner: s.mandate.By, Mandate: s.c.Mandate.ID,
		}
		if err := r.Check(); err != nil {
			s.slip("ask for a quote", err)
			continue
		}
		said := s.name(r)
		t.request, t.last = said.ID, said.ID
		o.talks = append(o.talks, t)
		s.effect(Tell{To: p, Doc: said})
	}
}

// someOf returns which providers an order asks next: of more than it may ask, those
// first with whom this agent has had to do, then those of whom it has heard, and of
// others whom the lot draws. Names are free, and so is telling no price.
func (s *step) someOf(o *order, providers []wire.Key) []wire.Key {
	left := mostAsked
	for _, t := range o.talks {
		if t.request.IsZero() || t.request != o.call {
			left--
		}
	}
	if left <= 0 || len(providers) == 0 {
		return nil
	}
	fresh := slices.DeleteFunc(slices.Clone(providers), func(p wire.Key) bool {
		return slices.ContainsFunc(o.talks, func(t talk) bool { return t.peer == p })
	})
	if len(fresh) <= left {
		return fresh
	}
	s.rank(fresh)
	return fresh[:left]
}

// rank puts those first with whom this agent has had to do, then those of whom it has
// heard, and others as the lot falls.
func (s *step) rank(providers []wire.Key) {
	lot := s.nonce()
	rank := func(p wire.Key) int {
		switch {
		case s.Dealt(p):
			return 0
		case s.web.Knows(p):
			return 1
		}
		return 2
	}
	slices.SortFunc(providers, func(a, b wire.Key) int {
		if c := cmp.Compare(rank(a), rank(b)); c != 0 {
			return c
		}
		for i := range lot {
			if c := cmp.Compare(a[i]^lot[i], b[i]^lot[i]); c != 0 {
				return c
			}
		}
		return 0
	})
}

// quoted takes a provider's Quote into the talk that it belongs to, and counters
// it where the order would rather pay less.
func (s *step) quoted(from wire.Key, bundle *wire.Bundle, i int, q *protocol.Quote) {
	if q.Terms.Hirer != s.c.Self || q.At > s.at+protocol.Skew || q.Terms.ValidUntil <= s.at {
		return
	}
	o, t := s.talking(from, q)
	if t == nil || q.Round != t.round || t.until == 0 {
		return // nobody asked for it, or it is answered already
	}
	t.until = 0
	w := s.wish(o)
	worst, _ := hire.Worst(q.Terms.Price, w.Calls)
	s.seals.put(wire.Sum(bundle.Docs[i]), bundle.Proof(i)) // by the hands
	c := &hire.Candidate{Provider: from, Terms: &q.Terms, Offered: bundle.Proof(i), Price: worst}
	switch code := w.Suits(s.at, from, c.Terms); {
	case code != "":
		t.code = code
	case t.quote == nil || c.Price.Cmp(t.quote.Price) <= 0:
		t.quote = c
	}
	s.haggle(o, t, w, q, wire.Sum(bundle.Docs[i]))
	s.place(o)
}

// talking returns the order whose Request or Call a Quote answers, and the talk.
func (s *step) talking(from wire.Key, q *protocol.Quote) (*order, *talk) {
	for _, key := range s.wishes {
		o := s.orders[key]
		i := slices.IndexFunc(o.talks, func(t talk) bool { return t.peer == from && t.request == q.Terms.Request })
		switch {
		case i >= 0:
			return o, &o.talks[i]
		case o.call.IsZero() || o.call != q.Terms.Request || s.at >= o.reply:
		case slices.ContainsFunc(o.talks, func(t talk) bool { return t.peer == from }):
			return nil, nil // it was asked besides: one talk with it is enough
		default:
			return o, s.invite(o, from, q)
		}
	}
	return nil, nil
}

// invite begins the talk with a provider that answers the order's Call. Whom we have
// had to do with always finds room; where there are many strangers, the dearest
// gives way to a cheaper one.
func (s *step) invite(o *order, from wire.Key, q *protocol.Quote) *talk {
	w := s.wish(o)
	free := q.Terms
	free.Price.Fixed = wire.Amount{}
	if w.Suits(s.at, from, &free) != "" { // the price may come down, all else will not
		return nil
	}
	t := talk{peer: from, request: o.call, last: o.call, until: o.reply}
	dearest, n := -1, 0
	for i := range o.talks {
		if o.talks[i].request != o.call || s.Dealt(o.talks[i].peer) {
			continue
		}
		n++
		if dearest < 0 || dearer(&o.talks[i], &o.talks[dearest]) {
			dearest = i
		}
	}
	if n < mostTalks || s.Dealt(from) {
		o.talks = append(o.talks, t)
		return &o.talks[len(o.talks)-1]
	}
	if worst := o.talks[dearest].quote; worst != nil && worst.Price.Cmp(q.Terms.Price.Fixed) <= 0 {
		return nil
	}
	o.talks[dearest] = t
	return &o.talks[dearest]
}

// dearer reports whether talk a has come to less than b: to nothing that suits, or
// to a higher price.
func dearer(a, b *talk) bool {
	if a.quote == nil || b.quote == nil {
		return a.quote == nil && b.quote != nil
	}
	return a.quote.Price.Cmp(b.quote.Price) > 0
}

// bid is what the order offers in a round: its bid at first, then more in equal
// steps, and in the last round its whole budget.
func (o *order) bid(round uint64) wire.Amount {
	// No sum or difference of what was ordered leaves its range.
	rise, _ := o.Budget.Minus(o.Bid)
	rise, _ = rise.Share(protocol.Full * (round - 1) / (protocol.MaxRounds - 1))
	bid, _ := o.Bid.Plus(rise)
	return bid
}

// haggle counters a Quote that costs more than the order would offer next, if its
// price is all that is in the way.
func (s *step) haggle(o *order, t *talk, w hire.Wish, q *protocol.Quote, id wire.CID) {
	if o.Bid.IsZero() || q.Round >= protocol.MaxRounds || !plain(q.Terms.Price) {
		return
	}
	bid, cheaper := o.bid(q.Round+1), q.Terms
	cheaper.Price = protocol.Price{Fixed: bid}
	if q.Terms.Price.Fixed.Cmp(bid) <= 0 || w.Suits(s.at, t.peer, &cheaper) != "" {
		return
	}
	said, ok := s.remark(t.peer, &protocol.Counter{
		Head: s.head(protocol.KindCounter), Quote: id, Round: q.Round + 1, Price: protocol.Price{Fixed: bid},
	})
	if ok {
		t.round, t.last, t.until = q.Round+1, said.ID, s.at+roundPatience
	}
}

// talkRefused ends the talk in which a peer refuses what we said last.
func (s *step) talkRefused(from wire.Key, r *protocol.Refuse) {
	for _, key := range slices.Clone(s.wishes) {
		o := s.orders[key]
		for i := range o.talks {
			if t := &o.talks[i]; t.peer == from && t.last == r.Of && t.until > 0 {
				if t.until, t.code = 0, r.Code; r.Code == protocol.CodeBusy && t.quote == nil {
					t.again = s.at + busyPause
				}
				s.place(o)
				return
			}
		}
	}
}
