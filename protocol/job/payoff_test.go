package job_test

import (
	"slices"
	"strconv"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// purse is what a job has brought each side, in the asset's smallest unit.
type purse [2]int64

// payoff is the function of invariant 3, as docs/spec/job.md writes it down:
//
//	provider = money moved
//	hirer    = value received - money moved
//
// Money has moved where the hirer posted it, and where it owes it at the end: a
// hold that was claimed is the provider's, and a debt stays in the hirer's
// exposure. The value of a result that is as agreed is the Terms' price, that
// of any other nothing.
func (x *search) payoff(n *node) purse {
	var moved, value int64
	for k, good := range n.good {
		part := x.posted(n, uint64(k))
		if part == 0 && x.indebted(n, uint64(k)) {
			p, _ := n.job[provider].Part(uint64(k))
			least, _ := p.Owed()
			part = units(least)
		}
		if j := n.job[provider]; j != nil {
			if p, ok := j.Part(uint64(k)); ok {
				part += units(p.Missing())
			}
		}
		moved += part
		if p, _ := n.job[hirer].Part(uint64(k)); good {
			value += x.worth(p)
		}
	}
	return purse{hirer: value - moved, provider: moved}
}

// posted is what was posted for a part, whoever has heard of it.
func (x *search) posted(n *node, k uint64) int64 {
	for _, j := range n.job {
		if j == nil {
			continue
		}
		if p, ok := j.Part(k); ok {
			if post, ok := p.Post(); ok {
				return units(post.Doc.(*protocol.Entry).Amount)
			}
		}
	}
	return 0
}

// worth is the Terms' price of what was delivered.
func (x *search) worth(p job.Part) int64 {
	if x.terms.Price.Unit == "" {
		return units(p.Most())
	}
	worth := units(x.terms.Price.PerUnit) * int64(p.Units())
	if p.Number() == 0 {
		worth += units(x.terms.Price.Fixed)
	}
	return worth
}

// indebted reports whether the provider counts a debt of the hirer: where its
// fold blames the hirer, and where it has claimed and disputes the VOID, which
// its books remember (docs/spec/money.md) though the job has lapsed.
func (x *search) indebted(n *node, k uint64) bool {
	j := n.job[provider]
	if j == nil {
		return false
	}
	p, ok := j.Part(k)
	if !ok {
		return false
	}
	now := x.clock(provider, n.now)
	_, claimed := p.Claim()
	hold, _ := p.Hold()
	disputed := slices.ContainsFunc(j.Record(), func(h job.Heard) bool {
		c, ok := h.Said.Doc.(*protocol.Countersign)
		return ok && slices.Contains(c.Disputed, hold.ID)
	})
	return p.Fault(now) == job.Hirer || claimed && disputed && p.Stage(now) == job.Lapsed
}

// units is a sum of the test's terms, all of which are small.
func units(a wire.Amount) int64 {
	n, err := strconv.ParseInt(a.String(), 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// rollKey is a state from which one side goes silent, or does its best.
type rollKey struct {
	state  [16]byte
	who    int
	silent bool
}

// silencePays is invariant 3: for each side, to go silent now brings no more
// than its best honest course, the other side being honest and the network
// prompt from here on.
func (x *search) silencePays(n *node) {
	for who := range n.job {
		if n.job[who] == nil {
			continue
		}
		x.counts.checked[3]++
		silent, best := x.roll(n, who, true), x.roll(n, who, false)
		if late := x.complainsLate(n, who); late != nil {
			if p := x.roll(late, who, false); p[who] > best[who] {
				x.breach(n, 3, "if the %s is silent and complains too late it has %d, else at best %d", parties[who], p[who], best[who])
			}
		}
		if silent[who] <= best[who] {
			continue
		}
		if who == hirer && x.disputable() && silent[who]-best[who] <= units(n.job[hirer].InHand().Most()) {
			x.counts.excused++
			continue
		}
		if who == hirer && n.job[provider] != nil && x.neglected(n) || who == hirer && x.prepaidBadly() && silent[who]-best[who] <= units(n.job[hirer].Most()) {
			x.counts.excused++
			continue
		}
		if x.twofaced() && silent[who]-best[who] <= units(n.job[hirer].InHand().Most()) {
			x.counts.excused++
			continue
		}
		x.breach(n, 3, "if the %s goes silent here it has %d, else at best %d", parties[who], silent[who], best[who])
	}
}

// complainsLate is where a hirer comes to that has been claimed of and said nothing, until
// there is no answer to its complaint any more, and then dates one back; nil where it cannot.
func (x *search) complainsLate(n *node, who int) *node {
	if who != hirer || n.job[provider] == nil || x.terms.Panel.IsZero() {
		return nil
	}
	mine, _ := n.job[hirer].Part(0)
	theirs, _ := n.job[provider].Part(0)
	_, judged := mine.Verdict()
	_, contested := mine.Contest()
	if _, claimed := theirs.Claim(); !claimed || judged || contested {
		return nil
	}
	for n = x.settle(n, hirer, true); n.now <= mine.AnswerBy()+2*protocol.Skew; n = x.settle(n, hirer, true) {
		if next := x.dutiful(n, provider); next != nil {
			n = next
			continue
		}
		next, _ := x.nextInstant(n)
		if next == 0 {
			return nil
		}
		after := *n
		after.now = next
		n = &after
	}
	said, err := x.write(hirer, "verdict(fail,panel)", mine.ReviewBy(), n.job[hirer])
	if err != nil {
		return nil
	}
	next := n.after("the hirer complains, dated back")
	next.job[hirer] = n.job[hirer].Fork()
	if next.job[hirer].Apply(n.now, said) != nil {
		return nil
	}
	next.post(x.stage, provider, []wire.Said{said})
	return next
}

// disputable reports whether the sides may differ on whether bytes arrived and
// the Terms name nobody who could tell: the one part that stays undecidable.
func (x *search) disputable() bool {
	return x.terms.Witness.Key.IsZero() && x.result == job.ClauseArtefact
}

// prepaidBadly reports whether the hirer pays in advance for what is not as agreed.
func (x *search) prepaidBadly() bool { return x.terms.Price.Advance > 0 && x.result != "good" }

// neglected reports whether the provider made good a Delivery, of which the
// hirer did not hear before the evaluators had the case, and let its claim lapse.
func (x *search) neglected(n *node) bool {
	if n.job[provider] == nil {
		return false
	}
	part, _ := n.job[provider].Part(0)
	return len(part.Earlier()) > 0 && len(x.terms.Panel.Members) > 0 && part.Stage(x.clock(provider, n.now)) == job.Lapsed
}

// roll plays on from n to the end and returns what each side has then. The other
// side does its first duty at once. The side in question says nothing more, or
// takes whatever course is best for it among those that do its duties at once.
func (x *search) roll(n *node, who int, silent bool) purse {
	n = x.settle(n, who, silent)
	key := rollKey{x.key(n), who, silent}
	if p, ok := x.purses[key]; ok {
		return p
	}
	p := x.rollOn(n, who, silent)
	x.purses[key] = p
	return p
}

func (x *search) rollOn(n *node, who int, silent bool) purse {
	if next := x.dutiful(n, 1-who); next != nil {
		return x.roll(next, who, silent)
	}
	var best *purse
	try := func(next *node) {
		if next == nil {
			return
		}
		if p := x.roll(next, who, silent); best == nil || p[who] > best[who] {
			best = &p
		}
	}
	bound := false
	if !silent {
		for _, m := range x.honest(who, n) {
			bound = bound || m.duty
			try(x.say(n, who, m))
		}
	}
	if !bound || best == nil {
		next, _ := x.nextInstant(n)
		if next == 0 {
			if p := x.payoff(n); best == nil || p[who] > best[who] {
				best = &p
			}
			return *best
		}
		after := *n
		after.now = next
		try(&after)
	}
	return *best
}

// dutiful lets a party do its first duty; nil where it has none.
func (x *search) dutiful(n *node, who int) *node {
	for _, m := range x.honest(who, n) {
		if m.duty {
			return x.say(n, who, m)
		}
	}
	return nil
}

// settle delivers all that is on its way and lets missing bytes arrive.
func (x *search) settle(n *node, who int, silent bool) *node {
	for again := true; again; {
		again = false
		for i := 0; i < len(n.mail); i++ {
			l := n.mail[i]
			if l.heard && !x.news(n, l) {
				continue
			}
			letters := len(n.mail)
			n = x.deliver(n, i)
			if silent && l.to == who {
				n.mail = n.mail[:letters]
			}
			again = true
		}
		if next := x.judge(n); len(next) > 0 {
			n, again = next[0], true
		} else if next := x.world(n); len(next) > 0 && !(silent && who == provider) {
			n, again = next[0], true
		}
	}
	return n
}

func (x *search) news(n *node, l letter) bool {
	j := n.job[l.to]
	if j == nil {
		return false
	}
	for _, s := range l.said {
		if s.ID != x.accept.ID && j.Check(x.clock(l.to, n.now), s) == nil {
			return true
		}
	}
	return false
}
