package main

import (
	"context"
	"strings"
	"testing"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// village is a desk that knows a few peers and jobs.
type village struct {
	gateway.Desk
	self, seller, judge, owes, trusted, linked wire.Key
	jobs                                       []gateway.Job
}

func (v village) Status(context.Context) (gateway.Status, error) {
	return gateway.Status{Peer: v.self, Peers: []gateway.Peer{{Peer: v.linked}}}, nil
}

func (v village) Find(context.Context, string) ([]gateway.Found, error) {
	return []gateway.Found{{Peer: v.seller, Evaluators: []wire.Key{v.judge}}}, nil
}

func (v village) Jobs(context.Context, int) ([]gateway.Job, error) { return v.jobs, nil }

func (v village) Job(_ context.Context, id string) (gateway.Job, error) {
	for _, j := range v.jobs {
		if j.ID.String() == id || j.Key == id {
			return j, nil
		}
	}
	return gateway.Job{}, &gateway.Error{Code: gateway.CodeNotFound}
}

func (v village) Ledger(context.Context, string) (gateway.Ledger, error) {
	return gateway.Ledger{Pairs: []gateway.Pair{{Peer: v.owes}}}, nil
}

func (v village) Trust(context.Context, gateway.TrustQuery) (gateway.Trust, error) {
	return gateway.Trust{Known: []gateway.Trusted{{Peer: v.trusted}, {Peer: v.seller}}}, nil
}

func (v village) Offers(context.Context) ([]gateway.Offer, error) {
	var all []gateway.Offer
	for _, c := range []string{"text/summary@1", "text/summary@2", "text/words@1"} {
		all = append(all, gateway.Offer{OfferDraft: gateway.OfferDraft{Capability: c}})
	}
	return all, nil
}

func aVillage() village {
	key := func(n byte) wire.Key { return wire.NewPrivateKey([32]byte{n}).Key() }
	v := village{self: key(1), seller: key(2), judge: key(3), owes: key(4), trusted: key(5), linked: key(6)}
	for i, k := range []string{"order-one", "order-two", "order-two", ""} { // one order took two jobs
		v.jobs = append(v.jobs, gateway.Job{ID: wire.Sum([]byte{byte(i)}), Key: k, Peer: v.seller})
	}
	return v
}

// TestPeersByShortNames: whoever a command may show is found by its whole ID, by enough of
// its beginning, or as a table cuts it; what is short for several is refused, and they are
// named.
func TestPeersByShortNames(t *testing.T) {
	v := aVillage()
	for _, k := range []wire.Key{v.self, v.seller, v.judge, v.owes, v.trusted, v.linked} {
		id, did := k.String(), k.DID()
		for _, word := range []string{
			id, did, id[:20], id[:20] + "…", id[:20] + "...", cut(id, 16), id[:10] + "…" + id[45:], "…" + id[44:], did[:30] + "…", did[:20] + "…" + did[40:],
		} {
			p, err := peerOf(word)
			if err != nil {
				t.Fatalf("%s: %v", word, err)
			}
			if got, err := p.find(t.Context(), v); err != nil || got != k {
				t.Errorf("%s: %s, %v", word, got, err)
			}
		}
	}
	for word, want := range map[string]string{
		"12D3KooW…":                "is short for several peers",
		"12D3":                     v.self.String() + ", ",
		"did:key:z6Mk…":            "or 2 more",
		v.self.String()[:51] + "…": "",
		v.self.String()[:50] + "1": "nothing is known of a peer",
		"12D3KooWxx…xx":            "nothing is known of a peer",
		"somebody":                 "is no peer",
		"":                         "is no peer",
		"…":                        "is no peer",
		v.self.String()[:51] + "l": "is no peer",
		v.self.String() + "x":      "is no peer",
	} {
		p, err := peerOf(word)
		if err == nil {
			_, err = p.find(t.Context(), v)
		}
		if told := saidAll(err); want == "" && err != nil || !strings.Contains(told, want) {
			t.Errorf("%q: %q, want %q", word, told, want)
		}
	}
	stranger := wire.NewPrivateKey([32]byte{9}).Key()
	if p, err := peerOf(stranger.String()); err != nil || p.key != stranger { // of a whole ID nothing need be known
		t.Errorf("%v, %v", p, err)
	}
}

func saidAll(err error) string {
	if err == nil {
		return ""
	}
	e := gateway.AsError(err)
	return e.Message + " " + e.Hint
}

// TestJobsByShortNames: likewise jobs by their IDs and their orders' keys, of which several
// jobs may share one, and offers by their capabilities.
func TestJobsByShortNames(t *testing.T) {
	v := aVillage()
	first, last := v.jobs[0].ID.String(), v.jobs[3].ID.String()
	for word, want := range map[string]string{
		first: first, cut(first, 14): first, last[:12] + "…" + last[50:]: last, "order-o": first, "order-o…": first,
		"order-two": v.jobs[1].ID.String(), "order-t": v.jobs[1].ID.String(), "…-two": v.jobs[1].ID.String(),
	} {
		if j, err := lookUp(t.Context(), v, word); err != nil || name(j) != want {
			t.Errorf("%s: job %s, %v, want %s", word, name(j), err, want)
		}
	}
	for word, want := range map[string]gateway.Error{
		"order-":    {Code: gateway.CodeInvalid, Hint: "write more of it: order-one, order-two"},
		"order-x":   {Code: gateway.CodeNotFound},
		"bafyreixx": {Code: gateway.CodeNotFound},
	} {
		_, err := lookUp(t.Context(), v, word)
		if e := gateway.AsError(err); err == nil || e.Code != want.Code || e.Hint != want.Hint {
			t.Errorf("%s: %+v", word, e)
		}
	}
	for word, want := range map[string]string{"text/w…": "text/words@1", "text/sum…@2": "text/summary@2", "other/one@1": "other/one@1"} {
		if got, err := soldAs(t.Context(), v, word); err != nil || got != want {
			t.Errorf("%s: %q, %v", word, got, err)
		}
	}
	if _, err := soldAs(t.Context(), v, "text/sum…"); !strings.Contains(saidAll(err), "text/summary@1, text/summary@2") {
		t.Errorf("%v", err)
	}
}
