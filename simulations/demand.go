package simulations

import (
	"cmp"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/world"
)

// demand has everybody order what they will.
func (x *Story) demand() {
	var buyers, sellers []*world.Peer
	r := x.chance.demand
	for i, g := range x.Groups {
		if g.Buys {
			buyers = append(buyers, x.groups[i]...)
		}
		if g.Sells {
			sellers = append(sellers, x.groups[i]...)
		}
		for _, p := range x.groups[i] {
			for n := range g.Inside {
				if len(x.groups[i]) > 1 {
					x.orders(p, fmt.Sprintf("inside %d", n), x.groups[i])
				}
			}
		}
	}
	for n := range x.Market.Orders {
		if len(buyers) > 0 {
			x.orders(buyers[r.IntN(len(buyers))], fmt.Sprintf("order %d", n), x.direct(sellers))
		}
	}
	for _, p := range buyers {
		for n := range x.Market.PerAgent {
			x.orders(p, fmt.Sprintf("order %d", n), x.direct(sellers))
		}
	}
}

func (x *Story) direct(sellers []*world.Peer) []*world.Peer {
	if x.Market.Direct {
		return sellers
	}
	return nil
}

// orders has a peer order something at some time, of one of sellers if there are any.
func (x *Story) orders(p *world.Peer, key string, sellers []*world.Peer) {
	r := x.chance.demand
	m := &x.Market
	t := x.trade(r)
	o := agent.Order{
		Key: key, Capability: cmp.Or(t.Capability, m.Capability), Asset: m.Asset, Budget: wire.Units(m.Budget), Deliver: day,
		Input: world.Input(p.Name()+key, 100+r.Uint64N(1000), payload.Class(1+r.IntN(2)), day),
	}
	x.suits(&o, t, r)
	if m.Choose != "cost" {
		o.Choose = m.Choose
	}
	if !m.Takeover || r.IntN(2) == 0 {
		o.Plan = agent.PlanSingle
	}
	for len(sellers) > 0 && (o.Peer.IsZero() || o.Peer == p.Key()) {
		o.Peer = sellers[r.IntN(len(sellers))].Key()
	}
	at := between(r, world.Dawn+x.Time.Warmup.ms+x.comesAt(p), x.ends)
	name := fmt.Sprintf("%s of %s", key, p.Name())
	x.w.At(at, func() {
		if x.happens(name) {
			p.Order(o)
		}
	})
	if hit(r, m.Again) {
		x.w.At(between(r, at, x.ends), func() {
			if x.happens("once more " + name) {
				p.Order(o)
			}
		})
	}
	if hit(r, m.Withdraw) {
		x.w.At(between(r, at, x.ends), func() {
			if p.Agent() == nil || !x.happens("withdrawing "+name) {
				return
			}
			if v, ok := p.Agent().ByKey(p.Clock(), key); ok && !v.Final {
				p.Handle(agent.Withdrew{Key: key, Job: v.ID})
			}
		})
	}
}
