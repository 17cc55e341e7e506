package runtime

import (
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// OnLog shows pages of our own log of outcomes: first the mandate by which our
// owner answers for us, then the entries from the place asked for on.
func (e *ear) OnLog(peer wire.Key, at p2p.Place) ([][]byte, error) {
	<-e.ready
	p := e.p
	if at.Author != p.o.Agent.Key() {
		return nil, p2p.ErrNoLog
	}
	stranger := !p.logs.dealtWith(peer)
	if !p.quota.may(peer, stranger) {
		return nil, p2p.ErrBusy
	}
	places, ok := p.archive.log(at.Epoch, at.Seq, p2p.MaxPages-1)
	p.quota.charge(peer, 1+len(places), stranger)
	if !ok {
		return nil, p2p.ErrNoLog
	}
	pages, err := p.pages(places)
	if err != nil {
		p.log.Error("our log is not shown", "error", err)
		return nil, p2p.ErrNoLog
	}
	return pages, nil
}

// pages writes the pages of places, as many as an answer may hold.
func (p *Peer) pages(places []logPlace) ([][]byte, error) {
	mandate, err := wire.ReadBundle(p.o.Mandate)
	if err != nil {
		return nil, fmt.Errorf("read the mandate: %w", err)
	}
	first, err := (&protocol.Page{Shown: []wire.Proof{mandate.Proof(0)}}).Bytes()
	if err != nil {
		return nil, fmt.Errorf("show the mandate: %w", err)
	}
	pages, size := [][]byte{first}, len(first)
	for _, at := range places {
		all, err := p.statements(at.job)
		if err != nil {
			return nil, err
		}
		b, err := agent.PageOf(at.id, at.outcome, at.job, all)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", at.id, err)
		}
		if size += len(b); size > p2p.MaxLogBytes {
			break
		}
		pages = append(pages, b)
	}
	return pages, nil
}
