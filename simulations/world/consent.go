package world

import (
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/invariant"
)

// Consent has p agree to be an evaluator of what another sells, for so many
// milliseconds, and returns how the other names it in its terms.
func (p *Peer) Consent(to *Peer, scope, asset string, ms uint64) (protocol.Third, error) {
	nonce := p.w.o.Chance.Bytes(fmt.Sprint("consent of ", p.id), uint64(to.id))
	at := p.Clock()
	d := &protocol.Consent{
		Head: wire.Head{Kind: protocol.KindConsent, By: p.key, At: at, Nonce: wire.Nonce(nonce[:16])},
		To:   to.key, Role: protocol.RoleEvaluator, Scopes: []string{scope}, Asset: asset, Payer: protocol.PaysLoser,
		Data: payload.Handling{Most: payload.Internal, Retention: ms}, Owner: p.conf.Mandate.Doc.Header().By,
		NotBefore: at - protocol.Skew, Expires: at + ms,
	}
	if err := d.Check(); err != nil {
		return protocol.Third{}, err
	}
	said := wire.Canonical{}.Name(d)
	bundle := p.sealed([][]byte{said.Raw}, []wire.Said{said})
	if r := p.Handle(agent.Consented{Consent: said, Bundle: bundle, Judge: sell.Stand{Technology: "builtin"}}); r != nil {
		return protocol.Third{}, r
	}
	return protocol.Third{Key: d.By, Owner: d.Owner, Payer: d.Payer, Data: d.Data, Consent: said.ID}, nil
}

// Opens has p sell something more.
func (p *Peer) Opens(s sell.Stand) {
	if r := p.Handle(agent.Opened{Stand: s}); r != nil {
		p.w.violated(invariant.Sound, p.name, fmt.Sprintf("it cannot sell %s: %v", s.Capability, r))
	}
	p.stands = append(p.stands, s)
}
