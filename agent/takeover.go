package agent

import (
	"fmt"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// Plans of an order.
const (
	PlanSingle   = "single"   // one contract: if it fails, so does the order. The empty plan is this one
	PlanTakeover = "takeover" // where a contract comes to nothing, the next best provider takes over
)

// Bounds of a take-over.
const (
	mostTries = 8      // contracts of one order
	mostBusy  = 3      // of them with one provider, that has its hands full
	busyPause = 2_000  // milliseconds until one is asked again that was busy; four times as long each time
	lookAgain = 30_000 // milliseconds between two looks for somebody, while an earlier contract may still turn out well

	// A provider that is out of reach is taken for lost after a tenth of the time it
	// promised, within these bounds in milliseconds.
	leastSilence = 2_000
	mostSilence  = 60_000
)

// hope is what may still come of a contract.
type hope uint8

const (
	lost     hope = iota // it has ended without what was wanted
	doubtful             // it may turn out well, but nobody should wait for it
	hopeful
	won // its result has passed
)

// hopeOf says what may still come of a contract of ours, and why no more.
func (s *step) hopeOf(id wire.CID) (h hope, why string) {
	d := s.deals[id]
	if d == nil || d.job.Stage(s.at).Final() {
		v, _ := s.ByID(s.at, id)
		if v.OK {
			return won, ""
		}
		return lost, fmt.Sprintf("%s (%s)", v.Stage, v.Code)
	}
	if verdict, judged := d.job.Verdict(); judged {
		if verdict.Doc.(*protocol.Verdict).Pass {
			return won, ""
		}
		return doubtful, "failed its check"
	}
	if by := s.lostBy(d); by != 0 && s.at >= by {
		return doubtful, "its provider is out of reach"
	}
	return hopeful, ""
}

// lostBy returns from when on the provider of a contract is taken for lost, if it
// stays out of reach; 0 where it is there or has delivered. Who is linked may take
// all the time it has: it works, as far as anyone can tell. Where nobody is linked
// it may well be we who are out of reach: then it is looked at again later.
func (s *step) lostBy(d *deal) uint64 {
	if d.role != job.Hirer || s.peers[d.peer] || d.job.Stage(s.at).Final() {
		return 0
	}
	if _, delivered := d.job.Delivery(); delivered {
		return 0
	}
	by := max(d.job.T0(), s.party(d.peer).left, s.began) +
		max(leastSilence, min(mostSilence, d.job.Terms().Times.Deliver/10))
	if len(s.greetings) == 0 {
		by = max(by, s.at+lookAgain)
	}
	return by
}

// left notes that the last link to a peer is gone.
func (s *step) left(peer wire.Key) {
	p := s.parties[peer]
	if p == nil {
		return
	}
	p.left = s.at
	for _, d := range slices.Clone(p.deals) {
		if o := s.orders[d.order]; o.mayGoOn() {
			s.tend(d)
		}
	}
}

// mayGoOn reports whether the order has a contract and may still make others.
func (o *order) mayGoOn() bool {
	return o != nil && o.Plan == PlanTakeover && o.code == "" && len(o.jobs) > 0
}

// consider has another provider looked for where nothing good is to be expected
// of the contracts that an order has, and calls back the others where one of them
// has brought what was wanted.
func (s *step) consider(o *order) {
	if !o.mayGoOn() {
		return
	}
	best := lost
	for _, id := range o.jobs {
		h, _ := s.hopeOf(id)
		best = max(best, h)
	}
	switch {
	case best >= hopeful && o.again:
		s.unwish(o)
	case best >= hopeful:
	case !o.again:
		o.again, o.poor, o.since = true, false, s.at
		s.wishes = append(s.wishes, o.Key)
		fallthrough
	default: // in its own turn, so that what was heard is answered first
		s.agenda.set(matter{what: dueOrder, key: o.Key}, s.at)
	}
	if best == won {
		s.callBack(o, wire.CID{})
	}
}

// callBack asks for the end of an order's contracts but one, where they are needed
// no more. Where that would cost a fee it is left to time.
func (s *step) callBack(o *order, but wire.CID) {
	for _, id := range o.jobs {
		d := s.deals[id]
		if d == nil || !d.live || id == but || !d.job.Terms().KillFee.IsZero() {
			continue
		}
		_, delivered := d.job.Delivery()
		_, said := d.job.CancelBy(job.Hirer)
		if h, _ := s.hopeOf(id); h != won && h != lost && !delivered && !said && s.giveNotice(d, protocol.CodeWithdrawn) {
			s.agenda.set(matter{what: dueDeal, job: id}, s.at+1) // to be said again until it is heard
		}
	}
}

// committed returns what a contract of ours has cost, or may still cost.
func (s *step) committed(id wire.CID) wire.Amount {
	v, _ := s.ByID(s.at, id)
	d := s.deals[id]
	if d == nil {
		return v.Paid
	}
	if !v.Final {
		return d.job.Most()
	}
	for part := uint64(0); ; part++ {
		hold, held := s.book.HoldOf(id, part)
		if !held {
			return v.Paid
		}
		if hold.Outstanding() || hold.Due() {
			return d.job.Most()
		}
	}
}

// free returns what an order's budget leaves for one contract more: what others of
// it hold or have cost is not there twice.
func (s *step) free(o *order) wire.Amount {
	free := o.Budget
	for _, id := range o.jobs {
		rest, err := free.Minus(s.committed(id))
		if err != nil {
			return wire.Amount{}
		}
		free = rest
	}
	return free
}

// until returns when the last contract of an order must deliver: all of them
// together have the time that one has.
func (s *step) until(o *order) uint64 {
	v, _ := s.ByID(s.at, o.jobs[0])
	return v.Opened + o.Deliver
}

// barred reports whether a provider is not to be hired for an order, and if that
// changes, when: it has failed it, or was busy and is not to be asked so soon.
func (s *step) barred(o *order, provider wire.Key) (barred bool, until uint64) {
	if slices.Contains(o.passed, provider) {
		return true, 0
	}
	busy := 0
	for _, id := range o.jobs {
		v, _ := s.ByID(s.at, id)
		switch {
		case v.Peer != provider:
		case !v.busy():
			return true, 0
		default:
			busy++
			until = v.Closed + busyPause<<(2*(busy-1))
		}
	}
	if busy >= mostBusy {
		return true, 0
	}
	return until > s.at, until
}

// busy reports whether a job was declined for want of capacity.
func (v *View) busy() bool { return v.Stage == job.Refused.String() && v.Code == protocol.CodeBusy }

// barring takes those out who are not to be hired for an order.
func (s *step) barring(o *order, firm []hire.Candidate, ask []wire.Key) ([]hire.Candidate, []wire.Key) {
	if len(o.jobs) == 0 && len(o.passed) == 0 && len(o.fittings) == 0 {
		return firm, ask
	}
	is := func(k wire.Key) bool { barred, _ := s.barred(o, k); return barred || !s.fits(o, k) }
	return slices.DeleteFunc(firm, func(c hire.Candidate) bool { return is(c.Provider) }), slices.DeleteFunc(ask, is)
}

// passOver leaves a provider out with which no contract could be made. Where the
// order may not go on to another, it ends.
func (s *step) passOver(o *order, provider wire.Key, code protocol.Code, why string) {
	if o.Plan != PlanTakeover {
		s.giveUp(o, code, why)
		return
	}
	o.passed, o.lane = append(o.passed, provider), wire.Key{}
	o.since = max(o.since, s.at) // the next may take its time to answer, too
	o.whyPassed = &Refusal{Code: code, Why: why}
	s.agenda.set(matter{what: dueOrder, key: o.Key}, s.at+1)
}

// nobody decides what becomes of an order that goes on and finds nobody to hire.
// poor tells that there would be somebody if nothing else of its budget were held.
func (s *step) nobody(o *order, poor bool, why protocol.Code, detail string) {
	when, open := uint64(0), false
	o.poor = poor
	for _, id := range o.jobs {
		v, _ := s.ByID(s.at, id)
		open = open || !v.Final || poor && s.committed(id) != v.Paid
		if barred, until := s.barred(o, v.Peer); barred && until > s.at && len(o.jobs) < mostTries {
			when = sooner(when, until)
		}
	}
	if s.at < o.since+placePatience {
		when = sooner(when, o.asksAgain())
	}
	switch end := s.until(o); {
	case open: // it may be delivered yet, or what it holds come free
		when = sooner(when, s.at+lookAgain)
	case s.at >= end:
		when = 0
	case s.at < s.began+quotePatience: // what is offered may not have been heard yet
		when = sooner(when, s.began+quotePatience)
	}
	if when != 0 {
		s.agenda.set(matter{what: dueOrder, key: o.Key}, when)
		return
	}
	if last, _ := s.ByID(s.at, o.jobs[len(o.jobs)-1]); last.Code != "" {
		why, detail = last.Code, last.Detail
	}
	s.giveUp(o, why, detail)
}

// goOn has an order that has contracts hire another, if it may and there is one.
func (s *step) goOn(o *order) (w hire.Wish, may bool) {
	w = s.wish(o)
	end := s.until(o)
	if len(o.jobs) >= mostTries || s.at >= end {
		s.nobody(o, false, protocol.CodeLate, "its time is over, or too many have failed it")
		return w, false
	}
	w.Budget, w.Deliver = s.free(o), min(w.Deliver, end-s.at)
	return w, true
}

// poor reports whether there would be somebody to hire if nothing of an order's
// budget were held by others.
func (s *step) poor(o *order, w hire.Wish) bool {
	w.Budget = o.Budget
	firm, ask, _ := s.market.Candidates(s.at, s.c.Self, w)
	firm, ask = s.barring(o, firm, ask)
	return len(firm)+len(ask) > 0
}

// tell says how an order stands that has made contracts: by the one that first
// brought what was wanted; else by that which is under way; else by the last.
func (a *Agent) tell(at uint64, o *order) View {
	var done, open, last View
	for _, id := range o.jobs {
		v, _ := a.ByID(at, id)
		if last = v; !v.Final {
			open = v
		}
		if v.OK && (done.ID.IsZero() || v.Closed < done.Closed) {
			done = v
		}
	}
	switch {
	case done.OK:
		return done
	case !open.ID.IsZero():
		return open
	case o.mayGoOn():
		return View{
			Key: o.Key, Role: job.Hirer, Capability: o.Capability, Stage: StageSeeking, Asset: o.Asset,
			Opened: o.at, Inputs: last.Inputs, Plan: o.Plan, Instead: last.ID,
			Parent: o.Parent, Under: a.stageOf(at, o.Parent),
			Detail: fmt.Sprintf("job %s is %s (%s)", last.ID, last.Stage, last.Code),
		}
	case o.code != "":
		last.Code, last.Detail = o.code, o.detail
	}
	return last
}

// links fills in how a job of an order hangs together with others of it.
func (a *Agent) links(v *View) {
	o := a.orders[v.Key]
	if o == nil {
		return
	}
	v.Plan = o.Plan
	i := slices.Index(o.jobs, v.ID)
	if i > 0 {
		v.Instead = o.jobs[i-1]
	}
	if i >= 0 && i+1 < len(o.jobs) {
		v.TakenOver = o.jobs[i+1]
	}
	switch {
	case i != len(o.jobs)-1 || v.Final || !o.again:
	case o.poor:
		v.Sought = SoughtBudget
	default:
		v.Sought = Sought
	}
}
