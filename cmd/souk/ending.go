package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// failed is the error for a job that ended without what was wanted.
func failed(job gateway.Job) error {
	e := &gateway.Error{
		Code: job.Code, Message: fmt.Sprintf("job %s is %s", name(job), job.Stage),
		Hint: fmt.Sprintf("`souk job show %s` tells what happened", name(job)),
	}
	if e.Code == "" {
		e.Code = gateway.CodeInternal
	}
	if job.Detail != "" {
		e.Message += ": " + job.Detail
	}
	switch why := reasons[job.Code]; {
	case why == "":
	case job.Detail == "":
		e.Message += ": " + why
	default:
		e.Message += ", since " + why
	}
	switch e.Code {
	case protocol.CodeBudget:
		e.Hint = "`souk status` shows what the mandate allows and what is spent"
	case protocol.CodeBusy:
		e.Hint, e.Retryable = "hire again later, or another: `souk find "+job.Capability+"`", true
	case protocol.CodeInput:
		e.Hint = "`souk find " + job.Capability + " --json` shows as input_schema what each offer takes"
	case protocol.CodeTooLarge:
		e.Hint = "split the input and hire for each part"
	}
	return e
}

// reasons says for people what a code tells programs.
var reasons = map[protocol.Code]string{
	protocol.CodeInterrupted: "the provider was restarted in mid-work",
	protocol.CodeWorkFailed:  "the provider's worker failed",
	protocol.CodeWorkTimeout: "the provider's worker took too long",
	protocol.CodeWithdrawn:   "its author no longer wants it",
	protocol.CodeOverLimit:   "the provider gives no more credit",
	protocol.CodeClock:       "the two clocks differ too much",
	protocol.CodeBusy:        "the provider is busy",
	protocol.CodeTooLarge:    "the input is larger than the provider takes",
	protocol.CodeCheck:       "the result failed the acceptance check",
}

// unmet is the error for an order that nobody was found for: which of its
// conditions no offer met, and what the offers promise.
func (p *program) unmet(ctx context.Context, desk gateway.Desk, job gateway.Job, o *want) error {
	e := &gateway.Error{Code: job.Code, Retryable: true}
	heard, err := desk.Find(ctx, job.Capability)
	if err != nil {
		return failed(job) // that is told already, and the offers were but its colour
	}
	var offers []gateway.Found
	for _, f := range heard {
		if !f.Own && (o.order.Peer.IsZero() || f.Peer == o.order.Peer) {
			offers = append(offers, f)
		}
	}
	e.Hint = promises(offers)
	switch {
	case o.call > 0 && job.Code == protocol.CodeNoOffer:
		e.Message = fmt.Sprintf("no quote came in answer to the call of %s within %s that suits this order, and no offer does", job.Capability, o.call)
		e.Hint = "raise --budget or --deadline, or call for longer than --call " + o.call.String()
	case len(offers) == 0 && job.Code == protocol.CodeNoOffer:
		who := nobody(job.Capability)
		if len(heard) > 0 {
			who = "nobody but this peer itself offers " + job.Capability + " right now"
		}
		e.Message, e.Hint = who, "`souk find` shows what is offered; `souk status` whom this peer is linked to"
		if !o.order.Peer.IsZero() {
			e.Message, e.Hint = "the peer of --peer does not offer "+job.Capability+" right now", "`souk find "+job.Capability+"` shows who does"
		}
	case job.Code == protocol.CodeNoOffer && len(o.order.Evaluators) > 0 && !judged(offers, o.order.Evaluators):
		e.Message = "no offer of " + job.Capability + " leaves disputes to the evaluators that the order names"
		if e.Hint = toAccept(unnamed(offers, o.order.Evaluators)); e.Hint == "" {
			e.Hint = "leave out --evaluator to hire where nobody judges"
		}
	case job.Code == protocol.CodeNoOffer && len(unnamed(offers, o.order.Evaluators)) > 0:
		e.Message = "every offer of " + job.Capability + " leaves disputes to evaluators that the order does not name"
		e.Hint = toAccept(unnamed(offers, o.order.Evaluators))
	case job.Code == protocol.CodeNoOffer && o.expect != "" && !slices.ContainsFunc(offers, func(f gateway.Found) bool { return len(f.Evaluators) > 0 }):
		e.Message = "no offer of " + job.Capability + " that suits is under evaluators or makes good what fails: --expect could hold nobody to anything"
		e.Hint = "leave out --expect and look at the result yourself, or find one who sells with --evaluator or --reworks"
	case job.Code == protocol.CodeNoOffer && len(o.in) > 1:
		e.Message = fmt.Sprintf("no offer of %s takes %d inputs, each a call of its own, for the asset and --type of this order", job.Capability, len(o.in))
		e.Hint = "hire for fewer at once"
	case job.Code == protocol.CodeNoOffer:
		e.Message = "no offer of " + job.Capability + " suits the asset and --type of this order"
	case job.Code == protocol.CodeBudget && job.Detail == agent.TooDear && o.order.Budget != nil:
		e.Message = fmt.Sprintf("no offer of %s that suits otherwise costs at most %s (--budget)", job.Capability, o.order.Budget)
		e.Hint += "; raise --budget, or haggle with --bid"
	case job.Code == protocol.CodeLate && o.deadline > 0:
		e.Message = fmt.Sprintf("no offer of %s promises delivery within %s (--deadline)", job.Capability, o.deadline)
	case job.Code == protocol.CodeRail:
		e.Message = "no offer of " + job.Capability + " is paid on a rail that this peer speaks"
	case job.Code == protocol.CodeLabel:
		e.Message = "no offer of " + job.Capability + " takes data of this --class"
		e.Hint = next(job.Code)
	default:
		return failed(job)
	}
	e.Message = "job " + name(job) + " is given up: " + e.Message
	return e
}

// judged reports whether the disputes of an offer are left to evaluators who are all named.
func judged(offers []gateway.Found, named []wire.Key) bool {
	return slices.ContainsFunc(offers, func(f gateway.Found) bool {
		return len(f.Evaluators) > 0 && !slices.ContainsFunc(f.Evaluators, func(k wire.Key) bool { return !slices.Contains(named, k) })
	})
}

// toAccept says how evaluators are named, "" where there are none.
func toAccept(evaluators []wire.Key) string {
	if len(evaluators) == 0 {
		return ""
	}
	s := "to accept those of an offer, add"
	for _, key := range evaluators {
		s += " --evaluator " + key.String()
	}
	return s
}

// unnamed returns whom the first offer has as evaluators and the order does not
// name, or nobody where there is an offer of which it names all.
func unnamed(offers []gateway.Found, named []wire.Key) (first []wire.Key) {
	for _, f := range offers {
		lacks := slices.DeleteFunc(slices.Clone(f.Evaluators), func(k wire.Key) bool { return slices.Contains(named, k) })
		if len(lacks) == 0 {
			return nil
		}
		if first == nil {
			first = lacks
		}
	}
	return first
}

// promises says what is the best of each that live offers promise.
func promises(offers []gateway.Found) string {
	var least wire.Amount
	asset, soonest := "", uint64(0)
	for _, f := range offers {
		if !f.Ask && (asset == "" || f.Price.Cmp(least) < 0) {
			least, asset = f.Price, f.Asset
		}
		if soonest == 0 || f.DeliverMS < soonest {
			soonest = f.DeliverMS
		}
	}
	switch {
	case len(offers) == 0:
		return "`souk find` shows what is offered now"
	case asset == "":
		return fmt.Sprintf("the soonest delivery now promised is within %s", time.Duration(soonest)*time.Millisecond)
	}
	return fmt.Sprintf("of what is offered now the cheapest is %s of %s, the soonest within %s",
		least, asset, time.Duration(soonest)*time.Millisecond)
}
