package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// schemaOf is the rule that the schema of an offer is, which looks at inputs.
func schemaOf(schema string) protocol.Check {
	if schema == "" {
		return protocol.Check{}
	}
	return protocol.Check{Rule: worker.SchemaRule, Params: schema}
}

// errInput is returned, wrapped, for an input that is not what the schema of an offer asks for.
var errInput = errors.New("the input is not what the offer's schema asks for")

// satisfies compares an input, by its name in the vault, with the schema of an offer,
// in bounded time whoever wrote either: no schema, no bounds.
func (p *Peer) satisfies(ctx context.Context, schema string, input wire.CID) error {
	if schema == "" {
		return nil
	}
	r, err := p.content(input)
	if err != nil {
		return err
	}
	defer r.Close() // only read from
	err = p.o.Checker.Check(ctx, worker.Rule{Name: worker.SchemaRule, Params: schema}, nil, r)
	if failed := new(worker.Failure); errors.As(err, &failed) {
		return fmt.Errorf("%w: %s", errInput, failed.Why)
	}
	return err
}

// fit compares an order's inputs with schemas and tells the core of each. What is not
// done in time is not told: who asks for it is passed over.
func (p *Peer) fit(e agent.Fit) {
	ctx, cancel := until(p.ctx, e.Until)
	defer cancel()
	for _, schema := range e.Schemas {
		var err error
		for _, in := range e.Inputs {
			if err = p.satisfies(ctx, schema, in.ID); err != nil {
				break
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.log.Debug("an offer is passed over", "order", e.Key, "error", err)
		}
		p.post(agent.Fitted{Key: e.Key, Schema: schema, Fits: err == nil})
	}
}

// maxShown is the most bytes of foreign schemas that one answer shows.
const maxShown = 1 << 20

// showSchemas leaves those out of what was found that would make the answer too long.
func showSchemas(found []gateway.Found) {
	room := maxShown
	for i := range found {
		if room -= len(found[i].InputSchema); room < 0 {
			found[i].InputSchema = ""
		}
	}
}
