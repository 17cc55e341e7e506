package agent

import "github.com/souk-network/souk/reputation"

// Web is the evidence of a, for a look.
func (a *Agent) Web() *reputation.Book { return a.web }
