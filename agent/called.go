package agent

import (
	"slices"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of what is answered of the Calls that anyone may announce: what is
// beyond them is left to other providers. Whom this agent has had to do with is
// answered though strangers flood it.
const (
	callsOfOne  = 6      // in a minute, of one author
	callsOfAll  = 120    // in a minute, of strangers
	mostCallers = 64     // Calls whose author is not linked yet, of strangers
	reachWithin = 20_000 // milliseconds in which such an author is linked, or forgotten
)

// callers are the Calls that this agent answers. Soft.
type callers struct {
	ration
	waiting []waiting // until their author is linked, oldest first
}

// waiting is a Call with the time until which its author is waited for.
type waiting struct {
	call  wire.Said
	until uint64
}

func (w waiting) by() wire.Key { return w.call.Doc.Header().By }

// called answers a Call that a stand could do, once its author can be reached.
func (s *step) called(said wire.Said) {
	c, ok := said.Doc.(*protocol.Call)
	if !ok || c.By == s.c.Self || c.At > s.at+protocol.Skew || c.Reply <= s.at || s.heeds(said.ID, c.By) {
		return
	}
	known := s.Dealt(c.By)
	if _, does := s.answers(c); !does || !s.callers.grant(s.at, c.By, known, callsOfOne, callsOfAll) {
		return
	}
	s.callers.waiting = slices.DeleteFunc(s.callers.waiting, func(w waiting) bool { return w.until <= s.at })
	if len(s.callers.waiting) >= mostCallers && !known {
		return
	}
	s.callers.waiting = append(s.callers.waiting, waiting{said, min(c.Reply, s.at+reachWithin)})
	if s.peers[c.By] {
		s.answerCalls(c.By)
	} else {
		s.effect(Reach{c.By})
	}
}

// heeds reports whether a Call is to be answered, or was on this link: one may be
// heard twice.
func (s *step) heeds(call wire.CID, by wire.Key) bool {
	return slices.ContainsFunc(s.callers.waiting, func(w waiting) bool { return w.call.ID == call }) ||
		slices.ContainsFunc(s.given[by], func(g given) bool { return g.request == call })
}

// answers returns the stand that does what a Call asks for, and reports whether
// there is one that would take the job now.
func (s *step) answers(c *protocol.Call) (sell.Stand, bool) {
	stand, code, _ := s.sells(&protocol.Request{
		Capability: c.Capability, InputType: c.InputType, Size: c.Size, Label: c.Label, Deliver: c.Deliver,
		Assets: c.Assets, Rails: c.Rails,
	})
	switch {
	case code != "":
	case !c.Rule.IsZero() && c.Rule != stand.Rule:
	case s.mayOffer(&stand) != nil:
	default:
		stand = s.loaded(&stand)
		dear := !c.Ceiling.IsZero() && c.Assets[0] == stand.Asset && stand.Asks(protocol.MaxRounds).Cmp(c.Ceiling) > 0
		return stand, !dear && s.book.Admit(c.By, stand.Asset, stand.Price) == nil
	}
	return stand, false
}

// answerCalls sends a peer that is linked the quotes for its Calls.
func (s *step) answerCalls(peer wire.Key) {
	var mine []wire.Said
	s.callers.waiting = slices.DeleteFunc(s.callers.waiting, func(w waiting) bool {
		its := w.by() == peer
		if its {
			mine = append(mine, w.call)
		}
		return its
	})
	for _, said := range mine {
		c := said.Doc.(*protocol.Call)
		if stand, ok := s.answers(c); ok && c.Reply > s.at {
			// It stands for as long as the hirer gathers quotes, and a while longer.
			s.quote(peer, &stand, given{request: said.ID, price: stand.Price, until: c.Reply + sell.QuoteLife})
		}
	}
}
