package runtime_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// A home is replaced by its copy from many jobs earlier and started again: it learns what
// it has forgotten, both books agree with nobody's help, and it can buy again.
func TestOldCopyIsShownWhatItForgot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
		seller, buyer := a.up(), b.up()
		defer a.down()
		if _, err := seller.AddOffer(t.Context(), words(5)); err != nil {
			t.Fatal(err)
		}
		meet(t, seller, buyer)
		buy := func(key string) {
			t.Helper()
			if _, err := b.peer.Hire(t.Context(), gateway.Order{Key: key, Capability: "text/words@1"}, strings.NewReader(key)); err != nil {
				t.Fatal(err)
			}
			if j, _ := settled(t, b.peer, key); !j.OK {
				t.Fatalf("%s: %+v", key, j)
			}
		}
		buy("first")
		b.down()
		old := b.journal.Crash()
		b.journal = b.journal.Crash()
		b.up()
		meet(t, seller, b.peer)
		const forgotten = 30
		for i := range forgotten {
			buy(fmt.Sprint("forgotten ", i))
		}
		b.down()
		b.journal = old
		b.up()
		defer b.down()
		if owed := position(t, b, a).IOwe; owed != wire.Units(5) {
			t.Fatalf("the copy says that it owes %s", owed)
		}
		meet(t, seller, b.peer)
		want := wire.Units(5 * (forgotten + 1))
		for end := time.Now().Add(5 * time.Second); position(t, b, a).IOwe != want && time.Now().Before(end); {
			pass(10 * time.Millisecond)
		}
		if owed := position(t, b, a).IOwe; owed != want {
			t.Errorf("5 s after the link is there it says it owes %s, not %s", owed, want)
		}
		if owed := position(t, a, b).OwedToMe; owed != want {
			t.Errorf("the seller says it is owed %s", owed)
		}
		buy("after")
		// What the copy said in vain, and what it was shown, add up to what the ledger says.
		for _, s := range []*seat{a, b} {
			all, err := s.current().Postings(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			last := all.Entries[len(all.Entries)-1]
			if want := wire.Units(5 * (forgotten + 2)); last.Posted != want || !last.Seen || last.Owed != (s == a) {
				t.Errorf("%d entries, the last %+v; want %s posted", len(all.Entries), last, want)
			}
		}
		if owed := position(t, b, a).IOwe; owed != wire.Units(5*(forgotten+2)) {
			t.Errorf("one job later it owes %s", owed)
		}
	})
}
