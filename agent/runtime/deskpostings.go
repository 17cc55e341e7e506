package runtime

import (
	"context"
	"fmt"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// MaxPostings is how many entries one answer tells.
const MaxPostings = 100_000

// Postings tells every lane back from its last entry, out of the journal: so what
// another branch said, and is void, is not in it.
func (p *Peer) Postings(ctx context.Context, peer string) (gateway.Postings, error) {
	all := gateway.Postings{Schema: "souk.postings/v1", Entries: []gateway.Posting{}}
	var only wire.Key
	if peer != "" {
		k, err := wire.ParseKey(peer)
		if err != nil {
			return all, invalid("%v", err)
		}
		only = k
	}
	lanes, err := ask(ctx, p, func(a *agent.Agent, _ uint64) []settlement.Lane { return a.Lanes() })
	if err != nil {
		return all, err
	}
	for _, l := range lanes {
		if !only.IsZero() && only != l.Payer && only != l.Payee {
			continue
		}
		entries, err := p.postings(ctx, l, MaxPostings-len(all.Entries))
		if err != nil {
			return all, err
		}
		all.Entries = append(all.Entries, entries...)
	}
	return all, nil
}

// postings are the entries of one lane over all its epochs, oldest first. They add up to
// the book's totals, or are no answer.
func (p *Peer) postings(ctx context.Context, l settlement.Lane, most int) ([]gateway.Posting, error) {
	var entries []gateway.Posting
	seen := l.SeenHead == l.Head
	for id := l.Head; !id.IsZero(); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(entries) == most {
			return nil, &gateway.Error{
				Code: protocol.CodeTooLarge, Message: fmt.Sprintf("there are more than %d entries", MaxPostings),
				Hint: "ask for one peer at a time: `souk ledger export PEER`",
			}
		}
		said, err := p.statement(id)
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", id, err)
		}
		e := said.Doc.(*protocol.Entry)
		seen = seen || id == l.SeenHead
		x := gateway.Posting{
			Peer: l.Payee, Asset: l.Asset, At: e.At, Act: e.Act.String(), Amount: e.Amount, Posted: e.Totals.Posted,
			Held: e.Totals.Held, Released: e.Totals.Released, Credited: e.Totals.Credited, Settled: e.Totals.Settled,
			Seen: seen, Job: e.Job, Entry: id,
		}
		if l.Payee == p.o.Agent.Key() {
			x.Peer, x.Owed = l.Payer, true
		}
		entries = append(entries, x)
		if id = e.Prev; e.Act == protocol.ActOpen {
			id = e.OldHead
		}
	}
	slices.Reverse(entries)
	return entries, addUp(entries, l)
}

// addUp reports entries that do not come to what the book says.
func addUp(entries []gateway.Posting, l settlement.Lane) error {
	var posted, credited, settled wire.Amount
	var err error
	for _, x := range entries {
		sum := &posted
		switch x.Act {
		case protocol.ActCredit.String():
			sum = &credited
		case protocol.ActSettled.String():
			sum = &settled
		case protocol.ActHold.String():
			continue
		}
		if *sum, err = sum.Plus(x.Amount); err != nil {
			return err
		}
	}
	if t := l.Totals; posted != t.Posted || credited != t.Credited || settled != t.Settled {
		return &gateway.Error{
			Code:    gateway.CodeDamaged,
			Message: fmt.Sprintf("the entries of lane %s do not add up: %s posted, where the book says %s", l.ID, posted, t.Posted),
			Hint:    "`souk verify` names the first bad record",
		}
	}
	return nil
}
