package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Report is what happened.
type Report struct {
	Peers   int
	Wanted  int   // jobs that were to be settled
	Jobs    []Job // every order, in the order of their numbers
	Killing *Killing
	Agree   bool // both books of every pair say the same
	Pairs   []Pair
	Costs   []Cost  // by capability
	Trust   []Trust // by viewer, the best first
	Why     *Why    // the farthest-fetched of them
	Elapsed time.Duration
}

// Settled counts the jobs that were delivered, passed their check and are paid,
// with a receipt that was verified.
func (r *Report) Settled() int {
	return r.count(func(j *Job) bool { return j.OK && j.Receipt })
}

// FailedCheck counts the jobs whose result failed its check.
func (r *Report) FailedCheck() int {
	return r.count(func(j *Job) bool { return j.Refusal == nil && j.Code == protocol.CodeCheck })
}

// RefusedBudget counts the orders that asked for more than the owner allows.
func (r *Report) RefusedBudget() int {
	return r.count(func(j *Job) bool { return j.Code == protocol.CodeBudget })
}

// SubHired counts the jobs for which a provider hired others, who know of what
// their job is a part and were paid, but for those in whose place another was.
func (r *Report) SubHired() int {
	return r.count(func(j *Job) bool {
		return j.OK && len(j.Parts) > 0 && !slices.ContainsFunc(j.Parts, func(x Part) bool { return !x.OK && !x.InVain || !x.Seen })
	})
}

// TakenOver counts the orders that were settled by another than they began with.
func (r *Report) TakenOver() int {
	return r.count(func(j *Job) bool { return j.OK && j.Receipt && !j.Instead.IsZero() })
}

func (r *Report) count(is func(*Job) bool) int {
	n := 0
	for i := range r.Jobs {
		if is(&r.Jobs[i]) {
			n++
		}
	}
	return n
}

// Capabilities counts what kinds of work were settled.
func (r *Report) Capabilities() int {
	kinds := map[string]bool{}
	for _, j := range r.Jobs {
		if j.OK {
			kinds[j.Capability] = true
		}
	}
	return len(kinds)
}

// Incident is something that did not go smoothly.
type Incident struct {
	N    int    `json:"n"`    // of the order
	What string `json:"what"` // "failed check", "refused", "taken over", "sub-hired"
	Code string `json:"code"` // as the buyer's desk gives it
	Says string `json:"says"` // in one sentence
}

// Incidents tells what did not go smoothly, in the order of the orders.
func (r *Report) Incidents() []Incident {
	var all []Incident
	for i := range r.Jobs {
		j := &r.Jobs[i]
		x := Incident{N: j.N, Code: string(j.Code)}
		switch {
		case j.Refusal != nil:
			x.What = "refused"
			x.Says = fmt.Sprintf("The %s's own desk refused to order %s: %s. Nobody heard of it.", j.Buyer, j.Capability, j.Detail)
		case j.Purpose == ToBeTaken && r.Killing != nil:
			x.What, x.Code, x.Says = "taken over", r.Killing.Code, r.Killing.says(j)
		case len(j.Parts) > 0:
			x.What, x.Code = "sub-hired", j.Stage
			x.Says = fmt.Sprintf("The %s %s, and sold the %s the whole. Each of them knows of what job its own is a part.", j.Provider, j.hired(), j.Buyer)
		case j.Evaluator != "":
			x.What = "failed check"
			x.Says = fmt.Sprintf("The %s's check found it wrong and the %s stood by it, so it went to the %s, whom both had named: %s. The job is %s, %s is paid, and %s stays set aside.",
				j.Buyer, j.Provider, j.Evaluator, j.Detail, j.Stage, nothing(j.Paid), nothing(r.held(j)))
		case j.Code == protocol.CodeCheck:
			x.What = "failed check"
			x.Says = fmt.Sprintf("The %s let it pass, but the %s ran the check of the contract too: %s. The job is %s, and %s is paid.",
				j.Provider, j.Buyer, j.Detail, j.Stage, nothing(j.Paid))
		default:
			continue
		}
		all = append(all, x)
	}
	return all
}

func nothing(paid wire.Amount) string {
	if paid.IsZero() {
		return "nothing"
	}
	return paid.String()
}

// Broken says what the play promises and what did not come true, a sentence each.
func (r *Report) Broken() []string {
	var broken []string
	demand := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Sprintf(format, args...))
		}
	}
	demand(r.Settled() == r.Wanted, "%d of %d jobs are settled", r.Settled(), r.Wanted)
	demand(r.FailedCheck() >= 1, "no job failed its check")
	demand(r.Awarded() >= 1, "no disputed job was awarded against its provider")
	demand(r.Sunk(), "who lost a dispute is trusted as before")
	demand(r.RefusedBudget() >= 1, "no order was refused for its budget")
	demand(len(r.Trust) > 0 && r.Why != nil, "no buyer trusts anybody")
	demand(r.Killing != nil, "no provider was killed while it worked")
	demand(r.TakenOver() >= 1, "no job was taken over")
	demand(r.SubHired() >= 1 || r.Wanted == 1, "nobody was hired for a part of another's job")
	for _, q := range r.Pairs {
		demand(q.Agree, "the books of %s and %s differ", q.Payer, q.Payee)
		demand(q.free(), "%s has still something set aside for %s", q.Payer, q.Payee)
	}
	return broken
}
