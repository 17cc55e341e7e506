package runtime

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/protocol/wire"
)

// TestQuotaOfStrangers: what strangers ask for together leaves those we deal with
// their own share.
func TestQuotaOfStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuota(10, 100, time.Minute)
		given := 0
		for i := range byte(50) {
			for q.may(wire.Key{1, i}, true) {
				q.charge(wire.Key{1, i}, 1, true)
				given++
			}
		}
		if given != 140 {
			t.Errorf("%d given to strangers, want 100, and one to each of 40 who find all of it gone", given)
		}
		friend := wire.Key{2}
		for given = 0; q.may(friend, false); given++ {
			q.charge(friend, 1, false)
		}
		if given != 10 {
			t.Errorf("%d given to one we deal with, want 10", given)
		}
		time.Sleep(time.Minute)
		if !q.may(friend, false) || !q.may(wire.Key{1}, true) {
			t.Error("nothing is given a minute later")
		}
		q = newQuota(10, 100, time.Minute)
		for i := range 2 * MaxLogAuthors { // who cannot be known again has no first time
			q.charge(wire.Key{3, byte(i), byte(i >> 8)}, 1, true)
		}
		if q.may(wire.Key{4}, true) {
			t.Error("there is no end of first times")
		}
	})
}
