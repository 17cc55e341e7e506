package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// judgeByCheck is the technology of a judge that runs a rule: what passes is worth
// all of the part, and what does not nothing.
const judgeByCheck = "check"

const maxShare = 64 // bytes of a judge's answer that are looked at

// grade gets what a disputed job is about, has its judge grade it, and tells the core.
func (p *Peer) grade(ctx context.Context, g agent.Grade) {
	bounded, cancel := until(ctx, g.Until)
	defer cancel()
	done := agent.Graded{Job: g.Job}
	share, err := p.appraise(bounded, g)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		done.Code, done.Detail = codeOfWork(err), err.Error()
		p.log.Warn("case not graded", "job", g.Job, "code", done.Code, "error", err)
	}
	done.Share = share
	p.post(done)
}

func (p *Peer) appraise(ctx context.Context, g agent.Grade) (uint64, error) {
	if len(g.Results) != 1 || len(g.Inputs) == 0 {
		return 0, fmt.Errorf("%w: a case has one result and an input", worker.ErrFailed)
	}
	input, err := p.obtainFromEither(ctx, g, g.Inputs[0])
	if err != nil {
		return 0, err
	}
	result, err := p.obtainFromEither(ctx, g, g.Results[0])
	if err != nil {
		return 0, err
	}
	if g.Judge.Technology == judgeByCheck {
		switch err := p.check(ctx, g.Judge.Rule, input, result); {
		case err == nil:
			return protocol.Full, nil
		case errors.As(err, new(*worker.Failure)):
			return 0, nil
		default:
			return 0, err
		}
	}
	does, err := p.worker(g.Judge)
	if err != nil {
		return 0, err
	}
	content, err := p.content(result)
	if err != nil {
		return 0, err
	}
	defer content.Close() // only read from
	deadline, _ := ctx.Deadline()
	var said bytes.Buffer
	_, err = does.Do(ctx, worker.Task{
		Capability: g.Judge.Capability, Input: content, InputType: g.Results[0].Type,
		Limits: worker.Limits{Time: max(time.Until(deadline), time.Millisecond), Output: MaxResult, Memory: MaxMemory},
	}, &firstBytes{&said, maxShare})
	if err != nil {
		return 0, err
	}
	return shareOf(said.String())
}

// shareOf reads what a judge says: on its first line, of 10,000, the provider's share.
func shareOf(said string) (uint64, error) {
	first, _, _ := bytes.Cut([]byte(said), []byte("\n"))
	share, err := strconv.ParseUint(string(bytes.TrimSpace(first)), 10, 64)
	if err != nil || share > protocol.Full {
		return 0, fmt.Errorf("%w: the judge's first line is %.40q, not a share from 0 to 10000", worker.ErrFailed, first)
	}
	return share, nil
}

// firstBytes keeps the first bytes of what is written, and takes the rest.
type firstBytes struct {
	to   io.Writer
	left int
}

func (f *firstBytes) Write(b []byte) (int, error) {
	some := b[:min(len(b), f.left)]
	f.left -= len(some)
	_, err := f.to.Write(some)
	return len(b), err
}

// obtainFromEither sees to it that an artefact of a case is in the vault, from
// whichever side serves it, and returns its name there.
func (p *Peer) obtainFromEither(ctx context.Context, g agent.Grade, a payload.Artefact) (wire.CID, error) {
	sides := []wire.Key{g.Hirer, g.Provider}
	for _, from := range sides {
		if p.o.Vault.Holds(foreign(from, a.ID)) {
			return foreign(from, a.ID), nil
		}
	}
	if a.Size > MaxInput {
		return wire.CID{}, &artefactFault{errTooLarge}
	}
	var hauls []*haul
	for _, from := range sides {
		h := &haul{p: p, from: from, a: a}
		defer h.close()
		hauls = append(hauls, h)
	}
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		var failed error
		for _, h := range hauls {
			err := h.fetch(ctx)
			if err == nil {
				return foreign(h.from, a.ID), nil
			}
			failed = errors.Join(failed, err)
		}
		if !p.wait(ctx, pause) {
			return wire.CID{}, &artefactFault{fmt.Errorf("artefact not had in time: %w", failed)}
		}
	}
}
