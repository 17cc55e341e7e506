package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// Killing is what became of the job whose provider was killed.
type Killing struct {
	Job      wire.CID // the job it was killed in
	Provider string
	After    string // the stage it was killed in
	End      string // the stage it ended in
	Code     string
}

// says tells what became of the order in whose job it was killed.
func (k *Killing) says(j *Job) string {
	s := fmt.Sprintf("The %s's process was killed (kill -9) while it was %s for the %s.", k.Provider, k.After, j.Buyer)
	if j.OK && !j.Instead.IsZero() {
		s += fmt.Sprintf(" %s, so the %s took over.", sentence(j.Left), j.Provider)
	}
	if k.End != "" {
		s += fmt.Sprintf(" Back again it found the job in its journal: it is %s (%s).", k.End, k.Code)
	}
	return s
}

// sentence begins with a capital letter.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// strike kills the provider of an order's job, once it has said that work has begun.
func (p *play) strike(ctx context.Context, e *errand) error {
	j, err := e.buyer.Job(ctx, e.key())
	if err != nil {
		return err
	}
	seller := p.who(p.names[j.Peer])
	m, ok := seller.Peer.(Mortal)
	if !ok || p.report.Killing != nil || !slices.ContainsFunc(j.Documents, func(d gateway.Document) bool { return d.Kind == "Started" }) {
		return nil
	}
	if err := m.Kill(); err != nil {
		return fmt.Errorf("kill the %s: %w", seller.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.report.Killing = &Killing{Job: j.ID, Provider: seller.name, After: j.Stage}
	row := p.row(e, j)
	row.Note = "its process is killed (kill -9)"
	p.Tell(row)
	return nil
}

// revive brings the provider that was killed back: not before another has taken over, and
// while it may still call off what it owed.
func (p *play) revive(ctx context.Context) error {
	p.mu.Lock()
	k, back := p.report.Killing, p.back
	p.back = k != nil
	p.mu.Unlock()
	if k == nil || back {
		return nil
	}
	if err := p.who(k.Provider).Peer.(Mortal).Revive(ctx); err != nil {
		return fmt.Errorf("revive the %s: %w", k.Provider, err)
	}
	return nil
}

// settle waits until the half-done job of the provider that was killed has ended, and what
// was set aside for it is free again.
func (p *play) settle(ctx context.Context) error {
	k := p.report.Killing
	if k == nil {
		return nil
	}
	p.Scene("the " + k.Provider + " is back and looks into his journal")
	if err := p.revive(ctx); err != nil { // where nobody took over
		return err
	}
	for _, pl := range p.cast {
		if _, err := pl.Job(ctx, k.Job.String()); err != nil {
			continue // not a side of it
		}
		j, err := pl.final(ctx, k.Job.String())
		if err != nil {
			return fmt.Errorf("ask the %s: %w", pl.name, err)
		}
		k.End, k.Code = j.Stage, string(j.Code)
	}
	return nil
}
