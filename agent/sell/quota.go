package sell

import (
	"errors"

	"github.com/souk-network/souk/protocol"
)

// Quota is what one peer may have of us.
type Quota struct {
	Open int // jobs under way at a time
	Asks int // requests and contracts in a minute
}

// Quotas grow with how far our trust reaches a peer (reputation.Book.Standing): so
// that a crowd of fresh names cannot take up all slots, and who has paid for years
// is not kept waiting by them. Credit has limits of its own, in settlement.
type Quotas struct {
	Stranger Quota // standing 0
	Known    Quota // what it comes near to with standing
	// Crowd bounds the requests and contracts of all strangers together in a minute.
	Crowd int
	// Unpaid is about how many bytes of journal one stranger may have us write, for what
	// it says and for what we answer, before anything was paid between us, and as
	// many more each day; CrowdUnpaid how many all strangers together may begin with in
	// an hour, jobs under way apart.
	Unpaid      uint64
	CrowdUnpaid uint64
	// CrowdStored is how many bytes of inputs and results of all strangers are kept at a time.
	CrowdStored uint64
}

// DefaultQuotas returns the quotas of a peer that was told nothing else.
func DefaultQuotas() Quotas {
	return Quotas{
		Stranger: Quota{Open: 16, Asks: 60}, Known: Quota{Open: 1024, Asks: 6000}, Crowd: 600,
		Unpaid: 512 << 10, CrowdUnpaid: 1 << 20, CrowdStored: 1 << 30,
	}
}

// LeastUnpaid is enough for the longest job before its first payment, in bytes.
const LeastUnpaid = 64 << 10

// Check reports quotas that keep everybody out, or in which standing costs.
func (q *Quotas) Check() error {
	if q.Unpaid < LeastUnpaid || q.CrowdUnpaid < q.Unpaid {
		return errors.New("sell: a stranger must be let say what one job takes, 64 KiB, and all strangers no less than one")
	}
	if q.CrowdStored < MaxInput {
		return errors.New("sell: of strangers at least one input must be kept, 64 MiB")
	}
	if q.Stranger.Open < 1 || q.Stranger.Asks < 1 || q.Crowd < q.Stranger.Asks ||
		q.Known.Open < q.Stranger.Open || q.Known.Asks < q.Stranger.Asks {
		return errors.New("sell: quotas must let a stranger in, all strangers more than one, and the known no less")
	}
	return nil
}

// halfKnown is the standing at which half of what there is between a stranger and
// the known is granted: that of one among some hundred equals.
const halfKnown = 0.01

// Of returns the quota of a peer with a standing from 0 to 1.
func (q *Quotas) Of(standing float64) Quota {
	known := uint64(protocol.Full * (max(0, standing) / (max(0, standing) + halfKnown)))
	rise := func(least, most int) int { return least + int(uint64(most-least)*known/protocol.Full) }
	return Quota{Open: rise(q.Stranger.Open, q.Known.Open), Asks: rise(q.Stranger.Asks, q.Known.Asks)}
}
