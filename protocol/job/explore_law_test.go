package job_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// breach notes the first way in which an invariant was broken.
func (x *search) breach(n *node, invariant int, why string, args ...any) {
	if x.broken[invariant] == "" {
		x.broken[invariant] = fmt.Sprintf(why, args...) + "\n\t" + n.way.String()
	}
}

// check holds a state to the invariants that any state must fulfil. The numbers
// are those of docs/spec/job.md.
func (x *search) check(n *node) {
	for who, j := range n.job {
		if j == nil || !n.fresh[who] {
			continue // it was checked where it became what it is
		}
		x.timers(n, who, j)
		x.money(n, j)
		x.clauses(n, j)
		x.crash(n, who)
		x.tempt(n, who)
	}
	x.sameStage(n)
	x.silencePays(n)
}

// timers is invariant 1: every stage that is not final has a timer exit, and a
// few of them lead to a final one.
func (x *search) timers(n *node, who int, j *job.Job) {
	x.counts.checked[1]++
	now := x.clock(who, n.now)
	for steps := 0; ; steps++ {
		at := j.Stage(now)
		when, to, ok := j.Next(now)
		switch {
		case at.Final() && !ok:
			x.partTimers(n, who, j)
			return
		case at.Final() || !ok || when <= now || j.Stage(when) != to || steps > 12:
			x.breach(n, 1, "the %s stands at %s, next is %s", parties[who], at, to)
			return
		}
		now = when
	}
}

// partTimers is invariant 1 of each part, and of what may follow them.
func (x *search) partTimers(n *node, who int, j *job.Job) {
	for _, p := range all(j) {
		now := x.clock(who, n.now)
		for steps := 0; !p.Stage(now).Final(); steps++ {
			when, to, ok := p.Next(now)
			if !ok || when <= now || p.Stage(when) != to || steps > 7 {
				x.breach(n, 1, "part %d of the %s stands at %s, next is %s", p.Number(), parties[who], p.Stage(now), to)
				return
			}
			x.counts.exits[fmt.Sprintf("%s -> %s", p.Stage(when-1), to)] = true
			now = when
		}
	}
}

// ledger is what the entries of one part say.
type ledger struct {
	held, moved        wire.Amount
	holds, ends, posts int
	claimed, delivered bool
}

// money is invariant 2: no path moves more than was held. It reads the entries
// alone: for each part one hold, ended once, by no more than it set aside; only a
// Claim that crossed the VOID lets a POST follow it. And never is more than one
// part out: held and not ended, or paid for and not delivered.
func (x *search) money(n *node, j *job.Job) {
	x.counts.checked[2]++
	var parts [3]ledger
	for _, h := range j.Record() {
		switch d := h.Said.Doc.(type) {
		case *protocol.Entry:
			switch l := &parts[d.Part]; d.Act {
			case protocol.ActHold:
				l.held, l.holds = d.Amount, l.holds+1
			case protocol.ActVoid:
				l.ends++
			default:
				l.moved, l.posts = d.Amount, l.posts+1
			}
		case *protocol.Delivery:
			parts[d.Part].delivered = true
		case *protocol.Claim:
			l := &parts[d.Part]
			l.claimed = true
			if d.Amount.Cmp(l.held) > 0 {
				x.breach(n, 2, "%s are claimed of %s held", d.Amount, l.held)
			}
		}
	}
	out := 0
	for k, l := range parts {
		if l.holds > 1 || l.ends > l.holds || l.posts > l.holds || l.ends+l.posts > l.holds && !l.claimed || l.moved.Cmp(l.held) > 0 {
			x.breach(n, 2, "part %d: %d holds of %s, voided %d times, posted %d times, %s in all", k, l.holds, l.held, l.ends, l.posts, l.moved)
		}
		if l.holds > l.ends+l.posts || l.posts > 0 && !l.delivered {
			out++
		}
	}
	if out > 1 {
		x.breach(n, 2, "%d parts are out at once", out)
	}
}

// clauses is invariant 6: a Verdict cites only clauses of the Terms.
func (x *search) clauses(n *node, j *job.Job) {
	x.counts.checked[6]++
	var mistyped [3]bool
	for _, h := range j.Record() {
		clause, part := "", uint64(0)
		switch d := h.Said.Doc.(type) {
		case *protocol.Delivery:
			mistyped[d.Part] = d.Artefacts[0].Type != x.terms.OutputType
		case *protocol.Verdict:
			clause, part = d.Clause, d.Part
		case *protocol.Contest:
			clause, part = d.Clause, d.Part
		}
		written := map[string]bool{
			"": true, "artefact": true, "check": x.terms.Rule.Rule != "", "type": mistyped[part], "panel": len(x.terms.Panel.Members) > 0,
		}
		if !written[clause] {
			x.breach(n, 6, "the clause %q is none of the Terms", clause)
		}
	}
}

// crash is invariant 4 on one side: all is lost but the durable record, and it
// alone gives the same state again; what was heard before is known, and what was
// said can be said again byte for byte. Since every state of a path is checked,
// so is every prefix of every record.
func (x *search) crash(n *node, who int) {
	j := n.job[who]
	x.counts.checked[4]++
	x.counts.steps++
	again, err := x.open()
	if err != nil {
		x.breach(n, 4, "the %s cannot begin again: %v", parties[who], err)
		return
	}
	for _, h := range j.Record() {
		if err := again.Apply(h.At, h.Said); err != nil {
			x.breach(n, 4, "the %s cannot replay %T: %v", parties[who], h.Said.Doc, err)
			return
		}
	}
	now := x.clock(who, n.now)
	if !bytes.Equal(again.AppendKey(nil, x.tokenOf), j.AppendKey(nil, x.tokenOf)) ||
		again.Stage(now) != j.Stage(now) || again.Fault(now) != j.Fault(now) || !slices.Equal(again.Said(), j.Said()) {
		x.breach(n, 4, "the %s stands at %s, and after a replay at %s", parties[who], j.Stage(now), again.Stage(now))
	}
	for i, h := range again.Record() {
		if !bytes.Equal(h.Said.Raw, j.Record()[i].Said.Raw) {
			x.breach(n, 4, "after a replay the %s would say other bytes", parties[who])
		}
		if err := again.Check(now, h.Said); !errors.Is(err, job.ErrKnown) {
			x.breach(n, 4, "to the %s a repeated %T is not known: %v", parties[who], h.Said.Doc, err)
		}
	}
}

// sameStage is invariant 4 across the sides: who knows the same stands at the same. Of a
// complaint that one of them heard too late, only the entry that ends the hold decides.
func (x *search) sameStage(n *node) {
	h, p := n.job[hirer], n.job[provider]
	if p == nil || x.ahead != 0 || len(h.Record()) != len(p.Record()) {
		return
	}
	a, b := x.sorted(h), x.sorted(p)
	if !slices.Equal(a, b) {
		return
	}
	theirs := all(p)
	for k, mine := range all(h) {
		if mine.Belated() != theirs[k].Belated() {
			continue
		}
		if s, q := mine.Stage(n.now), theirs[k].Stage(n.now); s != q && s.Final() == q.Final() {
			x.breach(n, 4, "both know the same, part %d of the hirer stands at %s, of the provider at %s", k, s, q)
		}
	}
}

func (x *search) sorted(j *job.Job) (all []uint16) {
	for _, id := range j.Said() {
		all = append(all, x.tokenOf(id))
	}
	slices.Sort(all)
	return all
}

// mayLeave is invariant 5: no payload byte leaves before the job is agreed, nor
// ever to a peer that did not take its label. It reads documents only, those
// known to the side that lets its bytes go.
func (x *search) mayLeave(n *node, who int) {
	x.counts.checked[5]++
	j, held, taken := n.job[who], false, false
	for _, h := range j.Record() {
		switch d := h.Said.Doc.(type) {
		case *protocol.Entry:
			held = held || d.Act == protocol.ActHold
		case *protocol.Countersign:
			taken = taken || slices.Contains(d.Taken, j.ID())
		}
	}
	switch {
	case !held:
		x.breach(n, 5, "bytes of the %s leave before there is a HOLD", parties[who])
	case who == provider && !taken:
		x.breach(n, 5, "the result leaves before the job is taken")
	case who == provider:
		return
	}
	inputs := slices.Clone(j.Accept().Inputs)
	for _, h := range j.Record() {
		if d, ok := h.Said.Doc.(*protocol.Provide); ok {
			inputs = append(inputs, d.Inputs...)
			if !taken {
				x.breach(n, 5, "what was asked for leaves before the job is taken")
			}
		}
	}
	for _, in := range inputs {
		switch {
		case in.Label.Class != payload.Public && !taken:
			x.breach(n, 5, "inputs that are %s leave before the job is taken", in.Label.Class)
		case in.Label.Class > x.terms.Data.Most:
			x.breach(n, 5, "inputs that are %s leave where at most %s is taken", in.Label.Class, x.terms.Data.Most)
		}
	}
}

// lies are what neither side should get away with, whatever the state.
var lies = [2][]string{
	hirer: {
		"post(1001)", "post", "void", "hold", "verdict(fail,taste)", "verdict(fail,check)", "verdict(fail,panel)", "verdict(fail,type)",
		"contest(delivery,taste)", "contest(claim,taste)", "contest(delivery,check)", "award(1000,judge1)", "award(1)", "post(400)",
		"bring(personal)",
	},
	provider: {"claim", "claim(1001)", "cancel(31)", "need(sugar)", "remake(more)"},
}

// partLies are lies about a second part.
var partLies = [2][]string{
	hirer:    {"hold@1", "post@1", "post@1(701)", "void@1", "hold@2", "verdict@1(fail,taste)", "contest@1(delivery,check)", "cancel@1(30)"},
	provider: {"claim@1", "claim@1(701)", "delivery@1", "cancel@1(31)"},
}

// tempt has a party's own fold asked what it would let pass; a lie that is let
// through must leave the invariants whole all the same.
func (x *search) tempt(n *node, who int) {
	words := lies[who]
	if n.job[who].Parts() > 1 {
		words = append(words[:len(words):len(words)], partLies[who]...)
	}
	for _, word := range words {
		lie, err := x.write(who, word, n.now, n.job[who])
		if err != nil {
			continue
		}
		if n.job[who].Check(x.clock(who, n.now), lie) != nil {
			continue
		}
		j := n.job[who].Fork()
		_ = j.Apply(x.clock(who, n.now), lie)
		next := n.after("the %s lies %s", parties[who], word)
		x.money(next, j)
		x.clauses(next, j)
		if labelOf(word) == "bring" {
			next.job[who] = j
			x.mayLeave(next, who)
		}
	}
}

// end is where time has run out, and all is heard: both sides agree. Where a
// result raced a cancellation that is invariant 7, elsewhere 4.
func (x *search) end(n *node) {
	h, p := n.job[hirer].Stage(n.now), n.job[provider].Stage(x.clock(provider, n.now))
	known, _ := x.known(n.job[provider])
	more, _ := x.known(n.job[hirer])
	invariant := 4
	for k := range uint64(2) {
		_, delivered := known[of("delivery", k)]
		_, cancelled := known[of("end", k)]
		_, wished := more[of("cancel", k)]
		if delivered && (cancelled || wished) {
			invariant = 7
			x.counts.checked[7]++
		}
	}
	x.counts.ends[h.String()]++
	if h != p {
		x.breach(n, invariant, "in the end the hirer stands at %s, the provider at %s", h, p)
	}
	for k, mine := range all(n.job[hirer]) {
		theirs, ok := n.job[provider].Part(uint64(k))
		if _, held := mine.Hold(); !ok || k > 0 && !held {
			continue
		}
		if h, p := mine.Stage(n.now), theirs.Stage(x.clock(provider, n.now)); h != p {
			x.breach(n, invariant, "in the end part %d of the hirer stands at %s, of the provider at %s", k, h, p)
		}
		if paid, got := amountOf(mine), amountOf(theirs); paid != got {
			x.breach(n, invariant, "in the end the hirer has posted for part %d: %s, to the provider: %s", k, paid, got)
		}
	}
}

// amountOf is what was posted for a part.
func amountOf(p job.Part) string {
	if post, ok := p.Post(); ok {
		return post.Doc.(*protocol.Entry).Amount.String()
	}
	return "nothing"
}
