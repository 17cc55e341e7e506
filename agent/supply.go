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

// shards is the number of announcement shards of a network.
const shards = 16

// opened begins to sell.
func (s *step) opened(stand sell.Stand) {
	if err := stand.Check(); err != nil {
		s.effect(Answer{&Refusal{Code: protocol.CodeMalformed, Why: err.Error()}})
		return
	}
	err := delegation.Authorize(s.mandate, delegation.Act{
		At: s.at, Agent: s.c.Self, Offering: true, Capability: stand.Capability, Asset: stand.Asset,
		Amount: stand.Price, Class: stand.Data.Most, Estimate: protocol.Full,
	})
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
	return &protocol.Offer{
		Head: s.head(protocol.KindOffer), Seq: s.offerSeq, Expires: expires, Ask: stand.Ask, Title: stand.Title,
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
	if !ok || r.By != e.Peer || r.To != s.c.Self {
		return
	}
	stand, withdrawn, sold := s.stall.Get(r.Capability)
	switch {
	case !sold || withdrawn:
		s.refuse(e.Peer, e.Request.ID, protocol.CodeNotOffered, "")
	case !slices.Contains(r.Assets, stand.Asset):
		s.refuse(e.Peer, e.Request.ID, protocol.CodeNotOffered, "asset")
	case !slices.Contains(r.Rails, s.c.Rail):
		s.refuse(e.Peer, e.Request.ID, protocol.CodeRail, "")
	case r.Label.MayGo(stand.Data) != nil:
		s.refuse(e.Peer, e.Request.ID, protocol.CodeLabel, "")
	case stand.Deliver > r.Deliver:
		s.refuse(e.Peer, e.Request.ID, protocol.CodeLate, "")
	default:
		terms := stand.Terms(s.seller(), s.at+sell.QuoteLife)
		terms.Hirer, terms.Request = e.Peer, e.Request.ID
		s.remark(e.Peer, &protocol.Quote{Head: s.head(protocol.KindQuote), Terms: terms})
	}
}

// weigh says why a job just agreed is declined, or "".
func (s *step) weigh(d *deal) protocol.Code {
	accept, terms := d.job.Accept(), d.job.Terms()
	stand, _, sold := s.stall.Get(terms.Capability)
	_, held := d.job.Hold()
	switch {
	case !sold:
		return protocol.CodeNotOffered
	case accept.At > s.at+protocol.Skew || accept.At+protocol.Skew < s.at:
		return protocol.CodeClock
	case !held:
		return protocol.CodeAmount
	case s.book.Admit(d.peer, terms.Asset, d.job.Most()) != nil:
		return protocol.CodeOverLimit
	case s.working(terms.Capability, d.id) >= stand.Slots:
		return protocol.CodeBusy
	case s.at >= d.job.StartBy():
		return protocol.CodeLate
	}
	for _, in := range accept.Inputs {
		if in.Label.MayGo(terms.Data) != nil {
			return protocol.CodeLabel
		}
	}
	return ""
}

// working counts the jobs under way for a capability, but for one.
func (s *step) working(capability string, but wire.CID) uint64 {
	var n uint64
	for _, id := range s.live {
		d := s.deals[id]
		if id != but && d.role == job.Provider && d.job.Terms().Capability == capability &&
			d.job.Taken() && d.work == nil && !d.job.Stage(s.at).Final() {
			n++
		}
	}
	return n
}

// take decides about a job whose hold has been heard, and answers with the
// countersign that takes or declines it. Taken work that may be quick keeps its
// countersign back for the Delivery's bundle; it is durable all the same.
func (s *step) take(from wire.Key, asset string, id wire.CID) {
	cs, err := s.book.DraftCountersign(from, asset)
	if err != nil {
		s.fail("countersign", err)
		return
	}
	cs.Head = s.head(protocol.KindCountersign)
	d := s.deals[id]
	p := s.speech(from, id)
	code := protocol.CodeNotOffered
	if d != nil && d.role == job.Provider && d.peer == from {
		if _, declined := d.job.Declined(); declined || d.job.Taken() {
			p.write(cs) // decided before: another hold changes nothing
			p.say()
			return
		}
		code = s.weigh(d)
	}
	if code != "" {
		cs.Declined = []protocol.Declined{{Job: id, Code: code}}
		p.write(cs)
		p.say()
		return
	}
	cs.Taken = []wire.CID{id}
	p.write(cs)
	if inline(d.job.Accept().Inputs) {
		p.keep()
	} else {
		p.say() // the hirer lets us fetch only what we have taken
	}
	s.begin1(d)
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

// begin1 has the work begun.
func (s *step) begin1(d *deal) {
	stand, _, ok := s.stall.Get(d.job.Terms().Capability)
	if !ok {
		s.callOff(d, protocol.CodeNotOffered)
		return
	}
	d.busy, d.begun = true, s.at
	s.effect(Work{
		Job: d.id, From: d.peer, Stand: stand, Inputs: d.job.Accept().Inputs,
		Until: d.job.DeliverBy(), Retention: d.job.Terms().Times.Retention,
	})
}

// started returns when the hirer is to be told that work has begun, or 0.
func (s *step) started(d *deal) uint64 {
	if d.role != job.Provider || !d.busy || d.job.Started() {
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
	case !j.Taken() || cancelled:
	case delivered:
		s.press(d, stage)
	case stage.Final():
		if d.busy {
			d.busy = false
			s.effect(Stop{d.id})
		}
		s.flush(d)
	case d.work != nil && d.work.code == "":
		s.deliver(d)
	case d.work != nil:
		s.callOff(d, d.work.code)
	case noticed:
		s.effect(Stop{d.id})
		d.busy = false
		s.callOff(d, protocol.CodeWithdrawn)
	case s.started(d) != 0 && s.at >= s.started(d):
		p := s.speech(d.peer, d.id)
		p.docs = slices.Clone(d.pending)
		p.write(&protocol.Started{Head: s.head(protocol.KindStarted), Job: d.id})
		p.say()
	}
}

// flush says what was kept back, where nothing will come for it to go with.
func (s *step) flush(d *deal) {
	if len(d.pending) > 0 {
		p := s.speech(d.peer, d.id)
		p.docs = slices.Clone(d.pending)
		p.say()
	}
}

// worked takes what came of the work.
func (s *step) worked(e Worked) {
	d := s.deals[e.Job]
	if d == nil || d.over || d.role != job.Provider || d.work != nil {
		return
	}
	d.busy = false
	e.Units = min(e.Units, d.job.Terms().Price.MaxUnits) // what is not metered is not told
	for _, r := range e.Results {
		if err := r.Check(); err != nil && e.Code == "" {
			e.Code, e.Detail, e.Results = protocol.CodeWorkFailed, err.Error(), nil
		}
	}
	s.fact(Fact{
		What: FactWorked, Job: e.Job, Results: e.Results, Units: e.Units, Code: e.Code, Detail: clip(e.Detail),
	})
	s.advance(d)
}

// deliver hands over the result, with whatever was kept back for it.
func (s *step) deliver(d *deal) {
	p := s.speech(d.peer, d.id)
	p.docs = slices.Clone(d.pending)
	p.write(&protocol.Delivery{
		Head: s.head(protocol.KindDelivery), Job: d.id, Artefacts: d.work.results, Units: d.work.units,
	})
	if inline(d.work.results) {
		p.with = d.work.results
	}
	s.serveAgain(d)
	p.say()
}

// callOff ends a job that we have taken but will not deliver.
func (s *step) callOff(d *deal, code protocol.Code) {
	p := s.speech(d.peer, d.id)
	p.docs = slices.Clone(d.pending)
	p.write(&protocol.Cancel{Head: s.head(protocol.KindCancel), Job: d.id, Code: code})
	p.say()
}

// press does what is due after our Delivery: it answers a failing verdict, and
// claims what silence has accepted.
func (s *step) press(d *deal, stage job.Stage) {
	verdict, judged := d.job.Verdict()
	_, claimed := d.job.Claim()
	_, answered := d.job.Answer()
	switch {
	case stage == job.Contested && judged && !answered:
		// With a rule both can run, our own run of it said yes before we
		// delivered; without one, the hirer's word ends the job.
		if d.job.Terms().Rule.IsZero() || verdict.Doc.(*protocol.Verdict).Clause != job.ClauseCheck {
			s.callOff(d, protocol.CodeCheck)
			return
		}
		p := s.speech(d.peer, d.id)
		p.write(&protocol.Contest{
			Head: s.head(protocol.KindContest), Job: d.id, About: verdict.ID, Clause: job.ClauseCheck,
		})
		p.say()
	case stage == job.Accepted && !judged && !claimed:
		s.claim(d)
	}
}

// claim resolves the hold after the hirer's silence, and writes down what happened.
func (s *step) claim(d *deal) {
	hold, held := s.book.HoldOf(d.id, 0)
	delivery, _ := d.job.Delivery()
	if !held || !hold.Outstanding() {
		return
	}
	claim := s.name(&protocol.Claim{
		Head: s.head(protocol.KindClaim), Job: d.id, Hold: hold.ID, Delivery: delivery.ID, Amount: hold.Amount,
	})
	if d.job.Check(s.at, claim) != nil || s.book.Check(claim) != nil {
		return
	}
	p := s.speech(d.peer, d.id)
	p.write(claim.Doc)
	outcome := p.write(s.outcome(d, protocol.Full, protocol.EndedSilent, protocol.PaidNot, hold.Amount, hold.ID))
	p.write(s.logEntry(outcome.ID))
	p.say()
}
