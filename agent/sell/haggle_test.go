package sell

import (
	"testing"

	"github.com/souk-network/souk/protocol/wire"
)

func TestAsks(t *testing.T) {
	firm, soft := Stand{Price: wire.Units(100)}, Stand{Price: wire.Units(100), Least: wire.Units(80)}
	for round, want := range []uint64{100, 96, 92, 88, 84, 80, 80} {
		if got := soft.Asks(uint64(round)); got != wire.Units(want) {
			t.Errorf("round %d: asks %s, want %d", round, got, want)
		}
		if got := firm.Asks(uint64(round)); got != firm.Price {
			t.Errorf("round %d: a firm stand asks %s", round, got)
		}
	}
	for _, c := range []struct{ round, wish, want uint64 }{
		{1, 10, 96}, {1, 97, 97}, {1, 1000, 100}, {5, 10, 80}, {5, 81, 81},
	} {
		if got := soft.Meets(c.round, wire.Units(c.wish)); got != wire.Units(c.want) {
			t.Errorf("round %d, wish %d: %s, want %d", c.round, c.wish, got, c.want)
		}
	}
}

// TestAsksOfAnySize: no price is so large that a round falls below the least or
// rises above the price.
func TestAsksOfAnySize(t *testing.T) {
	huge, _ := wire.ParseAmount("340282366920938463463374607431768211455")
	s := Stand{Price: huge, Least: wire.Units(1)}
	before := huge
	for round := range uint64(7) {
		asks := s.Asks(round)
		if asks.Cmp(before) > 0 || asks.Cmp(s.Least) < 0 {
			t.Errorf("round %d: asks %s", round, asks)
		}
		before = asks
	}
}
