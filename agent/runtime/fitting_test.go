package runtime_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

const titled = `{"type":"object","required":["title"],"properties":{"title":{"type":"string"}}}`

// TestInputSchema: a schema that is none is not published; an input that breaks an
// offer's schema is kept from it, one that satisfies it is worked on, and each call
// of several is looked at.
func TestInputSchema(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := newHub(t)
		a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
		seller, buyer := a.up(), b.up()
		defer a.down()
		defer b.down()
		for name, bad := range map[string]string{
			"no JSON": "{", "an unknown keyword": `{"typ":"object"}`, "no schema": `5`,
			"from elsewhere": `{"$ref":"https://example.org/s.json"}`,
			"too large":      `{"title":"` + strings.Repeat("a", protocol.MaxSchema) + `"}`,
			"too heavy":      `{"allOf":[` + strings.Repeat(`{"uniqueItems":true},`, 16) + `true]}`,
		} {
			offer := words(5)
			offer.InputSchema = bad
			_, err := seller.AddOffer(t.Context(), offer)
			if e := new(gateway.Error); !errors.As(err, &e) || e.Code != gateway.CodeInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		offer := words(5)
		offer.InputSchema, offer.Unit, offer.MaxUnits, offer.Window = titled, "call", 2, 2
		if got, err := seller.AddOffer(t.Context(), offer); err != nil || got.InputSchema != titled {
			t.Fatalf("%q, %v", got.InputSchema, err)
		}
		meet(t, seller, buyer)
		for key, c := range map[string]struct {
			input string
			sizes []uint64
			code  protocol.Code
		}{
			"good":             {input: `{"title":"one two"}`},
			"no JSON":          {input: "one two three", code: protocol.CodeInput},
			"another type":     {input: `{"title":5}`, code: protocol.CodeInput},
			"longer than read": {input: `{"title":"` + strings.Repeat("a", 1<<20) + `"}`, code: protocol.CodeInput},
			"two good":         {input: `{"title":"a"}{"title":"b"}`, sizes: []uint64{13, 13}},
			"the second bad":   {input: `{"title":"a"}{"title":5}`, sizes: []uint64{13, 11}, code: protocol.CodeInput},
		} {
			o := gateway.Order{Key: key, Capability: "text/words@1", Sizes: c.sizes}
			if _, err := buyer.Hire(t.Context(), o, strings.NewReader(c.input)); err != nil {
				t.Fatal(err)
			}
			j, _ := settled(t, buyer, key)
			if j.OK != (c.code == "") || j.Code != c.code || c.code != "" && !j.ID.IsZero() {
				t.Errorf("%s: %s (%s, %q), job %s", key, j.Stage, j.Code, j.Detail, j.ID)
			}
		}
		found, err := buyer.Find(t.Context(), "text/words@1")
		if err != nil || len(found) != 1 || found[0].InputSchema != titled {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}

// blind is a checker for which whatever it is shown is good.
type blind struct{}

func (blind) Valid(worker.Rule) error                                        { return nil }
func (blind) Check(context.Context, worker.Rule, io.Reader, io.Reader) error { return nil }

// overseen counts what its workers are given to do.
type overseen struct {
	worker.Maker
	did atomic.Int64
}

func (c *overseen) Make(w worker.Config) (worker.Worker, error) {
	does, err := c.Maker.Make(w)
	return &oversight{does, c}, err
}

type oversight struct {
	worker.Worker
	of *overseen
}

func (c *oversight) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	c.of.did.Add(1)
	return c.Worker.Do(ctx, t, out)
}

// TestInputPressedOn: a hirer that does not look hands over what the schema forbids; the
// worker never sees it, and the job ends for nothing with the reason as its code.
func TestInputPressedOn(t *testing.T) {
	for _, ask := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			hub := newHub(t)
			a, b := newSeat(t, hub, 1), newSeat(t, hub, 2)
			seen := &overseen{Maker: builtin.Maker{}}
			a.workers, b.checker = []worker.Maker{seen}, blind{}
			seller, buyer := a.up(), b.up()
			defer a.down()
			defer b.down()
			offer := words(5)
			offer.InputSchema, offer.Ask = titled, ask
			if _, err := seller.AddOffer(t.Context(), offer); err != nil {
				t.Fatal(err)
			}
			meet(t, seller, buyer)
			if _, err := buyer.Hire(t.Context(), gateway.Order{Key: "one", Capability: "text/words@1"}, strings.NewReader("one two three")); err != nil {
				t.Fatal(err)
			}
			j, _ := settled(t, buyer, "one")
			if j.OK || j.Code != protocol.CodeInput || j.ID.IsZero() || j.Paid != wire.Units(0) {
				t.Errorf("ask %t: %s (%s, %q), paid %s", ask, j.Stage, j.Code, j.Detail, j.Paid)
			}
			if seen.did.Load() != 0 {
				t.Errorf("ask %t: the worker was given it", ask)
			}
			if _, err := buyer.Hire(t.Context(), gateway.Order{Key: "two", Capability: "text/words@1"}, strings.NewReader(`{"title":"a"}`)); err != nil {
				t.Fatal(err)
			}
			if j, _ := settled(t, buyer, "two"); !j.OK || seen.did.Load() != 1 {
				t.Errorf("ask %t: what the schema asks for: %s (%s), given to the worker %d times", ask, j.Stage, j.Code, seen.did.Load())
			}
		})
	}
}
