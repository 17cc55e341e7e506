package sell

import (
	"github.com/souk-network/souk/protocol/wire"
)

// MaxSurge is the most, in percent, by which load may raise a price.
const MaxSurge = 1000

// At returns the stand as it is sold while busy of its slots are taken: its price
// and the least it would take rise evenly with them, by Surge percent at full load.
// What is posted or quoted already is firm; so this holds for what is said next.
func (s *Stand) At(busy uint64) Stand {
	loaded := *s
	if s.Surge == 0 || busy == 0 {
		return loaded
	}
	// Check has shown that neither is too large at full load.
	loaded.Price, _ = surged(s.Price, s.Surge, min(busy, s.Slots), s.Slots)
	loaded.Least, _ = surged(s.Least, s.Surge, min(busy, s.Slots), s.Slots)
	return loaded
}

// surged returns price·(1 + surge/100·busy/slots), rounded up.
func surged(price wire.Amount, surge, busy, slots uint64) (wire.Amount, error) {
	more, err := price.Times(surge * busy)
	if err != nil {
		return price, err
	}
	if more, err = more.DivUp(100 * slots); err != nil {
		return price, err
	}
	return price.Plus(more)
}
