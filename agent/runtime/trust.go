package runtime

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// maxTrusted is how many agents one answer of Trust judges.
const maxTrusted = 1024

// glance is about how long one question may keep the loop from its events.
const glance = 500 * time.Microsecond

// Trust answers in many small questions: to judge everyone may take long, and
// jobs must not wait for it.
func (p *Peer) Trust(ctx context.Context, q gateway.TrustQuery) (gateway.Trust, error) {
	t := gateway.Trust{Schema: "souk.trust/v1", Viewer: p.o.Agent.Key(), Known: []gateway.Trusted{}}
	if q.Capability != "" {
		if err := protocol.CheckCapability(q.Capability); err != nil {
			return t, invalid("capability: %v", err)
		}
	}
	if !q.Peer.IsZero() {
		one, err := ask(ctx, p, func(a *agent.Agent, at uint64) gateway.Trusted {
			known, _ := a.Met(q.Peer)
			return p.trusted(a, at, known, q)
		})
		t.Known = append(t.Known, one)
		return t, err
	}
	for from, more := 0, true; more; {
		type part struct {
			known []gateway.Trusted
			next  int
		}
		got, err := ask(ctx, p, func(a *agent.Agent, at uint64) part {
			all, next := []gateway.Trusted(nil), from
			for began := time.Now(); len(all) == 0 || time.Since(began) < glance; {
				var known []reputation.Acquaintance
				if known, next = a.Known(next, 1); len(known) > 0 {
					all = append(all, p.trusted(a, at, known[0], q))
				}
				if next == 0 {
					break
				}
			}
			return part{all, next}
		})
		if err != nil {
			return t, err
		}
		t.Known = append(t.Known, got.known...)
		from, more = got.next, got.next != 0
		if more && len(t.Known) >= maxTrusted {
			t.More, more = true, false
		}
	}
	slices.SortStableFunc(t.Known, func(a, b gateway.Trusted) int {
		return cmp.Or(cmp.Compare(b.Standing, a.Standing), cmp.Compare(b.Low, a.Low), bytes.Compare(a.Peer[:], b.Peer[:]))
	})
	return t, nil
}

func (p *Peer) trusted(a *agent.Agent, at uint64, known reputation.Acquaintance, q gateway.TrustQuery) gateway.Trusted {
	t := gateway.Trusted{
		Peer: known.Key, Owner: known.Owner, Capability: cmp.Or(q.Capability, known.Capability),
		Forked: known.Forked, Hired: known.Hired, Last: known.Last,
	}
	var e reputation.Estimate
	if q.Why {
		x := a.Why(at, t.Peer, t.Capability)
		e, t.Standing, t.Why = x.Estimate, x.Standing, whyOf(x, p.o.Agent.Key())
	} else {
		e, t.Standing = a.Estimate(at, t.Peer, t.Capability), a.Standing(t.Peer)
	}
	t.Success, t.Low, t.High, t.Uncertainty, t.Base = e.Success, e.Low, e.High, e.Uncertainty, e.Base
	t.Reached, t.Pending, t.Disputes = e.Reached, e.Pending, e.Disputes
	t.Jobs, t.Good, t.Contested = e.Tally.Jobs, e.Tally.Good, e.Tally.Contested
	return t
}

func whyOf(x reputation.Explanation, self wire.Key) *gateway.Why {
	w := &gateway.Why{Raters: []gateway.Rater{}, Others: x.Others, Floor: x.Floor, Holes: []gateway.Hole{}}
	for _, r := range x.Raters {
		g := gateway.Rater{
			Peer: r.Key, Self: r.Key == self, Vote: r.Vote, Share: r.Share, Reach: r.Reach, Path: []gateway.Hop{},
			Jobs: r.Tally.Jobs, Good: r.Tally.Good, Contested: r.Tally.Contested,
			Without: gateway.Guess{Success: r.Without.Success, Low: r.Without.Low, High: r.Without.High},
		}
		for _, h := range r.Path {
			g.Path = append(g.Path, gateway.Hop{To: h.To, How: h.How.String(), Share: h.Share, Jobs: h.Tally.Jobs, Good: h.Tally.Good})
		}
		w.Raters = append(w.Raters, g)
	}
	for _, h := range x.Holes {
		w.Holes = append(w.Holes, gateway.Hole{Epoch: h.Epoch.String(), From: h.From, To: h.To, Why: h.Why.String()})
	}
	return w
}
