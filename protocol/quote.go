package protocol

import "github.com/souk-network/souk/protocol/wire"

// Quote offers Terms to one hirer, firm until their ValidUntil. It holds no
// capacity. The Terms of a Quote name the Hirer and the Request or Call they
// answer.
//
//	{at, by, kind: 5, nonce, round, terms}
type Quote struct {
	wire.Head
	Round uint64 `cbor:"round"` // 0, or how many Counters came before
	Terms Terms  `cbor:"terms"`
}

// Check reports what is wrong with d taken alone.
func (d *Quote) Check() error {
	return first(
		head(d.Head, KindQuote),
		between("round", d.Round, 0, MaxRounds, ""),
		within("terms", d.Terms.check(d.By)),
		key("terms.hirer", d.Terms.Hirer),
		must(d.Terms.Hirer != d.By, "terms.hirer", "nobody hires itself"),
		link("terms.request", d.Terms.Request),
		must(d.Terms.ValidUntil > d.At && d.Terms.ValidUntil <= d.At+MaxQuoteLife,
			"terms.valid_until", "want a time after at, within a week"),
	)
}
