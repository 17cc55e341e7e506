package job_test

import (
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
func (p *stage) honest(who int, n *node) []move {
	j, now := n.job[who], p.clock(who, n.now)
	switch {
	case j == nil:
		return nil
	case who == hirer:
		return p.hires(j, now, n)
	}
	return p.provides(j, now)
}

func (p *stage) hires(j *job.Job, now uint64, n *node) (all []move) {
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
	complains := p.result != "good" || p.liar
	switch {
	case !held && stage == job.Quoted && now <= due:
		all = append(all, duty("hold"))
	case stage == job.Paused && p.mayProvide(j, now):
		all = append(all, duty("bring"))
	case posted || !held || p.awaits(n, hirer) || voided && !(claimed && j.Fault(now) == job.Hirer):
	case stage == job.Delivered && !judged && !contested && now <= j.ReviewBy():
		all = append(all, p.verdict(j))
	case claimed && complains && !judged && !contested && now <= j.AnswerBy() && (stage == job.Settling || stage == job.Unresolved):
		all = append(all, duty("contest(claim,"+p.clause()+")"))
	case p.owes(j, now, stage) && now <= j.ResolveBy():
		all = append(all, duty(payment(j)))
	case stage.Final() && j.Voidable(now) && ended:
		all = append(all, duty("void(end)"))
	case stage.Final() && j.Voidable(now) && (declined || now > j.ClaimBy()+protocol.Skew):
		all = append(all, duty("void"))
	}
	if stage == job.Contested && n.result && now <= j.AnswerBy() && !j.Acked(result("").ID) && p.result == job.ClauseArtefact {
		all = append(all, duty("ack(result)"))
	}
	if p.choice && !asked && !judged && !posted && !stage.Final() && stage <= job.Delivered && (j.Taken() || now <= j.StartBy()) {
		all = append(all, free("cancel"))
	}
	return all
}

// verdict is the hirer's word on a Delivery.
func (p *stage) verdict(j *job.Job) move {
	delivery, _ := j.Delivery()
	switch {
	case p.remade && p.asAgreed(delivery.Doc):
		return duty("ack(delivery)", "verdict(10000)", "post")
	case p.result == job.ClauseArtefact:
		return duty("ack(delivery)", "verdict(fail,artefact)")
	case p.result != "good" || p.liar:
		return duty("ack(delivery)", "ack(result)", "verdict(fail,"+p.clause()+")")
	}
	return duty("ack(delivery)", "ack(result)", "verdict(10000)", "post")
}

func (p *stage) clause() string {
	if p.liar {
		return job.ClauseCheck
	}
	return p.result
}

// owes reports whether an honest hirer pays now.
func (p *stage) owes(j *job.Job, now uint64, stage job.Stage) bool {
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

// payment is the entry by which an honest hirer pays what it owes.
func payment(j *job.Job) string {
	least, _ := j.Owed()
	part, _ := j.Part(0)
	a := part.Award()
	if !a.Counts {
		return "post(" + least.String() + ")"
	}
	word := "award(" + least.String()
	for _, key := range a.By {
		word += "," + nameOf(key)
	}
	return word + ")"
}

func (p *stage) provides(j *job.Job, now uint64) (all []move) {
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
	case voided && !j.VoidSeen() && claimed && !posted && !ended:
		all = append(all, duty("see(disputed)"))
	case posted && !j.PostSeen(), voided && !j.VoidSeen():
		all = append(all, duty("see"))
	case declined || ended:
	case !j.Taken() && !stage.Final() && now <= j.StartBy():
		all = p.begins(j, held, asked)
	case stage == job.Working && p.lacks(j) && now <= j.DeliverBy():
		all = append(all, duty("need(map)"))
	case stage == job.Paused && asked:
		all = append(all, duty("cancel(30)"), duty("cancel"))
	case stage == job.Working && !delivered && now <= j.DeliverBy():
		all = append(all, duty("delivery"))
		if p.choice || asked {
			all = append(all, duty("cancel"))
		}
		if asked {
			all = append(all, duty("cancel(30)"))
		}
	case stage == job.Accepted && !claimed && !complained(j) && !passed(j) && now > j.ReviewBy() && now <= j.ClaimBy():
		all = append(all, duty("claim"))
	case stage == job.Contested:
		all = p.answers(j, now)
	}
	return all
}

// begins is what a provider does about a job it has not taken.
func (p *stage) begins(j *job.Job, held, asked bool) (all []move) {
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
func (p *stage) answers(j *job.Job, now uint64) (all []move) {
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

func complained(j *job.Job) bool {
	part, _ := j.Part(0)
	_, _, open := part.Complaint()
	return open
}

func passed(j *job.Job) bool {
	v, ok := j.Verdict()
	return ok && v.Doc.(*protocol.Verdict).Pass
}

// welcome reports whether the Terms take the inputs' labels.
func (p *stage) welcome(j *job.Job) bool {
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
