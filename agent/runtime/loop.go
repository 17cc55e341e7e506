package runtime

import (
	"context"
	"fmt"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// message is what the loop takes: an event for the core, or a question about
// its state. done is called in the loop's order once everything before it is
// durable.
type message struct {
	event    agent.Event
	question func(a *agent.Agent, at uint64)
	done     chan *agent.Refusal // buffered; nil where nobody waits
}

// loop is the only goroutine that touches the core.
func (p *Peer) loop(core *agent.Agent, last uint64) {
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		var m message
		select {
		case <-p.done:
			return
		case <-alarm.C:
			m.event = agent.Woke{}
		case m = <-p.inbox:
		}
		// A clock that goes back must revive nothing that was over.
		last = max(last, now())
		if err := p.take(core, last, m, alarm); err != nil {
			p.log.Error("the peer stops", "fault", err)
			p.fail(err)
			return
		}
	}
}

// take handles one message: decide, seal, append; the effects wait for the append.
func (p *Peer) take(core *agent.Agent, at uint64, m message, alarm *time.Timer) error {
	if m.question != nil {
		m.question(core, at)
		p.release.push(&parcel{done: m.done, ready: true})
		return nil
	}
	var chance [16]byte
	draw(chance[:])
	step, err := core.Handle(at, chance, m.event)
	if err != nil {
		return err
	}
	for _, slip := range step.Slips {
		p.log.Error("not said, which should not have been tried", "error", slip)
	}
	g := &parcel{effects: step.Effects, done: m.done, ready: len(step.Record.Facts) == 0}
	for _, e := range step.Effects {
		if w, ok := e.(agent.Wake); ok {
			alarm.Reset(time.Duration(w.At-min(w.At, at)) * time.Millisecond)
		}
	}
	p.release.push(g)
	if g.ready {
		return nil
	}
	return p.record(&step, g)
}

// record seals what the step says and appends its facts.
func (p *Peer) record(step *agent.Step, g *parcel) error {
	for _, s := range step.Record.Sayings() {
		if err := p.seal(s); err != nil {
			return err
		}
	}
	b, err := step.Record.Bytes()
	if err != nil {
		return err
	}
	if len(b) > agent.MaxRecord {
		return fmt.Errorf("a record of %d bytes", len(b))
	}
	p.appended++ // what the journal will number it
	seq, record, touched := p.appended, &step.Record, step.Touched
	got := p.o.Journal.Append(b, func(err error) {
		if err != nil {
			p.fail(fmt.Errorf("commit: %w", err))
			return
		}
		p.archive.note(seq, record, touched) // not before it can be read back
		p.release.let(g)
	})
	p.snapshots.appended(seq)
	if got != seq {
		return fmt.Errorf("the journal numbered record %d as %d", seq, got)
	}
	return nil
}

// seal signs a saying, once.
func (p *Peer) seal(s *agent.Saying) (err error) {
	if s.Bundle != nil {
		return nil
	}
	raw := make([][]byte, len(s.Docs))
	for i, d := range s.Docs {
		raw[i] = d.Raw
	}
	s.Bundle, err = wire.Seal(p.o.Agent, p.o.Net, raw...)
	return err
}

// post hands an event to the loop, waiting for room; false when the peer stops first.
func (p *Peer) post(ev agent.Event) bool {
	select {
	case p.inbox <- message{event: ev}:
		return true
	case <-p.done:
		return false
	}
}

// tell hands the loop an owner's event and waits for the core's answer, which
// comes once the step is durable.
func (p *Peer) tell(ctx context.Context, ev agent.Event) (*agent.Refusal, error) {
	return p.send(ctx, message{event: ev, done: make(chan *agent.Refusal, 1)})
}

// ask runs f in the loop and returns its answer once all it could have seen is
// durable. f may run on after an early return, so it writes to nothing of the
// caller's and what it returns must not change any more.
func ask[T any](ctx context.Context, p *Peer, f func(a *agent.Agent, at uint64) T) (T, error) {
	answer := new(T)
	_, err := p.send(ctx, message{
		question: func(a *agent.Agent, at uint64) { *answer = f(a, at) },
		done:     make(chan *agent.Refusal, 1),
	})
	if err != nil {
		var none T
		return none, err
	}
	return *answer, nil
}

func (p *Peer) send(ctx context.Context, m message) (*agent.Refusal, error) {
	stopped := &gateway.Error{
		Code: gateway.CodeUnavailable, Message: "the peer is stopping", Hint: "start it again with `souk up`", Retryable: true,
	}
	select {
	case p.inbox <- m:
	case <-p.done:
		return nil, stopped
	case <-ctx.Done():
		return nil, timeout(ctx)
	}
	select {
	case r := <-m.done:
		return r, nil
	case <-p.done:
		return nil, stopped
	case <-ctx.Done():
		return nil, timeout(ctx)
	}
}

func timeout(ctx context.Context) error {
	return &gateway.Error{
		Code: gateway.CodeTimeout, Message: "the peer did not answer in time: " + ctx.Err().Error(),
		Hint: "ask again; `souk status` tells how the peer is", Retryable: true,
	}
}
