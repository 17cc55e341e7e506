package agent_test

import (
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// quoted asks the seller for a Quote, and has the rogue's Accepts carry it.
func (r *rogue) quoted() {
	r.t.Helper()
	r.heard = nil
	r.utter(agent.Tell{To: r.at.key.Key(), Doc: wire.Canonical{}.Name(&protocol.Request{
		Head: r.head(protocol.KindRequest), To: r.at.key.Key(), Capability: "text/words@1", InputType: "text/plain",
		Label: payload.Label{Class: payload.Public, Retention: day}, Deliver: day, Reply: r.clock() + minute,
		Assets: []string{asset}, Rails: []string{"credit"}, Owner: r.key.Key(), Mandate: wire.Sum(nil),
	})})
	var proofs []wire.Proof
	r.tap = func(s spoken) {
		if b, err := wire.ReadBundle(s.frame.Bundles[0]); err == nil && s.from == r.at {
			proofs = append(proofs, b.Proof(0))
		}
	}
	r.pass(100)
	r.tap = nil
	if len(proofs) != 1 || len(r.heard) != 1 {
		r.t.Fatalf("%d answers to a Request", len(proofs))
	}
	r.offer, r.terms = proofs[0], r.heard[0].Doc.(*protocol.Quote).Terms
}

// decided returns how many jobs of the rogue's were taken, and the codes of those declined.
func (r *rogue) decided() (taken int, declined string) {
	jobs, not := map[wire.CID]bool{}, map[wire.CID]bool{}
	for _, d := range r.heard {
		cs, ok := d.Doc.(*protocol.Countersign)
		if !ok {
			continue
		}
		for _, id := range cs.Taken {
			jobs[id] = true
		}
		for _, x := range cs.Declined {
			if !not[x.Job] {
				declined += string(x.Code) + " "
			}
			not[x.Job] = true
		}
	}
	return len(jobs), declined
}

// TestOneContractOfAQuote: a Quote's price was meant for one job. Whoever accepts it
// twice, in one breath, later or after a restart of the provider, gets one job of it;
// a posted Offer may be accepted as often as there is room.
func TestOneContractOfAQuote(t *testing.T) {
	for _, c := range []struct {
		name     string
		do       func(r *rogue) []string
		taken    int
		declined string
		posted   bool
	}{
		{name: "in one bundle", taken: 1, declined: "duplicate ", do: func(r *rogue) []string {
			a, b := r.accept(), r.accept()
			return r.says(r.open(), a, r.hold(id(a), 5), b, r.hold(id(b), 5))
		}},
		{name: "one after the other", taken: 1, declined: "duplicate ", do: func(r *rogue) []string {
			a := r.accept()
			r.says(r.open(), a, r.hold(id(a), 5))
			r.pass(second)
			b := r.accept()
			return r.says(b, r.hold(id(b), 5))
		}},
		{name: "after a restart", taken: 1, declined: "duplicate ", do: func(r *rogue) []string {
			a := r.accept()
			r.says(r.open(), a, r.hold(id(a), 5))
			r.pass(second)
			r.at.die()
			r.at.start()
			r.link(r.at)
			r.pass(second)
			b := r.accept()
			return r.says(b, r.hold(id(b), 5))
		}},
		{name: "at its last moment, and later by a slow clock", taken: 1, declined: "duplicate ", do: func(r *rogue) []string {
			a := r.accept()
			r.says(r.open(), a, r.hold(id(a), 5))
			r.pass(sell.QuoteLife + 25*second)
			b := r.accept()
			b.At = r.terms.ValidUntil
			return r.says(b, r.hold(id(b), 5))
		}},
		{name: "where the first was declined", taken: 1, declined: "amount ", do: func(r *rogue) []string {
			a := r.accept()
			r.says(r.open(), a, r.hold(id(a), 4)) // too little
			r.pass(second)
			b := r.accept()
			return r.says(b, r.hold(id(b), 5))
		}},
		{name: "a posted offer", posted: true, taken: 2, do: func(r *rogue) []string {
			a, b := r.accept(), r.accept()
			return r.says(r.open(), a, r.hold(id(a), 5), b, r.hold(id(b), 5))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, _, _ := newRogue(t)
			posted := r.offer
			if !c.posted {
				r.quoted()
			}
			if got := c.do(r); len(got) > 0 {
				t.Errorf("refused: %q", got)
			}
			r.pass(minute)
			if taken, declined := r.decided(); taken != c.taken || declined != c.declined {
				t.Errorf("%d jobs were taken and others declined as %q, want %d and %q", taken, declined, c.taken, c.declined)
			}
			// The lane goes on: another job in it is taken as ever.
			r.offer = posted
			a := r.accept()
			r.says(a, r.hold(id(a), 5))
			r.pass(second)
			if taken, declined := r.decided(); taken != c.taken+1 {
				t.Errorf("an Offer accepted after it: declined %q", declined)
			}
		})
	}
}
