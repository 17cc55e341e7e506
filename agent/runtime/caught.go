package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Bounds of proofs that authors have written two entries for one place of their
// logs, or of a lane to us. What finds no room is not kept: the core knows it for as long as it runs,
// and finds it again when the pages are told anew.
const (
	MaxForked   = 4096 // proofs kept, one of each author
	MaxExposing = 64   // authors whose proofs wait to be put together
)

// caught are the authors whose proofs wait. They are put together one after the
// other, for each may be a search of the whole shelf, and once for each author.
type caught struct {
	waiting chan agent.Caught

	mu   sync.Mutex
	of   map[wire.Key]bool // who waits
	kept int
}

func newCaught() *caught {
	return &caught{waiting: make(chan agent.Caught, MaxExposing), of: map[wire.Key]bool{}}
}

// put has the proof against an author put together, unless it waits already or there
// is no room.
func (c *caught) put(e agent.Caught) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[e.Author] || len(c.of) >= MaxExposing || c.kept >= MaxForked {
		return false
	}
	c.of[e.Author] = true
	c.waiting <- e // there is room
	return true
}

// done counts a proof off that waited, and as kept if it is.
func (c *caught) done(author wire.Key, kept bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.of, author)
	if kept {
		c.kept++
	}
}

// expose has the proof put together that an author has written two entries for one
// place of its log or lane, and kept for good.
func (p *Peer) expose(e agent.Caught) {
	if p.o.Shelf != nil && p.caught.put(e) {
		p.log.Warn("two entries for one place of a log or lane: its author weighs nothing from now on", "author", e.Author)
	}
}

// keepProofs puts the proofs together until the peer stops.
func (p *Peer) keepProofs() {
	for {
		select {
		case e := <-p.caught.waiting:
			kept, err := p.keepEquivocation(e)
			if err != nil {
				p.log.Warn("the proof of two entries for one place is not kept", "author", e.Author, "error", err)
			}
			p.caught.done(e.Author, kept)
			if kept {
				p.post(agent.Told{Author: e.Author, Forked: true})
			}
		case <-p.ctx.Done():
			return
		}
	}
}

// keepEquivocation keeps a proof, and reports whether it is one more than before.
func (p *Peer) keepEquivocation(e agent.Caught) (bool, error) {
	key := shelfForked + e.Author.String()
	if p.logs.has(key) {
		return false, nil // one is enough
	}
	proofs := p.proofsOf(e)
	first, second := proofs[e.First], proofs[e.Second]
	if first == nil || second == nil {
		return false, fmt.Errorf("one of the entries %s and %s is not at hand", e.First, e.Second)
	}
	if bytes.Compare(e.First[:], e.Second[:]) > 0 {
		first, second = second, first
	}
	d := &protocol.Equivocation{
		Head:  wire.Head{Kind: protocol.KindEquivocation, By: p.o.Agent.Key(), At: now()},
		First: *first, Second: *second,
	}
	draw(d.Nonce[:])
	if err := d.Check(); err != nil {
		return false, err
	}
	bundle, err := wire.Seal(p.o.Agent, p.o.Net, wire.Canonical{}.Name(d).Raw)
	if err != nil {
		return false, err
	}
	b, err := bundle.Bytes()
	if err != nil {
		return false, err
	}
	return true, p.o.Shelf.Put(key, b)
}

// Forks returns the proofs kept here, by author.
func (p *Peer) Forks(context.Context) ([]gateway.Fork, error) {
	forks := []gateway.Fork{}
	if p.o.Shelf == nil {
		return forks, nil
	}
	var bad error
	err := p.o.Shelf.List(shelfForked, func(_ string, value []byte) bool {
		var d *protocol.Equivocation
		if d, _, bad = settlement.ReadEquivocation(p.reg, value); bad != nil {
			return false
		}
		forks = append(forks, gateway.Fork{Author: d.Author(), At: d.At, Proof: string(settlement.ArmorEquivocation(value))})
		return true
	})
	return forks, errors.Join(err, bad)
}

// proofsOf looks for who said the two entries: in the journal, in what is kept of
// their author's own log, and on everybody's pages.
func (p *Peer) proofsOf(e agent.Caught) map[wire.CID]*wire.Proof {
	found := map[wire.CID]*wire.Proof{}
	for _, id := range []wire.CID{e.First, e.Second} {
		if proof, ok := p.journalled(id); ok {
			found[id] = &proof
		}
	}
	for _, where := range []string{shelfPages + e.Author.String() + "/", shelfPages} {
		if len(found) == 2 {
			break
		}
		err := p.o.Shelf.List(where, func(_ string, value []byte) bool {
			page, err := protocol.ReadPage(value)
			if err != nil {
				return p.ctx.Err() == nil
			}
			for i := range page.Shown {
				if id := wire.Sum(page.Shown[i].Doc); found[id] == nil && (id == e.First || id == e.Second) {
					found[id] = &page.Shown[i]
				}
			}
			return len(found) < 2 && p.ctx.Err() == nil
		})
		if err != nil {
			p.log.Warn("the shelf is not read", "error", err)
		}
	}
	return found
}

// journalled returns who said an entry of a log, if the journal tells.
func (p *Peer) journalled(id wire.CID) (proof wire.Proof, ok bool) {
	seq, known := p.archive.entry(id)
	if !known {
		return proof, false
	}
	r, err := p.readRecord(seq)
	if err != nil {
		return proof, false
	}
	for _, s := range r.Statements() {
		if s.ID == id && s.Bundle != nil {
			return s.Bundle.Proof(s.Index), true
		}
	}
	return proof, false
}
