package job_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

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
	for all := x.awards(n); x.told && len(all) > 0; all = x.awards(n) {
		letters := len(n.mail)
		if n = x.speak(n, all[0]); n == nil {
			return nil, fmt.Errorf("%s", x.broken[4])
		}
		n = x.deliver(n, letters)
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
// package agent gives it the time for that. Once all evaluators have spoken it
// waits for nothing.
func (p *stage) awaits(n *node, who int) bool {
	if part, _ := n.job[who].Part(0); part.Decided() {
		return false
	}
	return slices.ContainsFunc(n.mail, func(l letter) bool {
		if l.to != who {
			return false
		}
		_, award := l.said[0].Doc.(*protocol.Award)
		return award && n.job[who].Check(p.clock(who, n.now), l.said[0]) == nil
	})
}

// speech is what an evaluator says, to whom, and under which date.
type speech struct {
	who  int
	word string
	to   []int
	at   uint64
}

// tale is one of the stories that an evaluator tells: what it commits to, what it
// opens, and who hears which of the two.
type tale struct {
	name            string
	commits, opens  string
	toHear, toLearn []int
}

var both = []int{hirer, provider}

// tales are what an evaluator tells: one story, but for those who lie. One of two
// tales shows each side another; one that is late opens its Award to the provider
// alone, long after the date under which it does.
func tales(does string) []tale {
	switch does {
	case "silent":
		return nil
	case "lies":
		return []tale{{"", "2000", "9000", both, both}}
	case "twofold":
		return []tale{{"", "3000", "3000", []int{hirer}, []int{hirer}}, {"b", "9000", "9000", []int{provider}, []int{provider}}}
	case "late":
		return []tale{{"", "9000", "9000", both, []int{provider}}}
	}
	return []tale{{"", does, does, both, both}}
}

// awards returns what evaluators may say now: they commit once the case is
// theirs, and open when all have committed or the time for that is over.
func (x *search) awards(n *node) (all []speech) {
	part, _ := n.job[hirer].Part(0)
	if _, _, open := part.Complaint(); !open {
		return nil
	}
	about := "verdict"
	if _, ok := part.Contest(); ok {
		about = "contest"
	}
	disputed, committed := part.Stage(n.now) == job.Disputed, true
	for i, does := range x.judges {
		for _, t := range tales(does) {
			committed = committed && x.spoken(n, "commit "+parties[judge1+i]+t.name)
		}
		committed = committed && (does != "silent" || n.now > part.CommitBy())
	}
	for i, does := range x.judges {
		who := judge1 + i
		for _, t := range tales(does) {
			commit, reveal := "commit "+parties[who]+t.name, "reveal "+parties[who]+t.name
			args := "," + about + "," + t.name + ")"
			late := does == "late" && n.now > part.AwardBy()+protocol.Skew && n.now <= part.ResolveBy()
			switch {
			case !x.spoken(n, commit) && n.now <= part.CommitBy() && (disputed || len(tales(does)) > 1):
				all = append(all, speech{who, "commit(" + t.commits + args, t.toHear, n.now})
			case !x.spoken(n, commit) || x.spoken(n, reveal):
			case late:
				all = append(all, speech{who, "reveal(" + t.opens + args, t.toLearn, part.AwardBy()})
			case does != "late" && (committed || n.now > part.CommitBy()) && n.now <= part.AwardBy():
				all = append(all, speech{who, "reveal(" + t.opens + args, t.toLearn, n.now})
			}
		}
	}
	return all
}

// spoken reports whether an evaluator has said what is known by a label.
func (x *search) spoken(n *node, label string) bool {
	return slices.ContainsFunc(n.mail, func(l letter) bool { return x.labels[l.said[0].ID] == label })
}

// rule writes what an evaluator says. It knows its own commitment, whoever else
// has heard of it.
func (x *search) rule(n *node, s speech) (wire.Said, error) {
	j := n.job[s.to[0]]
	known, lane := x.known(j)
	for _, l := range n.mail {
		if d, ok := l.said[0].Doc.(*protocol.Award); ok && d.By == keys[parties[s.who]].Key() {
			known[x.labels[l.said[0].ID]] = l.said[0]
		}
	}
	return x.writeFrom(s.who, s.word, s.at, j, known, lane)
}

// judge lets an evaluator speak.
func (x *search) judge(n *node) (all []*node) {
	for _, s := range x.awards(n) {
		if next := x.speak(n, s); next != nil {
			all = append(all, next)
		}
	}
	return all
}

func (x *search) speak(n *node, s speech) *node {
	said, err := x.rule(n, s)
	if err != nil {
		x.breach(n, 4, "%s cannot say %s: %v", parties[s.who], s.word, err)
		return nil
	}
	next := n.after("%s says %s", parties[s.who], s.word)
	for _, who := range s.to {
		next.post(x.stage, who, []wire.Said{said})
	}
	return next
}

// passOn tells the other side of an Award that it was not told of.
func (x *search) passOn(n *node, who int, s wire.Said) {
	if _, award := s.Doc.(*protocol.Award); !award {
		return
	}
	for _, l := range n.mail {
		if l.to == 1-who && l.said[0].ID == s.ID {
			return
		}
	}
	n.post(x.stage, 1-who, []wire.Said{s})
}

// twofaced reports whether an evaluator tells the sides different things: then
// who keeps to itself what it alone was told may gain by that.
func (x *search) twofaced() bool {
	return slices.Contains(x.judges, "twofold") || slices.Contains(x.judges, "late")
}
