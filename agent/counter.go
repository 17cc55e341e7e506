package agent

import (
	"slices"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of haggling on the provider's side.
const (
	mostGiven     = 32  // quotes of one peer that it may counter
	countersOfOne = 60  // answered in a minute, of one peer
	countersOfAll = 600 // answered in a minute, of strangers
)

// given is a quote as we gave it: what a Counter may answer. Soft, and forgotten
// with the link: the quote itself is firm all the same, since an Accept carries it.
type given struct {
	id         wire.CID
	capability string
	request    wire.CID
	round      uint64
	price      wire.Amount
	until      uint64
}

// quote offers a stand to a peer and remembers it.
func (s *step) quote(peer wire.Key, stand *sell.Stand, g given) {
	terms := stand.Terms(s.seller(), g.until)
	terms.Hirer, terms.Request, terms.Price = peer, g.request, stand.PriceOf(g.price)
	said, ok := s.remark(peer, &protocol.Quote{Head: s.head(protocol.KindQuote), Round: g.round, Terms: terms})
	if !ok {
		return
	}
	g.id, g.capability = said.ID, stand.Capability
	known := append(s.given[peer], g)
	s.given[peer] = known[max(0, len(known)-mostGiven):]
}

// countered answers a Counter with a fresh Quote of its round, or a coded no. What
// is over a peer's ration is not answered at all: a storm costs its maker more.
func (s *step) countered(from wire.Key, said wire.Said, c *protocol.Counter) {
	if !s.counters.grant(s.at, from, s.Dealt(from), countersOfOne, countersOfAll) {
		return
	}
	i := slices.IndexFunc(s.given[from], func(g given) bool { return g.id == c.Quote })
	if i < 0 || s.given[from][i].until <= s.at {
		s.refuse(from, said.ID, protocol.CodeExpired, "no quote that stands: ask for a fresh one")
		return
	}
	g := s.given[from][i]
	stand, withdrawn, sold := s.stall.Get(g.capability)
	switch {
	case c.Round != g.round+1:
		s.refuse(from, said.ID, protocol.CodeMalformed, "its round does not follow that of the quote")
	case !sold || withdrawn:
		s.refuse(from, said.ID, protocol.CodeNotOffered, "")
	case c.Times != protocol.Times{} && c.Times.Deliver < stand.Deliver:
		s.refuse(from, said.ID, protocol.CodeLate, "it takes as long as was quoted")
	case !plain(stand.Terms(s.seller(), g.until).Price):
		s.refuse(from, said.ID, protocol.CodeNotOffered, "what is paid in parts is not haggled over")
	case !onlyPrice(c):
		s.refuse(from, said.ID, protocol.CodeNotOffered, "only the price is open to talk")
	default:
		wish := c.Price.Fixed
		if c.Price.IsZero() {
			wish = g.price
		}
		stand = s.loaded(&stand)
		price := stand.Meets(c.Round, wish)
		if price.Cmp(g.price) > 0 { // load has risen since, and nobody haggles upwards
			price = g.price
		}
		g.round, g.price, g.until = c.Round, price, max(g.until, s.at+sell.QuoteLife)
		s.quote(from, &stand, g)
	}
}

// plain reports whether a price is one sum for the whole job.
func plain(p protocol.Price) bool { return p.Unit == "" && len(p.Tranches) == 0 }

// onlyPrice reports whether a Counter wishes for nothing but another fixed price,
// or more time.
func onlyPrice(c *protocol.Counter) bool {
	return plain(c.Price) && c.Data == payload.Handling{} && c.Rule.IsZero() &&
		c.Panel.IsZero() && c.Witness == protocol.Third{} && c.KillFee.IsZero() && c.Reworks == 0
}
