package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// appoint has an offer name its seller's evaluator, who consents to that: it runs the
// rule of the offer itself.
func (p *play) appoint(ctx context.Context, d *gateway.OfferDraft, seller *player) error {
	evaluator := p.who(seller.evaluator)
	consent, err := evaluator.Consent(ctx, gateway.ConsentDraft{
		Provider: seller.key, Scopes: []string{d.Capability}, Asset: d.Asset,
		Technology: "check", Rule: d.Rule, RuleParams: d.RuleParams,
	})
	if err != nil {
		return fmt.Errorf("the %s does not consent: %w", evaluator.name, err)
	}
	d.Consents, d.Needed = []string{string(consent)}, 1
	return nil
}

// conclude waits until the provider of a job that was awarded knows of its end too,
// and returns who judged it.
func (p *play) conclude(ctx context.Context, j *gateway.Job) (evaluator string, err error) {
	i := slices.IndexFunc(j.Documents, func(d gateway.Document) bool { return d.Kind == "Award" })
	if i < 0 {
		return "", nil
	}
	seller := p.who(p.names[j.Peer])
	if _, err := seller.final(ctx, j.ID.String()); err != nil {
		return "", fmt.Errorf("ask the %s: %w", seller.name, err)
	}
	return p.names[j.Documents[i].By], nil
}

// against reports whether a job ended against its provider, since its result failed.
func against(j *gateway.Job) bool {
	return j.Stage == job.Defaulted.String() && j.Code == protocol.CodeCheck
}

// Awarded counts the jobs that failed their check, were brought to an evaluator, and
// ended against their providers.
func (r *Report) Awarded() int {
	return r.count(func(j *Job) bool { return j.Evaluator != "" && against(&j.Job) && j.Paid.IsZero() })
}

// held is what a job's buyer still has set aside for its provider.
func (r *Report) held(j *Job) (held wire.Amount) {
	for _, q := range r.Pairs {
		if q.Payer == j.Buyer && q.Payee == j.Provider {
			held = q.Holds
		}
	}
	return held
}

// Sunk reports whether the buyer of each job that was awarded expects less of its
// provider than of everybody whose work was always good.
func (r *Report) Sunk() bool {
	for i := range r.Jobs {
		j := &r.Jobs[i]
		if j.Evaluator == "" {
			continue
		}
		k := slices.IndexFunc(r.Trust, func(t Trust) bool { return t.Viewer == j.Buyer && t.Peer == j.Provider })
		if k < 0 || r.Trust[k].Good == r.Trust[k].Jobs {
			return false
		}
		for _, t := range r.Trust {
			if t.Viewer == j.Buyer && t.Good == t.Jobs && t.Success <= r.Trust[k].Success {
				return false
			}
		}
	}
	return true
}
