package agent

import (
	"cmp"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// Choice is why the provider of a job was hired: what the hirer thought of it
// then. It stands beside the Accept in the journal, so that later it can be seen
// how good such estimates are. The zero Choice is none.
type Choice struct {
	Success     uint64      `cbor:"success"`            // of 10,000, like the next three
	Low         uint64      `cbor:"low"`                // 90 % interval
	High        uint64      `cbor:"high"`               //
	Uncertainty uint64      `cbor:"uncertainty"`        // share of the base rate in Success
	Expected    wire.Amount `cbor:"expected"`           // what one success was expected to cost, failed tries counted
	Why         string      `cbor:"why"`                // hire.WhyBest and its like
	Of          uint64      `cbor:"of"`                 // how many prospects there were
	Next        wire.Key    `cbor:"next,omitzero"`      // who would have been hired otherwise
	NextCost    wire.Amount `cbor:"next_cost,omitzero"` // and what was expected of that
	Left        string      `cbor:"left,omitempty"`     // of a take-over: what was wrong with the contract before
}

// share returns x, 0 to 1, in 10,000ths.
func share(x float64) uint64 { return uint64(float64(max(0, min(1, x))*protocol.Full) + 0.5) }

// thought writes down what is thought of a prospect.
func thought(p *hire.Prospect) Choice {
	e := p.Estimate
	return Choice{
		Success: share(e.Success), Low: share(e.Low), High: share(e.High), Uncertainty: share(e.Uncertainty),
		Expected: p.Expected(),
	}
}

// choiceOf writes down a plan.
func choiceOf(p *hire.Plan) *Choice {
	c := thought(&p.Hire)
	c.Why, c.Of = p.Why, uint64(p.Of)
	if len(p.Next) > 0 {
		c.Next, c.NextCost = p.Next[0].Provider, p.Next[0].Expected()
	}
	return &c
}

// judge is what the agent thinks of others at an instant.
type judge struct {
	*Agent
	at uint64
}

func (j judge) Knows(provider wire.Key) bool { return j.web.Knows(provider) }

func (j judge) Estimate(provider wire.Key, capability string) reputation.Estimate {
	return j.web.Estimate(j.at, provider, capability)
}

// Appraisal is a live offer and what is to be expected of it.
type Appraisal struct {
	hire.Listing
	Choice // without a reason: nobody was hired
}

// findDeadline is the deadline, in milliseconds, for which an appraisal counts what waiting costs.
const findDeadline = 86_400_000

// Appraise returns the live offers of others for a capability, or all for "",
// each with what is to be expected of it. It reports done as false where that
// takes more work than one call may do: then it is to be called again.
func (a *Agent) Appraise(at uint64, capability string) (all []Appraisal, done bool) {
	live := a.market.Live(at, capability)
	slices.SortStableFunc(live, byWares)
	for len(live) > 0 {
		n := 1
		for n < len(live) && byWares(live[0], live[n]) == 0 {
			n++
		}
		candidates := make([]hire.Candidate, 0, n)
		for _, l := range live[:n] {
			if most, dealt := hire.Worst(l.Offer.Terms.Price, 1); dealt {
				candidates = append(candidates, hire.Candidate{Provider: l.Offer.By, Terms: &l.Offer.Terms, Price: most})
			}
		}
		w := hire.Wish{Capability: live[0].Offer.Terms.Capability, Deliver: findDeadline}
		prospects, _, done := w.Appraise(at, candidates, judge{a, at}, &a.notes)
		if !done {
			return nil, false
		}
		for _, p := range prospects {
			for live[0].Offer.By != p.Provider {
				live, n = live[1:], n-1
			}
			all = append(all, Appraisal{live[0], thought(&p)})
		}
		live = live[n:]
	}
	return all, true
}

// byWares brings together what can be compared: one capability, one asset.
func byWares(a, b hire.Listing) int {
	return cmp.Or(
		cmp.Compare(a.Offer.Terms.Capability, b.Offer.Terms.Capability),
		cmp.Compare(a.Offer.Terms.Asset, b.Offer.Terms.Asset))
}
