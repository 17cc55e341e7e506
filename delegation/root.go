package delegation

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// What a root mandate grants where its owner names nothing else.
const (
	RootAsset  = "souk:credit/usd-6" // a millionth of a dollar of mutual credit
	RootPerJob = 100_000             // units of RootAsset: ten cents
	RootTotal  = 1_000_000           // units of RootAsset: one dollar
	RootLife   = 90 * 86400_000      // milliseconds: 90 days
)

// Grant is what an owner grants its own agent at the root. The zero Grant is
// the default one.
type Grant struct {
	Budgets []protocol.Budget // in rising order of asset; none means RootPerJob and RootTotal of RootAsset
	Life    uint64            // milliseconds from at; 0 means RootLife
}

// Root returns the mandate by which owner lets agent hire and offer anything,
// with anyone, within the budgets of g, and send out public and internal
// payloads. No further grant may follow from it. It remains to be sealed by owner.
func Root(owner, agent wire.Key, at uint64, nonce wire.Nonce, g Grant) *protocol.Mandate {
	if len(g.Budgets) == 0 {
		g.Budgets = []protocol.Budget{{Asset: RootAsset, PerJob: wire.Units(RootPerJob), Total: wire.Units(RootTotal)}}
	}
	if g.Life == 0 {
		g.Life = RootLife
	}
	return &protocol.Mandate{
		Head:     wire.Head{Kind: protocol.KindMandate, By: owner, At: at, Nonce: nonce},
		Audience: agent, Hire: []string{"*"}, Offer: []string{"*"}, Budgets: g.Budgets, AnyParty: true,
		Classes:   []payload.Class{payload.Public, payload.Internal},
		NotBefore: at, Expires: at + g.Life,
	}
}

// CheckRoot reports whether m, known to be sealed by its author, is a chain of
// one link from owner to agent: nil, a fault of its form, or a *Refusal.
func CheckRoot(m *protocol.Mandate, owner, agent wire.Key) error {
	switch {
	case m.By != owner:
		return refuse(protocol.CodeMandate, ClauseIssuer, "it was granted by %s, not by the owner", m.By)
	case m.Audience != agent:
		return refuse(protocol.CodeMandate, ClauseAudience, "it is for %s", m.Audience)
	case !m.Parent.IsZero():
		return refuse(protocol.CodeMandate, ClauseParent, "it is part of a longer chain")
	}
	return m.Check()
}
