package runtime

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// ordered returns the order with a key as it was taken, and what has become of it; nil
// where there is none.
func (p *Peer) ordered(ctx context.Context, key string) (*agent.Order, *agent.View, error) {
	type answer struct {
		order agent.Order
		view  agent.View
	}
	a, err := ask(ctx, p, func(a *agent.Agent, at uint64) *answer {
		o, ok := a.OrderOf(key)
		if !ok {
			return nil
		}
		v, _ := a.ByKey(at, key)
		return &answer{o, v}
	})
	if err != nil || a == nil {
		return nil, nil, err
	}
	return &a.order, &a.view, nil
}

// repeats refuses an order that is another than the one that was taken under its key: the
// old result must not pass for the new one's.
func (p *Peer) repeats(now, was *agent.Order, sizes []uint64, input io.Reader) error {
	if what := differs(was, now); what != "" {
		return otherOrder(now.Key, what)
	}
	inputs := append([]payload.Artefact{was.Input}, was.More...)
	if len(inputs) != max(1, len(sizes)) {
		return otherOrder(now.Key, changed("number of inputs", len(inputs), max(1, len(sizes))))
	}
	for i, in := range inputs {
		one := bounded(input)
		if len(sizes) > 0 {
			one = io.LimitReader(input, int64(min(sizes[i], MaxInput)))
		}
		switch same, err := p.sameInput(in, one); {
		case err != nil:
			return err
		case !same:
			return otherOrder(now.Key, "it had another input")
		}
	}
	return nil
}

// repeatsStaged is repeats for an order whose inputs are in the vault already.
func (p *Peer) repeatsStaged(now, was *agent.Order) error {
	var inputs []io.Reader
	var sizes []uint64
	for _, a := range append([]payload.Artefact{now.Input}, now.More...) {
		f, err := p.o.Vault.Open(a.ID)
		if err != nil {
			return err
		}
		defer f.Close() // only read from
		if _, err := io.CopyN(io.Discard, f, saltBytes); err != nil {
			return err
		}
		inputs, sizes = append(inputs, f), append(sizes, a.Size)
	}
	return p.repeats(now, was, sizes, io.MultiReader(inputs...))
}

func otherOrder(key, what string) error {
	return &gateway.Error{
		Code: gateway.CodeExists, Message: fmt.Sprintf("the key %.64q was used for another order: %s", key, what),
		Hint: "choose another key, or none; the same key is for repeating the same order",
	}
}

func changed(what string, was, is any) string {
	return fmt.Sprintf("its %s was %.200s, not %.200s", what, nothing(was), nothing(is))
}

func nothing(x any) string {
	s := fmt.Sprint(x)
	if s == "" || s == "0" || s == "[]" {
		return "none"
	}
	return s
}

// differs tells the first of its terms in which an order is another than was taken.
func differs(was, now *agent.Order) string {
	plan := func(o *agent.Order) string {
		if o.Plan == "" {
			return agent.PlanSingle
		}
		return o.Plan
	}
	choose := func(o *agent.Order) string {
		if o.Choose == "" {
			return "best"
		}
		return o.Choose
	}
	key := func(k wire.Key) string {
		if k.IsZero() {
			return "any"
		}
		return k.String()
	}
	for _, x := range []struct {
		what    string
		was, is any
	}{
		{"capability", was.Capability, now.Capability},
		{"budget", was.Budget.String() + " " + was.Asset, now.Budget.String() + " " + now.Asset},
		{"deadline", lasting(was.Deliver), lasting(now.Deliver)},
		{"provider", key(was.Peer), key(now.Peer)},
		{"plan", plan(was), plan(now)},
		{"way to choose", choose(was), choose(now)},
		{"call", lasting(was.Call), lasting(now.Call)},
		{"bid", was.Bid.String(), now.Bid.String()},
		{"parent", was.Parent.String(), now.Parent.String()},
		{"own check", was.Expect.Rule + was.Expect.Params, now.Expect.Rule + now.Expect.Params},
		{"list of evaluators", fmt.Sprint(was.Evaluators), fmt.Sprint(now.Evaluators)},
		{"type of input", was.Input.Type, now.Input.Type},
		{"data class", was.Input.Label.Class.String(), now.Input.Label.Class.String()},
		{"leave to pass the input on", was.Input.Label.PassOn, now.Input.Label.PassOn},
	} {
		if x.was != x.is {
			return changed(x.what, x.was, x.is)
		}
	}
	return ""
}

// lasting shows milliseconds; nothing for 0.
func lasting(ms uint64) string {
	if ms == 0 {
		return ""
	}
	return (time.Duration(ms) * time.Millisecond).String()
}

// sameInput reports whether an input in the vault has just these bytes. Of one whose bytes
// are gone only the size is left to compare.
func (p *Peer) sameInput(in payload.Artefact, given io.Reader) (bool, error) {
	kept, err := p.o.Vault.Open(in.ID)
	if err != nil {
		n, err := io.Copy(io.Discard, given)
		return uint64(n) == in.Size, err
	}
	defer kept.Close() // only read from
	var salt [saltBytes]byte
	if _, err := io.ReadFull(kept, salt[:]); err != nil {
		return false, err
	}
	var h payload.Hasher
	if _, err := io.Copy(&h, given); err != nil {
		return false, err
	}
	return h.Opening(salt).ID() == in.ID, nil
}
