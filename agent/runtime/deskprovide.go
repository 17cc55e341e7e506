package runtime

import (
	"context"
	"errors"
	"io"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/job"
)

// Provide hands over what a job's provider waits for, under the label of what
// came with the order.
func (p *Peer) Provide(ctx context.Context, id, inputType string, content io.Reader) (gateway.Job, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return gateway.Job{}, err
	}
	if v.Role != job.Hirer || len(v.Needs) == 0 || len(v.Inputs) == 0 {
		return gateway.Job{}, &gateway.Error{
			Code: gateway.CodeInvalid, Message: "nothing is asked for: the job is " + v.Stage, Hint: "`souk job show " + id + "` tells what a job needs",
		}
	}
	if inputType == "" {
		inputType = "application/octet-stream"
	}
	in, err := p.brought(content, inputType, v.Inputs[0].Label)
	if err != nil {
		return gateway.Job{}, err
	}
	refusal, err := p.tell(ctx, agent.Provided{Job: v.ID, Input: in})
	if err != nil {
		return gateway.Job{}, err
	}
	if refusal != nil {
		return gateway.Job{}, errors.Join(asError(refusal), p.o.Vault.Erase(in.ID))
	}
	return p.Job(ctx, id)
}
