package job_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
)

// move is one bundle that a party may say now. What duty asks for, an honest
// party says at some time; of several duties one. The rest it is free to say.
type move struct {
	words []string
	duty  bool
}

func duty(words ...string) move { return move{words, true} }
func free(words ...string) move { return move{words, false} }

// honest returns what an honest party may say where its own fold stands: what
// package agent does, and what docs/spec/job.md allows beyond it. The first
// duty is what a party says that has nothing special in mind.
func (p *stage) honest(who int, n *node) (moves []move) {
	j, now := n.job[who], p.clock(who, n.now)
	if j == nil {
		return nil
	}
	for _, part := range all(j) {
		var more []move
		switch _, held := part.Hold(); {
		case part.Number() > 0 && !held:
			more = p.goesOn(who, part, now)
		case who == hirer:
			more = p.hires(part, now, n)
		default:
			more = p.provides(part, now)
		}
		for _, m := range more {
			if m = m.about(part.Number()); !slices.ContainsFunc(moves, func(o move) bool { return slices.Equal(o.words, m.words) }) {
				moves = append(moves, m)
			}
		}
	}
	return moves
}

// about makes the words of a move those of a part.
func (m move) about(n uint64) move {
	words := make([]string, len(m.words))
	for i, w := range m.words {
		verb, args, _ := strings.Cut(w, "(")
		switch {
		case n == 0, strings.Contains(verb, "@"), verb == "see", verb == "take", verb == "decline", verb == "refuse":
			words[i] = w
		case args != "":
			words[i] = of(verb, n) + "(" + args
		default:
			words[i] = of(verb, n)
		}
	}
	return move{words, m.duty}
}

// goesOn is what either side may do about a part that may come next.
func (p *stage) goesOn(who int, next job.Part, now uint64) (all []move) {
	before, _ := next.Part(next.Number() - 1)
	_, posted := before.Post()
	_, asked := next.CancelBy(job.Hirer)
	_, ended := next.CancelBy(job.Provider)
	if next.Stage(now) != job.Quoted || now > next.HoldBy() || asked || ended {
		return nil
	}
	good := before.Stage(now) == job.Settled || before.Stage(now) == job.Settling && !before.Prepaid() || before.Stage(now) == job.Settling && passed(before)
	if who == hirer && posted && good {
		all = append(all, duty("hold"))
	}
	if p.choice && next.Taken() {
		all = append(all, free("cancel"))
	}
	return all
}

func (p *stage) hires(j job.Part, now uint64, n *node) (all []move) {
	stage := j.Stage(now)
	_, held := j.Hold()
	_, posted := j.Post()
	_, voided := j.Void()
	_, judged := j.Verdict()
	_, contested := j.Contest()
	_, claimed := j.Claim()
	_, asked := j.CancelBy(job.Hirer)
	_, ended := j.CancelBy(job.Provider)
	_, declined := j.Declined()
	due := j.StartBy()
	if p.terms.Times.Fund > 0 {
		due = j.FundBy()
	}
	complains := p.complains(j)
	if stage == job.Working && p.windowed() {
		all = append(all, p.asks(j, now)...)
	}
	switch {
	case !held && stage == job.Quoted && now <= due:
		all = append(all, duty("hold"))
	case stage == job.Paused && p.mayProvide(j, now):
		all = append(all, duty("bring"))
	case j.AdvanceOwed() && stage == job.Funded && now <= j.DeliverBy():
		all = append(all, duty("post"))
	case j.Prepaid() && posted && stage == job.Delivered && !judged && !contested && now <= j.ReviewBy():
		m := p.verdict(j)
		m.words = slices.DeleteFunc(m.words, func(w string) bool { return w == "post" })
		all = append(all, m)
	case posted || !held || p.awaits(n, hirer) || voided && !(claimed && j.Fault(now) == job.Hirer):
	case stage == job.Delivered && !judged && !contested && now <= j.ReviewBy():
		all = append(all, p.verdict(j))
	case claimed && complains && !judged && !contested && now <= j.AnswerBy() && (stage == job.Settling || stage == job.Unresolved):
		all = append(all, duty("contest(claim,"+p.clause()+")"))
	case p.owes(j, now, stage) && now <= j.ResolveBy():
		all = append(all, duty(p.payment(j)))
	case stage.Final() && j.Voidable(now) && ended:
		all = append(all, duty("void(end)"))
	case stage.Final() && j.Voidable(now) && (declined || now > j.ClaimBy()+protocol.Skew):
		all = append(all, duty(p.release(j)))
	}
	if stage == job.Contested && n.result[j.Number()] && now <= j.AnswerBy() && !j.Acked(result("").ID) && p.result == job.ClauseArtefact {
		all = append(all, duty("ack(result)"))
	}
	if p.choice && !asked && !judged && !posted && !stage.Final() && stage <= job.Delivered && (j.Taken() || now <= j.StartBy()) {
		all = append(all, free("cancel"))
	}
	return all
}

// verdict is the hirer's word on a Delivery.
func (p *stage) verdict(j job.Part) move {
	delivery, _ := j.Delivery()
	switch {
	case p.remade && p.asAgreed(delivery.Doc):
		return duty("ack(delivery)", "verdict(10000)", "post")
	case p.complains(j) && p.result == job.ClauseArtefact:
		return duty("ack(delivery)", "verdict(fail,artefact)")
	case p.complains(j):
		return duty("ack(delivery)", "ack(result)", "verdict(fail,"+p.clause()+")")
	}
	if p.windowed() {
		return duty("ack(delivery)", "verdict(10000)", "post("+owed(j)+")")
	}
	return duty("ack(delivery)", "ack(result)", "verdict(10000)", "post")
}

// complains reports whether the hirer finds a part's result wrong.
func (p *stage) complains(j job.Part) bool {
	return (p.result != "good" || p.liar) && !(p.second && j.Number() == 0)
}

func (p *stage) clause() string {
	if p.liar {
		return job.ClauseCheck
	}
	return p.result
}

// owes reports whether an honest hirer pays now.
func (p *stage) owes(j job.Part, now uint64, stage job.Stage) bool {
	least, _ := j.Owed()
	_, judged := j.Verdict()
	_, contested := j.Contest()
	_, claimed := j.Claim()
	switch {
	case least.IsZero():
		return false
	case stage == job.Settling, stage == job.Unresolved, stage == job.Defaulted && j.Fault(now) == job.Hirer:
		return true
	}
	return stage == job.Accepted && (judged || contested || claimed)
}

func owed(j job.Part) string {
	least, _ := j.Owed()
	return least.String()
}

// payment is the entry by which an honest hirer pays what it owes.
func (p *stage) payment(j job.Part) string {
	least, _ := j.Owed()
	if !j.Award().Counts {
		return "post(" + least.String() + ")"
	}
	return "award(" + least.String() + p.cited(j) + ")"
}

// cited names the Awards that decide, for the entry that rests on them.
func (p *stage) cited(j job.Part) (names string) {
	if a := j.Award(); a.Counts {
		for _, id := range a.Basis {
			names += "," + strings.TrimPrefix(p.labels[id], "reveal ")
		}
	}
	return names
}

// release is the entry by which an honest hirer ends a hold of which nothing is owed.
func (p *stage) release(j job.Part) string {
	if names := p.cited(j); names != "" {
		return "void(" + names + ")"
	}
	return "void"
}

func (p *stage) provides(j job.Part, now uint64) (all []move) {
	stage := j.Stage(now)
	_, held := j.Hold()
	_, posted := j.Post()
	_, voided := j.Void()
	_, delivered := j.Delivery()
	_, claimed := j.Claim()
	_, asked := j.CancelBy(job.Hirer)
	_, ended := j.CancelBy(job.Provider)
	_, declined := j.Declined()
	switch {
	case posted && !j.PostSeen() && !j.Missing().IsZero(), voided && !j.VoidSeen() && claimed && !posted && !ended && !j.Award().Counts:
		all = append(all, duty("see(disputed)"))
	case posted && !j.PostSeen(), voided && !j.VoidSeen(), j.Number() > 0 && held && !j.HoldSeen():
		all = append(all, duty(sees(j.Job)))
	case declined || ended:
	case !j.Taken() && j.Number() == 0 && !stage.Final() && now <= j.StartBy():
		all = p.begins(j, held, asked)
	case stage == job.Working && p.lacks(j) && now <= j.DeliverBy():
		all = append(all, duty("need(map)"))
	case stage == job.Paused && asked:
		all = append(all, duty("cancel(30)"), duty("cancel"))
	case stage == job.Working && p.windowed() && now <= j.DeliverBy():
		all = p.serves(j)
	case stage == job.Working && !delivered && now <= j.DeliverBy():
		all = append(all, duty("delivery"))
		if p.choice || asked {
			all = append(all, duty("cancel"))
		}
		if asked {
			all = append(all, duty("cancel(30)"))
		}
	case stage == job.Accepted && !j.Prepaid() && !claimed && !complained(j) && !passed(j) && now > j.ReviewBy() && now <= j.ClaimBy():
		all = append(all, duty("claim("+owed(j)+")"))
	case stage == job.Contested:
		all = p.answers(j, now)
	}
	return all
}

// sees is the Countersign of all entries so far. Where it covers the HOLD of a later
// part for the first time, it takes that.
func sees(j *job.Job) string {
	for _, p := range all(j) {
		if _, held := p.Hold(); p.Number() > 0 && held && !p.HoldSeen() {
			return "see(taken)"
		}
	}
	return "see"
}

func (p *stage) windowed() bool { return p.terms.Price.Unit != "" }

// callNames are the inputs of the calls, the first of which the Accept has.
var callNames = []string{"a", "b", "c"}

// asks is what a hirer does in a window: it provides the next call, or says that
// there will be none.
func (p *stage) asks(j job.Part, now uint64) (all []move) {
	if j.Closed() || j.Full() || now > j.DeliverBy() {
		return nil
	}
	next := len(j.Calls())
	if before, ok := j.Part(j.Number() - 1); ok {
		next += len(before.Calls())
	}
	all = append(all, duty("provide("+callNames[next]+")"))
	if _, ok := j.Part(j.Number() + 1); ok {
		all = append(all, duty(of("cancel", j.Number()+1)))
	}
	return all
}

// serves is what a provider does in a window: it answers the next call, and
// delivers what it has.
func (p *stage) serves(j job.Part) (all []move) {
	var names []string
	for i, c := range j.Calls() {
		for _, name := range callNames {
			if call(name).ID == c.ID {
				names = append(names, name)
			}
		}
		if _, answered := j.Output(i); !answered && len(all) == 0 && j.Terms().Price.Window > 1 {
			all = append(all, free(fmt.Sprintf("answer(%d,%d)", i+1, j.Base()+5*uint64(i+1))))
		}
	}
	switch delivery := fmt.Sprintf("delivery(%d,,%s)", j.Base()+5*uint64(len(names)), strings.Join(names, "+")); {
	case len(names) == 0 && j.Closed():
		return append(all, duty("cancel"))
	case len(names) == 0:
		return all
	case j.Full() || j.Closed():
		return append(all, duty(delivery))
	default:
		return append(all, free(delivery))
	}
}

// begins is what a provider does about a job it has not taken.
func (p *stage) begins(j job.Part, held, asked bool) (all []move) {
	switch {
	case held && !p.welcome(j):
		return append(all, duty("decline(label)"))
	case held && asked:
		all = append(all, duty("decline(withdrawn)"), duty("cancel"))
	case held:
		all = append(all, duty("take"))
	}
	if p.choice {
		if held && !j.HoldSeen() {
			all = append(all, free("see"))
		}
		if held {
			all = append(all, duty("decline(busy)"))
		}
		all = append(all, free("refuse(accept,busy)"))
	}
	return all
}

// answers is what a provider does about a complaint.
func (p *stage) answers(j job.Part, now uint64) (all []move) {
	about := "verdict"
	if _, ok := j.Contest(); ok {
		about = "contest"
	}
	_, answered := j.Answer()
	part, _ := j.Part(0)
	if _, claimed := j.Claim(); p.remade && !claimed && !answered && part.Reworks() > 0 && now <= part.MakeGoodBy() {
		all = append(all, duty("remake(better)"))
	}
	if !answered && now <= j.AnswerBy() && (p.liar || p.result == job.ClausePanel) {
		all = append(all, duty("contest("+about+","+p.clause()+")"))
	}
	if now <= j.AnswerBy() && !p.liar && p.result != job.ClauseArtefact {
		all = append(all, duty("cancel"))
	}
	return all
}

func complained(j job.Part) bool {
	_, _, open := j.Complaint()
	return open
}

func passed(j job.Part) bool {
	v, ok := j.Verdict()
	return ok && v.Doc.(*protocol.Verdict).Pass
}

// welcome reports whether the Terms take the inputs' labels.
func (p *stage) welcome(j job.Part) bool {
	for _, in := range j.Accept().Inputs {
		if in.Label.MayGo(j.Terms().Data) != nil {
			return false
		}
	}
	return true
}

// lets reports whether the hirer lets the provider have the inputs: what is
// public from agreed on, the rest once the job is taken; nothing whose label the
// Terms do not take.
func (p *stage) lets(j *job.Job, now uint64) bool {
	stage := j.Stage(now)
	for _, in := range j.Accept().Inputs {
		switch {
		case in.Label.MayGo(j.Terms().Data) != nil:
			return false
		case in.Label.Class == payload.Public && (stage == job.Agreed || stage == job.Funded):
		case !j.Taken():
			return false
		}
	}
	return true
}
