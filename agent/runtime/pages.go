package runtime

import (
	"cmp"
	"fmt"
	"slices"

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
		b, err := pageOf(at, all).Bytes()
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

// pageOf picks from what was said of a job what shows one entry of our log.
// Where the other side has logged the same Outcome, no more is needed;
// otherwise what bears ours out goes with it, and the other side's own.
func pageOf(at logPlace, all []agent.Statement) *protocol.Page {
	page := &protocol.Page{}
	show := func(s agent.Statement) {
		if s.Bundle != nil && len(page.Shown) < protocol.MaxShown {
			page.Shown = append(page.Shown, s.Bundle.Proof(s.Index))
		}
	}
	var outcome *protocol.Outcome
	for _, s := range all {
		if s.ID == at.id {
			show(s)
		}
	}
	for _, s := range all {
		if s.ID == at.outcome {
			outcome, _ = s.Doc.(*protocol.Outcome)
			show(s)
		}
	}
	if outcome == nil {
		return page
	}
	for _, s := range all {
		if d, ok := s.Doc.(*protocol.LogEntry); ok && d.Outcome == at.outcome && s.ID != at.id {
			show(s)
			return page
		}
	}
	var proofs []agent.Statement
	for _, s := range all {
		if weight(s, outcome, at) > 0 {
			proofs = append(proofs, s)
		}
	}
	slices.SortStableFunc(proofs, func(a, b agent.Statement) int {
		return cmp.Compare(weight(b, outcome, at), weight(a, outcome, at))
	})
	for _, s := range proofs {
		show(s)
	}
	return page
}

// weight orders what bears out an Outcome by how much it is needed; 0 for what is not.
func weight(s agent.Statement, o *protocol.Outcome, at logPlace) int {
	byProvider := s.Doc.Header().By == o.Provider
	switch d := s.Doc.(type) {
	case *protocol.Accept:
		if s.ID == at.job {
			return 9
		}
	case *protocol.Entry:
		if d.Job == at.job && (d.Act == protocol.ActHold || s.ID == o.Entry) {
			return 8
		}
	case *protocol.Countersign:
		if byProvider && slices.Contains(d.Taken, at.job) {
			return 7
		}
	case *protocol.Delivery:
		return 6
	case *protocol.Outcome:
		if d.Job == at.job && s.ID != at.outcome {
			return 5
		}
	case *protocol.Claim:
		return 4
	case *protocol.Cancel:
		return 3
	case *protocol.Verdict:
		return 2
	case *protocol.Contest:
		if byProvider {
			return 1
		}
	}
	return 0
}
