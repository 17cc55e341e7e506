package railtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement/rail"
)

// crashes stops the process after each call in turn, and lets it start again
// with nothing but the durable order.
func crashes(ctx context.Context, w World) error {
	calls := []func(rail.Rail, rail.Order) error{
		func(r rail.Rail, o rail.Order) error { return r.Submit(ctx, o) },
		func(r rail.Rail, o rail.Order) error { _, err := r.Ask(ctx, o); return err },
		func(rail.Rail, rail.Order) error { w.Advance(); return nil },
		func(r rail.Rail, o rail.Order) error { _, err := r.Ask(ctx, o); return err },
	}
	for stop := range len(calls) + 1 {
		r, i := w.Open(), w.Intent()
		before := w.Arrived(i.To, i.Asset)
		o, err := r.Prepare(ctx, i)
		if err != nil {
			return err
		}
		for n, call := range calls[:stop] {
			if err := call(r, o); err != nil {
				return fmt.Errorf("call %d: %w", n, err)
			}
		}
		for range 2 { // the second start finds it final
			o := rail.Order{Intent: i, Raw: bytes.Clone(o.Raw)}
			if _, err := settle(ctx, w, w.Open(), o); err != nil {
				return fmt.Errorf("after a crash behind call %d: %w", stop, err)
			}
		}
		if err := once(w, i, before); err != nil {
			return fmt.Errorf("after a crash behind call %d: %w", stop, err)
		}
	}
	return nil
}

func twice(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	before := w.Arrived(i.To, i.Asset)
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	for range 3 {
		if err := r.Submit(ctx, o); err != nil {
			return fmt.Errorf("submitted again: %w", err)
		}
	}
	if _, err := settle(ctx, w, r, o); err != nil {
		return err
	}
	for _, r := range []rail.Rail{r, w.Open()} {
		if err := r.Submit(ctx, o); err != nil {
			return fmt.Errorf("submitted again when final: %w", err)
		}
	}
	if err := once(w, i, before); err != nil {
		return err
	}
	s, err := r.Ask(ctx, o)
	if err != nil || s.Stage != rail.Final {
		return fmt.Errorf("submitted again when final, it is %s (%w)", s.Stage, err)
	}
	return nil
}

// preparedTwice forgets the first order before it was durable.
func preparedTwice(ctx context.Context, w World) error {
	i := w.Intent()
	before := w.Arrived(i.To, i.Asset)
	if _, err := w.Open().Prepare(ctx, i); err != nil {
		return err
	}
	r := w.Open()
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return fmt.Errorf("prepared again: %w", err)
	}
	if _, err := settle(ctx, w, r, o); err != nil {
		return err
	}
	return once(w, i, before)
}

// early looks at every moment: final means arrived, and only then.
func early(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	before := w.Arrived(i.To, i.Asset)
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	if err := r.Submit(ctx, o); err != nil {
		return err
	}
	for range Ripe + 1 {
		s, err := r.Ask(ctx, o)
		if err != nil {
			return err
		}
		arrived := w.Arrived(i.To, i.Asset).Cmp(before) > 0
		if (s.Stage == rail.Final) != arrived {
			return fmt.Errorf("%s, while the money arrived: %t", s.Stage, arrived)
		}
		if s.Stage != rail.Final {
			if len(s.Transfer.Proof) > 0 {
				return errors.New("a proof of what is not final")
			}
			if _, err := r.Verify(ctx, o.Raw); !errors.Is(err, rail.ErrUnproven) {
				return fmt.Errorf("an order that is %s passes for a proof (%w)", s.Stage, err)
			}
		}
		w.Advance()
	}
	return nil
}

func wrong(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	s, err := settle(ctx, w, r, o)
	if err != nil {
		return err
	}
	t, err := w.Open().Verify(ctx, s.Transfer.Proof)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what   string
		change func(*rail.Intent)
		want   error
	}{
		{"to another", func(x *rail.Intent) { x.To = i.From }, rail.ErrPayee},
		{"from another", func(x *rail.Intent) { x.From = i.To }, rail.ErrPayee},
		{"more", func(x *rail.Intent) { x.Amount, _ = i.Amount.Plus(wire.Units(1)) }, rail.ErrShort},
		{"another asset", func(x *rail.Intent) { x.Asset = "souk:pebbles/grey" }, rail.ErrShort},
		{"another intent", func(x *rail.Intent) { x.ID = w.Intent().ID }, rail.ErrUnproven},
	} {
		meant := i
		c.change(&meant)
		if err := t.Meets(meant); !errors.Is(err, c.want) {
			return fmt.Errorf("%s was meant: got %v, want %v", c.what, err, c.want)
		}
	}
	return nil
}

func damaged(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	s, err := settle(ctx, w, r, o)
	if err != nil {
		return err
	}
	proof := s.Transfer.Proof
	for n := range proof {
		bad := bytes.Clone(proof)
		bad[n] ^= 1
		if _, err := r.Verify(ctx, bad); !errors.Is(err, rail.ErrUnproven) {
			return fmt.Errorf("byte %d of the proof changed: got %v, want ErrUnproven", n, err)
		}
	}
	for _, bad := range [][]byte{nil, {}, proof[:len(proof)-1], append(bytes.Clone(proof), 0), make([]byte, 1<<16)} {
		if _, err := r.Verify(ctx, bad); !errors.Is(err, rail.ErrUnproven) {
			return fmt.Errorf("a proof of %d bytes in place of %d: got %v, want ErrUnproven", len(bad), len(proof), err)
		}
	}
	return nil
}

// ended submits under a context that has ended: whatever came of it, Pursue
// brings it to one end.
func ended(ctx context.Context, w World) error {
	r, i := w.Open(), w.Intent()
	before := w.Arrived(i.To, i.Asset)
	o, err := r.Prepare(ctx, i)
	if err != nil {
		return err
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := r.Submit(gone, o); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("submit under an ended context: %w", err)
	}
	if _, err := settle(ctx, w, r, o); err != nil {
		return err
	}
	return once(w, i, before)
}
