package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// Pair is the position of a payer and a payee who have dealt, from both books.
type Pair struct {
	Payer, Payee string
	Asset        string
	Owes, IsOwed wire.Amount // by the payer's book, by the payee's
	Holds, IsFor wire.Amount // what is set aside, by the payer's book, by the payee's
	Agree        bool        // both books say the same
}

// compare lays the books of each pair side by side, once what is still under way
// between them has arrived.
func (p *play) compare(ctx context.Context) error {
	p.Scene("comparing the books")
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for late := time.After(patience / 4); ; {
		if err := p.lookUp(ctx); err != nil || p.report.Agree && p.report.Free() {
			return err
		}
		select {
		case <-again.C:
		case <-late:
			return nil // the report tells who differs
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Free reports whether nothing is set aside any more, by both books of every pair.
func (r *Report) Free() bool {
	return !slices.ContainsFunc(r.Pairs, func(q Pair) bool { return !q.free() })
}

func (q *Pair) free() bool { return q.Holds.IsZero() && q.IsFor.IsZero() }

// lookUp reads all books.
func (p *play) lookUp(ctx context.Context) error {
	books := make([]gateway.Ledger, len(p.cast))
	for i, pl := range p.cast {
		l, err := pl.Ledger(ctx, "")
		if err != nil {
			return fmt.Errorf("read the %s's book: %w", pl.name, err)
		}
		books[i] = l
	}
	p.report.Agree, p.report.Pairs = true, nil
	for k, payer := range p.cast { // who came later buys of those before
		for i, payee := range p.cast[:k] {
			a, b := position(books[k], payee.key, p.Asset), position(books[i], payer.key, p.Asset)
			if a == nil && b == nil {
				continue // they have never dealt
			}
			q := Pair{Payer: payer.name, Payee: payee.name, Asset: p.Asset}
			if q.Agree = a != nil && b != nil && mirror(*a, *b); a != nil && b != nil {
				q.Owes, q.IsOwed, q.Holds, q.IsFor = a.IOwe, b.OwedToMe, a.HeldByMe, b.HeldForMe
			}
			p.report.Agree = p.report.Agree && q.Agree
			p.report.Pairs = append(p.report.Pairs, q)
		}
	}
	return nil
}

// mirror reports whether two books say of one another what the other says.
func mirror(a, b gateway.Pair) bool {
	return a.IOwe == b.OwedToMe && a.OwedToMe == b.IOwe && a.HeldByMe == b.HeldForMe && a.HeldForMe == b.HeldByMe
}

// position returns what a book says about a peer in an asset, or nil.
func position(l gateway.Ledger, peer wire.Key, asset string) *gateway.Pair {
	for i, q := range l.Pairs {
		if q.Peer == peer && q.Asset == asset {
			return &l.Pairs[i]
		}
	}
	return nil
}
