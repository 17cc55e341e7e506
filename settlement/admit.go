package settlement

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Policy is what a payee lets others owe it.
type Policy struct {
	// Newcomers holds one pool for each asset in which credit is given. In an
	// asset without one, nobody is let owe anything beyond what it has settled
	// before.
	Newcomers []Pool
}

// Pool is the most that all payers together may owe, in one asset, beyond what
// each has settled before. It bounds the loss to any number of fresh identities.
type Pool struct {
	Asset string
	Limit wire.Amount
}

// Check reports a policy that cannot be.
func (p Policy) Check() error {
	for i, a := range p.Newcomers {
		if a.Asset == "" || len(a.Asset) > protocol.MaxAsset {
			return errors.New("newcomer pool: the asset's name is missing or too long")
		}
		for _, b := range p.Newcomers[:i] {
			if a.Asset == b.Asset {
				return fmt.Errorf("newcomer pool: two pools for %s", a.Asset)
			}
		}
	}
	return nil
}

func (p Policy) limit(asset string) wire.Amount {
	for _, pool := range p.Newcomers {
		if pool.Asset == asset {
			return pool.Limit
		}
	}
	return wire.Amount{}
}

// excess is what the payer owes on trust alone, beyond what it has settled
// before. Where it is not self who is owed it is nothing.
func (s *strand) excess() wire.Amount { return less(s.risk, s.tip().totals.Settled) }

// Admit asks whether self may take a job for amount on payer's credit. Only
// work that self has taken and not been settled for counts: what others merely
// hold or promise costs self nothing. The error is a *Refusal with
// CodeOverLimit.
func (b *Book) Admit(payer wire.Key, asset string, amount wire.Amount) error {
	s := b.strands[pair{payer, b.self, asset}]
	if s == nil {
		s = &strand{}
	}
	_, err := b.drawnAfter(s, asset, amount)
	return err
}

// drawnAfter returns what the pool of asset would have given if s took amount
// more, or a refusal.
func (b *Book) drawnAfter(s *strand, asset string, amount wire.Amount) (wire.Amount, error) {
	over := func() error {
		return refuse(protocol.CodeOverLimit, "the newcomer pool of %s does not reach for %s", asset, amount)
	}
	risk, err := s.risk.Plus(amount)
	if err != nil {
		return wire.Amount{}, over()
	}
	more := less(risk, s.tip().totals.Settled)
	drawn, err := less(b.drawn[asset], s.drawn).Plus(more)
	if err != nil || (drawn.Cmp(b.policy.limit(asset)) > 0 && more.Cmp(s.drawn) > 0) {
		return wire.Amount{}, over()
	}
	return drawn, nil
}

// draw books how far s reaches into its asset's pool now.
func (b *Book) draw(s *strand) {
	if s.payee != b.self {
		return
	}
	now := s.excess()
	put(b.drawn, s.asset, plus(less(b.drawn[s.asset], s.drawn), now))
	s.drawn = now
}

// checkRisk sums up what self would take on with x, and refuses a sum that
// cannot be held. Whether it should be taken on, Admit was asked before.
func (b *Book) checkRisk(x *sight) error {
	risk := x.of.risk
	for _, h := range x.taken {
		if err := add(&risk, h.stake()); err != nil {
			return err
		}
	}
	_, err := less(b.drawn[x.of.asset], x.of.drawn).Plus(risk)
	if err != nil {
		return refuse(protocol.CodeOverLimit, "more is taken on credit than can be counted")
	}
	return nil
}
