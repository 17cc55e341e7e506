package runtime

import (
	"context"
	"fmt"
	"io"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// foreman hires others for the parts of one job, through the peer's own desk. It
// fulfils worker.Hirer.
type foreman struct {
	p   *Peer
	job wire.CID
}

// Hire orders a part, waits until its result has passed, and opens it. An end of
// ctx leaves the order as it is: the core asks for the end of what is no longer
// wanted once the job itself has come to nothing.
func (f foreman) Hire(ctx context.Context, part worker.Part, input io.Reader) (io.ReadCloser, string, error) {
	about := fmt.Sprintf("part %.8q, %s", part.Name, part.Capability)
	if part.Name == "" || len(part.Name) > worker.MaxPartName {
		return nil, "", fmt.Errorf("%w: %s: a part's name has 1 to %d bytes", worker.ErrFailed, about, worker.MaxPartName)
	}
	key := part.Name + "." + f.job.String() // the same after a restart
	o := gateway.Order{Key: key, Capability: part.Capability, InputType: part.InputType, Budget: part.Budget, Parent: f.job}
	var err error
	if o.Budget == nil {
		o.Budget, o.Asset, err = f.rest(ctx, key)
	}
	var j gateway.Job
	if err == nil {
		j, err = f.p.Hire(ctx, o, input)
	}
	for err == nil && !j.Final && !passed(j) && ctx.Err() == nil {
		j, err = f.p.Await(ctx, key, j.Stage)
	}
	switch {
	case ctx.Err() != nil:
		return nil, "", fmt.Errorf("%w: %s: %w", worker.ErrTimeout, about, context.Cause(ctx))
	case err != nil:
		return nil, "", fmt.Errorf("%w: %s: %w", worker.ErrFailed, about, err)
	case !passed(j):
		return nil, "", fmt.Errorf("%w: %s: it is %s: %s %s", worker.ErrFailed, about, j.Stage, j.Code, j.Detail)
	}
	result, of, err := f.p.Result(ctx, key)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %s: %w", worker.ErrFailed, about, err)
	}
	return result, of.Type, nil
}

// rest is what a part may cost of which its owner has not said it: who hires for
// a job then never loses by it more than the job's own price. One that is ordered already
// keeps what it was allowed then.
func (f foreman) rest(ctx context.Context, key string) (most *wire.Amount, asset string, err error) {
	type answer struct {
		asset string
		left  wire.Amount
	}
	a, err := ask(ctx, f.p, func(a *agent.Agent, at uint64) answer {
		if o, ok := a.OrderOf(key); ok {
			return answer{o.Asset, o.Budget}
		}
		asset, left := a.PartBudget(at, f.job)
		return answer{asset, left}
	})
	return &a.left, a.asset, err
}

// passed reports whether a job's result is here and was judged good. Its payment
// may still be under way: that is between the books.
func passed(j gateway.Job) bool {
	return j.Result != nil && j.Result.Held && j.Score == protocol.Full
}

// labelOf is the label of an order's input: that of the job it is a part of, or
// else what its owner asks for.
func (p *Peer) labelOf(ctx context.Context, o gateway.Order) (payload.Label, error) {
	label := payload.Label{Class: payload.Public, Retention: keepInputs}
	if !o.Parent.IsZero() {
		type answer struct {
			label   payload.Label
			refusal *agent.Refusal
		}
		a, err := ask(ctx, p, func(a *agent.Agent, at uint64) answer {
			l, r := a.PartLabel(at, o.Parent)
			return answer{l, r}
		})
		switch {
		case err != nil:
			return label, err
		case a.refusal != nil && a.refusal.Code == protocol.CodeNotOffered:
			return label, notFound("job that this peer does for another", o.Parent.String())
		case a.refusal != nil:
			return label, asError(a.refusal)
		}
		label = a.label
	}
	if o.Class != "" {
		class, err := payload.ParseClass(o.Class)
		if err != nil {
			return label, invalid("%v", err)
		}
		label.Class = class
	}
	if o.Parent.IsZero() {
		label.PassOn = label.Class == payload.Public // what anyone may see, anyone may be given
	}
	if o.PassOn != nil {
		label.PassOn = *o.PassOn
	}
	return label, nil
}

// partsOf tells of the parts of a job.
func partsOf(views []agent.View) []gateway.Part {
	var parts []gateway.Part
	for _, v := range views {
		parts = append(parts, gateway.Part{
			Key: v.Key, ID: v.ID, Peer: v.Peer, Capability: v.Capability, Stage: v.Stage, Final: v.Final,
			OK: v.OK, Code: v.Code, Asset: v.Asset, Price: v.Price, Paid: v.Paid,
		})
	}
	return parts
}
