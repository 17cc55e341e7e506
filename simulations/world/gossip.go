package world

import (
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// air is what was announced and is not over, for those who come later.
type air struct {
	offers map[string][]notice // by capability
}

// notice is one announcement as it is heard.
type notice struct {
	by      int32
	expires uint64
	event   agent.Event
}

func newAir() air { return air{offers: map[string][]notice{}} }

// announce gossips an Offer or a Call.
func (w *World) announce(p *Peer, said wire.Said) {
	w.tally.Announced++
	w.trace.mix(mark(said.ID))
	if w.o.Tell != nil {
		w.tell(p, "", "announces", word(said))
	}
	bundle := p.sealed([][]byte{said.Raw}, []wire.Said{said})
	n := notice{by: p.id}
	switch d := said.Doc.(type) {
	case *protocol.Offer:
		n.expires, n.event = d.Expires, agent.Listed{Listing: hire.Listing{Offer: d, Proof: bundle.Proof(0)}}
		w.air.put(w.now, d.Terms.Capability, n)
	case *protocol.Call:
		n.event = agent.Called{Call: said}
	default:
		return
	}
	if k := w.o.Gossip.Listeners; k > 0 {
		for range k {
			w.whisper(p, w.peers[w.talk.IntN(len(w.peers))], n)
		}
		return
	}
	for i := 0; w.o.Gossip.Asked == 0 && i < len(w.peers); i++ {
		w.whisper(p, w.peers[i], n)
	}
}

// whisper has one listener hear an announcement, perhaps.
func (w *World) whisper(p, o *Peer, n notice) {
	if p == o || o.core == nil || w.apart(p, o) || w.hit(w.talk, w.o.Gossip.Loss) {
		return
	}
	w.put(turn{at: w.now + between(w.talk, w.o.Gossip.Least, w.o.Gossip.Most), what: hears, peer: o.id, run: o.run, other: p.id, with: n.event})
}

// put keeps the newest announcement of each author.
func (a *air) put(now uint64, capability string, n notice) {
	all := a.offers[capability]
	if i := slices.IndexFunc(all, func(x notice) bool { return x.by == n.by }); i >= 0 && len(all) <= 256 {
		all[i] = n
		return
	}
	if len(all) > 256 && len(all)%256 == 0 {
		all = slices.DeleteFunc(all, func(x notice) bool { return x.expires <= now })
	}
	a.offers[capability] = append(all, n)
}

// neighbours tells two who have just met what is on offer, as a peer that joins asks.
func (a *air) neighbours(w *World, p, o *Peer) {
	if w.o.Gossip.Asked > 0 {
		return // there it is asked for when it is needed
	}
	for _, capability := range sorted(a.offers) {
		for _, n := range a.offers[capability] {
			for _, to := range []*Peer{p, o} {
				if n.by != to.id && n.expires > w.now {
					w.put(turn{at: w.now + w.o.Links.Latency, what: hears, peer: to.id, run: to.run, other: n.by, with: n.event})
				}
			}
		}
	}
}

// Order has something bought now, and returns why not, if not. Where announcements
// do not reach everybody, the buyer is told some offers first.
func (p *Peer) Order(o agent.Order) *agent.Refusal {
	w := p.w
	w.tally.Orders++
	if all := w.air.offers[o.Capability]; w.o.Gossip.Asked > 0 && len(all) > 0 {
		for range w.o.Gossip.Asked {
			if n := all[w.talk.IntN(len(all))]; n.by != p.id && n.expires > w.now {
				p.Handle(n.event)
			}
		}
	}
	if w.o.Watch != nil {
		w.stop(w.o.Watch.Ordered(p.key, &o))
	}
	if p.core != nil && p.disk.full {
		return p.noRoom(&o)
	}
	w.tell(p, "", "orders", o.Key)
	return p.Handle(agent.Ordered{Order: o})
}
