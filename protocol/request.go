package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Request asks one provider for a Quote. It is not sealed and costs nobody a
// promise.
//
//	{at, by, to, kind: 4, size, check?, label, nonce, owner, rails, reply, assets,
//	deliver, mandate, capability, input_type}
type Request struct {
	wire.Head
	To         wire.Key      `cbor:"to"`
	Capability string        `cbor:"capability"`
	InputType  string        `cbor:"input_type"` // media type; "*/*" where inputs differ
	Size       uint64        `cbor:"size"`       // bytes of the inputs together
	Label      payload.Label `cbor:"label"`
	Deliver    uint64        `cbor:"deliver"`        // milliseconds from Accept to Delivery that would do
	Reply      uint64        `cbor:"reply"`          // Unix milliseconds: no Quote is wanted after; at most a week after At
	Rule       Check         `cbor:"check,omitzero"` // optional: the rule wanted
	Assets     []string      `cbor:"assets"`         // that the hirer can pay in, at least one
	Rails      []string      `cbor:"rails"`          // that the hirer can pay on, at least one
	Owner      wire.Key      `cbor:"owner"`
	Mandate    wire.CID      `cbor:"mandate"`
}

// Check reports what is wrong with d taken alone.
func (d *Request) Check() error {
	return first(
		head(d.Head, KindRequest),
		key("to", d.To),
		must(d.To != d.By, "to", "nobody hires itself"),
		capability("capability", d.Capability),
		inputType("input_type", d.InputType),
		count("size", d.Size, 0),
		within("label", d.Label.Check()),
		span("deliver", d.Deliver, MaxDuration),
		date("reply", d.Reply),
		must(d.Reply > d.At && d.Reply <= d.At+MaxQuoteLife, "reply", "want a time after at, within a week"),
		within("check", d.Rule.check()),
		distinct("assets", d.Assets, 1, MaxAssets),
		each("assets", d.Assets, func(s string) error { return asset("", s) }),
		distinct("rails", d.Rails, 1, MaxRails),
		each("rails", d.Rails, func(s string) error { return name("", s) }),
		key("owner", d.Owner),
		link("mandate", d.Mandate),
	)
}
