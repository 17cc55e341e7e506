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

// TestShortNamesOfThoseDealtWith: where somebody is hired or made judge, a cut name needs
// eight characters beyond what all begin with; else the whole name is told.
func TestShortNamesOfThoseDealtWith(t *testing.T) {
	v := aVillage()
	id, did := v.judge.String(), v.judge.DID()
	for word, fine := range map[string]bool{
		id: true, did: true,
		id[:16]: true, id[:16] + "…": true, "…" + id[44:]: true, id[:12] + "…" + id[48:]: true, "12D3…" + id[44:]: true, cutFront(id, 10): true,
		did[:len(didStart)+8]: true, "did:key:…" + did[len(did)-8:]: true,
		id[:15]: false, id[:15] + "…": false, id[:10] + "…": false, "…" + id[45:]: false, id[:11] + "…" + id[48:]: false, "12D3…" + id[45:]: false,
		did[:len(didStart)+7]: false, "did:key:…" + did[len(did)-7:]: false,
	} {
		p, err := peerOf(word)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.find(t.Context(), v); err != nil || got != v.judge {
			t.Errorf("%s: shows %s, %v", word, got, err)
		}
		got, err := p.findToDeal(t.Context(), v)
		if fine && (err != nil || got != v.judge) || !fine && (!got.IsZero() || !strings.Contains(saidAll(err), id) || gateway.AsError(err).Code != gateway.CodeInvalid) {
			t.Errorf("%s: %s, %v", word, got, err)
		}
	}
	for word, want := range map[string]string{"12D3KooW…": "is short for several peers", "…xxxxxxxx": "nothing is known", "": "is no peer"} {
		p, err := peerOf(word)
		if err == nil {
			_, err = p.findToDeal(t.Context(), v)
		}
		if !strings.Contains(saidAll(err), want) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// TestProofsByShortNames: a proof of two tales is found by its author, whole or cut.
func TestProofsByShortNames(t *testing.T) {
	v := aVillage()
	forks := []gateway.Fork{{Author: v.seller}, {Author: v.judge}}
	id := v.judge.String()
	for _, word := range []string{id, v.judge.DID(), id[:20], cut(id, 13), cutFront(id, 13)} {
		if f, err := forkOf(forks, word); err != nil || f.Author != v.judge {
			t.Errorf("%s: %s, %v", word, f.Author, err)
		}
	}
	for word, want := range map[string]string{"12D3KooW": "short for several peers", v.owes.String(): "no proof against", "": "no proof against"} {
		if _, err := forkOf(forks, word); !strings.Contains(saidAll(err), want) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// TestOrderNamesWholly: an order neither hires nor believes whom it names too shortly.
func TestOrderNamesWholly(t *testing.T) {
	v := aVillage()
	short := peer{word: v.judge.String()[:10] + "…"}
	for _, o := range []*want{{peer: short}, {evaluators: []peer{{key: v.seller}, short}}} {
		if err := o.name(t.Context(), v); !strings.Contains(saidAll(err), v.judge.String()) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if o := (&want{}); o.name(t.Context(), v) != nil || !o.order.Peer.IsZero() {
		t.Errorf("of nobody is made %s", o.order.Peer)
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
