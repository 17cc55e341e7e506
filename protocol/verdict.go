package protocol

import "github.com/souk-network/souk/protocol/wire"

// Verdict judges a Delivery. One that does not pass names the clause of the
// Terms that is broken and is itself a Contest.
//
//	{at, by, job, kind: 15, part, pass, nonce, score, clause?, delivery}
type Verdict struct {
	wire.Head
	Job      wire.CID `cbor:"job"`
	Part     uint64   `cbor:"part"`
	Delivery wire.CID `cbor:"delivery"`
	Score    uint64   `cbor:"score"` // of 10,000
	Pass     bool     `cbor:"pass"`
	Clause   string   `cbor:"clause,omitempty"` // where it does not pass: "check", "deliver", "type", …
}

// Check reports what is wrong with d taken alone.
func (d *Verdict) Check() error {
	if err := first(
		head(d.Head, KindVerdict),
		link("job", d.Job),
		part(d.Part),
		link("delivery", d.Delivery),
		share("score", d.Score),
	); err != nil {
		return err
	}
	if d.Pass {
		return must(d.Clause == "", "clause", "a passing verdict names none")
	}
	return name("clause", d.Clause)
}
