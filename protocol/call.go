package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Call asks in public, in the shard of its Capability, for Quotes of a job. Who
// would do it answers over a link with a Quote whose Terms name By as Hirer and
// the Call as Request. Like a Request it costs nobody a promise.
//
//	{at, by, kind: 3, size, check?, label, nonce, owner, rails, reply, assets,
//	ceiling?, deliver, mandate, capability, input_type}
type Call struct {
	wire.Head
	Capability string        `cbor:"capability"`
	InputType  string        `cbor:"input_type"` // media type; "*/*" where inputs differ
	Size       uint64        `cbor:"size"`       // bytes of the inputs together
	Label      payload.Label `cbor:"label"`
	Deliver    uint64        `cbor:"deliver"`          // milliseconds from Accept to Delivery that would do
	Reply      uint64        `cbor:"reply"`            // Unix milliseconds: it lives until then, at most MaxCallLife after At
	Rule       Check         `cbor:"check,omitzero"`   // optional: the rule wanted, its parameters at most MaxCallParams
	Assets     []string      `cbor:"assets"`           // that the hirer can pay in, at least one
	Rails      []string      `cbor:"rails"`            // that the hirer can pay on, at least one
	Ceiling    wire.Amount   `cbor:"ceiling,omitzero"` // optional: the most it would pay, in the first of Assets
	Owner      wire.Key      `cbor:"owner"`
	Mandate    wire.CID      `cbor:"mandate"`
}

// Check reports what is wrong with d taken alone.
func (d *Call) Check() error {
	return first(
		head(d.Head, KindCall),
		capability("capability", d.Capability),
		inputType("input_type", d.InputType),
		count("size", d.Size, 0),
		within("label", d.Label.Check()),
		span("deliver", d.Deliver, MaxDuration),
		date("reply", d.Reply),
		must(d.Reply > d.At && d.Reply <= d.At+MaxCallLife, "reply", "want a time after at, within an hour"),
		within("check", d.Rule.check()),
		size("check.params", len(d.Rule.Params), 0, MaxCallParams, "bytes"),
		distinct("assets", d.Assets, 1, MaxAssets),
		each("assets", d.Assets, func(s string) error { return asset("", s) }),
		distinct("rails", d.Rails, 1, MaxRails),
		each("rails", d.Rails, func(s string) error { return name("", s) }),
		key("owner", d.Owner),
		link("mandate", d.Mandate),
	)
}
