package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// Trust is what one buyer thinks of one other peer at the end, by its desk.
type Trust struct {
	Viewer      string  `json:"viewer"`
	Peer        string  `json:"peer"`
	Capability  string  `json:"capability,omitempty"`
	Standing    float64 `json:"standing"`
	Success     float64 `json:"success"` // this and what follows from 0 to 1
	Low         float64 `json:"low"`     // 90 % interval
	High        float64 `json:"high"`
	Uncertainty float64 `json:"uncertainty"`
	Jobs        int     `json:"jobs"`
	Good        int     `json:"good"`
}

// Why is whose word one of these rests on.
type Why struct {
	Viewer  string   `json:"viewer"`
	Peer    string   `json:"peer"`
	Grounds []Ground `json:"grounds"` // heaviest first
}

// Ground is one rater's part in it.
type Ground struct {
	Share   float64 `json:"share"`   // of the weight, 0 to 1
	Path    string  `json:"path"`    // from the viewer by whom it trusts to the peer
	Without float64 `json:"without"` // success without this rater
}

// judge asks the buyers' desks whom they trust, and one of them why.
func (p *play) judge(ctx context.Context) error {
	p.Scene("asking the buyers whom they trust")
	longest := 0
	for _, buyer := range p.buyers() {
		t, err := p.opinion(ctx, buyer)
		if err != nil {
			return fmt.Errorf("ask the %s: %w", buyer.name, err)
		}
		for _, k := range t.Known {
			name, played := p.names[k.Peer]
			if !played || k.Peer == buyer.key || k.Jobs == 0 {
				continue // of who only buys there is nothing to expect
			}
			p.report.Trust = append(p.report.Trust, Trust{
				Viewer: buyer.name, Peer: name, Capability: k.Capability, Standing: k.Standing,
				Success: k.Success, Low: k.Low, High: k.High, Uncertainty: k.Uncertainty, Jobs: k.Jobs, Good: k.Good,
			})
			if k.Why == nil {
				continue
			}
			if far := farthest(k.Why); far > longest {
				longest = far
				p.report.Why = p.why(buyer, name, k.Why)
			}
		}
	}
	slices.SortStableFunc(p.report.Trust, func(a, b Trust) int {
		if a.Viewer != b.Viewer {
			return strings.Compare(a.Viewer, b.Viewer)
		}
		return int(1e6 * (b.Success - a.Success))
	})
	return nil
}

// opinion waits until a desk has learned from all its jobs that are settled or
// failed, and thought it over.
func (p *play) opinion(ctx context.Context, buyer *player) (t gateway.Trust, err error) {
	jobs, err := buyer.Jobs(ctx, 10*MaxJobs)
	if err != nil {
		return t, err
	}
	over := map[wire.Key]int{} // by provider
	for _, j := range jobs {
		if j.OK || against(&j) {
			over[j.Peer]++
		}
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for late := time.After(patience / 4); ; {
		if t, err = buyer.Trust(ctx, gateway.TrustQuery{Why: true}); err != nil {
			return t, err
		}
		learned, thinking := 0, false
		for _, k := range t.Known {
			thinking = thinking || k.Pending > unthought
			if n := over[k.Peer]; n > 0 && k.Jobs >= n {
				learned++
			}
		}
		if learned == len(over) && !thinking {
			return t, nil
		}
		select {
		case <-again.C:
		case <-late:
			return t, nil // as it is then
		case <-ctx.Done():
			return t, ctx.Err()
		}
	}
}

// unthought is the share of a buyer's trust that may not be thought over.
const unthought = 0.001

// farthest is the length of the longest path in a reason.
func farthest(why *gateway.Why) int {
	most := 0
	for _, r := range why.Raters {
		most = max(most, 1+len(r.Path))
	}
	return most
}

// why tells a reason in the names of the play.
func (p *play) why(viewer *player, peer string, why *gateway.Why) *Why {
	w := &Why{Viewer: viewer.name, Peer: peer}
	for _, r := range why.Raters {
		way := []string{viewer.name}
		for _, h := range r.Path {
			way = append(way, fmt.Sprintf("%s (%s: %d of %d good)", p.called(h.To), h.How, h.Good, h.Jobs))
		}
		way = append(way, fmt.Sprintf("%s (hired: %d of %d good)", peer, r.Good, r.Jobs))
		w.Grounds = append(w.Grounds, Ground{Share: r.Share, Path: strings.Join(way, " → "), Without: r.Without.Success})
	}
	return w
}

func (p *play) called(k wire.Key) string {
	if name, ok := p.names[k]; ok {
		return name
	}
	return k.String()
}
