package runtime

import (
	"cmp"
	"context"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Find returns live offers, by asset, that with the least expected cost of a
// success first; those whose price is told on request come last.
func (p *Peer) Find(ctx context.Context, capability string) ([]gateway.Found, error) {
	self := p.o.Agent.Key()
	found, err := p.appraised(ctx, capability)
	if err != nil {
		return nil, err
	}
	own, err := ask(ctx, p, func(a *agent.Agent, at uint64) []gateway.Found {
		var own []gateway.Found
		stands, busy := a.Stands(at)
		for i, s := range stands {
			if capability == "" || capability == s.Capability {
				own = append(own, gateway.Found{
					Peer: self, Capability: s.Capability, Title: s.Title, Price: s.At(busy[i]).Price, Asset: s.Asset, Ask: s.Ask,
					InputSchema: s.Schema, Rule: s.Rule.Rule, RerunSafe: s.RerunSafe, PassOn: s.Data.PassOn, DeliverMS: s.Deliver,
					Expires: p.board.expiry(self, s.Capability), Own: true,
				})
			}
		}
		return own
	})
	found = append(found, own...)
	slices.SortStableFunc(found, func(a, b gateway.Found) int {
		return cmp.Or(later(a.Ask, b.Ask), cmp.Compare(a.Asset, b.Asset), later(a.Own, b.Own), costOf(a, b), a.Price.Cmp(b.Price))
	})
	showSchemas(found)
	return found, err
}

func later(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func costOf(a, b gateway.Found) int {
	if a.Estimate == nil || b.Estimate == nil {
		return 0
	}
	return a.Estimate.Expected.Cmp(b.Estimate.Expected)
}

// appraised asks for the offers of others until the core has judged them all: it
// does no more at a time than a step may take.
func (p *Peer) appraised(ctx context.Context, capability string) ([]gateway.Found, error) {
	for {
		found, err := ask(ctx, p, func(a *agent.Agent, at uint64) []gateway.Found {
			all, done := a.Appraise(at, capability)
			if !done {
				return nil
			}
			found := make([]gateway.Found, len(all))
			for i := range all {
				found[i] = foundOf(&all[i])
			}
			return found
		})
		if found != nil || err != nil {
			return found, err
		}
	}
}

func foundOf(x *agent.Appraisal) gateway.Found {
	o := x.Offer
	most, _ := hire.Worst(o.Terms.Price, 1) // of one call; else it would not have been found
	return gateway.Found{
		Peer: o.By, Capability: o.Terms.Capability, Title: o.Title, Price: most, Asset: o.Terms.Asset,
		Ask: o.Ask, InputSchema: o.Schema, Rule: o.Terms.Rule.Rule, RerunSafe: o.Terms.RerunSafe, PassOn: o.Terms.Data.PassOn, DeliverMS: o.Terms.Times.Deliver,
		Expires: o.Expires, Evaluators: judges(&o.Terms.Panel), Estimate: estimateOf(x.Choice),
	}
}

func judges(p *protocol.Panel) (all []wire.Key) {
	for i := range p.Members {
		all = append(all, p.Members[i].Key)
	}
	return all
}

func estimateOf(c agent.Choice) *gateway.Estimate {
	of1 := func(share uint64) float64 { return float64(share) / protocol.Full }
	e := &gateway.Estimate{
		Success: of1(c.Success), Low: of1(c.Low), High: of1(c.High), Uncertainty: of1(c.Uncertainty), Expected: c.Expected,
		Why: c.Why, Of: c.Of, Next: c.Next,
	}
	if !c.Next.IsZero() {
		e.NextCost = &c.NextCost
	}
	return e
}
