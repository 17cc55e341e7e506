package runtime_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// A budget of nothing buys nothing, and a key names one order and no other.
func TestOrderMeansWhatItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
		seller, buyer := a.up(), b.up()
		defer a.down()
		defer b.down()
		if _, err := seller.AddOffer(t.Context(), words(5)); err != nil {
			t.Fatal(err)
		}
		meet(t, seller, buyer)
		order := func(key, input string, o gateway.Order) error {
			o.Key = key
			if o.Capability == "" {
				o.Capability = "text/words@1"
			}
			_, err := buyer.Hire(t.Context(), o, strings.NewReader(input))
			return err
		}
		if err := order("free", "one", gateway.Order{Budget: new(wire.Amount)}); err != nil {
			t.Fatal(err)
		}
		if j, _ := settled(t, buyer, "free"); j.OK || !j.Paid.IsZero() {
			t.Errorf("a budget of 0 bought %+v", j)
		}
		if err := order("once", "one two", gateway.Order{}); err != nil {
			t.Fatal(err)
		}
		if j, _ := settled(t, buyer, "once"); !j.OK {
			t.Fatalf("%+v", j)
		}
		if err := order("once", "one two", gateway.Order{}); err != nil {
			t.Errorf("the same order again: %v", err)
		}
		for _, c := range []struct {
			input string
			o     gateway.Order
		}{{"one three", gateway.Order{}}, {"one two", gateway.Order{Capability: "text/lines@1"}}, {"one two", gateway.Order{Peer: buyerKey(b)}}} {
			var e *gateway.Error
			if err := order("once", c.input, c.o); !errors.As(err, &e) || e.Code != gateway.CodeExists || e.Hint == "" {
				t.Errorf("the key used for %q, %+v: %v", c.input, c.o, err)
			}
		}
		if owed := position(t, a, b).OwedToMe; owed != wire.Units(5) {
			t.Errorf("owed %s", owed)
		}
	})
}

func buyerKey(s *seat) wire.Key { return s.agent.Key() }

// A home restored from an old copy is told so at once: its provider knows more
// of what it has said than it does.
func TestOldCopyIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
		seller, buyer := a.up(), b.up()
		defer a.down()
		if _, err := seller.AddOffer(t.Context(), words(5)); err != nil {
			t.Fatal(err)
		}
		meet(t, seller, buyer)
		buy := func(key string) gateway.Job {
			t.Helper()
			if _, err := b.peer.Hire(t.Context(), gateway.Order{Key: key, Capability: "text/words@1"}, strings.NewReader(key)); err != nil {
				t.Fatal(err)
			}
			j, _ := settled(t, b.peer, key)
			return j
		}
		if j := buy("first"); !j.OK {
			t.Fatalf("%+v", j)
		}
		b.down()
		old := b.journal.Crash()
		b.journal = b.journal.Crash()
		b.up()
		meet(t, seller, b.peer)
		if j := buy("second"); !j.OK {
			t.Fatalf("%+v", j)
		}
		b.down()
		b.journal = old
		b.up()
		defer b.down()
		meet(t, seller, b.peer)
		j := buy("third")
		if j.OK || j.Code != protocol.CodeLaneBehind || j.Closed > j.Opened+10_000 {
			t.Errorf("%+v", j)
		}
		if owed := position(t, a, b).OwedToMe; owed != wire.Units(10) {
			t.Errorf("owed %s", owed)
		}
	})
}
