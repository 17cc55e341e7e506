package job_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// nameOf is who a key is, in the tests.
func nameOf(key wire.Key) string {
	for _, name := range parties {
		if keys[name].Key() == key {
			return name
		}
	}
	return "stranger"
}

// begin plays what was said and heard, each bundle at once, before the exploration
// begins; from the first that is unheard on, a bundle is heard where that is said.
func (x *search) begin(n *node) (*node, error) {
	quiet := false
	for _, line := range x.begun {
		if !quiet {
			n = x.hearAll(n)
		}
		line, unheard := strings.CutSuffix(line, " unheard")
		quiet = quiet || unheard
		who, words, _ := strings.Cut(line, " ")
		if words == "hears" {
			n = x.deliver(n, len(n.mail)-1)
			continue
		}
		n = x.say(n, slices.Index(parties[:], who), duty(strings.Fields(words)...))
		if n == nil {
			return nil, fmt.Errorf("%s", x.broken[4])
		}
	}
	if len(x.begun) > 0 && !quiet {
		n = x.hearAll(n)
	}
	way := *n.way
	way.long = 0
	n.way, n.fresh = &way, [2]bool{true, n.job[provider] != nil}
	return n, nil
}

func (x *search) hearAll(n *node) *node {
	for i := 0; i < len(n.mail); i++ {
		if !n.mail[i].heard {
			n = x.deliver(n, i)
		}
	}
	return n
}

// asAgreed reports whether a Delivery is as the Terms say, where its bytes are here.
func (p *stage) asAgreed(d wire.Document) bool {
	delivery, ok := d.(*protocol.Delivery)
	return ok && (p.result == "good" || p.second && delivery.Part == 0 || p.remade && delivery.Artefacts[0].ID == wire.Sum([]byte("better")))
}

// lacks reports whether the provider cannot go on without what it was not given.
func (p *stage) lacks(j job.Part) bool { return p.needs && len(j.Provided()) == 0 }

func (p *stage) mayProvide(j job.Part, now uint64) bool {
	_, until, open := j.Need()
	return open && now <= until
}

// awaits reports whether an Award is under way that a party would still count.
// An honest one pays only when it has heard what the other side can show it;
// package agent gives it the time for that.
func (p *stage) awaits(n *node, who int) bool {
	return slices.ContainsFunc(n.mail, func(l letter) bool {
		if l.to != who {
			return false
		}
		_, award := l.said[0].Doc.(*protocol.Award)
		return award && n.job[who].Check(p.clock(who, n.now), l.said[0]) == nil
	})
}

// speech is what an evaluator says.
type speech struct {
	who  int
	word string
}

// awards returns what evaluators may say now: they commit once the case is
// theirs, and open when all have committed or the time for that is over.
func (x *search) awards(n *node) (all []speech) {
	j := n.job[hirer]
	part, _ := j.Part(0)
	_, _, open := part.Complaint()
	if stage := j.Stage(n.now); !open || stage != job.Disputed {
		return nil
	}
	about := "verdict"
	if _, ok := j.Contest(); ok {
		about = "contest"
	}
	committed := true
	for i, does := range x.judges {
		committed = committed && (x.spoken(n, judge1+i, false) || does == "silent" && n.now > part.CommitBy())
	}
	for i, does := range x.judges {
		who, share := judge1+i, does
		if does == "lies" {
			share = "2000"
		}
		switch {
		case does == "silent":
		case !x.spoken(n, who, false) && n.now <= part.CommitBy():
			all = append(all, speech{who, "commit(" + share + "," + about + ")"})
		case !x.spoken(n, who, false) || x.spoken(n, who, true):
		case (committed || n.now > part.CommitBy()) && n.now <= part.AwardBy():
			if does == "lies" {
				share = "9000"
			}
			all = append(all, speech{who, "reveal(" + share + "," + about + ")"})
		}
	}
	return all
}

// spoken reports whether an evaluator has committed, or opened.
func (x *search) spoken(n *node, who int, opened bool) bool {
	return slices.ContainsFunc(n.mail, func(l letter) bool {
		d, ok := l.said[0].Doc.(*protocol.Award)
		return ok && d.By == keys[parties[who]].Key() && !d.Opens.IsZero() == opened
	})
}

// rule writes what an evaluator says. It knows its own commitment, whoever else
// has heard of it.
func (x *search) rule(n *node, s speech) (wire.Said, error) {
	j := n.job[hirer].Fork()
	for _, l := range n.mail {
		if d, ok := l.said[0].Doc.(*protocol.Award); ok && l.to == hirer && d.By == keys[parties[s.who]].Key() {
			_ = j.Apply(n.now, l.said[0]) // where the hirer knows it, it is known
		}
	}
	return x.write(s.who, s.word, n.now, j)
}

// judge lets an evaluator speak to both sides.
func (x *search) judge(n *node) (all []*node) {
	for _, s := range x.awards(n) {
		said, err := x.rule(n, s)
		if err != nil {
			x.breach(n, 4, "%s cannot say %s: %v", parties[s.who], s.word, err)
			continue
		}
		next := n.after("%s says %s", parties[s.who], s.word)
		for who := range n.job {
			next.post(x.stage, who, []wire.Said{said})
		}
		all = append(all, next)
	}
	return all
}
