package demo

import (
	"context"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Part is what somebody was hired for so that a job could be done.
type Part struct {
	Capability string      `json:"capability"`
	Provider   string      `json:"provider"`
	Stage      string      `json:"stage"`
	Paid       wire.Amount `json:"paid"`
	OK         bool        `json:"ok"`
	InVain     bool        `json:"in_vain"` // it came to nothing, and another took over
	Seen       bool        `json:"seen"`    // who did the part knows of what it is one
}

// partsOf waits until a seller is done with a job and with all parts of it, and
// returns the parts as its desk tells them, compared with what those who did them say.
func (p *play) partsOf(ctx context.Context, seller *player, id string) ([]Part, error) {
	j, err := seller.final(ctx, id)
	if err != nil {
		return nil, err
	}
	var parts []Part
	for i, x := range j.Parts {
		part := Part{Capability: x.Capability, Provider: p.names[x.Peer], Stage: x.Stage, Paid: x.Paid, OK: x.OK}
		if i+1 < len(j.Parts) && j.Parts[i+1].Key == x.Key { // its end may be hours away
			part.InVain = true
			other, err := p.who(part.Provider).Job(ctx, x.ID.String())
			if err != nil {
				return nil, err
			}
			part.Seen = other.Parent == j.ID
		} else if !x.ID.IsZero() {
			own, err := seller.final(ctx, x.ID.String())
			if err != nil {
				return nil, err
			}
			part.Stage, part.Paid, part.OK = own.Stage, own.Paid, own.OK
			other, err := p.who(part.Provider).final(ctx, x.ID.String())
			if err != nil {
				return nil, err
			}
			part.Seen = other.Parent == j.ID
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// Chain is a job and whom its provider hired to do it.
type Chain struct {
	N          int         `json:"n"` // of the order
	Buyer      string      `json:"buyer"`
	Provider   string      `json:"provider"`
	Capability string      `json:"capability"`
	Paid       wire.Amount `json:"paid"`
	Stage      string      `json:"stage"`
	Parts      []Part      `json:"parts"`
}

// Chains returns the jobs that have parts.
func (r *Report) Chains() []Chain {
	var all []Chain
	for i := range r.Jobs {
		if j := &r.Jobs[i]; len(j.Parts) > 0 {
			all = append(all, Chain{j.N, j.Buyer, j.Provider, j.Capability, j.Paid, j.Stage, j.Parts})
		}
	}
	return all
}

// hired tells who was hired for a job.
func (j *Job) hired() string {
	told := "hired "
	for i, x := range j.Parts {
		switch {
		case i == 0:
		case i == len(j.Parts)-1:
			told += " and "
		default:
			told += ", "
		}
		told += fmt.Sprintf("the %s for %s", x.Provider, x.Capability)
		if x.InVain {
			told += " in vain"
		}
	}
	return told
}
