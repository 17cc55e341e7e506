package runtime

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

const (
	consentBlock = "SOUK CONSENT" // of the file that holds a sealed Consent (RFC 7468)
	consentLife  = 90 * 86400_000 // milliseconds
)

// Consent lets a provider name this peer as evaluator, and returns the file to
// give to it.
func (p *Peer) Consent(ctx context.Context, d gateway.ConsentDraft) ([]byte, error) {
	judge, err := p.judgeOf(d)
	if err != nil {
		return nil, err
	}
	owner, err := ask(ctx, p, func(a *agent.Agent, _ uint64) wire.Key { return a.Mandate().By })
	if err != nil {
		return nil, err
	}
	var nonce wire.Nonce
	draw(nonce[:])
	at := now()
	doc := &protocol.Consent{
		Head: wire.Head{Kind: protocol.KindConsent, By: p.o.Agent.Key(), At: at, Nonce: nonce},
		To:   d.Provider, Role: protocol.RoleEvaluator, Scopes: slices.Sorted(slices.Values(d.Scopes)), Asset: d.Asset, Fee: d.Fee,
		Payer: protocol.PaysLoser, Data: payload.Handling{Most: payload.Internal, Retention: keepInputs}, Owner: owner,
		NotBefore: at - protocol.Skew, Expires: at + consentLife,
	}
	if err := doc.Check(); err != nil {
		return nil, invalid("%v", err)
	}
	said := wire.Canonical{}.Name(doc)
	bundle, err := wire.Seal(p.o.Agent, p.o.Net, said.Raw)
	if err != nil {
		return nil, err
	}
	refusal, err := p.tell(ctx, agent.Consented{Consent: said, Bundle: bundle, Judge: judge})
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		return nil, asError(refusal)
	}
	b, err := bundle.Bytes()
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: consentBlock, Bytes: b}), nil
}

// judgeOf is what grades the cases under a consent.
func (p *Peer) judgeOf(d gateway.ConsentDraft) (sell.Stand, error) {
	if d.Technology == judgeByCheck {
		rule := protocol.Check{Rule: d.Rule, Params: d.RuleParams}
		if err := p.o.Checker.Valid(worker.Rule{Name: rule.Rule, Params: rule.Params}); err != nil {
			return sell.Stand{}, invalid("judge: %v", err)
		}
		return sell.Stand{Technology: judgeByCheck, Rule: rule}, nil
	}
	judge, err := standOf(gateway.OfferDraft{Technology: d.Technology, Settings: d.Settings})
	if err != nil {
		return judge, err
	}
	if _, err := p.worker(judge); err != nil {
		return judge, invalid("judge: %v", err)
	}
	return judge, nil
}

// panelOf makes the panel of an offer from the consents of its evaluators.
func (p *Peer) panelOf(d gateway.OfferDraft) (protocol.Panel, error) {
	panel := protocol.Panel{Needed: uint8(min(max(d.Needed, 1), protocol.MaxEvaluators)), Split: d.Split}
	for _, file := range d.Consents {
		third, err := p.evaluatorOf([]byte(file), d)
		if err != nil {
			return panel, err
		}
		panel.Members = append(panel.Members, third)
	}
	if len(panel.Members) == 0 {
		return protocol.Panel{}, nil
	}
	return panel, nil
}

func (p *Peer) evaluatorOf(file []byte, d gateway.OfferDraft) (protocol.Third, error) {
	block, rest := pem.Decode(file)
	if block == nil || block.Type != consentBlock || len(bytes.TrimSpace(rest)) > 0 {
		return protocol.Third{}, invalid("this is no consent: let the evaluator make one with `souk consent`")
	}
	bundle, err := wire.ReadBundle(block.Bytes)
	if err != nil {
		return protocol.Third{}, invalid("the consent cannot be read: %v", err)
	}
	said, err := p.reg.Read(bundle, p.o.Net)
	if err != nil {
		return protocol.Third{}, invalid("the consent is not good: %v", err)
	}
	c, ok := said[0].Doc.(*protocol.Consent)
	fault := ""
	switch at := now(); {
	case !ok || len(said) != 1 || c.Role != protocol.RoleEvaluator:
		fault = "it is no evaluator's"
	case c.To != p.o.Agent.Key():
		fault = "it is for another provider, " + c.To.String()
	case at > c.Expires:
		fault = "it is over"
	case c.Asset != d.Asset:
		fault = "it is for offers in " + c.Asset
	case !c.Fee.IsZero():
		fault = "its fee is not 0, and evaluators are not paid yet"
	case !slices.ContainsFunc(c.Scopes, func(scope string) bool { return agent.InScope(scope, d.Capability) }):
		fault = fmt.Sprintf("it is for %v", c.Scopes)
	}
	if fault != "" {
		return protocol.Third{}, invalid("the consent does not suit this offer: %s", fault)
	}
	return protocol.Third{Key: c.By, Owner: c.Owner, Fee: c.Fee, Payer: c.Payer, Data: c.Data, Consent: said[0].ID}, nil
}
