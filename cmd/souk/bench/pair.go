package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// patience is how long a market of this machine may take to do what it should.
const patience = 5 * time.Minute

// free is what a peer under measurement lets another have: the usual quotas keep
// strangers from taking more than a few jobs a second, and here two of them take all.
var free = sell.Quotas{
	Stranger: sell.Quota{Open: 1 << 20, Asks: 1 << 30}, Known: sell.Quota{Open: 1 << 20, Asks: 1 << 30}, Crowd: 1 << 30, Unpaid: 1 << 30, CrowdUnpaid: 1 << 30, CrowdStored: 1 << 40,
}

// pair is a hirer and a provider, linked over loopback.
type pair struct {
	hirer, provider Peer
	key             wire.Key // the provider's
	said, heard     tally    // the hirer's and the provider's
}

// openPair opens two peers, links them, and waits until the hirer knows the offer.
func openPair(ctx context.Context, o Options, d gateway.OfferDraft) (_ *pair, err error) {
	p := new(pair)
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	open := func(name string, t *tally) (Peer, error) {
		return o.Open(ctx, Opening{Name: name, Around: func(r *runtime.Options) {
			r.Quotas = free
			t.around(r)
		}})
	}
	o.Scene("opening two peers")
	if p.provider, err = open("provider", &p.heard); err != nil {
		return nil, err
	}
	if p.hirer, err = open("hirer", &p.said); err != nil {
		return nil, err
	}
	s, err := p.provider.Status(ctx)
	if err != nil {
		return nil, err
	}
	p.key = s.Peer
	if err := p.hirer.Connect(ctx, s.Addrs[0]); err != nil {
		return nil, err
	}
	if _, err := p.provider.AddOffer(ctx, d); err != nil {
		return nil, err
	}
	return p, p.meet(ctx, d.Capability)
}

// meet waits until the hirer knows the provider's offer.
func (p *pair) meet(ctx context.Context, capability string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond) // announcements come when they come
	defer again.Stop()
	for {
		found, err := p.hirer.Find(ctx, capability)
		if err != nil || len(found) > 0 {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the hirer never heard of the offer: %w", ctx.Err())
		}
	}
}

func (p *pair) close() (err error) {
	for _, peer := range []Peer{p.hirer, p.provider} {
		if peer != nil {
			err = errors.Join(err, peer.Close())
		}
	}
	return err
}

// counts is what both sides did so far.
func (p *pair) counts() counts { return p.said.counts().plus(p.heard.counts()) }

// look turns on, or off, the counting that costs time.
func (p *pair) look(on bool) {
	p.said.looking.Store(on)
	p.heard.looking.Store(on)
}

// agree fails unless both books say that owed is owed, and nothing is set aside.
func (p *pair) agree(ctx context.Context, owed uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	h, err := p.hirer.Ledger(ctx, "")
	if err != nil {
		return err
	}
	v, err := p.provider.Ledger(ctx, "")
	if err != nil {
		return err
	}
	if len(h.Pairs) != 1 || len(v.Pairs) != 1 {
		return fmt.Errorf("the books are of %d and %d pairs, not of one", len(h.Pairs), len(v.Pairs))
	}
	a, b, want := h.Pairs[0], v.Pairs[0], wire.Units(owed)
	if a.IOwe != want || b.OwedToMe != want || !a.HeldByMe.IsZero() || !b.HeldForMe.IsZero() {
		return fmt.Errorf("the books do not agree: the hirer says it owes %s and holds %s, the provider that it is owed %s with %s held; %s was earned",
			a.IOwe, a.HeldByMe, b.OwedToMe, b.HeldForMe, want)
	}
	return nil
}
