package protocol

import "github.com/souk-network/souk/protocol/wire"

// Countersign is the payee's statement that it has seen a lane up to an entry
// and found it well formed; it agrees to nothing but the jobs it takes. It
// covers all earlier entries of the lane. Entry and Countersign together are a
// receipt. The schema is closed.
//
//	{at, by, seq, kind: 19, lane, entry, nonce, taken?, totals, declined?, disputed?}
type Countersign struct {
	wire.Head
	Lane     wire.CID   `cbor:"lane"`
	Seq      uint64     `cbor:"seq"`
	Entry    wire.CID   `cbor:"entry"`
	Totals   Totals     `cbor:"totals"`             // as the payee has them
	Taken    []wire.CID `cbor:"taken,omitempty"`    // optional: jobs that will be worked on
	Declined []Declined `cbor:"declined,omitempty"` // optional: jobs that will not; durable and final
	Disputed []wire.CID `cbor:"disputed,omitempty"` // optional: holds in dispute
}

// Declined is one job not taken, and why. It weighs nothing in reputation.
//
//	{job, code}
type Declined struct {
	Job  wire.CID `cbor:"job"`
	Code Code     `cbor:"code"`
}

// Check reports what is wrong with d taken alone.
func (d *Countersign) Check() error {
	said := make([]wire.CID, 0, len(d.Taken)+len(d.Declined)) // each job once, in one of the two
	said = append(said, d.Taken...)
	for _, j := range d.Declined {
		said = append(said, j.Job)
	}
	return first(
		head(d.Head, KindCountersign),
		link("lane", d.Lane),
		count("seq", d.Seq, 1),
		link("entry", d.Entry),
		within("totals", d.Totals.check()),
		size("taken", len(said)+len(d.Disputed), 0, MaxSaidJobs, "jobs and holds"),
		links("taken", said, 0, MaxSaidJobs),
		each("declined", d.Declined, func(j Declined) error { return code("code", j.Code) }),
		links("disputed", d.Disputed, 0, MaxSaidJobs),
	)
}
