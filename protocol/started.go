package protocol

import "github.com/souk-network/souk/protocol/wire"

// Started says that work has begun; it is only said of work that takes over a second.
//
//	{at, by, job, kind: 9, part, nonce}
type Started struct {
	wire.Head
	Job  wire.CID `cbor:"job"`
	Part uint64   `cbor:"part"`
}

// Check reports what is wrong with d taken alone.
func (d *Started) Check() error {
	return first(head(d.Head, KindStarted), link("job", d.Job), part(d.Part))
}
