package protocol

import (
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Who pays a third party's fee.
const (
	PaysHirer    = 1
	PaysProvider = 2
	PaysLoser    = 3
	PaysHalf     = 4 // hirer and provider half each, the provider the smaller
)

// Third is a third agent named in the Terms: neither hirer nor provider.
//
//	{fee, key, data, owner, payer, consent}
type Third struct {
	Key     wire.Key         `cbor:"key"`
	Owner   wire.Key         `cbor:"owner"` // that answers for it
	Fee     wire.Amount      `cbor:"fee"`
	Payer   uint8            `cbor:"payer"`   // PaysHirer …
	Data    payload.Handling `cbor:"data"`    // what it may do with what it is shown
	Consent wire.CID         `cbor:"consent"` // the document by which it agreed
}

// Panel is who judges, how many of them must agree, and what happens when
// they stay silent.
//
//	{split, needed, members}
type Panel struct {
	Members []Third `cbor:"members"`
	Needed  uint8   `cbor:"needed"` // awards that decide
	Split   uint64  `cbor:"split"`  // the provider's share of the part if they stay silent
}

// IsZero reports whether nobody is named.
func (p Panel) IsZero() bool { return len(p.Members) == 0 && p.Needed == 0 && p.Split == 0 }

func (p Panel) check(provider wire.Key) error {
	if p.IsZero() {
		return nil
	}
	members := make([]wire.Key, len(p.Members))
	for i, m := range p.Members {
		members[i] = m.Key
	}
	return first(
		keys("members", members, 1, MaxEvaluators),
		each("members", p.Members, func(m Third) error { return m.check(provider) }),
		between("needed", uint64(p.Needed), 1, uint64(len(p.Members)), ""),
		share("split", p.Split),
	)
}

// optional is check, for one that may be left out.
func (t Third) optional(provider wire.Key) error {
	if t == (Third{}) {
		return nil
	}
	return t.check(provider)
}

func (t Third) check(provider wire.Key) error {
	return first(
		key("key", t.Key),
		must(t.Key != provider, "key", "the provider is no third"),
		between("payer", uint64(t.Payer), PaysHirer, PaysHalf, ""),
		key("owner", t.Owner),
		within("data", t.Data.Check()),
		link("consent", t.Consent),
	)
}
