package demo

import (
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// whole is a report of a play in which everything came true.
func whole() Report {
	settled := gateway.Job{OK: true, Stage: "settled", Capability: words}
	over := settled
	over.Instead = wire.CID{1}
	return Report{
		Wanted: 3, Killing: &Killing{}, Agree: true, Why: &Why{},
		Trust: []Trust{
			{Viewer: weaver, Peer: counter, Success: 0.8, Jobs: 1, Good: 1},
			{Viewer: weaver, Peer: tinker, Success: 0.3, Jobs: 1},
			{Viewer: weaver, Peer: copyist, Success: 0.4, Jobs: 1},
			{Viewer: traveller, Peer: scribe, Success: 0.2, Jobs: 1, Good: 1},
		},
		Pairs: []Pair{{Payer: weaver, Payee: counter, Agree: true}, {Payer: weaver, Payee: copyist, Agree: true}},
		Jobs: []Job{
			{N: 1, Job: settled, Receipt: true},
			{N: 2, Purpose: ToBeTaken, Job: over, Receipt: true},
			{N: 3, Purpose: ToBeHired, Job: settled, Receipt: true, Parts: []Part{
				{Provider: "copyist", Capability: words, InVain: true, Seen: true},
				{Provider: "counter", Capability: words, OK: true, Seen: true},
			}},
			{N: 4, Purpose: ToFail, Buyer: weaver, Provider: copyist, Evaluator: appraiser, Job: gateway.Job{Code: protocol.CodeCheck, Stage: "defaulted", Final: true}},
			{N: 5, Purpose: ToBeDenied, Job: gateway.Job{Code: protocol.CodeBudget}, Refusal: &gateway.Error{}},
		},
	}
}

// TestBroken takes away one by one what the play promises, and asks to be told.
func TestBroken(t *testing.T) {
	r := whole()
	if broken := r.Broken(); len(broken) > 0 {
		t.Fatalf("nothing is broken, but: %q", broken)
	}
	if n := len(r.Incidents()); n != 4 {
		t.Errorf("%d incidents are told, want 4: %+v", n, r.Incidents())
	}
	if got, want := r.Jobs[2].hired(), "hired the copyist for text/words@1 in vain and the counter for text/words@1"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	for want, spoil := range map[string]func(*Report){
		"2 of 3 jobs are settled":            func(r *Report) { r.Jobs[0].OK = false },
		"2 of 3 jobs are settled ":           func(r *Report) { r.Jobs[0].Receipt = false },
		"no job failed its check":            func(r *Report) { r.Jobs[3].Refusal = &gateway.Error{} },
		"no disputed job was awarded":        func(r *Report) { r.Jobs[3].Evaluator = "" },
		"no disputed job was awarded ":       func(r *Report) { r.Jobs[3].Stage = "settled" },
		"no disputed job was awarded  ":      func(r *Report) { r.Jobs[3].Paid = wire.Units(1) },
		"is trusted as before":               func(r *Report) { r.Trust[2].Good = 1 },
		"is trusted as before ":              func(r *Report) { r.Trust[2].Success = 0.8 },
		"is trusted as before  ":             func(r *Report) { r.Trust = slices.Delete(r.Trust, 2, 3) },
		"weaver has still something set asi": func(r *Report) { r.Pairs[1].Holds = wire.Units(900) },
		"no order was refused":               func(r *Report) { r.Jobs[4].Code = protocol.CodeMandate },
		"no job was taken over":              func(r *Report) { r.Jobs[1].Instead = wire.CID{} },
		"nobody was hired for a part":        func(r *Report) { r.Jobs[2].Parts[0].Seen = false },
		"nobody was hired for a part ":       func(r *Report) { r.Jobs[2].Parts[1].OK = false },
		"nobody was hired for a part of":     func(r *Report) { r.Jobs[2].Parts[0].InVain = false },
		"no provider was killed":             func(r *Report) { r.Killing = nil },
		"no buyer trusts anybody":            func(r *Report) { r.Why = nil },
		"the books of weaver and counter di": func(r *Report) { r.Pairs[0].Agree = false },
	} {
		r := whole()
		spoil(&r)
		broken := r.Broken()
		if len(broken) != 1 || !strings.Contains(broken[0], strings.TrimSpace(want)) {
			t.Errorf("told %q, want %q", broken, want)
		}
	}
}
