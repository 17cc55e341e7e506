package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// Cost is what the buyers paid for one kind of work.
type Cost struct {
	Capability string      `json:"capability"`
	Tries      int         `json:"tries"`   // contracts made
	Settled    int         `json:"settled"` // of them
	Paid       wire.Amount `json:"paid"`
	Each       wire.Amount `json:"each"` // paid for each success, rounded up; 0 where there is none
}

// reckon reads from the buyers' desks what a success cost them.
func (p *play) reckon(ctx context.Context) error {
	for _, buyer := range p.buyers() {
		jobs, err := buyer.Jobs(ctx, 10*MaxJobs)
		if err != nil {
			return fmt.Errorf("ask the %s: %w", buyer.name, err)
		}
		for i := range jobs {
			if jobs[i].ID.IsZero() {
				continue // never a contract
			}
			if err := p.report.spend(&jobs[i]); err != nil {
				return err
			}
		}
	}
	for i := range p.report.Costs {
		c := &p.report.Costs[i]
		if c.Settled == 0 {
			continue
		}
		var err error
		if c.Each, err = c.Paid.DivUp(uint64(c.Settled)); err != nil {
			return err
		}
	}
	return nil
}

// spend adds a job to what was spent on its kind of work.
func (r *Report) spend(j *gateway.Job) (err error) {
	i, known := slices.BinarySearchFunc(r.Costs, j.Capability, func(c Cost, name string) int { return strings.Compare(c.Capability, name) })
	if !known {
		r.Costs = slices.Insert(r.Costs, i, Cost{Capability: j.Capability})
	}
	c := &r.Costs[i]
	c.Tries++
	if j.OK {
		c.Settled++
	}
	c.Paid, err = c.Paid.Plus(j.Paid)
	return err
}
