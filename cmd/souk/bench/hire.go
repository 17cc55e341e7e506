package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// HireOptions says which jobs are measured.
type HireOptions struct {
	At     int           // jobs under way at once
	For    time.Duration // how long new ones are begun
	Posted bool          // the price stands in the offer; otherwise it is asked for each job
}

// MaxJobs is the most jobs one measurement does: the budget of a fresh mandate
// reaches for no more at a price of 1.
const MaxJobs = 900_000

const (
	warmUp     = 16 // jobs before the first one counts, by which what they cost is counted
	capability = "text/words@1"
)

// text is what is worked on: about a paragraph.
var text = bytes.Repeat([]byte("Every agent runs a peer, finds others, hires them, and pays. "), 5)

// Hire measures whole jobs, from the order to the moment at which the hirer's peer
// has the provider's countersign on disk: both sides durable, nothing left out.
func Hire(ctx context.Context, o Options, h HireOptions) (_ *Report, err error) {
	p, err := openPair(ctx, o, gateway.OfferDraft{
		Capability: capability, Price: wire.Units(1), Asset: usd, Ask: !h.Posted,
		Technology: "builtin", Settings: map[string]string{"name": "words"}, Slots: 1 << 20,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	o.Scene("warming up")
	before := p.counts()
	p.look(true)
	if _, err := repeat(ctx, 1, warmUp, time.Time{}, p.job("warm")); err != nil {
		return nil, err
	}
	p.look(false)
	seals := float64(p.counts().since(before).checked) / warmUp
	o.Scene(fmt.Sprintf("hiring, %d at once, for %s", h.At, h.For))
	row, sizes, err := p.measure(ctx, h)
	if err != nil {
		return nil, err
	}
	row.Counts["seals checked"], sizes.checks = seals, seals
	if err := p.agree(ctx, uint64(row.N+warmUp)); err != nil {
		return nil, err
	}
	if _, err := p.hirer.Receipt(ctx, "last"); err != nil {
		return nil, err
	}
	o.Scene("measuring the least that it can cost")
	ref, err := bare(ctx, o, h, sizes)
	if err != nil {
		return nil, err
	}
	of, goal := ofCPU, "at least 2,000 jobs/s at 256 at once; with a posted price 2,600"
	if h.At == 1 {
		of, goal = ofP50, "at most 1.2"
	}
	row.Goal = goal
	if err := row.hold(ref, of); err != nil {
		return nil, err
	}
	return report("hire", row)
}

// measure does jobs and says what one of them took.
func (p *pair) measure(ctx context.Context, h HireOptions) (Row, perJob, error) {
	row := Row{Unit: "jobs/s"}
	price := "price asked for"
	if h.Posted {
		price = "price posted"
	}
	row.Case = fmt.Sprintf("%d at once, %s", h.At, price)
	said, heard := p.said.counts(), p.heard.counts()
	m, err := begin()
	if err != nil {
		return row, perJob{}, err
	}
	took, err := repeat(ctx, h.At, MaxJobs, time.Now().Add(h.For), p.job("job"))
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, perJob{}, err
	}
	u.fill(&row, len(took))
	row.Percentiles = percentiles(took)
	hirer, provider := p.said.counts().since(said), p.heard.counts().since(heard)
	both, n := hirer.plus(provider), float64(len(took))
	row.Counts = both.each(len(took))
	return row, perJob{
		exchanges: exchanges(h.Posted), signatures: float64(both.signed) / n,
		hirer: hirer.disk(n), provider: provider.disk(n),
		out: float64(hirer.frameBytes) / n, back: float64(provider.frameBytes) / n,
	}, nil
}

// disk is what one side writes for a job.
func (c counts) disk(jobs float64) disk {
	return disk{records: float64(c.records) / jobs, bytes: int(c.recordBytes / max(c.records, 1)), kept: float64(c.kept) / jobs}
}

// exchanges is how many round trips a job takes by the specification.
func exchanges(posted bool) int {
	if posted {
		return 2
	}
	return 3
}

// job returns what has one job done and paid, of many under a name.
func (p *pair) job(name string) func(context.Context, int) error {
	return func(ctx context.Context, n int) error {
		return p.order(ctx, gateway.Order{Key: fmt.Sprintf("%s-%d", name, n), Capability: capability, InputType: "text/plain", Peer: p.key}, text)
	}
}

// order has an order done and paid.
func (p *pair) order(ctx context.Context, o gateway.Order, input []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	j, err := p.hirer.Hire(ctx, o, bytes.NewReader(input))
	for err == nil && !j.Final {
		if err = ctx.Err(); err == nil {
			j, err = p.hirer.Await(ctx, o.Key, j.Stage)
		}
	}
	if err != nil {
		return fmt.Errorf("order %s: %w", o.Key, err)
	}
	if !j.OK {
		return fmt.Errorf("order %s is %s: %s %s", o.Key, j.Stage, j.Code, j.Detail)
	}
	return nil
}
