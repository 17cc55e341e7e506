package runtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of showing payers what they have forgotten.
const (
	maxRetelling = 4                // payers who are shown something at the same time
	retellWithin = 60 * time.Second // for one of them
	retellPause  = 20 * time.Millisecond
)

// retellers are the payers who are being shown what they have forgotten.
type retellers struct {
	mu sync.Mutex
	of map[wire.Key]bool
}

// take reports whether a payer's turn has come; give ends it.
func (r *retellers) take(peer wire.Key) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of[peer] || len(r.of) >= maxRetelling {
		return false
	}
	if r.of == nil {
		r.of = map[wire.Key]bool{}
	}
	r.of[peer] = true
	return true
}

func (r *retellers) give(peer wire.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, peer)
}

// retell (docs/decisions/0026-coming-back.md) shows a payer what it has forgotten, in a goroutine of its own. Who finds no
// room comes again: its next Hello or OPEN asks for it.
func (p *Peer) retell(e agent.Retell) {
	if !p.retellers.take(e.To) {
		return
	}
	p.wg.Go(func() {
		defer p.retellers.give(e.To)
		ctx, cancel := context.WithTimeout(p.ctx, retellWithin)
		defer cancel()
		said, err := p.retold(ctx, e)
		if err != nil {
			p.log.Warn("a payer could not be shown what it has forgotten", "payer", e.To, "shown", said, "error", err)
			return
		}
		p.log.Info("a payer was shown what it has forgotten", "payer", e.To, "bundles", said)
	})
}

var errTooFarBack = errors.New("it has forgotten more than can be shown, or entries that are not here")

// retold sends the bundles in which the entries of a lane and their jobs were told, as
// fast as the link takes them, and returns how many.
func (p *Peer) retold(ctx context.Context, e agent.Retell) (said int, err error) {
	names, jobs, ok := e.Back(func(id wire.CID) (*protocol.Entry, bool) {
		s, err := p.statement(id)
		if err != nil || ctx.Err() != nil {
			return nil, false
		}
		entry, ok := s.Doc.(*protocol.Entry)
		return entry, ok
	})
	if !ok {
		return 0, errTooFarBack
	}
	var records []uint64
	for i, id := range names {
		if seq, ok := p.archive.entry(id); ok {
			records = append(records, seq)
		}
		if !jobs[i].IsZero() {
			records = append(records, p.archive.of(jobs[i])...)
		}
	}
	slices.Sort(records)
	for _, seq := range slices.Compact(records) {
		r, err := p.readRecord(seq)
		if err != nil {
			return said, err
		}
		for _, b := range r.Between(e.To) {
			if err := p.show(ctx, e.To, b); err != nil {
				return said, err
			}
			said++
		}
	}
	return said, nil
}

// show sends a bundle once there is room for it on the link.
func (p *Peer) show(ctx context.Context, to wire.Key, b *wire.Bundle) error {
	raw, err := b.Bytes()
	if err != nil {
		return err
	}
	frame, err := (&protocol.Frame{Bundles: [][]byte{raw}}).Bytes()
	if err != nil {
		return err
	}
	for p.links.linked(to) {
		if err = p.net.Send(ctx, to, frame); !errors.Is(err, p2p.ErrBusy) || !p.wait(ctx, retellPause) {
			return err
		}
	}
	return p2p.ErrUnreachable
}
