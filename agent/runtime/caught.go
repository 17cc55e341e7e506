package runtime

import (
	"bytes"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// expose puts together the proof that an author has written two entries for one
// place of its log, and keeps it for good.
func (p *Peer) expose(e agent.Caught) {
	p.log.Warn("two entries for one place of a log: its author weighs nothing from now on", "author", e.Author)
	if p.o.Shelf == nil {
		return
	}
	p.wg.Go(func() {
		if err := p.keepEquivocation(e); err != nil {
			p.log.Warn("the proof of it is not kept", "author", e.Author, "error", err)
		}
	})
}

func (p *Peer) keepEquivocation(e agent.Caught) error {
	first, ok := p.proofOf(e.First)
	second, also := p.proofOf(e.Second)
	if !ok || !also {
		return fmt.Errorf("one of the entries %s and %s is not at hand", e.First, e.Second)
	}
	if bytes.Compare(e.First[:], e.Second[:]) > 0 {
		first, second = second, first
	}
	d := &protocol.Equivocation{
		Head:  wire.Head{Kind: protocol.KindEquivocation, By: p.o.Agent.Key(), At: now()},
		First: first, Second: second,
	}
	draw(d.Nonce[:])
	if err := d.Check(); err != nil {
		return err
	}
	bundle, err := wire.Seal(p.o.Agent, p.o.Net, wire.Canonical{}.Name(d).Raw)
	if err != nil {
		return err
	}
	b, err := bundle.Bytes()
	if err != nil {
		return err
	}
	return p.o.Shelf.Put(shelfForked+e.Author.String(), b)
}

// proofOf looks for who said an entry of a log, in the journal and on the shelf.
func (p *Peer) proofOf(id wire.CID) (proof wire.Proof, ok bool) {
	if seq, known := p.archive.entry(id); known {
		r, err := p.readRecord(seq)
		if err != nil {
			return proof, false
		}
		for _, s := range r.Statements() {
			if s.ID == id && s.Bundle != nil {
				return s.Bundle.Proof(s.Index), true
			}
		}
	}
	err := p.o.Shelf.List(shelfPages, func(_ string, value []byte) bool {
		page, err := protocol.ReadPage(value)
		if err != nil {
			return p.ctx.Err() == nil
		}
		for i := range page.Shown {
			if wire.Sum(page.Shown[i].Doc) == id {
				proof, ok = page.Shown[i], true
			}
		}
		return !ok && p.ctx.Err() == nil
	})
	return proof, ok && err == nil
}
