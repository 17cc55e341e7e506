package agent_test

import (
	"fmt"
	"strings"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// testimony is what one citizen's journal has of outcomes.
type testimony struct {
	outcomes []*protocol.Outcome
	logged   map[wire.CID][]wire.Key // by outcome: whose logs name it
	entries  []*protocol.LogEntry    // its own, in order
	names    []wire.CID              // of entries
}

func (c *citizen) testimony() testimony {
	c.t.Helper()
	all := testimony{logged: map[wire.CID][]wire.Key{}}
	seen := map[wire.CID]bool{}
	for _, b := range c.journal {
		r, err := agent.ReadRecord(c.reg, b)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range r.Statements() {
			if seen[s.ID] {
				continue
			}
			seen[s.ID] = true
			switch d := s.Doc.(type) {
			case *protocol.Outcome:
				all.outcomes = append(all.outcomes, d)
			case *protocol.LogEntry:
				all.logged[d.Outcome] = append(all.logged[d.Outcome], d.By)
				if d.By == c.key.Key() {
					all.entries, all.names = append(all.entries, d), append(all.names, s.ID)
				}
			}
		}
	}
	return all
}

// of tells how a citizen's journal has an outcome: by whom it is logged.
func (t testimony) of(o *protocol.Outcome) string {
	id := wire.Canonical{}.Name(o).ID
	var who []string
	for _, k := range t.logged[id] {
		if k == o.Hirer {
			who = append(who, "hirer")
		} else {
			who = append(who, "provider")
		}
	}
	by := "hirer"
	if o.By == o.Provider {
		by = "provider"
	}
	return fmt.Sprintf("%s: ended %d, score %d, conduct %d, logged by %s", by, o.Ended, o.Score, o.Conduct, strings.Join(who, " "))
}

// tells is what a citizen's journal has of outcomes, as text.
func (c *citizen) tells() string {
	t := c.testimony()
	var all []string
	for _, o := range t.outcomes {
		all = append(all, t.of(o))
	}
	return strings.Join(all, "; ")
}

// wholeLog checks that a citizen's log of outcomes has no gap: in each epoch
// from 1 on, each entry citing the one before, over epochs too.
func (c *citizen) wholeLog() {
	c.t.Helper()
	t := c.testimony()
	var epoch protocol.Epoch
	var seq uint64
	var head wire.CID
	for i, e := range t.entries {
		if e.Epoch != epoch {
			epoch, seq = e.Epoch, 0
		}
		if e.Seq != seq+1 || e.Prev != head {
			c.t.Errorf("%s: entry %d of its log is %d of epoch %s after %s; want %d after %s", c.name, i+1, e.Seq, e.Epoch, e.Prev, seq+1, head)
		}
		seq, head = e.Seq, t.names[i]
	}
}

// judges is all that an agent's web of trust says of everybody, as text: each
// number with all its bits. The web is first thought over on a day to come, from
// the start, so that nothing depends on how thinking went on so far. How far
// others say that their logs go is soft, and left out.
func (c *citizen) judges(a *agent.Agent) string {
	at := c.clock() + 400*day
	for !a.Web().Step(at, 1<<20) {
	}
	var b strings.Builder
	for _, other := range c.folk {
		x := a.Why(at, other.key.Key(), "text/words@1")
		fmt.Fprintf(&b, "%s %x %x %x %x %x %x %+v %d\n", other.name, x.Standing, x.Estimate.Success, x.Estimate.Low,
			x.Estimate.High, x.Estimate.Good, x.Estimate.Bad, x.Estimate.Tally, x.Estimate.Disputes)
		for _, r := range x.Raters {
			fmt.Fprintf(&b, "  %s %x %x %x %x %+v %x\n", r.Key, r.Vote, r.Good, r.Bad, r.Share, r.Path, r.Reach)
		}
	}
	return b.String()
}

// remembers checks that an agent replayed from a citizen's journal has the same
// evidence, to the byte.
func (c *citizen) remembers(fresh *agent.Agent) {
	c.t.Helper()
	if have, want := c.judges(fresh), c.judges(c.agent); have != want {
		c.t.Errorf("%s: a replay trusts otherwise: %s", c.name, firstDifference(have, want))
	}
	c.wholeLog()
}

// trusts is a citizen's estimate of another now, with its web thought over.
func (c *citizen) trusts(other *citizen) reputation.Estimate {
	return c.agent.Estimate(c.clock(), other.key.Key(), "text/words@1")
}
