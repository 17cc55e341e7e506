package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// Hire stages the input, has the order recorded, and returns once both are durable.
func (p *Peer) Hire(ctx context.Context, o gateway.Order, input io.Reader) (gateway.Job, error) {
	order, err := p.orderOf(ctx, o)
	if err != nil {
		return gateway.Job{}, err
	}
	label, unlabelled := p.labelOf(ctx, o)
	order.Input = payload.Artefact{Type: o.InputType, Label: label}
	if order.Input.Type == "" {
		order.Input.Type = "application/octet-stream"
	}
	if was, known, err := p.ordered(ctx, o.Key); known != nil || err != nil {
		if err != nil {
			return gateway.Job{}, err
		}
		if unlabelled != nil { // the job that it is a part of has ended since
			order.Input.Label = was.Input.Label
		}
		if err := p.repeats(&order, was, o.Sizes, input); err != nil {
			return gateway.Job{}, err
		}
		return p.told(*known)
	}
	if unlabelled != nil {
		return gateway.Job{}, unlabelled
	}
	staged, err := p.stageAll(input, o.Sizes, order.Input.Type, label)
	switch {
	case errors.Is(err, errTooLarge):
		return gateway.Job{}, &gateway.Error{
			Code: protocol.CodeTooLarge, Message: "the input is larger than 64 MiB", Hint: "split it into several jobs",
		}
	case errors.Is(err, store.ErrFull):
		return gateway.Job{}, &gateway.Error{Code: gateway.CodeDisk, Message: err.Error(), Hint: "free some disk space", Retryable: true}
	case err != nil:
		return gateway.Job{}, err
	}
	order.Input, order.More = staged[0], staged[1:]
	if err := order.Input.Check(); err != nil {
		return gateway.Job{}, errors.Join(invalid("%v", err), p.eraseAll(staged))
	}
	refusal, err := p.tell(ctx, agent.Ordered{Order: order})
	if err != nil {
		return gateway.Job{}, err
	}
	if refusal != nil {
		return gateway.Job{}, errors.Join(asError(refusal), p.eraseAll(staged))
	}
	was, known, err := p.ordered(ctx, o.Key)
	if err != nil {
		return gateway.Job{}, err
	}
	if was.Input.ID != order.Input.ID { // somebody else was faster
		err := p.repeatsStaged(&order, was)
		if err := errors.Join(err, p.eraseAll(staged)); err != nil {
			return gateway.Job{}, err
		}
	}
	return p.jobOf(*known), nil
}

// brought puts what an owner gives into the vault.
func (p *Peer) brought(input io.Reader, media string, label payload.Label) (payload.Artefact, error) {
	a, err := p.stage(bounded(input), media, label)
	switch {
	case errors.Is(err, errTooLarge):
		return a, &gateway.Error{
			Code: protocol.CodeTooLarge, Message: "the input is larger than 64 MiB", Hint: "split it into several jobs",
		}
	case errors.Is(err, store.ErrFull):
		return a, &gateway.Error{Code: gateway.CodeDisk, Message: err.Error(), Hint: "free some disk space", Retryable: true}
	case err != nil:
		return a, err
	}
	if err := a.Check(); err != nil {
		return a, errors.Join(invalid("%v", err), p.o.Vault.Erase(a.ID))
	}
	return a, nil
}

// orderOf checks an order and fills in its defaults from the mandate.
func (p *Peer) orderOf(ctx context.Context, o gateway.Order) (agent.Order, error) {
	order := agent.Order{
		Key: o.Key, Capability: o.Capability, Asset: o.Asset, Deliver: o.DeadlineMS, Peer: o.Peer, Call: o.CallMS, Bid: o.Bid,
		Choose: o.Choose, Plan: o.Plan, Parent: o.Parent,
	}
	switch o.Plan {
	case "":
		order.Plan = agent.PlanTakeover
	case agent.PlanSingle, agent.PlanTakeover:
	default:
		return order, invalid("no such plan: %.20q; there are %s and %s", o.Plan, agent.PlanSingle, agent.PlanTakeover)
	}
	if o.Choose != "" && o.Choose != hire.ByPrice && o.Choose != hire.ByLot {
		return order, invalid("nobody chooses by %.20q: there are %s and %s", o.Choose, hire.ByPrice, hire.ByLot)
	}
	if o.Key == "" || len(o.Key) > 64 || !utf8.ValidString(o.Key) {
		return order, invalid("an order's key has 1 to 64 bytes")
	}
	if err := protocol.CheckCapability(o.Capability); err != nil {
		return order, invalid("%v", err)
	}
	order.Expect, order.Evaluators = protocol.Check{Rule: o.Expect, Params: o.ExpectWith}, o.Evaluators
	if !order.Expect.IsZero() {
		if err := p.o.Checker.Valid(worker.Rule{Name: o.Expect, Params: o.ExpectWith}); err != nil {
			return order, invalid("expected: %v", err)
		}
	}
	if order.Deliver == 0 {
		order.Deliver = anyTime
	}
	if order.Deliver > protocol.MaxDuration {
		return order, invalid("a deadline is at most a year")
	}
	budgets, err := ask(ctx, p, func(a *agent.Agent, _ uint64) []protocol.Budget { return a.Mandate().Budgets })
	if err != nil {
		return order, err
	}
	if order.Asset == "" && len(budgets) == 1 {
		order.Asset = budgets[0].Asset
	}
	i := slices.IndexFunc(budgets, func(b protocol.Budget) bool { return b.Asset == order.Asset })
	if i < 0 {
		return order, asError(&agent.Refusal{
			Code: protocol.CodeBudget, Why: "the mandate has no budget in this asset: " + order.Asset,
		})
	}
	order.Budget = budgets[i].PerJob
	if o.Budget != nil {
		order.Budget = *o.Budget
	}
	return order, nil
}

// Jobs returns the newest jobs.
func (p *Peer) Jobs(ctx context.Context, limit int) ([]gateway.Job, error) {
	if limit <= 0 {
		limit = 100
	}
	views, err := ask(ctx, p, func(a *agent.Agent, at uint64) []agent.View { return a.Jobs(at, min(limit, 10_000)) })
	jobs := make([]gateway.Job, len(views))
	for i, v := range views {
		jobs[i] = p.jobOf(v)
	}
	return jobs, err
}

// view returns how an order or job stands.
func (p *Peer) view(ctx context.Context, id string) (agent.View, error) {
	return p.viewed(ctx, id, func(*agent.View) {})
}

// viewed is view, and has the loop call then with what there is, before anything of it
// can change.
func (p *Peer) viewed(ctx context.Context, id string, then func(*agent.View)) (agent.View, error) {
	v, err := ask(ctx, p, func(a *agent.Agent, at uint64) *agent.View {
		v, ok := a.ByKey(at, id)
		if !ok {
			if c, err := wire.ParseCID(id); err == nil {
				v, ok = a.ByID(at, c)
			}
		}
		if !ok {
			return nil
		}
		then(&v)
		return &v
	})
	switch {
	case err != nil:
		return agent.View{}, err
	case v == nil:
		return agent.View{}, notFound("job", id)
	}
	return *v, nil
}

// Job returns one job with its documents.
func (p *Peer) Job(ctx context.Context, id string) (gateway.Job, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return gateway.Job{}, err
	}
	return p.told(v)
}

// told is a job with its documents.
func (p *Peer) told(v agent.View) (gateway.Job, error) {
	j := p.jobOf(v)
	if v.ID.IsZero() {
		return j, nil
	}
	statements, err := p.statements(v.ID)
	if err != nil {
		return j, err
	}
	for _, s := range statements {
		if !concerns(s, v.ID) {
			continue
		}
		h := s.Doc.Header()
		e, _ := p.reg.Entry(h.Kind)
		j.Documents = append(j.Documents, gateway.Document{ID: s.ID, Kind: e.Name, By: h.By, At: h.At, Says: gist(s.Doc)})
	}
	return j, nil
}

// Await returns the job once it is final or in another stage than seen.
func (p *Peer) Await(ctx context.Context, id, seen string) (gateway.Job, error) {
	for {
		waits := make(chan (<-chan struct{}), 1)
		v, err := p.viewed(ctx, id, func(v *agent.View) {
			name := v.Key
			if name == "" {
				name = v.ID.String()
			}
			waits <- p.waiters.on(name) // as it stands since somebody waits
		})
		if err != nil {
			return gateway.Job{}, err
		}
		changed := <-waits
		if v.Final || v.Stage != seen {
			return p.jobOf(v), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return p.jobOf(v), nil
		}
	}
}

func (p *Peer) jobOf(v agent.View) gateway.Job {
	j := gateway.Job{
		Schema: "souk.job/v1", Key: v.Key, ID: v.ID, Role: v.Role.String(), Peer: v.Peer, Capability: v.Capability,
		Stage: v.Stage, Final: v.Final, OK: v.OK, Code: v.Code, Detail: v.Detail, Asset: v.Asset, Price: v.Price,
		Paid: v.Paid, Score: v.Score, Opened: v.Opened, Closed: v.Closed, Next: v.Next, NextAt: v.NextAt,
		Parent: v.Parent, ParentStage: v.Under, Parts: partsOf(v.Parts),
	}
	for _, a := range v.Inputs {
		j.Inputs = append(j.Inputs, p.artefactOf(a, nameOf(v, job.Hirer, a.ID)))
	}
	j.Plan, j.Instead, j.Left, j.TakenOver = v.Plan, v.Instead, v.Choice.Left, v.TakenOver
	j.Needs, j.NeedsUntil = v.Needs, v.NeedsUntil
	j.Held, j.HeldUntil, j.Away, j.Takeover = v.Held, v.HeldUntil, v.Away, v.Sought
	if v.Choice.Why != "" {
		j.Estimate = estimateOf(v.Choice)
	}
	if len(v.Results) > 0 {
		r := p.artefactOf(v.Results[0], nameOf(v, job.Provider, v.Results[0].ID))
		j.Result = &r
	}
	if len(v.Results) > 1 {
		for _, a := range v.Results {
			j.Results = append(j.Results, p.artefactOf(a, nameOf(v, job.Provider, a.ID)))
		}
	}
	if j.Instalments = instalmentsOf(v); len(j.Instalments) > 0 {
		j.MostInstalments = v.MostInstalments
	}
	return j
}

// nameOf is the name in the vault of an artefact that one side of a job made.
func nameOf(v agent.View, made job.Role, id wire.CID) wire.CID {
	if v.Role == made {
		return id
	}
	return foreign(v.Peer, id)
}

func (p *Peer) artefactOf(a payload.Artefact, name wire.CID) gateway.Artefact {
	return gateway.Artefact{ID: a.ID, Size: a.Size, Type: a.Type, Held: p.o.Vault.Holds(name)}
}

// patience is how long an owner waits for a result to be fetched again.
const patience = 20 * time.Second

// Cancel asks for the end of a job.
func (p *Peer) Cancel(ctx context.Context, id string) (gateway.Job, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return gateway.Job{}, err
	}
	var ev agent.Event = agent.Withdrew{Job: v.ID}
	if v.ID.IsZero() {
		ev = agent.Withdrew{Key: v.Key}
	}
	refusal, err := p.tell(ctx, ev)
	if err != nil {
		return gateway.Job{}, err
	}
	if refusal != nil {
		if v, err := p.view(ctx, id); err == nil && v.Final {
			return gateway.Job{}, ended(&v)
		}
		return gateway.Job{}, asError(refusal)
	}
	return p.Job(ctx, id)
}

// ended is the refusal to end a job that has ended.
func ended(v *agent.View) error {
	how := v.Stage
	if v.Code != "" {
		how += " (" + string(v.Code) + ")"
	}
	if v.Closed != 0 {
		how += " at " + time.UnixMilli(int64(v.Closed)).Format("2006-01-02 15:04:05 MST")
	}
	paid := "nothing"
	if !v.Paid.IsZero() {
		paid = v.Paid.String() + " " + v.Asset
	}
	id := v.ID.String()
	if v.ID.IsZero() {
		id = v.Key
	}
	e := &gateway.Error{
		Code: gateway.CodeEnded, Message: fmt.Sprintf("job %s has ended: %s; %s was paid", id, how, paid),
		Hint: "nothing was changed; `souk job show " + id + "` tells what happened",
	}
	if !v.TakenOver.IsZero() {
		e.Hint = "job " + v.TakenOver.String() + " took it over; `souk job cancel " + v.Key + "` ends the whole order"
	}
	return e
}
