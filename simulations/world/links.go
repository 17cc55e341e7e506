package world

import (
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// link is what is between two peers. Each end has a view of its own: one that
// died leaves the other talking to nobody until it notices.
type link struct {
	serial  uint32
	up      [2]bool // by end: the one that settled first is end 0
	greeted [2]bool // the other's Hello was heard at this end
	free    [2]uint64
	last    [2]uint64 // arrival of what was sent last from this end
}

// frame is what travels.
type frame struct {
	from   int32
	serial uint32
	size   uint64 // bytes
	bare   wire.Said
	raw    []byte // of a bundle; nil in a light world
	bundle *wire.Bundle
	docs   []wire.Said
}

func pairOf(a, b *Peer) uint64 {
	return uint64(uint32(min(a.id, b.id)))<<32 | uint64(uint32(max(a.id, b.id)))
}

// end is which end of the link to o p is.
func (p *Peer) end(o *Peer) int {
	if p.id < o.id {
		return 0
	}
	return 1
}

// Cut parts the world in two or more: side tells to which part each peer belongs.
// Links across break, and are noticed to be broken one end at a time.
func (w *World) Cut(side []uint8) {
	w.tally.Cuts++
	w.side = side
	for i, p := range w.peers {
		for _, k := range p.met {
			if o := w.peers[k]; k > int32(i) && w.apart(p, o) {
				w.breaks(p, o, true)
			}
		}
	}
}

// Break breaks the link between two, if there is one.
func (w *World) Break(a, b *Peer) {
	if a != b {
		w.breaks(a, b, false)
	}
}

// Heal ends a partition.
func (w *World) Heal() { w.side = nil }

// apart reports whether a partition is between two.
func (w *World) apart(a, b *Peer) bool {
	return int(max(a.id, b.id)) < len(w.side) && w.side[a.id] != w.side[b.id]
}

// breaks has both ends notice, some time or other, that their link is broken.
// One that is whole again by then was never broken.
func (w *World) breaks(a, b *Peer, mayHeal bool) {
	l := w.links[pairOf(a, b)]
	if l == nil {
		return
	}
	m := uint64(l.serial)
	if mayHeal {
		m |= 1 << 32
	}
	for _, ends := range [][2]*Peer{{a, b}, {b, a}} {
		if l.up[ends[0].end(ends[1])] {
			w.put(turn{at: w.now + between(w.ways, 0, w.o.Links.Notice), what: parts, peer: ends[0].id, other: ends[1].id, mark: m})
		}
	}
}

// part ends p's end of a link, and then the other's.
func (w *World) part(p, o *Peer, mark uint64) {
	l := w.links[pairOf(p, o)]
	if l == nil || l.serial != uint32(mark) || !l.up[p.end(o)] || mark>>32 == 1 && !w.apart(p, o) {
		return
	}
	serial := l.serial
	l.up[p.end(o)], l.greeted[p.end(o)] = false, false
	p.Handle(agent.Lost{Peer: o.key})
	if l.serial == serial && l.up[o.end(p)] {
		w.put(turn{at: w.now + w.o.Links.Latency, what: parts, peer: o.id, other: p.id, mark: uint64(serial)})
	}
}

// leave ends all links of a peer whose process is gone. The others notice later.
func (w *World) leave(p *Peer) {
	for _, k := range p.met {
		o := w.peers[k]
		l := w.links[pairOf(p, o)]
		if !l.up[p.end(o)] {
			continue
		}
		l.up[p.end(o)], l.greeted[p.end(o)] = false, false
		w.put(turn{at: w.now + between(w.ways, 0, w.o.Links.Notice), what: parts, peer: o.id, other: p.id, mark: uint64(l.serial)})
	}
}

// connect makes a link, if both are up and nothing is between them.
func (w *World) connect(p, o *Peer) {
	if p == o || p.core == nil || o.core == nil || w.apart(p, o) {
		return
	}
	l := w.links[pairOf(p, o)]
	if l == nil {
		l = &link{}
		w.links[pairOf(p, o)] = l
		p.met, o.met = append(p.met, o.id), append(o.met, p.id)
	}
	if l.up[0] && l.up[1] {
		return
	}
	for _, ends := range [][2]*Peer{{p, o}, {o, p}} { // an end that has not noticed yet does now
		if a, b := ends[0], ends[1]; l.up[a.end(b)] {
			l.up[a.end(b)] = false
			a.Handle(agent.Lost{Peer: b.key})
		}
	}
	l.serial++
	l.up, l.greeted, l.last, l.free = [2]bool{true, true}, [2]bool{}, [2]uint64{}, [2]uint64{}
	w.trace.mix(uint64(l.serial), pairOf(p, o))
	w.tell(p, o.name, "links", "")
	p.Handle(agent.Met{Peer: o.key})
	o.Handle(agent.Met{Peer: p.key})
	w.air.neighbours(w, p, o)
}

// Link has two linked soon.
func (w *World) Link(p, o *Peer) {
	w.put(turn{at: w.now + w.o.Links.Latency, what: meets, peer: p.id, other: o.id})
}

// send puts a frame on the link from p to o. It arrives once and in order, unless
// the world wants it otherwise.
func (w *World) send(p, o *Peer, f *frame) {
	l := w.links[pairOf(p, o)]
	end := p.end(o)
	if l == nil || !l.up[end] {
		return
	}
	w.tally.Frames++
	f.from, f.serial = p.id, l.serial
	if w.apart(p, o) || w.hit(w.ways, w.o.Links.Loss) {
		w.tally.Lost++
		w.tell(p, o.name, "lost", "")
		return
	}
	starts := max(w.now, l.free[end])
	if rate := w.rate(p, o); rate > 0 {
		starts += f.size * 1000 / rate
	}
	l.free[end] = starts
	at := starts + w.o.Links.Latency + between(w.ways, 0, w.o.Links.Jitter)
	if w.hit(w.ways, w.o.Links.Reorder) {
		w.tally.Reordered++
		at += between(w.ways, 1, 4*w.o.Links.Latency+4*w.o.Links.Jitter)
	} else {
		at = max(at, l.last[end])
		l.last[end] = at
	}
	w.put(turn{at: at, what: arrives, peer: o.id, other: p.id, with: f})
	if w.hit(w.ways, w.o.Links.Repeat) {
		w.tally.Repeated++
		at += between(w.ways, 0, 10*w.o.Links.Latency)
		w.put(turn{at: at, what: arrives, peer: o.id, other: p.id, with: f})
	}
}

// rate is how many bytes a second go between two: as many as the slowest of the
// network and their own two lines lets through; 0 for any.
func (w *World) rate(p, o *Peer) uint64 {
	least := w.o.Links.Bandwidth
	for _, r := range []uint64{p.line, o.line} {
		if r > 0 && (least == 0 || r < least) {
			least = r
		}
	}
	return least
}

// arrives reads a frame as the hands do. The first thing said on a link must be a Hello.
func (p *Peer) arrives(f *frame) {
	w, o := p.w, p.w.peers[f.from]
	l := w.links[pairOf(p, o)]
	end := p.end(o)
	if p.core == nil || l.serial != f.serial || !l.up[end] {
		return
	}
	if f.bundle == nil {
		p.arrivesBare(l, o, f)
		return
	}
	if !l.greeted[end] {
		w.part(p, o, uint64(l.serial))
		return
	}
	w.trace.mix(mark(f.docs[0].ID))
	bundle, docs := f.bundle, f.docs
	if f.raw != nil {
		var err error
		if bundle, err = wire.ReadBundle(f.raw); err == nil && w.o.Doubt {
			err = bundle.Open(w.o.Net)
		}
		if err == nil {
			docs, err = w.reg.Documents(bundle)
		}
		if err != nil {
			p.Handle(agent.Garbled{From: o.key, Of: wire.Sum(f.raw), Code: protocol.CodeOf(err)})
			return
		}
	}
	if w.o.Watch != nil {
		w.stop(w.o.Watch.Heard(p.key, o.key, docs))
	}
	p.Handle(agent.Heard{From: o.key, Bundle: bundle, Docs: docs})
}

func (p *Peer) arrivesBare(l *link, o *Peer, f *frame) {
	end := p.end(o)
	switch d := f.bare.Doc.(type) {
	case *protocol.Hello:
		if !l.greeted[end] {
			l.greeted[end] = true
			p.Handle(agent.Greeted{Peer: o.key, Hello: d})
		}
	case *protocol.Request:
		if l.greeted[end] {
			p.Handle(agent.Asked{Peer: o.key, Request: f.bare})
		}
	}
}

// words tells documents in short, for people.
func words(docs []wire.Said) string {
	all := make([]string, len(docs))
	for i, d := range docs {
		all[i] = word(d)
	}
	return join(slices.Clip(all))
}
