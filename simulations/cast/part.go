package cast

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Moment is what a part may go by: when it is, its own past, and chance.
type Moment struct {
	At     uint64 // Unix milliseconds by its own clock
	Worked uint64 // jobs it has worked on so far
	Chance *rand.Rand
}

// Labour is what comes of a job's work.
type Labour struct {
	Good  bool          // what an honest hirer would accept
	Code  protocol.Code // why there is no result; empty if there is one
	After uint64        // milliseconds it takes
}

// Opinion is what an agent says of a result.
type Opinion struct {
	Code  protocol.Code // empty: it passes; protocol.CodeCheck: it does not
	After uint64        // milliseconds it takes
}

// Part is how one agent behaves where its core asks its owner's machines: at its
// work, in judging, and at the door through which everything leaves.
type Part interface {
	// Name is the word for the part in scenarios.
	Name() string
	// Honest reports whether it does what its core says: of honest parts every
	// promise must hold, whatever the others do.
	Honest() bool
	// Work does a job.
	Work(m Moment, w agent.Work) Labour
	// Judge judges results, good being what an honest hirer would find.
	Judge(m Moment, j agent.Judge, good bool) Opinion
	// Grade is what it awards as an evaluator, of 10,000, good being what an honest
	// one would find.
	Grade(m Moment, good bool) (share, after uint64)
	// Say returns what is said to a peer in place of the documents of a bundle:
	// the documents themselves, none, or others by the same author.
	Say(m Moment, to wire.Key, docs []wire.Said) [][]wire.Said
	// Flees reports whether it now throws its name away and comes back under a
	// fresh one.
	Flees(m Moment) bool
}

// Skill is how well and how fast an agent works.
type Skill struct {
	Success uint64 // of 10,000 jobs, those that succeed
	Fail    uint64 // of 10,000 jobs, those without any result
	Least   uint64 // milliseconds a job takes
	Most    uint64
}

// Ring is who acts as one with whom: a coalition, or one owner's many names.
type Ring struct{ members map[wire.Key]bool }

// NewRing returns a ring without members.
func NewRing() *Ring { return &Ring{members: map[wire.Key]bool{}} }

// Join adds a member.
func (r *Ring) Join(k wire.Key) { r.members[k] = true }

// Has reports whether k is a member.
func (r *Ring) Has(k wire.Key) bool { return r != nil && r.members[k] }

// Names are the parts there are, in the order of docs/research.md.
var Names = []string{
	"honest", "flaky", "greedy", "silent", "colluding", "sybil", "slandering", "whitewashing", "exit-scam", "double-spending", "lying",
}

// New returns a part by its name. after is the number of jobs after which a part
// that changes its ways does.
func New(name string, s Skill, ring *Ring, after uint64) (Part, error) {
	b := honest{name: name, skill: s}
	switch name {
	case "honest":
		return b, nil
	case "flaky":
		return flaky{b}, nil
	case "greedy":
		return greedy{b}, nil
	case "silent":
		return silent{b}, nil
	case "colluding", "sybil":
		return &colluding{b, ring}, nil
	case "slandering":
		return &slandering{b, ring}, nil
	case "whitewashing":
		return &whitewashing{b, after}, nil
	case "exit-scam":
		return &exitScam{b, after}, nil
	case "double-spending":
		return doubleSpending{b}, nil
	case "lying":
		return lying{b}, nil
	}
	return nil, fmt.Errorf("no part is called %q; there are %q", name, Names)
}

// honest does what its core says, and works as well as it can. All other parts
// are honest but for what they do otherwise.
type honest struct {
	name  string
	skill Skill
}

func (h honest) Name() string { return h.name }
func (honest) Honest() bool   { return true }

func (h honest) Work(m Moment, _ agent.Work) Labour {
	l := Labour{After: h.skill.Least}
	if h.skill.Most > h.skill.Least {
		l.After += m.Chance.Uint64N(h.skill.Most - h.skill.Least)
	}
	if m.Chance.Uint64N(10_000) < h.skill.Fail {
		l.Code = protocol.CodeWorkFailed
		return l
	}
	l.Good = m.Chance.Uint64N(10_000) < h.skill.Success
	return l
}

func (honest) Judge(m Moment, _ agent.Judge, good bool) Opinion {
	o := Opinion{After: 5 + m.Chance.Uint64N(500)}
	if !good {
		o.Code = protocol.CodeCheck
	}
	return o
}

func (honest) Grade(m Moment, good bool) (share, after uint64) {
	if good {
		share = protocol.Full
	}
	return share, 100 + m.Chance.Uint64N(10_000)
}

func (honest) Say(_ Moment, _ wire.Key, docs []wire.Said) [][]wire.Said { return [][]wire.Said{docs} }
func (honest) Flees(Moment) bool                                        { return false }

// flaky means well: its machines break down.
type flaky struct{ honest }

func (f flaky) Work(m Moment, w agent.Work) Labour {
	l := f.honest.Work(m, w)
	switch m.Chance.IntN(4) {
	case 0:
		l.Code = protocol.CodeWorkFailed
	case 1:
		l.After *= 20
	}
	return l
}

// greedy takes what costs it nothing: results without liking any of them.
type greedy struct{ honest }

func (greedy) Honest() bool { return false }
func (greedy) Judge(Moment, agent.Judge, bool) Opinion {
	return Opinion{Code: protocol.CodeCheck, After: 5}
}

// silent takes results, and never says a word about them.
type silent struct{ honest }

func (silent) Honest() bool { return false }
func (silent) Say(_ Moment, _ wire.Key, docs []wire.Said) [][]wire.Said {
	for _, d := range docs {
		switch doc := d.Doc.(type) {
		case *protocol.Verdict, *protocol.Outcome, *protocol.Ack:
			return nil
		case *protocol.Entry:
			if doc.Act == protocol.ActPost || doc.Act == protocol.ActVoid {
				return nil
			}
		}
	}
	return [][]wire.Said{docs}
}

// colluding works and judges well within its ring, and cheats everybody else.
type colluding struct {
	honest
	ring *Ring
}

func (*colluding) Honest() bool { return false }
func (c *colluding) Work(m Moment, w agent.Work) Labour {
	l := c.honest.Work(m, w)
	l.Good = c.ring.Has(w.From)
	if l.Good {
		l.Code = ""
	}
	return l
}

func (c *colluding) Judge(_ Moment, j agent.Judge, _ bool) Opinion {
	if c.ring.Has(j.From) {
		return Opinion{After: 5}
	}
	return Opinion{Code: protocol.CodeCheck, After: 5}
}

// slandering works well, and says of everybody outside its ring that they failed.
type slandering struct {
	honest
	ring *Ring
}

func (*slandering) Honest() bool { return false }
func (s *slandering) Judge(_ Moment, j agent.Judge, _ bool) Opinion {
	if s.ring.Has(j.From) {
		return Opinion{After: 5}
	}
	return Opinion{Code: protocol.CodeCheck, After: 5}
}

// whitewashing cheats, and comes back under a fresh name when it is known for it.
type whitewashing struct {
	honest
	after uint64
}

func (*whitewashing) Honest() bool { return false }
func (w *whitewashing) Work(m Moment, k agent.Work) Labour {
	l := w.honest.Work(m, k)
	l.Good, l.Code = false, ""
	return l
}
func (w *whitewashing) Flees(m Moment) bool { return m.Worked >= w.after }

// exitScam works well until it is trusted, and from then on takes the money.
type exitScam struct {
	honest
	after uint64
}

func (*exitScam) Honest() bool { return false }
func (e *exitScam) Work(m Moment, w agent.Work) Labour {
	l := e.honest.Work(m, w)
	if m.Worked >= e.after {
		l.Good, l.Code = false, ""
	}
	return l
}

// doubleSpending says two things in one place of its lane: what its core says,
// and once more the same with another nonce, to the same payee.
type doubleSpending struct{ honest }

func (doubleSpending) Honest() bool { return false }
func (doubleSpending) Say(m Moment, _ wire.Key, docs []wire.Said) [][]wire.Said {
	all := [][]wire.Said{docs}
	for _, s := range docs {
		e, ok := s.Doc.(*protocol.Entry)
		if !ok || e.Act != protocol.ActPost && e.Act != protocol.ActHold {
			continue
		}
		other := *e
		other.Nonce[0] ^= 0xff
		other.Basis = slices.Clone(e.Basis)
		if m.Chance.IntN(4) == 0 {
			all = append(all, []wire.Said{wire.Canonical{}.Name(&other)})
		}
	}
	return all
}

// lying awards, as an evaluator, the contrary of what it has found.
type lying struct{ honest }

func (lying) Honest() bool                                      { return false }
func (l lying) Grade(m Moment, good bool) (share, after uint64) { return l.honest.Grade(m, !good) }
