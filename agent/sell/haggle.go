package sell

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Asks returns what a stand asks after so many Counters: its price at first, then
// less in equal steps, and after protocol.MaxRounds of them the least that it
// would take. So who is in a hurry pays more, and the least is told to nobody who
// has not taken the trouble (the time-dependent tactic of Faratin, Sierra and
// Jennings, 1998).
func (s *Stand) Asks(round uint64) wire.Amount {
	if s.Least.IsZero() || round == 0 {
		return s.Price
	}
	if round >= protocol.MaxRounds {
		return s.Least
	}
	// No difference of what Check has passed falls below zero.
	fall, _ := s.Price.Minus(s.Least)
	fall, _ = fall.Share(protocol.Full * round / protocol.MaxRounds)
	asks, _ := s.Price.Minus(fall)
	return asks
}

// Meets returns the price that answers the Counter of a round: the one wished for,
// where it is not less than what the stand then asks, and never more than its price.
func (s *Stand) Meets(round uint64, wish wire.Amount) wire.Amount {
	asks := s.Asks(round)
	switch {
	case wish.Cmp(s.Price) > 0:
		return s.Price
	case wish.Cmp(asks) > 0:
		return wish
	}
	return asks
}
