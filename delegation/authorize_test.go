package delegation

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

var (
	owner = wire.NewPrivateKey([32]byte{1}).Key()
	agent = wire.NewPrivateKey([32]byte{2}).Key()
	other = wire.NewPrivateKey([32]byte{3}).Key()
)

const at = 1_700_000_000_000

func root(change func(*protocol.Mandate)) *protocol.Mandate {
	m := Root(owner, agent, at, wire.Nonce{1}, Grant{})
	if change != nil {
		change(m)
	}
	return m
}

func act(change func(*Act)) Act {
	a := Act{
		At: at, Agent: agent, Capability: "text/words@1", Asset: RootAsset, Amount: wire.Units(5),
		Party: other, Class: payload.Public, Estimate: protocol.Full,
	}
	if change != nil {
		change(&a)
	}
	return a
}

func TestAuthorize(t *testing.T) {
	budget := func(f func(*protocol.Budget)) func(*protocol.Mandate) {
		return func(m *protocol.Mandate) { f(&m.Budgets[0]) }
	}
	for _, c := range []struct {
		name   string
		grant  func(*protocol.Mandate)
		act    func(*Act)
		clause string // "" for allowed
		code   protocol.Code
	}{
		{name: "the default grant"},
		{
			name: "nobody chosen yet", grant: func(m *protocol.Mandate) { m.AnyParty, m.LeastEstimate = false, 9000 },
			act: func(a *Act) { a.Party, a.Estimate = wire.Key{}, 0 },
		},
		{name: "another agent", act: func(a *Act) { a.Agent = other }, clause: ClauseAudience, code: protocol.CodeMandate},
		{name: "too early", act: func(a *Act) { a.At-- }, clause: ClauseNotBefore, code: protocol.CodeMandate},
		{name: "last instant", act: func(a *Act) { a.At = at + RootLife - 1 }},
		{name: "expired", act: func(a *Act) { a.At = at + RootLife }, clause: ClauseExpires, code: protocol.CodeExpired},
		{name: "no scope", grant: func(m *protocol.Mandate) { m.Hire = nil }, clause: ClauseHire, code: protocol.CodeMandate},
		{name: "exact scope", grant: func(m *protocol.Mandate) { m.Hire = []string{"text/words@1"} }},
		{name: "other version", grant: func(m *protocol.Mandate) { m.Hire = []string{"text/words@2"} }, clause: ClauseHire, code: protocol.CodeMandate},
		{name: "path", grant: func(m *protocol.Mandate) { m.Hire = []string{"text/*"} }},
		{name: "path is no prefix", grant: func(m *protocol.Mandate) { m.Hire = []string{"tex/*"} }, clause: ClauseHire, code: protocol.CodeMandate},
		{name: "nothing below the path", grant: func(m *protocol.Mandate) { m.Hire = []string{"text/words@1/*"} }, clause: ClauseHire, code: protocol.CodeMandate},
		{name: "hiring is not offering", grant: func(m *protocol.Mandate) { m.Offer = nil }, act: func(a *Act) { a.Offering = true }, clause: ClauseOffer, code: protocol.CodeMandate},
		{
			name: "offering spends nothing", grant: func(m *protocol.Mandate) { m.Budgets, m.Classes, m.AnyParty, m.Hire = nil, nil, false, nil },
			act: func(a *Act) { a.Offering = true },
		},
		{name: "class", act: func(a *Act) { a.Class = payload.Personal }, clause: ClauseClasses, code: protocol.CodeLabel},
		{name: "no class", act: func(a *Act) { a.Class = 0 }, clause: ClauseClasses, code: protocol.CodeLabel},
		{name: "party", grant: func(m *protocol.Mandate) { m.AnyParty = false }, clause: ClauseParties, code: protocol.CodeMandate},
		{name: "named party", grant: func(m *protocol.Mandate) { m.AnyParty, m.Parties = false, []wire.Key{other} }},
		{name: "estimate", grant: func(m *protocol.Mandate) { m.LeastEstimate = 9000 }, act: func(a *Act) { a.Estimate = 8999 }, clause: ClauseEstimate, code: protocol.CodeMandate},
		{name: "asset", act: func(a *Act) { a.Asset = "souk:credit/eur-6" }, clause: ClauseBudget, code: protocol.CodeBudget},
		{name: "no budget at all", grant: func(m *protocol.Mandate) { m.Budgets = nil }, act: func(a *Act) { a.Amount = wire.Amount{} }, clause: ClauseBudget, code: protocol.CodeBudget},
		{name: "cap", act: func(a *Act) { a.Amount = wire.Units(RootPerJob) }},
		{name: "over the cap", act: func(a *Act) { a.Amount = wire.Units(RootPerJob + 1) }, clause: ClausePerJob, code: protocol.CodeBudget},
		{name: "total", act: func(a *Act) { a.Spent = wire.Units(RootTotal - 5) }},
		{name: "over the total", act: func(a *Act) { a.Spent = wire.Units(RootTotal - 4) }, clause: ClauseTotal, code: protocol.CodeBudget},
		{name: "sum overflows", act: func(a *Act) { a.Spent, _ = wire.ParseAmount("340282366920938463463374607431768211455") }, clause: ClauseTotal, code: protocol.CodeBudget},
		{
			name: "period", grant: budget(func(b *protocol.Budget) { b.Period, b.PerPeriod = 1000, wire.Units(10) }),
			act: func(a *Act) { a.PeriodSpent = wire.Units(6) }, clause: ClausePerPeriod, code: protocol.CodeBudget,
		},
		{name: "approval", grant: budget(func(b *protocol.Budget) { b.Approval = wire.Units(4) }), clause: ClauseApproval, code: protocol.CodeMandate},
		{name: "at the threshold", grant: budget(func(b *protocol.Budget) { b.Approval = wire.Units(5) }), clause: ClauseApproval, code: protocol.CodeMandate},
		{name: "below the threshold", grant: budget(func(b *protocol.Budget) { b.Approval = wire.Units(6) })},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Authorize(root(c.grant), act(c.act))
			var r *Refusal
			switch {
			case c.clause == "" && err != nil:
				t.Fatal(err)
			case c.clause != "" && (!errors.As(err, &r) || r.Clause != c.clause || r.Code != c.code):
				t.Fatalf("got %v, want clause %s with code %s", err, c.clause, c.code)
			}
		})
	}
}

// Whatever is allowed by a mandate with less in it is allowed by one with more.
func TestLessGrantsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := act(func(a *Act) {
			a.At = rapid.Uint64Range(at-2, at+2).Draw(t, "at")
			a.Amount = wire.Units(rapid.Uint64Range(0, 20).Draw(t, "amount"))
			a.Spent = wire.Units(rapid.Uint64Range(0, 20).Draw(t, "spent"))
			a.Class = payload.Class(rapid.IntRange(0, 5).Draw(t, "class"))
			a.Offering = rapid.Bool().Draw(t, "offering")
		})
		more := root(func(m *protocol.Mandate) { m.Budgets[0].PerJob, m.Budgets[0].Total = wire.Units(15), wire.Units(20) })
		less := *more
		for _, cut := range []func(){
			func() { less.Hire = nil },
			func() { less.Offer = nil },
			func() { less.Classes = less.Classes[:1] },
			func() { less.AnyParty = false },
			func() { less.Expires = at },
			func() { less.Budgets = nil },
		} {
			if rapid.Bool().Draw(t, "cut") {
				cut()
			}
		}
		if Authorize(&less, a) == nil && Authorize(more, a) != nil {
			t.Fatal("the narrower mandate allows what the wider one does not")
		}
	})
}

func TestRoot(t *testing.T) {
	m := root(nil)
	if err := CheckRoot(m, owner, agent); err != nil {
		t.Fatal(err)
	}
	for clause, err := range map[string]error{
		ClauseIssuer:   CheckRoot(m, other, agent),
		ClauseAudience: CheckRoot(m, owner, other),
		ClauseParent:   CheckRoot(root(func(m *protocol.Mandate) { m.Parent = wire.Sum(nil) }), owner, agent),
	} {
		if r := new(Refusal); !errors.As(err, &r) || r.Clause != clause || r.Code != protocol.CodeMandate {
			t.Errorf("%s: got %v", clause, err)
		}
	}
	if err := CheckRoot(root(func(m *protocol.Mandate) { m.Expires = m.NotBefore }), owner, agent); err == nil {
		t.Error("a mandate that is never valid passed")
	}
}
