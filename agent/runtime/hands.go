package runtime

import (
	"context"
	"errors"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// carryOut carries out effects in their order.
func (p *Peer) carryOut() {
	for {
		g := p.release.next()
		if g == nil {
			return
		}
		var refusal *agent.Refusal
		for _, e := range g.effects {
			if a, ok := e.(agent.Answer); ok {
				refusal = a.Err
				continue
			}
			p.carry(e)
		}
		if g.done != nil {
			g.done <- refusal
		}
	}
}

// carry carries out one effect. None of them may block for long: whatever does
// runs in a goroutine of its own that ends with the peer.
func (p *Peer) carry(e agent.Effect) {
	switch e := e.(type) {
	case agent.Say:
		p.say(e.Saying)
	case agent.Tell:
		p.transmit(e.To, &protocol.Frame{Bare: [][]byte{e.Doc.Raw}})
	case agent.Announce:
		p.announce(e.Notice)
	case agent.Reach:
		p.reach(e.Peer)
	case agent.Work:
		p.tasks.start(e.Job, func(ctx context.Context) { p.work(ctx, e) })
	case agent.Judge:
		p.tasks.start(e.Job, func(ctx context.Context) { p.judge(ctx, e) })
	case agent.Grade:
		p.tasks.start(e.Job, func(ctx context.Context) { p.grade(ctx, e) })
	case agent.Fit:
		p.wg.Go(func() { p.fit(e) })
	case agent.Stop:
		p.tasks.stop(e.Job)
	case agent.Serve:
		p.grants.add(e.To, e.Of, e.Artefacts)
	case agent.Withhold:
		p.grants.remove(e.From, e.Artefacts)
	case agent.Erase:
		p.erase(e)
	case agent.Pull:
		p.logs.pull(e)
	case agent.Caught:
		p.expose(e)
	case agent.Retell:
		p.retell(e)
	case agent.Changed:
		p.waiters.wake(e.Key, e.Job)
	}
}

// say sends a bundle with the artefacts that ride along. What cannot be sent
// now is said again by the core when the peer is back.
func (p *Peer) say(s *agent.Saying) {
	if err := p.seal(s); err != nil {
		p.fail(err)
		return
	}
	b, err := s.Bundle.Bytes()
	if err != nil {
		p.fail(err)
		return
	}
	f := &protocol.Frame{Bundles: [][]byte{b}}
	for _, a := range s.With {
		datum, err := p.datum(a)
		if err != nil {
			p.log.Warn("an artefact to send is not in the vault", "artefact", a.ID, "error", err)
			continue // the peer can still fetch it, or will say that it is missing
		}
		f.Data = append(f.Data, datum)
	}
	p.transmit(s.To, f)
}

// transmit puts a frame on the link to a peer. Where there is none it is lost:
// to dial here would hold up what is to be said to others.
func (p *Peer) transmit(to wire.Key, f *protocol.Frame) {
	if !p.links.linked(to) {
		return
	}
	b, err := f.Bytes()
	if err != nil {
		p.fail(err)
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	if err := p.net.Send(ctx, to, b); err != nil {
		p.log.Debug("not sent", "to", to, "error", err)
	}
}

// reach dials a peer, once at a time.
func (p *Peer) reach(peer wire.Key) {
	if !p.links.dialling(peer) {
		return
	}
	p.wg.Go(func() {
		defer p.links.dialled(peer)
		ctx, cancel := context.WithTimeout(p.ctx, p2p.DialTimeout)
		defer cancel()
		if err := p.net.Dial(ctx, peer); err != nil && !errors.Is(err, context.Canceled) {
			p.log.Debug("peer not reached", "peer", peer, "error", err)
		}
	})
}

// announce seals an Offer or a Call, keeps it for those who ask later, and gossips it.
func (p *Peer) announce(notice wire.Said) {
	bundle, err := wire.Seal(p.o.Agent, p.o.Net, notice.Raw)
	if err != nil {
		p.fail(err)
		return
	}
	b, err := bundle.Bytes()
	if err != nil {
		p.fail(err)
		return
	}
	var capability string
	switch d := notice.Doc.(type) {
	case *protocol.Offer:
		capability = d.Terms.Capability
		p.board.put(now(), d, notice.ID, b)
	case *protocol.Call:
		capability = d.Capability
		p.calls.put(now(), d, notice.ID, b)
	default:
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	if err := p.net.Publish(ctx, protocol.ShardOf(capability), b); err != nil {
		p.log.Warn("not announced; an offer is announced again soon", "capability", capability, "error", err)
	}
}

func (p *Peer) erase(e agent.Erase) {
	p.grants.remove(e.From, e.Results)
	for _, a := range e.Inputs {
		p.eraseName(foreign(e.From, a.ID))
	}
	for _, a := range e.Results {
		p.eraseName(a.ID)
	}
}

func (p *Peer) eraseName(name wire.CID) {
	if err := p.o.Vault.Erase(name); err != nil {
		p.log.Error("artefact not erased", "artefact", name, "error", err)
	}
}
