package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

var errTooLarge = errors.New("larger than the limit")

// tasks are the works and judgings under way, one at a time for each job.
type tasks struct {
	p     *Peer
	mu    sync.Mutex
	under map[wire.CID]*task
	wg    sync.WaitGroup
}

// task is the last one begun for a job.
type task struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

func newTasks(p *Peer) *tasks { return &tasks{p: p, under: map[wire.CID]*task{}} }

// start runs do for a job. The core begins a task only when it has stopped the one
// before or has heard of its end, and that may not have quite ended: do waits for it.
func (t *tasks) start(job wire.CID, do func(context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.p.ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithCancel(t.p.ctx)
	before, mine := t.under[job], &task{cancel, make(chan struct{})}
	t.under[job] = mine
	t.wg.Go(func() {
		defer func() {
			t.mu.Lock()
			if t.under[job] == mine {
				delete(t.under, job)
			}
			t.mu.Unlock()
			cancel()
			close(mine.ended)
		}()
		if before != nil {
			<-before.ended
		}
		if ctx.Err() == nil {
			do(ctx)
		}
	})
}

func (t *tasks) stop(job wire.CID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last := t.under[job]; last != nil {
		last.cancel()
	}
}

func (t *tasks) wait() { t.wg.Wait() }

// until bounds ctx by an instant in Unix milliseconds.
func until(ctx context.Context, at uint64) (context.Context, context.CancelFunc) {
	return context.WithDeadline(ctx, time.UnixMilli(int64(at)))
}

// work does a job's work and tells the core what came of it.
func (p *Peer) work(ctx context.Context, w agent.Work) {
	bounded, cancel := until(ctx, w.Until)
	defer cancel()
	done := agent.Worked{Job: w.Job}
	result, units, err := p.produce(bounded, w)
	if ctx.Err() != nil {
		return // stopped: the core does not wait for it
	}
	if err != nil {
		done.Code, done.Detail = codeOfWork(err), err.Error()
		if needs := new(worker.ErrNeeds); errors.As(err, &needs) {
			done.Needs = needs.Lines
		}
		p.log.Warn("work failed", "job", w.Job, "capability", w.Stand.Capability, "code", done.Code, "error", err)
	} else {
		done.Results, done.Units = []payload.Artefact{result}, units
	}
	p.post(done)
}

// produce obtains the input, runs the worker, keeps the result and checks it.
func (p *Peer) produce(ctx context.Context, w agent.Work) (payload.Artefact, uint64, error) {
	none := payload.Artefact{}
	if len(w.Inputs) == 0 {
		return none, 0, fmt.Errorf("%w: a job takes an input, this has none", worker.ErrFailed)
	}
	in := w.Inputs[0]
	does, err := p.worker(w.Stand)
	if err != nil {
		return none, 0, err
	}
	var all []io.Reader // the first, and what was provided later
	var size int64
	for _, a := range w.Inputs {
		if err := p.obtain(ctx, w.From, a); err != nil {
			return none, 0, &artefactFault{err}
		}
		input, err := p.content(foreign(w.From, a.ID))
		if err != nil {
			return none, 0, err
		}
		defer input.Close() // only read from
		all, size = append(all, input), size+int64(a.Size)
	}
	if err := p.satisfies(ctx, w.Stand.Schema, foreign(w.From, in.ID)); err != nil {
		return none, 0, err
	}
	var salt [saltBytes]byte
	draw(salt[:])
	out, err := p.newDraft(salt, MaxResult, worker.ErrTooLarge)
	if err != nil {
		return none, 0, err
	}
	defer out.Discard() // after keep it does nothing
	deadline, _ := ctx.Deadline()
	r, err := does.Do(ctx, worker.Task{
		Capability: w.Stand.Capability, Input: io.MultiReader(all...), InputType: in.Type, Size: size, Part: w.Part, Parts: w.Parts,
		Limits: worker.Limits{Time: max(time.Until(deadline), time.Millisecond), Output: MaxResult, Memory: MaxMemory},
		Job:    w.Job.String(), Hirer: foreman{p, w.Job},
	}, out)
	if err != nil {
		return none, 0, err
	}
	o, err := out.keep()
	if err != nil {
		return none, 0, err
	}
	if err := p.check(ctx, w.Stand.Rule, foreign(w.From, in.ID), o.ID()); err != nil {
		return none, 0, errors.Join(err, p.o.Vault.Erase(o.ID()))
	}
	media, _, _ := strings.Cut(r.Type, ";") // parameters are not part of an artefact's type
	if media == "" {
		media = w.Stand.OutputType
	}
	return payload.Artefact{ID: o.ID(), Size: o.Size, Type: media, Label: in.Label}, max(r.Units, 1), nil // what meters nothing does one unit of work
}

func (p *Peer) worker(s sell.Stand) (worker.Worker, error) {
	c := worker.Config{Technology: s.Technology, Settings: map[string]string{}}
	for _, x := range s.Settings {
		c.Settings[x.Name] = x.Value
	}
	for _, m := range p.o.Workers {
		if m.Name() == c.Technology {
			return m.Make(c)
		}
	}
	return nil, fmt.Errorf("%w: no worker technology %.40q here", worker.ErrConfig, c.Technology)
}

// artefactFault is a payload that could not be had or is not what was committed to.
type artefactFault struct{ error }

func (a *artefactFault) Unwrap() error { return a.error }

func codeOfWork(err error) protocol.Code {
	var missing *artefactFault
	var failed *worker.Failure
	switch {
	case errors.As(err, &missing):
		return protocol.CodeArtefact
	case errors.As(err, &failed):
		return protocol.CodeCheck
	case errors.Is(err, errInput):
		return protocol.CodeInput
	case errors.Is(err, worker.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return protocol.CodeWorkTimeout
	case errors.Is(err, worker.ErrTooLarge):
		return protocol.CodeTooLarge
	}
	return protocol.CodeWorkFailed
}

// check runs an acceptance rule over an input and a result, by their names in the vault.
func (p *Peer) check(ctx context.Context, rule protocol.Check, in, result wire.CID) error {
	if rule.IsZero() {
		return nil
	}
	input, err := p.content(in)
	if err != nil {
		return err
	}
	defer input.Close() // only read from
	output, err := p.content(result)
	if err != nil {
		return err
	}
	defer output.Close() // only read from
	return p.o.Checker.Check(ctx, worker.Rule{Name: rule.Rule, Params: rule.Params}, input, io.Reader(output))
}

// judge gets a job's results, runs its rule over them, and tells the core.
func (p *Peer) judge(ctx context.Context, j agent.Judge) {
	bounded, cancel := until(ctx, j.Until)
	defer cancel()
	done := agent.Judged{Job: j.Job}
	err := p.examine(bounded, j, j.Rule)
	if err == nil && !j.Expect.IsZero() {
		if err = p.examine(bounded, j, j.Expect); err != nil {
			done.Clause = "expect"
		}
	}
	if ctx.Err() != nil {
		return
	}
	var failed *worker.Failure
	var missing *artefactFault
	switch {
	case err == nil:
	case errors.As(err, &failed):
		done.Code, done.Detail = protocol.CodeCheck, err.Error()
	case errors.As(err, &missing):
		done.Code, done.Detail = protocol.CodeArtefact, err.Error()
	default:
		// Not the provider's fault: the check could not be run here. A rule that
		// was agreed to and cannot be run judges nobody.
		p.log.Error("check not run; the result is accepted", "job", j.Job, "error", err)
	}
	p.post(done)
}

func (p *Peer) examine(ctx context.Context, j agent.Judge, rule protocol.Check) error {
	for _, r := range j.Results {
		if err := p.obtain(ctx, j.From, r); err != nil {
			return &artefactFault{err}
		}
	}
	if len(j.Results) != len(j.Inputs) { // a rule looks at one input and its result
		return nil
	}
	for i, in := range j.Inputs {
		if err := p.check(ctx, rule, in.ID, foreign(j.From, j.Results[i].ID)); err != nil {
			return err
		}
	}
	return nil
}
