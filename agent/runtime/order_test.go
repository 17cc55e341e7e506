package runtime_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/gateway"
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
		budget, no := wire.Units(20), false
		for _, c := range []struct {
			input string
			o     gateway.Order
			says  string
		}{
			{"one three", gateway.Order{}, "it had another input"},
			{"one two", gateway.Order{Capability: "text/lines@1"}, "its capability was text/words@1, not text/lines@1"},
			{"one two", gateway.Order{Peer: buyerKey(b)}, "its provider was any, not "},
			{"one two", gateway.Order{Budget: &budget}, "its budget was 100000 souk:credit/usd-6, not 20 souk:credit/usd-6"},
			{"one two", gateway.Order{DeadlineMS: 60_000}, "its deadline was 24h0m0s, not 1m0s"},
			{"one two", gateway.Order{Plan: "single"}, "its plan was takeover, not single"},
			{"one two", gateway.Order{Choose: "cheapest"}, "its way to choose was best, not cheapest"},
			{"one two", gateway.Order{CallMS: 1000}, "its call was none, not 1s"},
			{"one two", gateway.Order{Bid: budget}, "its bid was none, not 20"},
			{"one two", gateway.Order{Expect: "size", ExpectWith: `{"max_bytes":9}`}, `its own check was none, not size{"max_bytes":9}`},
			{"one two", gateway.Order{Evaluators: []wire.Key{buyerKey(b)}}, "its list of evaluators was none, not ["},
			{"one two", gateway.Order{InputType: "text/plain"}, "its type of input was application/octet-stream, not text/plain"},
			{"one two", gateway.Order{Class: "internal"}, "its data class was public, not internal"},
			{"one two", gateway.Order{PassOn: &no}, "its leave to pass the input on was true, not false"},
			{"one two", gateway.Order{Sizes: []uint64{3, 4}}, "its number of inputs was 1, not 2"},
		} {
			var e *gateway.Error
			if err := order("once", c.input, c.o); !errors.As(err, &e) || e.Code != gateway.CodeExists || e.Hint == "" || !strings.Contains(e.Message, c.says) {
				t.Errorf("the key used for %q, %+v: %v", c.input, c.o, err)
			}
		}

		// What has ended cannot be ended again.
		var e *gateway.Error
		if _, err := buyer.Cancel(t.Context(), "once"); !errors.As(err, &e) || e.Code != gateway.CodeEnded ||
			!strings.Contains(e.Message, "has ended: settled at 2") || !strings.HasSuffix(e.Message, "5 souk:credit/usd-6 was paid") {
			t.Errorf("cancelled once more: %v", err)
		}
		if _, err := buyer.Cancel(t.Context(), "free"); !errors.As(err, &e) || e.Code != gateway.CodeEnded ||
			!strings.Contains(e.Message, "given up (budget)") || !strings.HasSuffix(e.Message, "nothing was paid") {
			t.Errorf("cancelled once more: %v", err)
		}
		if owed := position(t, a, b).OwedToMe; owed != wire.Units(5) {
			t.Errorf("owed %s", owed)
		}
	})
}

// Of two who order under one key at the same moment, the slower is told if it wants another thing.
func TestOrderedAtOnce(t *testing.T) {
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
		for key, c := range map[string]struct {
			slow gateway.Order
			want string // of what it is told
		}{
			"same":   {gateway.Order{}, ""},
			"dearer": {gateway.Order{Budget: new(wire.Amount)}, "its budget was 100000 souk:credit/usd-6, not 0 souk:credit/usd-6"},
			"others": {gateway.Order{Sizes: []uint64{2, 1}}, "its number of inputs was 1, not 2"},
		} {
			order := c.slow
			order.Key, order.Capability = key, "text/words@1"
			input, fill := io.Pipe()
			told := make(chan error, 1)
			go func() {
				_, err := buyer.Hire(t.Context(), order, input)
				told <- err
			}()
			if _, err := fill.Write([]byte("one")); err != nil { // it is being staged
				t.Fatal(err)
			}
			if _, err := buyer.Hire(t.Context(), gateway.Order{Key: key, Capability: "text/words@1"}, strings.NewReader("one")); err != nil {
				t.Fatal(err)
			}
			fill.Close()
			if err := <-told; (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", key, err, c.want)
			}
			if j, _ := settled(t, buyer, key); !j.OK {
				t.Errorf("%s: %+v", key, j)
			}
		}
	})
}

func buyerKey(s *seat) wire.Key { return s.agent.Key() }
