// Package rail is the contract with a way of paying: how what a book says is
// owed is settled outside the pair.
//
// It promises that one intent moves money at most once, whatever crashes and
// however often anything is said again, provided its caller keeps the order of
// operations: Prepare; make the Order durable; Submit. After a crash, Pursue:
// ask first, then send the same bytes again. A transfer counts when it is Final
// and not before; how long that takes, what it costs and how little can be moved
// is for each rail to say, and nothing here assumes that any of it is nothing.
//
// It must never know a rail's own types, keep a book, or decide to pay.
package rail

import (
	"context"
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

var (
	// ErrAccount is returned (wrapped) for an account that is none on this rail.
	ErrAccount = errors.New("not an account of this rail")
	// ErrAsset is returned (wrapped) for an asset this rail does not move.
	ErrAsset = errors.New("an asset this rail does not move")
	// ErrAmount is returned (wrapped) for less than a rail moves, or more.
	ErrAmount = errors.New("not an amount this rail moves")
	// ErrUnproven is returned (wrapped) where a proof does not show a final transfer.
	ErrUnproven = errors.New("the proof shows no final transfer")
	// ErrPayee is returned (wrapped) where money went between other accounts than was meant.
	ErrPayee = errors.New("paid between other accounts")
	// ErrShort is returned (wrapped) where less arrived than was meant, or in another asset.
	ErrShort = errors.New("less was paid than was meant")
)

// Intent is the wish to pay once. Its ID is chosen by the payer, never used for
// two wishes, and shown by the transfer that fulfils it.
type Intent struct {
	ID       wire.CID
	From, To string // accounts, in the rail's own form
	Asset    string
	Amount   wire.Amount // that is to arrive; fees come on top
}

// Order is an Intent with the exact bytes that carry it out, signatures
// included. It is made durable before it is submitted.
type Order struct {
	Intent Intent
	Raw    []byte
}

// Stage tells how far an order is.
type Stage int

const (
	Unknown Stage = iota // the rail has never heard of it; it may be submitted
	Pending              // submitted; it may still come to nothing
	Final                // the money has moved, for good
	Failed               // it can no longer move money; another order may be prepared for another intent
)

// String returns the stage's name.
func (s Stage) String() string {
	if s < Unknown || s > Failed {
		return fmt.Sprintf("stage(%d)", int(s))
	}
	return [...]string{"unknown", "pending", "final", "failed"}[s]
}

// State is what became of an order.
type State struct {
	Stage    Stage
	Transfer Transfer // where Final
	Why      string   // where Failed, for people
}

// Transfer is money that has moved for good.
type Transfer struct {
	Intent   wire.CID
	From, To string
	Asset    string
	Amount   wire.Amount // that arrived
	Fee      wire.Amount // that From paid on top
	Proof    []byte      // what Verify reads; at most protocol.MaxProof bytes, so that a SETTLED can carry it
}

// Meets reports whether t is what i meant: nil, ErrPayee, ErrShort, or
// ErrUnproven where t fulfils another intent.
func (t Transfer) Meets(i Intent) error {
	switch {
	case t.From != i.From || t.To != i.To:
		return fmt.Errorf("%w: from %.80q to %.80q", ErrPayee, t.From, t.To)
	case t.Asset != i.Asset || t.Amount.Cmp(i.Amount) < 0:
		return fmt.Errorf("%w: %s of %.128q", ErrShort, t.Amount, t.Asset)
	case t.Intent != i.ID:
		return fmt.Errorf("%w for this intent: it fulfils another", ErrUnproven)
	}
	return nil
}

// Cost is what a transfer takes, as far as the rail can tell beforehand.
type Cost struct {
	Least    wire.Amount // that can be moved
	Fee      wire.Amount // on top of the amount
	Finality uint64      // milliseconds from Submit to Final, as a rule; 0 where it is at once
}

// Rail moves money. All methods may be called by several goroutines at once and
// return when ctx ends; one that returned because ctx ended may still have taken
// effect, and is answered as after a crash, by Pursue.
type Rail interface {
	// Name is the word by which Terms name this rail, such as "credit".
	Name() string
	// CheckAccount returns ErrAccount for text that is no account here.
	CheckAccount(account string) error
	// Cost tells what i would take. Errors: ErrAccount, ErrAsset, ErrAmount.
	Cost(ctx context.Context, i Intent) (Cost, error)
	// Prepare makes the order that carries i out. It moves nothing and tells
	// nobody, so it may be forgotten. Errors: those of Cost.
	Prepare(ctx context.Context, i Intent) (Order, error)
	// Submit sends a durable order out. Sent twice, it moves money once.
	Submit(ctx context.Context, o Order) error
	// Ask tells what became of an order, submitted or not.
	Ask(ctx context.Context, o Order) (State, error)
	// Verify is the payee's: it reads the proof of a transfer and returns the
	// transfer only if it is Final. Error: ErrUnproven.
	Verify(ctx context.Context, proof []byte) (Transfer, error)
}

// Pursue brings an order on its way without ever paying twice: it asks first,
// and submits the same bytes where the rail has never heard of them. It is to be
// called until the state is Final or Failed; after a crash as well as before.
func Pursue(ctx context.Context, r Rail, o Order) (State, error) {
	s, err := r.Ask(ctx, o)
	if err != nil {
		return State{}, fmt.Errorf("rail %s: ask: %w", r.Name(), err)
	}
	if s.Stage != Unknown {
		return s, nil
	}
	if err := r.Submit(ctx, o); err != nil {
		return State{}, fmt.Errorf("rail %s: submit: %w", r.Name(), err)
	}
	if s, err = r.Ask(ctx, o); err != nil {
		return State{}, fmt.Errorf("rail %s: ask: %w", r.Name(), err)
	}
	return s, nil
}
