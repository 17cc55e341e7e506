package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// grace is how many milliseconds a provider has, once it is there again, to tell
// of a claim before its hold is ended.
const grace = 60_000

// buy does what a hirer's deal now calls for.
func (s *step) buy(d *deal) {
	j := d.job
	if s.reclaim(d) {
		return
	}
	hold, held := s.holdOf(d)
	verdict, judged := j.Verdict()
	prepaid := j.InHand().Prepaid()
	if _, posted := j.Post(); posted && (judged || !prepaid) || !held {
		s.carryOn(d)
		return
	}
	if j.Taken() && !d.served {
		d.served = true
		s.serveAgain(d)
	}
	basis, free := s.mayVoid(d, j.InHand())
	_, delivered := j.Delivery()
	_, claimed := j.Claim()
	least, _ := j.Owed()
	stage := j.Stage(s.at)
	switch {
	case stage == job.Paused:
		s.ackNeed(d)
	case free:
		s.void(d, hold.ID, basis)
	case j.InHand().AdvanceOwed() && stage == job.Funded:
		s.prepay(d)
	case judged && !verdict.Doc.(*protocol.Verdict).Pass:
		// Where the provider's word outweighed ours, it is owed all the same.
		owing := stage == job.Accepted || stage == job.Unresolved || j.Fault(s.at) == job.Hirer && s.at <= j.ResolveBy()
		if owing && !least.IsZero() && s.at >= s.patience(d) {
			s.payContested(d)
		}
	case claimed, judged: // judged where what the Verdict promised found no room in the lane
		s.pay(d)
	case stage != job.Delivered || !delivered || !hold.Outstanding() && !prepaid:
	case d.judgement != nil:
		s.conclude(d)
	case !d.busy:
		s.judge(d)
	}
}

// mayVoid reports whether, and on what ground, the hold of a part may be ended for nothing.
func (s *step) mayVoid(d *deal, part job.Part) (basis []wire.CID, free bool) {
	hold, held := s.book.HoldOf(d.id, part.Number())
	if !held || !hold.Outstanding() || !part.Voidable(s.at) {
		return nil, false
	}
	if hold.Declined != "" {
		return []wire.CID{hold.DeclinedAs}, true
	}
	if c, ok := part.CancelBy(job.Provider); ok {
		return []wire.CID{c.ID}, true
	}
	if s.at < s.patience(d) {
		return nil, false
	}
	if awards, nothing := d.awardedNothing(); nothing {
		return awards, true
	}
	if o, failed := d.failed(); failed {
		return []wire.CID{o}, true
	}
	return nil, hold.Claim.IsZero() && s.at > hold.Deadline+protocol.Skew && s.unclaimed(d)
}

// unclaimed reports whether a provider that delivered, and heard nothing from us,
// has had the time to tell us of its claim.
func (s *step) unclaimed(d *deal) bool {
	_, delivered := d.job.Delivery()
	since, greeted := s.greetings[d.peer]
	return !delivered || greeted && s.at >= since+grace || s.at > d.job.ResolveBy()
}

// toPayee begins a speech of entries to the provider, or waits for its lane.
func (s *step) toPayee(d *deal) (*speech, bool) {
	p := s.about(d)
	if s.openLane(p, d.peer, d.job.Terms().Asset) {
		d.waits = false
		return p, true
	}
	d.waits = true
	return nil, false
}

// void ends a hold of the deal for nothing.
func (s *step) void(d *deal, hold wire.CID, basis []wire.CID) {
	p, ok := s.toPayee(d)
	if !ok {
		return
	}
	entry, err := s.book.DraftVoid(s.at, hold, basis...)
	if err != nil {
		d.waits = true // no room now: every countersign makes some
		return
	}
	p.entry(entry)
	p.attest(d) // in one bundle: with the hold ended, the provider has no more to do with the job
	p.say()
}

// judge has the result judged.
func (s *step) judge(d *deal) {
	said, _ := d.job.Delivery()
	d.busy = true
	s.effect(Judge{
		Job: d.id, From: d.peer, Rule: d.job.Terms().Rule, Expect: s.expects(d), Inputs: d.inputs(),
		Results: said.Doc.(*protocol.Delivery).Artefacts, Until: d.job.ReviewBy(),
	})
}

// expects returns the rule of its own that the owner wants a result to pass.
func (s *step) expects(d *deal) protocol.Check {
	if o := s.orders[d.order]; o != nil {
		return o.Expect
	}
	return protocol.Check{}
}

// judged takes what came of the judging.
func (s *step) judged(e Judged) {
	d := s.deals[e.Job]
	if d == nil || !d.live || d.role != job.Hirer || d.judgement != nil {
		return
	}
	d.busy = false
	s.fact(Fact{What: FactJudged, Job: e.Job, Code: e.Code, Key: e.Clause, Detail: clip(e.Detail)})
	s.advance(d)
}

// conclude says the verdict, and where it passes, pays: Ack, Verdict, POST,
// Outcome and LogEntry under one signature.
func (s *step) conclude(d *deal) {
	delivery, _ := d.job.Delivery()
	verdict := &protocol.Verdict{Head: s.head(protocol.KindVerdict), Job: d.id, Part: d.part(), Delivery: delivery.ID}
	verdict.Clause = s.complaint(d)
	if verdict.Clause == "" {
		verdict.Score, verdict.Pass = protocol.Full, true
	}
	said, ok := s.may(d, verdict)
	if !ok {
		return // too late to judge: what is claimed will be paid
	}
	p, ok := s.toPayee(d)
	if !ok {
		return
	}
	if verdict.Clause != job.ClauseArtefact {
		ack := &protocol.Ack{Head: s.head(protocol.KindAck), Job: d.id, Of: []wire.CID{delivery.ID}}
		for _, a := range delivery.Doc.(*protocol.Delivery).Artefacts {
			ack.Of = append(ack.Of, a.ID)
			ack.Bytes += a.Size
		}
		if ack, ok := s.may(d, ack); ok {
			p.add(ack)
		}
	}
	if p.add(said) && verdict.Pass {
		s.post(p, d, verdict.Score, protocol.EndedAgreed, said.ID)
	}
	p.say()
}

// complaint names the clause of the Terms that a failed judging is about, or "".
// A judging that failed for what the Terms do not name counts for nothing.
func (s *step) complaint(d *deal) string {
	switch {
	case d.judgement.code == protocol.CodeArtefact:
		return job.ClauseArtefact
	case d.judgement.code == protocol.CodeCheck && d.judgement.clause != "":
		if !d.job.Terms().Panel.IsZero() {
			return job.ClausePanel
		}
	case d.judgement.code == protocol.CodeCheck && !d.job.Terms().Rule.IsZero():
		return job.ClauseCheck
	}
	return ""
}

// pay posts what is owed after our silence, or after a complaint that fell.
func (s *step) pay(d *deal) {
	p, ok := s.toPayee(d)
	if !ok {
		return
	}
	score, ended := uint64(protocol.Full), uint64(protocol.EndedSilent)
	var basis []wire.CID
	if claim, ok := d.job.Claim(); ok {
		basis = append(basis, claim.ID)
	}
	if verdict, ok := d.job.Verdict(); ok {
		basis = append(basis, verdict.ID)
		score, ended = verdict.Doc.(*protocol.Verdict).Score, protocol.EndedContested
		if verdict.Doc.(*protocol.Verdict).Pass {
			ended = protocol.EndedAgreed
		}
	}
	s.post(p, d, score, ended, basis...)
	p.say()
}

// post owes the price, and writes down what happened.
func (s *step) post(p *speech, d *deal, score, ended uint64, basis ...wire.CID) {
	if _, posted := d.job.Post(); !posted { // not in advance
		hold, _ := s.holdOf(d)
		owed, _ := d.job.Owed()
		draft := s.book.DraftPost
		if ended == protocol.EndedResolved {
			draft = s.book.DraftAward
		}
		entry, err := draft(hold.ID, owed, basis...)
		if err != nil {
			d.waits = true // no room now: every countersign makes some
			return
		}
		if _, ok := p.entry(entry); !ok {
			return
		}
	}
	if !s.goesOn(p, d) {
		s.tell(p, d, score, ended)
	}
}

// tell writes down what happened, of all parts together.
func (s *step) tell(p *speech, d *deal, score, ended uint64) {
	posted, ok := d.job.Post()
	if _, said := d.job.OutcomeBy(job.Hirer); said || !ok {
		return
	}
	conduct := uint64(protocol.PaidInTime)
	switch ended {
	case protocol.EndedSilent:
		conduct = protocol.PaidLate
	case protocol.EndedContested:
		conduct = protocol.PaidAgainst
	}
	sum, _ := paid(d.job)
	if outcome, ok := p.write(s.outcome(d, d.job.Score(score), ended, conduct, sum, posted.ID)); ok {
		p.write(s.logEntry(outcome.ID))
	}
}

func (s *step) outcome(d *deal, score, ended, conduct uint64, amount wire.Amount, entry wire.CID) *protocol.Outcome {
	t, a := d.job.Terms(), d.job.Accept()
	if amount.IsZero() {
		conduct = protocol.PaidNothing
	}
	var evaluators []wire.Key
	if ended == protocol.EndedResolved {
		evaluators = d.job.InHand().Award().By
	}
	return &protocol.Outcome{
		Evaluators: evaluators,
		Head:       s.head(protocol.KindOutcome), Job: d.id, Hirer: d.job.Hirer(), Provider: d.job.Provider(),
		HirerOwner: a.Owner, ProviderOwner: t.Owner, Capability: t.Capability, Asset: t.Asset,
		Band: uint64(amount.BitLen()), Score: score, Ended: ended, Conduct: conduct, Entry: entry,
		Opened: d.job.T0(), Closed: s.at,
	}
}

// logEntry is the next entry of our own log.
func (s *step) logEntry(outcome wire.CID) *protocol.LogEntry {
	return &protocol.LogEntry{
		Head: s.head(protocol.KindLogEntry), Outcome: outcome,
		Epoch: s.log.epoch, Seq: s.log.seq + 1, Prev: s.log.head,
	}
}

// giveNotice asks the provider for the end of a job, and reports whether that
// may still be said.
func (s *step) giveNotice(d *deal, code protocol.Code) bool {
	c, ok := s.may(d, &protocol.Cancel{Head: s.head(protocol.KindCancel), Job: d.id, Part: s.endable(d), Code: code})
	if !ok {
		return false
	}
	p := s.about(d)
	ok = p.add(c)
	p.say()
	return ok
}
