package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// sold are the Quotes of ours of which a job was taken: one Quote makes one
// contract, for its price was meant for one. They are folded from facts, so that a
// start forgets none, and forgotten when no Accept of them could be fresh any more.
type sold struct {
	jobs   map[wire.CID]wire.CID // by their Quotes
	quotes []soldQuote           // in the order in which they were sold
}

// soldQuote is one of them.
type soldQuote struct {
	id    wire.CID
	until uint64 // Unix milliseconds
}

// add notes that a job was taken, at an instant, on a Quote, if it was one.
func (q *sold) add(at uint64, d *deal) {
	for len(q.quotes) > 0 && q.quotes[0].until < at {
		delete(q.jobs, q.quotes[0].id)
		q.quotes = q.quotes[1:]
	}
	if _, known := q.jobs[d.quote]; known || d.quote.IsZero() {
		return
	}
	q.jobs[d.quote] = d.id
	// Accepted by then, it is heard no later than the skew of the clocks allows: of our
	// own, and of one that an Accept may be dated by.
	q.quotes = append(q.quotes, soldQuote{d.quote, d.job.Terms().ValidUntil + 2*protocol.Skew})
}

// before reports whether another job than d was taken on its Quote.
func (q *sold) before(d *deal) bool {
	first, known := q.jobs[d.quote]
	return known && first != d.id
}
