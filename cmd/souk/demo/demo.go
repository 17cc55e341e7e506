// Package demo plays the whole market on one machine: three peers with homes
// and sockets of their own offer, are found, quote, contract, work, deliver, are
// checked and paid, and their books are compared.
//
// It promises that everything it tells was read from the peers' desks. It must
// never know how a peer is put together, or leave one running.
package demo

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Text is what is summarised and counted where the user brings nothing.
//
//go:embed text.txt
var Text []byte

// MaxJobs is the most jobs one demo does: the default budget reaches for no more.
const MaxJobs = 200

// Options says what is played.
type Options struct {
	Jobs  int    // how many, 1 to MaxJobs
	Input []byte // text to work on
	// Open opens a fresh peer of that name, which joins the network by the addresses in
	// bootstrap, if any.
	Open func(ctx context.Context, name string, bootstrap []string) (Peer, error)
	// Tell hears what is being waited for.
	Tell func(stage string)
	// WordCount is what counts words: a draft of technology and settings.
	WordCount gateway.OfferDraft
}

// Peer is one of the three.
type Peer interface {
	gateway.Desk
	Close() error
}

// Report is what happened.
type Report struct {
	Peers   int
	Jobs    []Job
	Steps   []Step // in order of time
	Agree   bool   // the books of both sides say the same
	Pairs   []Pair
	Elapsed time.Duration
}

// Settled counts the jobs that were delivered, passed their check and are paid,
// with a receipt that was verified.
func (r *Report) Settled() int {
	n := 0
	for _, j := range r.Jobs {
		if j.OK && j.Receipt {
			n++
		}
	}
	return n
}

// Job is one job, as the hirer's desk tells it.
type Job struct {
	gateway.Job
	Provider string // name
	Result   []byte
	Receipt  bool // its receipt proves that the provider has seen what the hirer signed
}

// Step is one thing that happened.
type Step struct {
	At   time.Duration // since the demo began
	Who  string
	What string
	Says string
}

// Pair is the position of hirer and provider, from both books.
type Pair struct {
	Provider     string
	Asset        string
	Owes, IsOwed wire.Amount // by the hirer's book, by the provider's
	Agree        bool        // they agree, and nothing is set aside any more
}

// play is one demo under way.
type play struct {
	Options
	report    Report
	began     time.Time
	hirer     Peer
	providers []provider
	names     map[wire.Key]string
}

type provider struct {
	Peer
	key        wire.Key
	name       string
	capability string
	asset      string
}

// Names of the three, and what two of them sell.
const (
	summariser = "summariser"
	counter    = "counter"
	hirer      = "hirer"

	summaryCapability = "text/summary@1"
	wordsCapability   = "text/words@1"
)

// Play plays the market and reports what happened. The error is that of a peer
// that could not be opened or asked; a job that failed is in the report.
func Play(ctx context.Context, o Options) (_ *Report, err error) {
	if o.Jobs < 1 || o.Jobs > MaxJobs {
		return nil, fmt.Errorf("from 1 to %d jobs can be played", MaxJobs)
	}
	p := &play{Options: o, began: time.Now(), names: map[wire.Key]string{}}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, act := range []func(context.Context) error{p.open, p.sell, p.find, p.hire, p.compare} {
		if err := act(ctx); err != nil {
			return nil, err
		}
	}
	p.report.Elapsed = time.Since(p.began)
	return &p.report, nil
}

// open opens the three peers: the first is how the others find the network.
func (p *play) open(ctx context.Context) error {
	var bootstrap []string
	for _, name := range []string{summariser, counter, hirer} {
		p.Tell("opening the " + name + "'s peer")
		peer, err := p.Open(ctx, name, bootstrap)
		if err != nil {
			return fmt.Errorf("open the %s: %w", name, err)
		}
		if name == hirer {
			p.hirer = peer
		} else {
			p.providers = append(p.providers, provider{Peer: peer, name: name})
		}
		s, err := peer.Status(ctx)
		if err != nil {
			return fmt.Errorf("ask the %s: %w", name, err)
		}
		if name != hirer {
			p.providers[len(p.providers)-1].key = s.Peer
		}
		if bootstrap == nil {
			bootstrap = s.Addrs
		}
		p.names[s.Peer] = name
		p.report.Peers++
		p.step(name, "up", s.Peer.String())
	}
	return nil
}

func (p *play) close() error {
	var errs []error
	if p.hirer != nil {
		errs = append(errs, p.hirer.Close())
	}
	for i := len(p.providers) - 1; i >= 0; i-- {
		errs = append(errs, p.providers[i].Close())
	}
	return errors.Join(errs...)
}

// sell has the providers offer: one for a posted price, one telling it on request.
func (p *play) sell(ctx context.Context) error {
	words := p.WordCount
	words.Capability, words.Title = wordsCapability, "How many words there are"
	words.Price = wire.Units(5)
	summary := gateway.OfferDraft{
		Capability: summaryCapability, Title: "The sentences that matter most, in their order",
		Price: wire.Units(2000), Ask: true, Technology: "builtin",
		Settings: map[string]string{"name": "summary", "share": "0.3"},
		Rule:     "summary", RuleParams: `{"share":0.3}`, RerunSafe: true,
	}
	for i, draft := range []gateway.OfferDraft{summary, words} {
		draft.Asset, draft.DeliverMS, draft.Slots = p.WordCount.Asset, 60_000, 4
		seller := &p.providers[i]
		p.Tell("the " + seller.name + " sets up its stall")
		o, err := seller.AddOffer(ctx, draft)
		if err != nil {
			return fmt.Errorf("offer %s: %w", draft.Capability, err)
		}
		seller.capability, seller.asset = o.Capability, o.Asset
		how := "posted"
		if o.Ask {
			how = "on request"
		}
		p.step(seller.name, "offer", fmt.Sprintf("%s for %s %s, %s", o.Capability, o.Price, o.Asset, how))
	}
	return nil
}

// find waits until the hirer knows of both offers.
func (p *play) find(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond) // announcements come when they come
	defer again.Stop()
	for _, seller := range p.providers {
		p.Tell("looking for " + seller.capability)
		for found := false; !found; {
			offers, err := p.hirer.Find(ctx, seller.capability)
			if err != nil {
				return fmt.Errorf("find %s: %w", seller.capability, err)
			}
			for _, f := range offers {
				if f.Peer == seller.key {
					found = true
					p.step(hirer, "find", fmt.Sprintf("%s of the %s", f.Capability, p.names[f.Peer]))
				}
			}
			if found {
				break
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				return fmt.Errorf("find %s: %w", seller.capability, ctx.Err())
			}
		}
	}
	return nil
}

// hire has the jobs done, one after another, turn by turn.
func (p *play) hire(ctx context.Context) error {
	for n := range p.Jobs {
		seller := &p.providers[n%len(p.providers)]
		if err := p.one(ctx, n, seller); err != nil {
			return fmt.Errorf("job %d, %s: %w", n+1, seller.capability, err)
		}
	}
	return nil
}

// one has one job done, and reads from the desks what came of it.
func (p *play) one(ctx context.Context, n int, seller *provider) error {
	key := fmt.Sprintf("demo-%d", n+1)
	job, err := p.hirer.Hire(ctx, gateway.Order{
		Key: key, Capability: seller.capability, Asset: seller.asset, InputType: "text/plain", DeadlineMS: 60_000,
	}, bytes.NewReader(p.Input))
	for err == nil && !job.Final {
		p.Tell(fmt.Sprintf("job %d of %d, %s: %s", n+1, p.Jobs, seller.capability, job.Stage))
		job, err = p.hirer.Await(ctx, key, job.Stage)
	}
	if err != nil {
		return err
	}
	if job, err = p.hirer.Job(ctx, key); err != nil {
		return err
	}
	done := Job{Job: job, Provider: seller.name}
	if job.OK {
		if err := p.collect(ctx, &done, seller); err != nil {
			return err
		}
	}
	p.tell(n, &done)
	p.report.Jobs = append(p.report.Jobs, done)
	return nil
}

// collect fetches the result, verifies the receipt, and waits for the provider
// to be done as well.
func (p *play) collect(ctx context.Context, done *Job, seller *provider) error {
	r, _, err := p.hirer.Result(ctx, done.ID.String())
	if err != nil {
		return fmt.Errorf("fetch the result: %w", err)
	}
	done.Result, err = io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("fetch the result: %w", err)
	}
	other, err := seller.Job(ctx, done.ID.String())
	for err == nil && !other.Final {
		other, err = seller.Await(ctx, done.ID.String(), other.Stage)
	}
	if err != nil {
		return fmt.Errorf("ask the %s: %w", seller.name, err)
	}
	text, err := p.hirer.Receipt(ctx, done.ID.String())
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

// tell adds to the report what the documents of a job say; for all but the first
// of each provider, only how it ended.
func (p *play) tell(n int, done *Job) {
	if n < len(p.providers) && len(done.Documents) > 0 {
		at := time.UnixMilli(int64(done.Documents[0].At)).Sub(p.began)
		p.report.Steps = append(p.report.Steps, Step{max(at, 0), done.Provider, "price", fmt.Sprintf("%s %s", done.Price, done.Asset)})
		for _, d := range done.Documents {
			at := time.UnixMilli(int64(d.At)).Sub(p.began)
			p.report.Steps = append(p.report.Steps, Step{max(at, 0), p.names[d.By], d.Kind, d.Says})
		}
	}
	says := fmt.Sprintf("job %d, %s: paid %s, receipt verified", n+1, done.Capability, done.Paid)
	switch {
	case !done.OK:
		says = fmt.Sprintf("job %d, %s: %s %s", n+1, done.Capability, done.Code, done.Detail)
	case !done.Receipt:
		says = fmt.Sprintf("job %d, %s: paid %s, the receipt does not say so", n+1, done.Capability, done.Paid)
	}
	p.step(hirer, done.Stage, says)
}

// compare lays the books of each pair side by side.
func (p *play) compare(ctx context.Context) error {
	p.Tell("comparing the books")
	mine, err := p.hirer.Ledger(ctx, "")
	if err != nil {
		return fmt.Errorf("read the hirer's book: %w", err)
	}
	me, err := p.hirer.Status(ctx)
	if err != nil {
		return fmt.Errorf("ask the hirer: %w", err)
	}
	p.report.Agree = true
	for _, seller := range p.providers {
		theirs, err := seller.Ledger(ctx, "")
		if err != nil {
			return fmt.Errorf("read the %s's book: %w", seller.name, err)
		}
		a, b := position(mine, seller.key, seller.asset), position(theirs, me.Peer, seller.asset)
		q := Pair{Provider: seller.name, Asset: seller.asset, Owes: a.IOwe, IsOwed: b.OwedToMe}
		q.Agree = a.IOwe == b.OwedToMe && a.OwedToMe == b.IOwe &&
			a.HeldByMe.IsZero() && a.HeldForMe.IsZero() && b.HeldByMe.IsZero() && b.HeldForMe.IsZero()
		p.report.Agree = p.report.Agree && q.Agree
		p.report.Pairs = append(p.report.Pairs, q)
	}
	return nil
}

// position returns what a book says about a peer in an asset.
func position(l gateway.Ledger, peer wire.Key, asset string) gateway.Pair {
	for _, q := range l.Pairs {
		if q.Peer == peer && q.Asset == asset {
			return q
		}
	}
	return gateway.Pair{Peer: peer, Asset: asset}
}

// step notes something that happened now.
func (p *play) step(who, what, says string) {
	p.report.Steps = append(p.report.Steps, Step{time.Since(p.began), who, what, says})
}
