package runtime

import (
	"context"
	"errors"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Receipt returns the armoured receipt of a job, an entry, or the newest payment.
func (p *Peer) Receipt(ctx context.Context, id string) ([]byte, error) {
	var entry wire.CID // none where it is not found
	if id == "last" {
		entry, _ = p.archive.last()
	} else if v, err := p.view(ctx, id); err == nil {
		if entry, err = p.entryOf(v.ID); err != nil {
			return nil, err
		}
	} else if c, err := wire.ParseCID(id); err == nil {
		entry = c
	}
	r, err := p.receiptOf(entry)
	if err != nil {
		return nil, err
	}
	return r.Armor()
}

// entryOf returns the entry that settles a job, or else the one that holds for it.
func (p *Peer) entryOf(id wire.CID) (wire.CID, error) {
	statements, err := p.statements(id)
	var found wire.CID
	for _, s := range statements {
		if e, ok := s.Doc.(*protocol.Entry); ok && e.Job == id && e.Act != protocol.ActVoid &&
			(found.IsZero() || e.Act == protocol.ActPost || e.Act == protocol.ActAward) {
			found = s.ID
		}
	}
	return found, err
}

// receiptOf puts together an entry and the countersign that covers it.
func (p *Peer) receiptOf(id wire.CID) (*settlement.Receipt, error) {
	said, err := p.statement(id)
	if err != nil {
		return nil, err
	}
	statements, err := p.statements(said.Doc.(*protocol.Entry).Job)
	if err != nil {
		return nil, err
	}
	return p.receiptAmong(said, statements)
}

// receiptAmong puts together an entry and the countersign among a job's statements that
// covers it, the first that does.
func (p *Peer) receiptAmong(said agent.Statement, statements []agent.Statement) (*settlement.Receipt, error) {
	e := said.Doc.(*protocol.Entry)
	lane := protocol.LaneID(p.o.Net, e.By, e.Payee, e.Asset, e.Epoch)
	var best *agent.Statement
	for i, s := range statements {
		if cs, ok := s.Doc.(*protocol.Countersign); ok && cs.Lane == lane && cs.Seq >= e.Seq && s.Bundle != nil &&
			(best == nil || cs.Seq < best.Doc.(*protocol.Countersign).Seq) {
			best = &statements[i]
		}
	}
	if best == nil {
		return nil, errNoReceipt
	}
	r := &settlement.Receipt{Entry: said.Bundle.Proof(said.Index), Countersign: best.Bundle.Proof(best.Index)}
	for next := best.Doc.(*protocol.Countersign).Entry; next != said.ID; {
		link, err := p.statement(next)
		if err != nil {
			return nil, err
		}
		r.Chain = append([][]byte{link.Raw}, r.Chain...)
		next = link.Doc.(*protocol.Entry).Prev
	}
	return r, nil
}

// statement finds an entry in the journal.
func (p *Peer) statement(id wire.CID) (agent.Statement, error) {
	seq, ok := p.archive.entry(id)
	if !ok {
		return agent.Statement{}, errNoReceipt
	}
	r, err := p.readRecord(seq)
	if err != nil {
		return agent.Statement{}, err
	}
	for _, s := range r.Statements() {
		if s.ID == id && s.Bundle != nil {
			return s, nil
		}
	}
	return agent.Statement{}, errNoReceipt
}

// Evidence returns, as text, all that this side can show of a job.
func (p *Peer) Evidence(ctx context.Context, id string) ([]byte, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return nil, err
	}
	if v.ID.IsZero() {
		return nil, &gateway.Error{
			Code: gateway.CodeNotFound, Message: "there is no contract yet, and so nothing to show",
			Hint: "`souk jobs` lists the jobs",
		}
	}
	all, err := p.statements(v.ID)
	if err != nil {
		return nil, err
	}
	var receipts []*settlement.Receipt
	for _, s := range all {
		if e, ok := s.Doc.(*protocol.Entry); !ok || e.Job != v.ID || s.Bundle == nil {
			continue
		}
		r, err := p.receiptAmong(s, all)
		if errors.Is(err, error(errNoReceipt)) { // not countersigned, or not yet
			continue
		}
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, r)
	}
	mandate, err := p.mandateOf(all)
	if err != nil {
		return nil, err
	}
	x, err := agent.EvidenceOf(p.o.Net, v.ID, all, receipts, mandate)
	if err == nil {
		var text []byte
		if text, err = x.Armor(); err == nil {
			return text, nil
		}
	}
	if protocol.CodeOf(err) == protocol.CodeTooLarge {
		err = &gateway.Error{
			Code: protocol.CodeTooLarge, Message: err.Error(), Hint: "`souk receipt export` proves single payments of the job",
		}
	}
	return nil, err
}

// mandateOf returns the proof of our own mandate where a contract among all names it:
// where we are the hirer.
func (p *Peer) mandateOf(all []agent.Statement) (*wire.Proof, error) {
	bundle, err := wire.ReadBundle(p.o.Mandate)
	if err != nil {
		return nil, err
	}
	proof := bundle.Proof(0)
	id := wire.Sum(proof.Doc)
	for _, s := range all {
		if a, ok := s.Doc.(*protocol.Accept); ok && slices.Contains(a.Mandates, id) {
			return &proof, nil
		}
	}
	return nil, nil
}
