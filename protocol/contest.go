package protocol

import "github.com/souk-network/souk/protocol/wire"

// Contest disputes a Delivery, a Verdict or a Claim by a clause of the Terms.
//
//	{at, by, job, kind: 16, part, about, nonce, clause}
type Contest struct {
	wire.Head
	Job    wire.CID `cbor:"job"`
	Part   uint64   `cbor:"part"`
	About  wire.CID `cbor:"about"`
	Clause string   `cbor:"clause"`
}

// Check reports what is wrong with d taken alone.
func (d *Contest) Check() error {
	return first(
		head(d.Head, KindContest),
		link("job", d.Job),
		part(d.Part),
		link("about", d.About),
		name("clause", d.Clause),
	)
}
