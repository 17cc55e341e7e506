package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Purpose is what an order is in the play for.
type Purpose int

// Purposes of an order.
const (
	ToSettle   Purpose = iota // it is to be settled
	ToFail                    // its result is to fail the check, and to be awarded nothing
	ToBeDenied                // it may not cost so much
	ToBeHired                 // its provider hires others for it
	ToBeTaken                 // its provider is killed while it works, and another takes over
)

// errand is one order of the play.
type errand struct {
	n          int // from 1
	purpose    Purpose
	buyer      *player
	capability string
	provider   string // only this one; "" for whoever is chosen
	evaluator  string // whose judgement is accepted; "" for nobody's
	choose     string // by what; "" for the cost of a success
	budget     uint64 // most it may cost; 0 for what the mandate allows
}

func (e *errand) key() string { return fmt.Sprintf("demo-%d", e.n) }

// Row is how one order stands.
type Row struct {
	N          int
	Buyer      string
	Capability string
	Provider   string // "" while nobody is hired
	Stage      string
	Final, OK  bool
	Paid       wire.Amount
	Note       string // what is worth saying about it
	At         time.Duration
}

// Job is one order and what came of it, as the desks of both sides tell it.
type Job struct {
	gateway.Job
	N         int
	Purpose   Purpose
	Buyer     string
	Provider  string // name
	Result    []byte
	Evaluator string         // name of the evaluator that awarded it; "" for none
	Parts     []Part         // what others were hired for to do it, by the provider's desk
	Receipt   bool           // the job's receipt proves that the provider has seen what the hirer signed
	Refusal   *gateway.Error // why the order was not even taken
}

// errands returns what is bought, by turns.
func (p *play) errands() []*errand {
	buyers := p.buyers()
	var all []*errand
	add := func(e errand) {
		e.n = len(all) + 1
		e.buyer = buyers[(e.n/4+e.n)%len(buyers)]
		all = append(all, &e)
	}
	add(errand{purpose: ToBeTaken, capability: letters, choose: "cheapest"})
	if p.Jobs > 1 {
		add(errand{purpose: ToBeHired, capability: brief})
	}
	add(errand{purpose: ToBeDenied, capability: words, budget: 250_000})
	add(errand{purpose: ToFail, capability: summary, provider: copyist, evaluator: appraiser})
	// An ordinary order accepts nobody's judgement, which rules the copyist out: no summary of these fails.
	ordinary := []errand{
		{capability: words}, {capability: summary}, {capability: letters, provider: abacus}, {capability: html},
	}
	for i := range p.Jobs - 2 { // two of them stand there already
		add(ordinary[i%len(ordinary)])
	}
	return all
}

// trade has the buyers buy side by side. What takes its time does not hold up the rest.
func (p *play) trade(ctx context.Context) error {
	p.Scene("buying and selling")
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	run := func(list []*errand) {
		for _, e := range list {
			if err := p.run(ctx, e); err != nil {
				cancel(fmt.Errorf("job %d, %s for the %s: %w", e.n, e.capability, e.buyer.name, err))
				return
			}
		}
	}
	all := p.errands()
	for _, buyer := range p.buyers() {
		var list []*errand
		for _, e := range all {
			switch {
			case e.buyer != buyer:
			case e.purpose != ToSettle && e.purpose != ToBeDenied:
				wg.Go(func() { run([]*errand{e}) })
			default:
				list = append(list, e)
			}
		}
		wg.Go(func() { run(list) })
	}
	wg.Wait()
	slices.SortFunc(p.report.Jobs, func(a, b Job) int { return a.N - b.N })
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// run has one order carried out, and reads from the desks what came of it.
func (p *play) run(ctx context.Context, e *errand) error {
	o := gateway.Order{Key: e.key(), Capability: e.capability, Asset: p.Asset, InputType: "text/plain", DeadlineMS: unhurried, Choose: e.choose}
	if e.provider != "" {
		o.Peer = p.who(e.provider).key
	}
	if e.evaluator != "" {
		o.Evaluators = []wire.Key{p.who(e.evaluator).key}
	}
	if e.budget > 0 {
		budget := wire.Units(e.budget)
		o.Budget = &budget
	}
	if e.purpose == ToFail {
		o.Plan = "single"
	}
	done := Job{N: e.n, Purpose: e.purpose, Buyer: e.buyer.name, Job: gateway.Job{Key: o.Key, Capability: o.Capability}}
	j, err := e.buyer.Hire(ctx, o, bytes.NewReader(p.Input))
	var refusal *gateway.Error
	switch {
	case errors.As(err, &refusal) && refusal.Code == protocol.CodeBudget:
		done.Refusal, done.Code, done.Detail = refusal, refusal.Code, refusal.Message
		done.Stage, done.Final = "refused", true
	case err != nil:
		return err
	default:
		if done.Job, err = p.follow(ctx, e, j); err != nil {
			return err
		}
		if done.Evaluator, err = p.conclude(ctx, &done.Job); err != nil {
			return err
		}
	}
	done.Provider = p.names[done.Peer]
	if done.OK {
		if err := p.collect(ctx, &done, e.buyer); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.report.Jobs = append(p.report.Jobs, done)
	p.mu.Unlock()
	row := p.row(e, done.Job)
	switch {
	case len(done.Parts) > 0:
		row.Note = "the " + done.Provider + " " + done.hired()
	case done.Evaluator != "":
		row.Note = fmt.Sprintf("the %s awarded %s: %s", done.Evaluator, nothing(done.Paid), done.Detail)
	}
	p.Tell(row)
	return nil
}

// follow waits until an order is over, and returns it with its documents.
func (p *play) follow(ctx context.Context, e *errand, j gateway.Job) (gateway.Job, error) {
	late := time.After(patience)
	for !j.Final {
		p.Tell(p.row(e, j))
		if e.purpose == ToBeTaken && j.Stage == job.Working.String() {
			if err := p.strike(ctx, e); err != nil {
				return j, err
			}
		}
		if e.purpose == ToBeTaken && !j.Instead.IsZero() {
			if err := p.revive(ctx); err != nil {
				return j, err
			}
		}
		var err error
		if j, err = e.buyer.look(ctx, e.key(), j.Stage); err != nil {
			return j, err
		}
		select {
		case <-late:
			return j, fmt.Errorf("it is still %s after %s", j.Stage, patience)
		default:
		}
	}
	return e.buyer.Job(ctx, e.key())
}

// row tells how an order stands.
func (p *play) row(e *errand, j gateway.Job) Row {
	r := Row{
		N: e.n, Buyer: e.buyer.name, Capability: e.capability, Provider: p.names[j.Peer], Stage: j.Stage,
		Final: j.Final, OK: j.OK, Paid: j.Paid, At: time.Since(p.began),
	}
	switch {
	case !j.Instead.IsZero() && j.Final:
		r.Note = "took over: " + j.Left
	case r.Final && j.Code != "":
		r.Note = fmt.Sprintf("%s: %s", j.Code, j.Detail)
	}
	return r
}

// collect fetches the result, verifies the receipt, and waits for the provider
// to be done as well.
func (p *play) collect(ctx context.Context, done *Job, buyer *player) error {
	seller := p.who(done.Provider)
	r, _, err := buyer.Result(ctx, done.ID.String())
	if err != nil {
		return fmt.Errorf("fetch the result: %w", err)
	}
	done.Result, err = io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("fetch the result: %w", err)
	}
	if done.Parts, err = p.partsOf(ctx, seller, done.ID.String()); err != nil {
		return fmt.Errorf("ask the %s: %w", seller.name, err)
	}
	text, err := buyer.Receipt(ctx, done.ID.String())
	if err != nil {
		return fmt.Errorf("export the receipt: %w", err)
	}
	receipt, err := settlement.ReadReceipt(text)
	if err != nil {
		return err
	}
	e, _, err := receipt.Verify(protocol.Registry(), receipt.Entry.Net)
	if err != nil {
		return err
	}
	done.Receipt = e.Job == done.ID && e.Payee == seller.key && e.Amount == done.Paid
	return nil
}
