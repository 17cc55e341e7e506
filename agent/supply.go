package agent

import (
	"slices"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// quickWork is how many milliseconds work may take before it is told that it has begun.
const quickWork = 1_000

// repriceLag is how many milliseconds a posted price may be behind the load: each
// change of it is gossiped.
const repriceLag = 5_000

// opened begins to sell.
func (s *step) opened(stand sell.Stand) {
	if err := stand.Check(); err != nil {
		s.effect(Answer{&Refusal{Code: protocol.CodeMalformed, Why: err.Error()}})
		return
	}
	err := s.mayOffer(&stand)
	if err == nil {
		err = s.offer(stand, s.at+sell.OfferLife).Check()
	}
	if err != nil {
		s.effect(Answer{refusal(err)})
		return
	}
	s.fact(Fact{What: FactOpened, Stand: &stand})
	s.effect(Answer{})
	s.announce(stand)
}

// mayOffer asks whether the mandate allows it to sell a stand's work now.
func (s *step) mayOffer(stand *sell.Stand) error {
	return delegation.Authorize(s.mandate, delegation.Act{
		At: s.at, Agent: s.c.Self, Offering: true, Capability: stand.Capability, Asset: stand.Asset,
		Amount: stand.At(stand.Slots).Price, Class: stand.Data.Most, Estimate: protocol.Full,
	})
}

// closed stops selling.
func (s *step) closed(capability string) {
	stand, withdrawn, ok := s.stall.Get(capability)
	if !ok || withdrawn {
		s.effect(Answer{&Refusal{Code: protocol.CodeNotOffered, Why: "this capability is not sold here"}})
		return
	}
	s.fact(Fact{What: FactClosed, Key: capability})
	s.agenda.clear(matter{what: dueOffer, key: capability})
	s.effect(Announce{s.name(s.offer(stand, s.at))})
	s.effect(Answer{})
}

func (s *step) seller() sell.Seller {
	return sell.Seller{Owner: s.mandate.By, Mandate: s.c.Mandate.ID, Account: s.c.Self.String(), Rail: s.c.Rail}
}

// offer is the announcement of a stand until expires; where that is not in the
// future, its withdrawal. Numbers follow the clock, so that they grow over restarts too.
func (s *step) offer(stand sell.Stand, expires uint64) *protocol.Offer {
	s.offerSeq = max(s.offerSeq+1, s.at)
	stand = s.loaded(&stand)
	return &protocol.Offer{
		Head: s.head(protocol.KindOffer), Seq: s.offerSeq, Expires: expires, Ask: stand.Ask, Title: stand.Title, Schema: stand.Schema,
		Terms: stand.Terms(s.seller(), s.at+sell.OfferLife),
	}
}

func (s *step) announce(stand sell.Stand) {
	s.effect(Announce{s.name(s.offer(stand, s.at+sell.OfferLife))})
	s.agenda.set(matter{what: dueOffer, key: stand.Capability}, s.at+sell.Refresh)
}

// asked answers a Request with a Quote, or a coded no.
func (s *step) asked(e Asked) {
	r, ok := e.Request.Doc.(*protocol.Request)
	if !ok || r.By != e.Peer || r.To != s.c.Self || !s.admits(e.Peer) {
		return
	}
	if stand, code, detail := s.sells(r); code == "" {
		stand = s.loaded(&stand)
		s.quote(e.Peer, &stand, given{request: e.Request.ID, price: stand.Price, until: s.at + sell.QuoteLife})
	} else {
		s.refuse(e.Peer, e.Request.ID, code, detail)
	}
}

// sells returns the stand that does what a Request asks for, or why none does.
func (s *step) sells(r *protocol.Request) (stand sell.Stand, code protocol.Code, detail string) {
	stand, withdrawn, sold := s.stall.Get(r.Capability)
	switch {
	case !sold || withdrawn:
		return stand, protocol.CodeNotOffered, ""
	case !slices.Contains(r.Assets, stand.Asset):
		return stand, protocol.CodeNotOffered, "asset"
	case !slices.Contains(r.Rails, s.c.Rail):
		return stand, protocol.CodeRail, ""
	case stand.InputType != "*/*" && stand.InputType != r.InputType:
		return stand, protocol.CodeNotOffered, "input type"
	case r.Size > sell.MaxInput:
		return stand, protocol.CodeTooLarge, ""
	case r.Label.MayGo(stand.Data) != nil:
		return stand, protocol.CodeLabel, ""
	case stand.Deliver > r.Deliver:
		return stand, protocol.CodeLate, ""
	case s.booked(&stand, nil):
		return stand, protocol.CodeBusy, ""
	}
	return stand, "", ""
}

// loaded returns a stand at the price of the present load.
func (s *step) loaded(stand *sell.Stand) sell.Stand {
	if stand.Surge == 0 {
		return stand.At(0)
	}
	return stand.At(s.working(stand.Capability, nil))
}

// reprice has a posted price follow the load soon, where it depends on it. What was
// posted before stands for as long as it was promised.
func (s *step) reprice(capability string) {
	if stand, withdrawn, ok := s.stall.Get(capability); ok && !withdrawn && stand.Surge > 0 && !stand.Ask {
		s.agenda.hasten(matter{what: dueOffer, key: capability}, s.at+repriceLag)
	}
}

// weigh says why a job just agreed is declined, or "". Of a job that was decided
// before it says nothing new.
func (s *step) weigh(d *deal) protocol.Code {
	if d == nil {
		return protocol.CodeNotOffered
	}
	accept, terms := d.job.Accept(), d.job.Terms()
	stand, _, sold := s.stall.Get(terms.Capability)
	hold, held := d.job.Hold()
	switch {
	case !sold:
		return protocol.CodeNotOffered
	case accept.At > s.at+protocol.Skew, accept.At+protocol.Skew < s.at, held && hold.Doc.Header().At > s.at+protocol.Skew:
		return protocol.CodeClock
	case s.sold.before(d):
		return protocol.CodeDuplicate
	case !held || d.stray:
		return protocol.CodeAmount
	case s.book.Admit(d.peer, terms.Asset, d.job.InHand().Most()) != nil:
		return protocol.CodeOverLimit
	case s.booked(&stand, d), s.crowded(d), s.cluttered(d):
		return protocol.CodeBusy
	case s.at >= d.job.StartBy():
		return protocol.CodeLate
	case s.mayOffer(&stand) != nil:
		return protocol.CodeMandate
	case len(accept.Inputs) == 0, len(accept.Inputs) > 1 && !d.job.Windowed():
		return protocol.CodeArtefact
	}
	for _, in := range accept.Inputs {
		if code := fits(in, terms); code != "" {
			return code
		}
	}
	return ""
}

// fits says why an input is not worked on under terms, or "".
func fits(in payload.Artefact, terms *protocol.Terms) protocol.Code {
	switch {
	case in.Size > sell.MaxInput:
		return protocol.CodeTooLarge
	case terms.InputType != "*/*" && terms.InputType != in.Type:
		return protocol.CodeNotOffered
	case in.Label.MayGo(terms.Data) != nil:
		return protocol.CodeLabel
	}
	return ""
}

// booked reports whether all slots of a stand are taken, by other jobs than but.
func (s *step) booked(stand *sell.Stand, but *deal) bool {
	return uint64(len(s.live)) >= stand.Slots && s.working(stand.Capability, but) >= stand.Slots
}

// working counts the jobs under way for a capability, but for one.
func (s *step) working(capability string, but *deal) uint64 {
	var n uint64
	for _, d := range s.live {
		if d != but && d.role == job.Provider && d.job.Terms().Capability == capability &&
			d.job.Taken() && d.work == nil && !d.job.Stage(s.at).Final() {
			n++
		}
	}
	return n
}

// inline reports whether artefacts ride along with the documents that name them.
func inline(artefacts []payload.Artefact) bool {
	var size uint64
	for _, a := range artefacts {
		size += a.Size
		if a.Label.Class != payload.Public {
			return false
		}
	}
	return size <= payload.MaxInline
}

// lastWords is how many milliseconds before its deadline work is cut off, at most.
const lastWords = 5_000

// setToWork has the work begun, on the terms agreed, if it may be.
func (s *step) setToWork(d *deal) {
	terms := d.job.Terms()
	stand, _, ok := s.stall.Get(terms.Capability)
	if !ok {
		s.callOff(d, protocol.CodeNotOffered)
		return
	}
	if d.spent && !terms.RerunSafe {
		return // it could not be called off any more: time ends the job
	}
	s.reprice(terms.Capability)
	stand.Rule, stand.OutputType, stand.Schema = terms.Rule, terms.OutputType, contracted(d, stand.Schema)
	d.busy, d.begun, d.fed = true, s.at, len(d.job.InHand().Provided())
	s.effect(Work{
		Job: d.id, From: d.peer, Stand: stand, Inputs: d.tasked(), Part: d.part() + 1, Parts: d.job.Parts(),
		Until: d.workUntil(), Retention: terms.Times.Retention,
	})
}

// workUntil returns when work is cut off: a little before the deadline, so that
// there is time to say that it was not met.
func (d *deal) workUntil() uint64 {
	until := d.job.DeliverBy()
	if d.making {
		until = d.job.InHand().MakeGoodBy()
	}
	return until - min(lastWords, d.job.Terms().Times.Deliver/10)
}

// resume takes up the work of a deal after a start. Work is done at most once,
// unless its offer said that it may be repeated.
func (s *step) resume(d *deal) {
	if d.role != job.Provider || !d.job.Taken() || d.work != nil || d.job.Stage(s.at) != job.Working ||
		d.job.Windowed() && len(d.answers) == len(d.inputs()) {
		return
	}
	if d.spent = true; d.job.Terms().RerunSafe {
		s.setToWork(d)
	} else {
		s.callOff(d, protocol.CodeInterrupted)
	}
}

// serveAgain lets the other side fetch what it is entitled to.
func (s *step) serveAgain(d *deal) {
	switch {
	case d.role == job.Hirer:
		inputs := d.allInputs()
		if inline(inputs) || d.job.Taken() {
			s.effect(Serve{To: d.peer, Artefacts: inputs})
		}
	case d.work != nil && d.work.code == "" || len(d.answers) > 0:
		results, _ := d.handed()
		s.effect(Serve{To: d.peer, Artefacts: results})
	}
}

// started returns when the hirer is to be told that work has begun, or 0.
func (s *step) started(d *deal) uint64 {
	if !d.busy || d.begun == 0 || d.job.Stage(s.at) != job.Working {
		return 0
	}
	return d.begun + quickWork
}

// supply does what a provider's deal now calls for.
func (s *step) supply(d *deal) {
	j := d.job
	stage := j.Stage(s.at)
	_, delivered := j.Delivery()
	_, cancelled := j.CancelBy(job.Provider)
	_, noticed := j.CancelBy(job.Hirer)
	switch {
	case !j.Taken() || cancelled || !delivered && stage.Final():
		s.layDown(d)
	case delivered:
		s.press(d, stage)
	case stage == job.Funded: // its advance is not paid
		s.about(d).say()
	case d.work != nil && d.work.code == "":
		s.deliver(d)
	case d.work != nil:
		s.callOff(d, d.work.code)
	case stage == job.Working && !d.busy && d.fed < len(j.InHand().Provided()):
		s.workOn(d)
	case noticed && len(d.answers) > 0:
		s.layAside(d)
		s.deliver(d)
	case noticed:
		s.callOff(d, protocol.CodeWithdrawn)
	case d.job.Windowed():
		s.serveCalls(d)
	case !d.busy && stage == job.Working:
		s.setToWork(d)
	case s.started(d) != 0 && s.at >= s.started(d):
		d.begun = 0
		p := s.about(d)
		if !j.Started() {
			p.write(&protocol.Started{Head: s.head(protocol.KindStarted), Job: d.id, Part: d.part()})
		}
		p.say()
	}
	s.dismiss(d)
}

// layDown ends the work on a job for which there is none to do any more, and says
// what was kept back: nothing will come for it to go with.
func (s *step) layDown(d *deal) {
	if d.busy {
		d.busy = false
		s.effect(Stop{d.id})
	}
	s.about(d).say()
}

// worked takes what came of the work.
func (s *step) worked(e Worked) {
	d := s.deals[e.Job]
	if d == nil || !d.live || d.role != job.Provider || d.work != nil && !d.making {
		return
	}
	d.busy = false
	if len(e.Needs) > 0 && s.askFor(d, e.Needs) {
		return
	}
	e.Units = min(e.Units, d.unmetered()) // what is not metered is not told
	for _, r := range e.Results {
		if err := r.Check(); err != nil && e.Code == "" {
			e.Code, e.Detail, e.Results = protocol.CodeWorkFailed, err.Error(), nil
		}
	}
	s.reprice(d.job.Terms().Capability)
	s.fact(Fact{
		What: FactWorked, Job: e.Job, Results: e.Results, Units: e.Units, Code: e.Code, Detail: clip(e.Detail),
	})
	if d.job.Windowed() && e.Code == "" {
		s.tellAnswer(d)
	}
	s.advance(d)
}

// deliver hands over the result, with whatever was kept back for it.
func (s *step) deliver(d *deal) {
	results, inputs := d.handed()
	delivery, ok := s.may(d, &protocol.Delivery{
		Head: s.head(protocol.KindDelivery), Job: d.id, Part: d.part(), Artefacts: results, Inputs: inputs, Units: d.reading(),
	})
	p := s.about(d)
	if ok && p.add(delivery) && inline(results) {
		p.with = results
	}
	s.serveAgain(d)
	p.say()
}

// callOff ends a job that we have taken but will not deliver, or concedes a
// complaint. It reports whether that may still be said.
func (s *step) callOff(d *deal, code protocol.Code) bool {
	cancel, ok := s.may(d, &protocol.Cancel{Head: s.head(protocol.KindCancel), Job: d.id, Part: s.endable(d), Code: code})
	if d.busy {
		d.busy, d.spent = false, true
		s.effect(Stop{d.id})
	}
	p := s.about(d)
	ok = ok && p.add(cancel)
	p.say()
	return ok
}

// may names a document and reports whether the deal's job would take it now. Who
// is late has nothing more to say: time ends the job.
func (s *step) may(d *deal, doc wire.Document) (wire.Said, bool) {
	if err := doc.Check(); err != nil {
		s.slip("say", err)
		return wire.Said{}, false
	}
	said := s.name(doc)
	return said, d.job.Check(s.at, said) == nil
}

// press does what is due after our Delivery: it answers a failing verdict, and
// claims what silence has accepted.
func (s *step) press(d *deal, stage job.Stage) {
	verdict, judged := d.job.Verdict()
	_, claimed := d.job.Claim()
	_, answered := d.job.Answer()
	switch {
	case stage == job.Contested && judged && !answered && s.makesGood(d, verdict):
	case stage == job.Contested && judged && !answered:
		s.answerComplaint(d, verdict)
	case stage == job.Accepted && !judged && !claimed:
		s.claim(d)
	}
}

// answerComplaint stands by a result that breaks no rule we can run: our own run
// of it said yes before we delivered. Any other complaint we concede.
func (s *step) answerComplaint(d *deal, verdict wire.Said) {
	clause := verdict.Doc.(*protocol.Verdict).Clause
	switch {
	case s.standsBy(d, verdict):
	case clause == job.ClauseArtefact:
		s.callOff(d, protocol.CodeArtefact)
	case clause != job.ClauseCheck || d.job.Terms().Rule.IsZero():
		s.callOff(d, protocol.CodeCheck)
	default:
		contest, ok := s.may(d, &protocol.Contest{
			Head: s.head(protocol.KindContest), Job: d.id, Part: d.part(), About: verdict.ID, Clause: clause,
		})
		p := s.about(d)
		if ok {
			p.add(contest)
		}
		p.say()
	}
}

// claim resolves the hold after the hirer's silence, and writes down what happened.
func (s *step) claim(d *deal) {
	hold, held := s.holdOf(d)
	delivery, _ := d.job.Delivery()
	_, most := d.job.Owed()
	if !held {
		return
	}
	claim, ok := s.may(d, &protocol.Claim{
		Head: s.head(protocol.KindClaim), Job: d.id, Part: d.part(), Hold: hold.ID, Delivery: delivery.ID, Amount: most,
	})
	if !ok || s.book.Check(claim) != nil {
		return
	}
	p := s.about(d)
	if !p.add(claim) {
		return
	}
	outcome, ok := p.write(s.outcome(d, protocol.Full, protocol.EndedSilent, protocol.PaidNot, hold.Amount, hold.ID))
	if ok {
		p.write(s.logEntry(outcome.ID))
	}
	p.say()
}
