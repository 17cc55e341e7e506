package simulations

import (
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/world"
)

// Measures is what one run came to, by name. The names are those that scenarios
// expect bounds for.
type Measures map[string]float64

// Group measures, each under "GROUP.": see docs/research.md.
//
//	hired, settled, good     orders of its agents: given, ended settled, with a good result
//	spent, wasted            units paid, and of them for what was not good
//	took                     seconds from contract to end, of all of them
//	worked, income, owed     jobs done for others, units they were paid, units still owed to them
//	outside, unpaid          income from honest buyers, units for what was delivered and never paid
//
// Together they are under "all.", and of honest buyers under "honest.".
func (x *Story) Measures() Measures {
	m := Measures{}
	m.Merge(x.left)
	for i, g := range x.groups {
		for _, p := range g {
			x.measure(m, x.Groups[i].Name, p)
		}
	}
	m.Shares()
	return m
}

// Shares makes from the counts, for each group:
//
//	success, price, waste    good of hired, spent for each settled, wasted of spent
//	pace                     seconds of contracts for each good result: what failed has cost time, if no money
//	share                    of what honest agents spent, what went to the group
func (m Measures) Shares() {
	for _, of := range m.groups() {
		if jobs := m[of+".hired"]; jobs > 0 {
			m[of+".success"] = m[of+".good"] / jobs
			m[of+".price"] = m[of+".spent"] / max(1, m[of+".settled"])
			m[of+".pace"] = m[of+".took"] / max(1, m[of+".good"])
			m[of+".waste"] = m[of+".wasted"] / max(1, m[of+".spent"])
		}
		m[of+".share"] = m[of+".outside"] / max(1, m["honest.spent"])
	}
}

func (m Measures) groups() []string {
	var all []string
	for name := range m {
		if of, ok := strings.CutSuffix(name, ".agents"); ok {
			all = append(all, of)
		}
	}
	slices.Sort(all)
	return all
}

// measure adds what one agent's owner sees.
func (x *Story) measure(m Measures, group string, p *world.Peer) {
	a := p.Agent()
	if a == nil {
		return
	}
	of := []string{group, "all"}
	if p.Part().Honest() {
		of = append(of, "honest")
	}
	add := func(what string, n float64) {
		for _, g := range of {
			m[g+"."+what] += n
		}
	}
	add("agents", 1)
	for _, v := range a.Jobs(p.Clock(), 1<<30) {
		paid := number(v.Paid)
		if v.Role == job.Provider {
			add("worked", 1)
			add("income", paid)
			if len(v.Results) > 0 && paid == 0 && v.Stage == job.Defaulted.String() {
				add("unpaid", number(v.Price))
			}
			if buyer := x.w.Of(v.Peer); buyer != nil && buyer.Part().Honest() {
				add("outside", paid)
			}
			continue
		}
		good := v.OK && x.w.Good(v.Results)
		add("hired", 1)
		add("stage "+v.Stage, 1)
		add("spent", paid)
		add("took", float64(v.Closed-min(v.Opened, v.Closed))/1000)
		if v.Stage == job.Settled.String() {
			add("settled", 1)
		}
		if good {
			add("good", 1)
		} else {
			add("wasted", paid)
		}
	}
	for _, pos := range a.Positions() {
		add("owed", number(pos.OwedToMe))
	}
}

func number(a wire.Amount) float64 {
	var n float64
	if _, err := fmt.Sscan(a.String(), &n); err != nil {
		return 0
	}
	return n
}
