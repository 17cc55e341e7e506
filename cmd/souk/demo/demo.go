// Package demo plays the whole market on one machine: peers with homes and
// sockets of their own offer, are found, quote, contract, work, deliver, are
// checked and paid. Some of it goes wrong on purpose: a provider delivers
// rubbish and an evaluator awards it nothing, an order asks for more than it may
// cost, a provider's process is killed in mid-work. At the end everybody's books are compared.
//
// It promises that everything it tells was read from the peers' desks, and that
// no peer it opened outlives it. It must never know how a peer is put together.
package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// Text is what is worked on where the user brings nothing.
//
//go:embed text.txt
var Text []byte

// MaxJobs is the most jobs one demo does: the default budgets reach for no more.
const MaxJobs = 200

// Options says what is played.
type Options struct {
	Jobs  int    // how many are to be settled, 1 to MaxJobs
	Input []byte // text to work on
	Asset string // that is paid in
	// WordCount is what counts words: a draft of technology and settings.
	WordCount gateway.OfferDraft
	// Open opens a fresh peer in this process.
	Open func(ctx context.Context, o Opening) (Peer, error)
	// Spawn opens a fresh peer in a process of its own.
	Spawn func(ctx context.Context, o Opening) (Mortal, error)
	// Scene hears what is being waited for, Tell how each job stands. Both may be
	// called from several goroutines.
	Scene func(text string)
	Tell  func(Row)
}

// Opening says how a peer of the play is opened.
type Opening struct {
	Name      string
	Bootstrap []string // addresses by which it joins the network, if any
	Blind     bool     // its own checker says yes to everything
}

// Peer is one peer of the play.
type Peer interface {
	gateway.Desk
	Close() error
}

// Mortal is a peer in a process of its own.
type Mortal interface {
	Peer
	// Kill ends the process as kill -9 does, and returns when it is gone.
	Kill() error
	// Revive runs the same home in a new process.
	Revive(ctx context.Context) error
}

// Play plays the market and reports what happened. The error is that of a peer
// that could not be opened or asked; what did not go as it should is in the
// report (Report.Broken).
func Play(ctx context.Context, o Options) (_ *Report, err error) {
	if o.Jobs < 1 || o.Jobs > MaxJobs {
		return nil, fmt.Errorf("from 1 to %d jobs can be played", MaxJobs)
	}
	p := &play{Options: o, began: time.Now(), names: map[wire.Key]string{}, report: Report{Wanted: o.Jobs}}
	defer func() { err = errors.Join(err, p.close()) }()
	for _, act := range []func(context.Context) error{p.open, p.find, p.trade, p.settle, p.compare, p.judge, p.reckon} {
		if err := act(ctx); err != nil {
			return nil, err
		}
	}
	p.report.Elapsed = time.Since(p.began)
	return &p.report, nil
}

// play is one demo under way.
type play struct {
	Options
	began time.Time
	cast  []*player // in the order in which they came
	names map[wire.Key]string

	mu     sync.Mutex // guards what follows, while buyers buy side by side
	report Report
	back   bool // who was killed
}

// player is one peer with its part.
type player struct {
	Peer
	part
	key   wire.Key
	addrs []string
}

// open opens the peers: the first is how the others find the network.
func (p *play) open(ctx context.Context) error {
	for _, part := range parts() {
		p.Scene("opening the " + part.name + "'s peer")
		if err := p.enter(ctx, part); err != nil {
			return fmt.Errorf("the %s: %w", part.name, err)
		}
	}
	return nil
}

// enter opens one peer and sets up its stall.
func (p *play) enter(ctx context.Context, part part) error {
	o := Opening{Name: part.name, Blind: part.blind}
	if len(p.cast) > 0 {
		o.Bootstrap = p.cast[0].addrs
	}
	pl := &player{part: part}
	if part.mortal {
		m, err := p.Spawn(ctx, o)
		if err != nil {
			return err
		}
		pl.Peer = m
	} else {
		peer, err := p.Open(ctx, o)
		if err != nil {
			return err
		}
		pl.Peer = peer
	}
	p.cast = append(p.cast, pl)
	s, err := pl.Status(ctx)
	if err != nil {
		return err
	}
	pl.key, pl.addrs = s.Peer, s.Addrs
	p.names[s.Peer] = part.name
	p.report.Peers++
	if part.sells == nil {
		return nil
	}
	draft := part.sells(p)
	draft.Asset = p.Asset
	if part.evaluator != "" {
		if err := p.appoint(ctx, &draft, pl); err != nil {
			return err
		}
	}
	_, err = pl.AddOffer(ctx, draft)
	return err
}

func (p *play) close() error {
	var errs []error
	for _, pl := range slices.Backward(p.cast) {
		errs = append(errs, pl.Close())
	}
	return errors.Join(errs...)
}

// who returns a player by name.
func (p *play) who(name string) *player {
	i := slices.IndexFunc(p.cast, func(pl *player) bool { return pl.name == name })
	return p.cast[i]
}

// buyers returns those who only buy.
func (p *play) buyers() []*player {
	return slices.DeleteFunc(slices.Clone(p.cast), func(pl *player) bool { return !pl.buys })
}

// find waits until all who hire have heard every offer.
func (p *play) find(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond) // announcements come when they come
	defer again.Stop()
	for _, buyer := range p.cast {
		if !buyer.buys && !buyer.hires {
			continue
		}
		p.Scene("the " + buyer.name + " looks round the market")
		for {
			missing, err := p.unheard(ctx, buyer)
			if err != nil {
				return fmt.Errorf("ask the %s: %w", buyer.name, err)
			}
			if missing == "" {
				break
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				return fmt.Errorf("the %s never heard of the %s's offer: %w", buyer.name, missing, ctx.Err())
			}
		}
	}
	return nil
}

// unheard names a seller whose offer a buyer has not heard.
func (p *play) unheard(ctx context.Context, buyer *player) (string, error) {
	found, err := buyer.Find(ctx, "")
	if err != nil {
		return "", err
	}
	for _, pl := range p.cast {
		if pl.sells != nil && !slices.ContainsFunc(found, func(f gateway.Found) bool { return f.Peer == pl.key }) {
			return pl.name, nil
		}
	}
	return "", nil
}
