package delegation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Act is what an agent is about to do under its mandate.
type Act struct {
	At         uint64   // Unix milliseconds
	Agent      wire.Key // who is about to do it
	Capability string
	Offering   bool // it is offered; otherwise it is hired. An offer spends nothing and sends nothing: no field below counts

	Asset       string
	Amount      wire.Amount   // the most this job may cost
	Spent       wire.Amount   // of Asset so far, what is held included: under this mandate, the one it renews, the one that renewed, and so on
	PeriodSpent wire.Amount   // of that, within the budget's present period; counts where the budget has one
	Party       wire.Key      // who is hired; zero while nobody is chosen: ask again when somebody is
	Class       payload.Class // of the most delicate payload that would leave
	Estimate    uint64        // of Party's success, of 10,000; counts once Party is known
}

// The clauses of a mandate that a Refusal names.
const (
	ClauseAudience  = "audience"
	ClauseIssuer    = "issuer"
	ClauseParent    = "parent"
	ClauseNotBefore = "not_before"
	ClauseExpires   = "expires"
	ClauseHire      = "hire"
	ClauseOffer     = "offer"
	ClauseClasses   = "classes"
	ClauseParties   = "parties"
	ClauseEstimate  = "least_estimate"
	ClauseBudget    = "budgets"
	ClausePerJob    = "per_job"
	ClauseTotal     = "total"
	ClausePerPeriod = "per_period"
	ClauseApproval  = "approval" // not denied: the owner has to approve this one
)

// Refusal is why a mandate does not allow an act.
type Refusal struct {
	Code    protocol.Code // CodeMandate, CodeExpired, CodeLabel or CodeBudget
	Clause  string        // of the mandate
	Mandate wire.CID      // zero where the caller did not name it
	Why     string        // for people
}

// Error names the clause.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused (%s) by the mandate's %s: %s", r.Code, r.Clause, r.Why)
}

func refuse(code protocol.Code, clause, format string, args ...any) error {
	return &Refusal{Code: code, Clause: clause, Why: fmt.Sprintf(format, args...)}
}

// Authorize reports whether m alone allows act: nil, or a *Refusal. Whether m
// was rightly granted is CheckRoot's question. The budget's answer holds only
// if Spent is read and the money reserved in one step.
func Authorize(m *protocol.Mandate, act Act) error {
	if err := authorizeUse(m, act); err != nil || act.Offering {
		return err
	}
	if !slices.Contains(m.Classes, act.Class) {
		return refuse(protocol.CodeLabel, ClauseClasses, "%s payloads may not leave", act.Class)
	}
	if !act.Party.IsZero() {
		if !m.AnyParty && !slices.Contains(m.Parties, act.Party) {
			return refuse(protocol.CodeMandate, ClauseParties, "%s may not be dealt with", act.Party)
		}
		if act.Estimate < m.LeastEstimate {
			return refuse(protocol.CodeMandate, ClauseEstimate, "estimated at %d of 10000, %d is needed", act.Estimate, m.LeastEstimate)
		}
	}
	return authorizeSpending(m, act)
}

// authorizeUse checks who, when and what.
func authorizeUse(m *protocol.Mandate, act Act) error {
	if m.Audience != act.Agent {
		return refuse(protocol.CodeMandate, ClauseAudience, "it is for %s", m.Audience)
	}
	if act.At < m.NotBefore {
		return refuse(protocol.CodeMandate, ClauseNotBefore, "it is not valid yet")
	}
	if act.At >= m.Expires {
		return refuse(protocol.CodeExpired, ClauseExpires, "it has expired")
	}
	scopes, clause := m.Hire, ClauseHire
	if act.Offering {
		scopes, clause = m.Offer, ClauseOffer
	}
	if !slices.ContainsFunc(scopes, func(s string) bool { return covers(s, act.Capability) }) {
		return refuse(protocol.CodeMandate, clause, "%.100q is not granted", act.Capability)
	}
	return nil
}

// covers reports whether a scope includes a capability: "*" all, "text/*" all
// below text, anything else only itself.
func covers(scope, capability string) bool {
	if scope == "*" {
		return capability != ""
	}
	if path, ok := strings.CutSuffix(scope, "/*"); ok {
		rest, below := strings.CutPrefix(capability, path+"/")
		return below && rest != ""
	}
	return scope == capability
}

func authorizeSpending(m *protocol.Mandate, act Act) error {
	i := slices.IndexFunc(m.Budgets, func(b protocol.Budget) bool { return b.Asset == act.Asset })
	if i < 0 {
		return refuse(protocol.CodeBudget, ClauseBudget, "no budget in %.128q", act.Asset)
	}
	b := m.Budgets[i]
	if act.Amount.Cmp(b.PerJob) > 0 {
		return refuse(protocol.CodeBudget, ClausePerJob, "%s for one job, at most %s", act.Amount, b.PerJob)
	}
	if over(act.Spent, act.Amount, b.Total) {
		return refuse(protocol.CodeBudget, ClauseTotal, "%s spent and %s more, at most %s in all", act.Spent, act.Amount, b.Total)
	}
	if b.Period > 0 && over(act.PeriodSpent, act.Amount, b.PerPeriod) {
		return refuse(protocol.CodeBudget, ClausePerPeriod, "%s spent and %s more, at most %s in a period", act.PeriodSpent, act.Amount, b.PerPeriod)
	}
	if !b.Approval.IsZero() && act.Amount.Cmp(b.Approval) >= 0 {
		return refuse(protocol.CodeMandate, ClauseApproval, "%s is not below %s: the owner has to approve it", act.Amount, b.Approval)
	}
	return nil
}

// over reports whether spent and more are above limit.
func over(spent, more, limit wire.Amount) bool {
	sum, err := spent.Plus(more)
	return err != nil || sum.Cmp(limit) > 0
}
