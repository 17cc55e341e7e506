// Package railtest is the suite that every rail must pass.
//
// It promises to ask only what package rail promises: that an intent moves money
// at most once whatever crashes, that nothing counts before it is final, and that
// a proof of another payment passes for none. It must never know a rail.
package railtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement/rail"
)

// World is a rail with what lies outside it. A fresh one is made for each case.
type World interface {
	// Open returns the rail as after a start of the process: what lies outside
	// is as it was, what was only in memory is gone.
	Open() rail.Rail
	// Intent returns a wish, other than all before, that the rail can fulfil.
	Intent() rail.Intent
	// Advance lets time and others do their part: after Ripe calls all that was
	// submitted is final.
	Advance()
	// Arrived returns what has reached account for good, in asset.
	Arrived(account, asset string) wire.Amount
}

// Ripe is how many calls of Advance make a transfer final.
const Ripe = 8

// Case is one thing that must hold.
type Case struct {
	Name string
	// Run returns what does not hold.
	Run func(ctx context.Context, w World) error
}

// Cases returns all that must hold of a rail.
func Cases() []Case {
	return []Case{
		{"NameAndAccounts", accounts},
		{"RefusesWhatItCannotMove", refuses},
		{"PrepareMovesNothing", prepared},
		{"Ordinary", ordinary},
		{"CrashBetweenCalls", crashes},
		{"SubmittedTwice", twice},
		{"PreparedTwice", preparedTwice},
		{"NothingCountsBeforeItIsFinal", early},
		{"WrongPayeeAndShortPayment", wrong},
		{"DamagedProof", damaged},
		{"EndedContext", ended},
	}
}

// Run puts a rail to the test.
func Run(t *testing.T, fresh func(t *testing.T) World) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(t.Context(), fresh(t)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// settle pursues an order until it is final.
func settle(ctx context.Context, w World, r rail.Rail, o rail.Order) (rail.State, error) {
	for range Ripe + 1 {
		s, err := rail.Pursue(ctx, r, o)
		if err != nil {
			return s, err
		}
		if s.Stage == rail.Final {
			return s, nil
		}
		if s.Stage == rail.Failed {
			return s, fmt.Errorf("failed: %s", s.Why)
		}
		w.Advance()
	}
	return rail.State{}, fmt.Errorf("not final after %d advances", Ripe)
}

// once reports whether o's money arrived exactly once since before.
func once(w World, i rail.Intent, before wire.Amount) error {
	for range Ripe {
		w.Advance()
	}
	want, err := before.Plus(i.Amount)
	if err != nil {
		return err
	}
	if got := w.Arrived(i.To, i.Asset); got != want {
		return fmt.Errorf("%s arrived where there were %s and %s was paid", got, before, i.Amount)
	}
	return nil
}

func accounts(_ context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	if r.Name() == "" {
		return errors.New("a rail needs a name")
	}
	for _, a := range []string{i.From, i.To} {
		if err := r.CheckAccount(a); err != nil {
			return fmt.Errorf("its own account: %w", err)
		}
	}
	for _, a := range []string{"", " ", "nobody", i.To + " ", string(make([]byte, 10_000))} {
		if err := r.CheckAccount(a); !errors.Is(err, rail.ErrAccount) {
			return fmt.Errorf("account %.20q: got %v, want ErrAccount", a, err)
		}
	}
	return nil
}

func refuses(ctx context.Context, w World) error {
	r, good := w.Open(), w.Intent()
	if _, err := r.Cost(ctx, good); err != nil {
		return fmt.Errorf("cost: %w", err)
	}
	for _, c := range []struct {
		what   string
		change func(*rail.Intent)
		want   error
	}{
		{"to nobody", func(i *rail.Intent) { i.To = "nobody" }, rail.ErrAccount},
		{"from nobody", func(i *rail.Intent) { i.From = "" }, rail.ErrAccount},
		{"an unknown asset", func(i *rail.Intent) { i.Asset = "souk:pebbles/grey" }, rail.ErrAsset},
		{"nothing", func(i *rail.Intent) { i.Amount = wire.Amount{} }, rail.ErrAmount},
		{"more than there is", func(i *rail.Intent) { i.Amount = most() }, rail.ErrAmount},
	} {
		i := good
		c.change(&i)
		if _, err := r.Cost(ctx, i); !errors.Is(err, c.want) {
			return fmt.Errorf("cost of %s: got %v, want %v", c.what, err, c.want)
		}
		if _, err := r.Prepare(ctx, i); !errors.Is(err, c.want) {
			return fmt.Errorf("prepare %s: got %v, want %v", c.what, err, c.want)
		}
	}
	return nil
}

func most() wire.Amount {
	a, err := wire.ParseAmount("340282366920938463463374607431768211455")
	if err != nil {
		panic(err)
	}
	return a
}

func prepared(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	before := w.Arrived(i.To, i.Asset)
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	if o.Intent != i {
		return errors.New("the order is for another intent")
	}
	for range Ripe {
		w.Advance()
	}
	s, err := r.Ask(ctx, o)
	if err != nil || s.Stage != rail.Unknown || w.Arrived(i.To, i.Asset) != before {
		return fmt.Errorf("an order that was only prepared is %s (%w)", s.Stage, err)
	}
	return nil
}

func ordinary(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	before := w.Arrived(i.To, i.Asset)
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	s, err := settle(ctx, w, r, o)
	if err != nil {
		return err
	}
	if err := s.Transfer.Meets(i); err != nil {
		return fmt.Errorf("its own transfer: %w", err)
	}
	if n := len(s.Transfer.Proof); n == 0 || n > protocol.MaxProof {
		return fmt.Errorf("a proof of %d bytes", n)
	}
	seen, err := w.Open().Verify(ctx, s.Transfer.Proof)
	if err != nil {
		return fmt.Errorf("the payee's look at the proof: %w", err)
	}
	if err := seen.Meets(i); err != nil {
		return fmt.Errorf("what the payee sees: %w", err)
	}
	return once(w, i, before)
}
