package agent_test

import (
	"fmt"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
)

// TestWorkIsBegunOnce: work that may not be done twice is not, whenever its seller is killed
// and comes back: not before its deadline, when the job is called off, nor in the half
// minute after it, when there is nothing more to say and the job has not yet ended.
func TestWorkIsBegunOnce(t *testing.T) {
	const deliver = 10 * minute // from the contract, or the HOLD of the part
	for _, c := range []struct {
		name  string
		stand func(*sell.Stand)
		calls int
		long  int // which run is the one that it dies in
		rerun bool
	}{
		{"one delivery", func(*sell.Stand) {}, 1, 1, false},
		{"the second tranche", tranches(3, 0), 1, 2, false},
		{"the second call of a window", windows(3, 2), 3, 2, false},
		{"may be repeated", func(s *sell.Stand) { s.RerunSafe = true }, 1, 1, true},
	} {
		for _, back := range []uint64{6 * minute, deliver - 3*second, deliver + 5*second, deliver + 29*second, deliver + 2*minute} {
			t.Run(fmt.Sprint(c.name, ", back after ", back/second, " s"), func(t *testing.T) {
				w, seller, buyer := pair(t)
				runs := 0
				seller.work = func(k agent.Work) (agent.Worked, uint64) {
					runs++
					if runs < c.long {
						return piece(10)(k)
					}
					return piece(hour)(k)
				}
				seller.sells(31, c.stand)
				w.pass(second)
				if r := buyer.orders("a", calls(c.calls)); r != nil {
					t.Fatal(r)
				}
				w.pass(5 * second)
				if runs != c.long {
					t.Fatalf("the work was begun %d times before the seller died", runs)
				}
				seller.die()
				w.pass(back - 5*second)
				seller.start()
				w.pass(5 * minute)
				want := c.long
				if c.rerun {
					want++
				}
				if runs > want || runs < c.long {
					t.Errorf("the work was begun %d times, want %d", runs, want)
				}
				w.fall(3 * day)
				w.reckon()
			})
		}
	}
}
