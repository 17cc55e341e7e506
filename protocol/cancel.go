package protocol

import "github.com/souk-network/souk/protocol/wire"

// Cancel ends a job, or one side's part in it.
//
//	{at, by, fee?, job, code, kind: 24, part, nonce}
type Cancel struct {
	wire.Head
	Job  wire.CID    `cbor:"job"`
	Part uint64      `cbor:"part"`
	Code Code        `cbor:"code"`
	Fee  wire.Amount `cbor:"fee,omitzero"` // optional: the kill fee owed
}

// Check reports what is wrong with d taken alone.
func (d *Cancel) Check() error {
	return first(
		head(d.Head, KindCancel),
		link("job", d.Job),
		part(d.Part),
		code("code", d.Code),
	)
}
