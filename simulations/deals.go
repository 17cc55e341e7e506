package simulations

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/world"
)

// unitsOfCall is the most units that one call of a metered contract is.
const unitsOfCall = 3

// check reports deals that no stand of the group could be.
func (d *Deals) check(g *Group) error {
	s := sell.Stand{Price: wire.Units(g.Price), Deliver: 1, Slots: 1, Technology: "builtin"}
	d.sets(&s)
	if d.Panel > 0 {
		s.Panel = protocol.Panel{Needed: uint8(min(d.Needed, 255))}
	}
	switch {
	case *d != (Deals{}) && !g.Sells:
		return errors.New("deals: who sells nothing has none")
	case d.Panel < 0 || d.Panel > protocol.MaxEvaluators || d.Panel > 0 && (d.Needed < 1 || d.Needed > uint64(d.Panel)):
		return fmt.Errorf("deals.panel: want 0 to %d evaluators, and as needed from 1 to all of them", protocol.MaxEvaluators)
	case d.Panel > 0 && g.Rule:
		return errors.New("deals.panel: results are judged by a rule of the buyer's own, and so by none of the terms")
	}
	for _, name := range []string{d.Capability, d.Parts} {
		if name != "" {
			if err := protocol.CheckCapability(name); err != nil {
				return fmt.Errorf("deals: %w", err)
			}
		}
	}
	if err := s.Check(); err != nil {
		return fmt.Errorf("deals: %w", err)
	}
	return nil
}

// sets makes a stand of a price one with these deals. Evaluators are named later.
func (d *Deals) sets(s *sell.Stand) {
	s.Tranches, s.Advance, s.Reworks = d.Tranches, d.Advance, d.Reworks
	s.Data.PassOn = s.Data.PassOn || d.Parts != ""
	if d.Window > 0 {
		s.Meter = sell.Meter{
			Unit: "token", PerUnit: wire.Units(d.PerUnit), MaxUnits: unitsOfCall * d.Window, Window: d.Window, Windows: max(1, d.Windows),
		}
	}
}

func (x *Story) stand(g *Group, r *rand.Rand) sell.Stand {
	s := sell.Stand{
		Capability: x.Market.Capability, Price: wire.Units(between(r, g.Price, g.Price+g.Spread)), Asset: x.Market.Asset, Technology: "builtin",
		InputType: "*/*", OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day},
		Deliver: 10 * 60_000, Slots: max(1, g.Slots), Ask: hit(r, g.Ask), RerunSafe: hit(r, g.Rerun),
	}
	s.Capability = cmp.Or(g.Deals.Capability, s.Capability)
	if hit(r, g.Public) {
		s.Data.Most = payload.Public
	}
	if g.Rule {
		s.Rule = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`}
	}
	g.Deals.sets(&s)
	return s
}

// trade draws how the next order is dealt in: as one of the groups sells that sell.
// Where all sell alike, nothing is drawn.
func (x *Story) trade(r *rand.Rand) *Deals {
	var all []*Deals
	for i := range x.Groups {
		if g := &x.Groups[i]; g.Sells {
			all = append(all, &g.Deals)
		}
	}
	alike := true
	for _, d := range all {
		alike = alike && *d == *all[0]
	}
	switch {
	case len(all) == 0:
		return new(Deals)
	case alike:
		return all[0]
	}
	return all[r.IntN(len(all))]
}

// suits makes an order one that suits how it is dealt in.
func (x *Story) suits(o *agent.Order, d *Deals, r *rand.Rand) {
	if d.Parts != "" {
		o.Input.Label.PassOn = true
	}
	if d.Panel > 0 {
		o.Expect = protocol.Check{Rule: "size", Params: `{"max_bytes":9}`}
		for _, p := range x.judges() {
			o.Evaluators = append(o.Evaluators, p.Key())
		}
	}
	if d.Window > 0 {
		for i := range r.Uint64N(d.Window * max(1, d.Windows)) {
			o.More = append(o.More, world.Input(fmt.Sprint(o.Input.ID, " call ", i), 100+r.Uint64N(1000), o.Input.Label.Class, day))
		}
	}
}

// parts is what the agents of a group have others do.
func (x *Story) parts(g *Group) *agent.Order {
	if g.Deals.Parts == "" {
		return nil
	}
	m := &x.Market
	o := &agent.Order{Capability: g.Deals.Parts, Asset: m.Asset, Budget: wire.Units(m.Budget), Deliver: day, Plan: agent.PlanSingle}
	o.Input.Label = payload.Label{Retention: day}
	return o
}

// judges returns who is an evaluator.
func (x *Story) judges() []*world.Peer {
	var all []*world.Peer
	for i, g := range x.Groups {
		if g.Judges {
			all = append(all, x.groups[i]...)
		}
	}
	return all
}

// consents has evaluators agree to judge for those who name some, who then open
// their stands.
func (x *Story) consents() {
	judges := x.judges()
	for i := range x.Groups {
		g := &x.Groups[i]
		if g.Deals.Panel == 0 {
			continue
		}
		if len(judges) < g.Deals.Panel {
			x.err = fmt.Errorf("group %s names %d evaluators, and there are %d", g.Name, g.Deals.Panel, len(judges))
			return
		}
		for n, p := range x.groups[i] {
			s := x.stand(g, x.chance.people)
			s.Panel = protocol.Panel{Needed: uint8(g.Deals.Needed), Split: g.Deals.Split.of10k}
			for k := range g.Deals.Panel {
				third, err := judges[(n+k)%len(judges)].Consent(p, "text/*", x.Market.Asset, 30*day)
				if err != nil {
					x.err = err
					return
				}
				s.Panel.Members = append(s.Panel.Members, third)
			}
			p.Opens(s)
		}
	}
}
