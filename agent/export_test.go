package agent

import "github.com/souk-network/souk/reputation"

// Web is the evidence of a, for a look.
func (a *Agent) Web() *reputation.Book { return a.web }

// LongAgo has a forget what it answered in jobs that are over, as it does once there
// are many.
func (a *Agent) LongAgo() {
	for _, id := range a.closings {
		a.past[id].closing = nil
	}
	a.closings = nil
}
