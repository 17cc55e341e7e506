package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// heard is a desk that only knows offers.
type heard struct {
	gateway.Desk
	offers []gateway.Found
}

func (h heard) Find(context.Context, string) ([]gateway.Found, error) { return h.offers, nil }

// detail is what the core says besides.
var detail = map[protocol.Code]string{protocol.CodeBudget: agent.TooDear}

// TestUnmet reads what is told of an order that no offer meets.
func TestUnmet(t *testing.T) {
	other := wire.Key{1}
	offer := gateway.Found{Peer: other, Price: wire.Units(5), Asset: "a/b", DeliverMS: 600_000}
	own := gateway.Found{Peer: wire.Key{2}, Own: true}
	for _, c := range []struct {
		code   protocol.Code
		offers []gateway.Found
		peer   wire.Key
		want   string // in message and hint
		status int
	}{
		{protocol.CodeNoOffer, nil, wire.Key{}, "nobody offers x/y@1", 7},
		{protocol.CodeNoOffer, []gateway.Found{own}, wire.Key{}, "nobody but this peer itself", 7},
		{protocol.CodeNoOffer, []gateway.Found{offer}, wire.Key{3}, "the peer of --peer does not offer x/y@1", 7},
		{protocol.CodeNoOffer, []gateway.Found{offer, own}, wire.Key{}, "suits the asset and --type", 7},
		{protocol.CodeNoOffer, []gateway.Found{offer}, other, "the cheapest is 5 of a/b, the soonest within 10m0s", 7},
		{protocol.CodeBudget, []gateway.Found{offer}, wire.Key{}, "costs at most 3 (--budget)", 5},
		{protocol.CodeLate, []gateway.Found{offer}, wire.Key{}, "promises delivery within 30s (--deadline)", 8},
		{protocol.CodeRail, []gateway.Found{offer}, wire.Key{}, "rail", 1},
		{protocol.CodeLabel, []gateway.Found{offer}, wire.Key{}, "--class", 4},
		{protocol.CodeOverLimit, []gateway.Found{offer}, wire.Key{}, "gives no more credit", 4},
	} {
		o := &want{deadline: 30 * time.Second}
		o.order.Peer = c.peer
		if c.code == protocol.CodeBudget {
			three := wire.Units(3)
			o.order.Budget = &three
		}
		job := gateway.Job{Key: "order", Capability: "x/y@1", Stage: "given up", Code: c.code, Detail: detail[c.code]}
		e := explain(new(program).unmet(t.Context(), heard{offers: c.offers}, job, o))
		if !strings.Contains(e.Message+" "+e.Hint, c.want) || exit(e.Code) != c.status {
			t.Errorf("%s: %+v, want %q", c.code, e, c.want)
		}
	}
}

// TestFailed reads why a job ended badly.
func TestFailed(t *testing.T) {
	for code, want := range map[protocol.Code]string{
		protocol.CodeBusy:     "job k is refused: the provider is busy",
		protocol.CodeTooLarge: "job k is refused: the input is larger than the provider takes",
		protocol.CodeCheck:    "job k is refused: the result failed the acceptance check",
	} {
		if got := failed(gateway.Job{Key: "k", Stage: "refused", Code: code}).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	said := failed(gateway.Job{Key: "k", Stage: "refused", Code: protocol.CodeBusy, Detail: "come back"}).Error()
	if want := "job k is refused: come back, since the provider is busy"; said != want {
		t.Errorf("%q, want %q", said, want)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("cable pulled") }

// TestInputOfOurs blames no peer for an input that cannot be read.
func TestInputOfOurs(t *testing.T) {
	in, err := (&program{in: broken{}}).input("-")
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(in)
	if e := explain(err); e.Code != gateway.CodeInvalid || e.Message != "read standard input: cable pulled" {
		t.Errorf("%+v", e)
	}
}
