package agent

import (
	"errors"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// Milliseconds an order waits.
const (
	quotePatience = 3_000  // for quotes that were asked for
	placePatience = 8_000  // for anyone to offer it at all
	lanePatience  = 60_000 // for the provider chosen to answer
)

// order is one wish of the owner, until it has become a deal.
type order struct {
	Order
	at     uint64
	job    wire.CID // the contract it has become
	code   protocol.Code
	detail string

	since  uint64 // soft: when this run began to look
	asked  []wire.Key
	quotes []hire.Candidate
}

// waiting reports whether the order has neither a contract nor an end.
func (o *order) waiting() bool { return o != nil && o.job.IsZero() && o.code == "" }

func (o *order) forgetAsked(peer wire.Key) {
	o.asked = slices.DeleteFunc(o.asked, func(k wire.Key) bool { return k == peer })
}

func (s *step) wish(o *order) hire.Wish {
	return hire.Wish{
		Capability: o.Capability, Asset: o.Asset, Budget: o.Budget, Deliver: o.Deliver, Peer: o.Peer,
		InputType: o.Input.Type, Label: o.Input.Label, Rails: []string{s.c.Rail},
	}
}

// ordered takes the owner's order, unless it could never be placed.
func (s *step) ordered(o Order) {
	if s.orders[o.Key] != nil {
		s.effect(Answer{})
		return
	}
	// What one job may cost is known now; what is left in all, when it is placed.
	if err := s.authorize(&o, o.Budget, wire.Key{}, wire.Amount{}); err != nil {
		s.effect(Answer{refusal(err)})
		return
	}
	s.fact(Fact{What: FactOrdered, Order: &o})
	s.wishes = append(s.wishes, o.Key)
	s.effect(Answer{})
	s.place(s.orders[o.Key])
}

// authorize asks whether the mandate allows a hire of amount, spent being what is spent already.
func (s *step) authorize(o *Order, amount wire.Amount, party wire.Key, spent wire.Amount) error {
	return delegation.Authorize(s.mandate, delegation.Act{
		At: s.at, Agent: s.c.Self, Capability: o.Capability, Asset: o.Asset,
		Amount: amount, Spent: spent, Party: party, Class: o.Input.Label.Class, Estimate: protocol.Full,
	})
}

func refusal(err error) *Refusal {
	var d *delegation.Refusal
	var b *settlement.Refusal
	switch {
	case errors.As(err, &d):
		return &Refusal{Code: d.Code, Why: d.Why}
	case errors.As(err, &b):
		return &Refusal{Code: b.Code, Why: b.Why}
	}
	return &Refusal{Code: protocol.CodeOf(err), Why: err.Error()}
}

func (s *step) placeAll() {
	for _, key := range slices.Clone(s.wishes) {
		if o := s.orders[key]; o.waiting() {
			s.place(o)
		}
	}
}

// place tries to make a contract of an order.
func (s *step) place(o *order) {
	defer func() {
		if !o.waiting() {
			s.agenda.clear(matter{what: dueOrder, key: o.Key})
			s.wishes = slices.DeleteFunc(s.wishes, func(k string) bool { return k == o.Key })
		}
	}()
	w := s.wish(o)
	firm, ask, why := s.market.Candidates(s.at, s.c.Self, w)
	for _, q := range o.quotes {
		if w.Suits(s.at, q.Provider, &q.Terms) == "" {
			firm = append(firm, q)
		}
	}
	s.ask(o, ask)
	if len(o.asked) > len(o.quotes) && s.at < o.since+quotePatience {
		s.agenda.set(matter{what: dueOrder, key: o.Key}, o.since+quotePatience)
		return
	}
	plan, found := hire.Arrange(firm)
	switch {
	case found:
		s.engage(o, plan.Hire)
	case s.at >= o.since+placePatience:
		s.giveUp(o, why, "no live offer suits: try `souk find "+o.Capability+"`")
	default:
		s.agenda.set(matter{what: dueOrder, key: o.Key}, o.since+placePatience)
	}
}

// ask requests quotes from providers that were not asked yet.
func (s *step) ask(o *order, providers []wire.Key) {
	for _, p := range providers {
		if slices.Contains(o.asked, p) {
			continue
		}
		o.asked = append(o.asked, p)
		if !s.peers[p] {
			s.effect(Reach{p})
			continue // asked again once it has greeted us
		}
		s.effect(Tell{To: p, Doc: s.name(&protocol.Request{
			Head: s.head(protocol.KindRequest), To: p, Capability: o.Capability, InputType: o.Input.Type,
			Size: o.Input.Size, Label: o.Input.Label, Deliver: o.Deliver, Reply: s.at + quotePatience,
			Assets: []string{o.Asset}, Rails: []string{s.c.Rail}, Owner: s.mandate.By, Mandate: s.c.Mandate.ID,
		})})
	}
}

// quoted takes a provider's Quote into the orders that asked for it.
func (s *step) quoted(from wire.Key, bundle *wire.Bundle, i int, q *protocol.Quote) {
	if q.Terms.Hirer != s.c.Self {
		return
	}
	for _, key := range slices.Clone(s.wishes) {
		o := s.orders[key]
		if !o.waiting() || o.Capability != q.Terms.Capability || !slices.Contains(o.asked, from) ||
			slices.ContainsFunc(o.quotes, func(c hire.Candidate) bool { return c.Provider == from }) {
			continue
		}
		o.quotes = append(o.quotes, hire.Candidate{
			Provider: from, Terms: q.Terms, Offered: bundle.Proof(i), Price: q.Terms.Price.Fixed,
		})
		s.place(o)
		return // one Quote makes one contract
	}
}

func (s *step) giveUp(o *order, code protocol.Code, detail string) {
	s.fact(Fact{What: FactGaveUp, Key: o.Key, Code: code, Detail: detail})
	s.effect(Changed{Key: o.Key})
}

// engage makes the contract with the provider chosen: Accept and HOLD, once the
// owner's mandate allows it and the lane to the provider is open.
func (s *step) engage(o *order, c hire.Candidate) {
	spent := s.book.Spent(s.c.Mandate.ID, o.Asset)
	if err := s.authorize(&o.Order, c.Price, c.Provider, spent); err != nil {
		r := refusal(err)
		s.giveUp(o, r.Code, r.Why)
		return
	}
	p := s.speech(c.Provider, wire.CID{})
	p.key = o.Key
	if !s.openLane(p, c.Provider, o.Asset) {
		if s.at >= o.since+lanePatience {
			s.giveUp(o, protocol.CodeDefaulted, "the provider did not answer")
			return
		}
		s.agenda.set(matter{what: dueOrder, key: o.Key}, o.since+lanePatience)
		return
	}
	accept := p.write(&protocol.Accept{
		Head: s.head(protocol.KindAccept), Offered: c.Offered, Inputs: []payload.Artefact{o.Input},
		Owner: s.mandate.By, Mandates: []wire.CID{s.c.Mandate.ID}, Account: s.c.Self.String(),
	})
	p.job = accept.ID
	if err := s.hold(p, accept.ID, c); err != nil {
		s.fail("hold", err)
		return
	}
	if o.Input.Label.Class == payload.Public && o.Input.Size <= payload.MaxInline {
		p.with = []payload.Artefact{o.Input}
	}
	p.say()
	d := s.deals[accept.ID]
	s.serveAgain(d)
	s.tend(d)
}

func (s *step) hold(p *speech, id wire.CID, c hire.Candidate) error {
	entry, err := s.book.DraftHold(c.Provider, c.Terms.Asset, settlement.Hold{
		Job: id, Amount: c.Price, Mandate: s.c.Mandate.ID, Deadline: s.at + c.Terms.Times.Claim,
	})
	if err != nil {
		return err
	}
	p.entry(entry)
	return nil
}

// entry completes a drafted entry and writes it.
func (p *speech) entry(e *protocol.Entry) wire.Said {
	e.Head = p.s.head(protocol.KindEntry)
	return p.write(e)
}

// openLane reports whether entries may be written in the lane to payee. Where
// it has no history, its OPEN goes into p; where it has one from an earlier run,
// an OPEN of its own is said first, and the lane waits for its countersign.
func (s *step) openLane(p *speech, payee wire.Key, asset string) bool {
	ready := s.book.Ready(payee, asset)
	if ready == settlement.Open {
		return true
	}
	if ready != settlement.Fresh && (ready != settlement.MustOpen || !s.peers[payee]) {
		s.effect(Reach{payee})
		return false
	}
	open, err := s.book.DraftOpen(payee, asset)
	if err != nil {
		s.fail("open lane", err)
		return false
	}
	if ready == settlement.Fresh {
		p.entry(open)
		return true
	}
	alone := s.speech(payee, wire.CID{})
	alone.entry(open)
	alone.say()
	return false
}

// buy does what a hirer's deal now calls for.
func (s *step) buy(d *deal) {
	j := d.job
	_, voided := j.Void()
	_, posted := j.Post()
	if voided || posted {
		return
	}
	basis, free := s.mayVoid(d)
	_, delivered := j.Delivery()
	_, judged := j.Verdict()
	_, claimed := j.Claim()
	stage := j.Stage(s.at)
	if j.Taken() && !d.served {
		d.served = true
		s.serveAgain(d)
	}
	switch {
	case free:
		s.void(d, basis)
	case claimed:
		s.pay(d)
	case delivered && !judged && d.judgement != nil:
		s.conclude(d)
	case delivered && !judged && !d.busy && !stage.Final():
		s.judge(d)
	case stage == job.Defaulted && !delivered:
		s.giveNotice(d, protocol.CodeLate)
	}
}

// mayVoid reports whether, and on what ground, the deal's hold may be ended for nothing.
func (s *step) mayVoid(d *deal) (basis []wire.CID, free bool) {
	hold, held := s.book.HoldOf(d.id, 0)
	if !held || !hold.Outstanding() {
		return nil, false
	}
	if hold.Declined != "" {
		return []wire.CID{hold.DeclinedAs}, true
	}
	if c, ok := d.job.CancelBy(job.Provider); ok {
		return []wire.CID{c.ID}, true
	}
	if o, ok := d.job.Outcome(); ok && d.job.LoggedBy(job.Provider) && o.Doc.(*protocol.Outcome).Score == 0 {
		return []wire.CID{o.ID}, true
	}
	_, claimed := d.job.Claim()
	return nil, !claimed && s.at > hold.Deadline+protocol.Skew
}

// void ends the deal's hold for nothing.
func (s *step) void(d *deal, basis []wire.CID) {
	asset := d.job.Terms().Asset
	p := s.speech(d.peer, d.id)
	if !s.openLane(p, d.peer, asset) {
		return
	}
	hold, _ := s.book.HoldOf(d.id, 0)
	entry, err := s.book.DraftVoid(s.at, hold.ID, basis...)
	if err != nil {
		s.fail("void", err)
		return
	}
	p.entry(entry)
	p.say()
}

// judge has the result judged.
func (s *step) judge(d *deal) {
	said, _ := d.job.Delivery()
	results := said.Doc.(*protocol.Delivery).Artefacts
	d.busy = true
	s.effect(Judge{
		Job: d.id, From: d.peer, Rule: d.job.Terms().Rule, Inputs: d.job.Accept().Inputs,
		Results: results, Until: d.job.ReviewBy(),
	})
}

// judged takes what came of the judging.
func (s *step) judged(e Judged) {
	d := s.deals[e.Job]
	if d == nil || d.over || d.role != job.Hirer || d.judgement != nil {
		return
	}
	d.busy = false
	s.fact(Fact{What: FactJudged, Job: e.Job, Code: e.Code, Detail: clip(e.Detail)})
	s.advance(d)
}

// conclude says the verdict, and where it passes, pays: Ack, Verdict, POST,
// Outcome and LogEntry under one signature.
func (s *step) conclude(d *deal) {
	p := s.speech(d.peer, d.id)
	if !s.openLane(p, d.peer, d.job.Terms().Asset) {
		return
	}
	delivery, _ := d.job.Delivery()
	artefacts := delivery.Doc.(*protocol.Delivery).Artefacts
	ack := &protocol.Ack{Head: s.head(protocol.KindAck), Job: d.id, Of: []wire.CID{delivery.ID}}
	if d.judgement.code != protocol.CodeArtefact {
		for _, a := range artefacts {
			ack.Of = append(ack.Of, a.ID)
			ack.Bytes += a.Size
		}
	}
	verdict := &protocol.Verdict{Head: s.head(protocol.KindVerdict), Job: d.id, Delivery: delivery.ID}
	if d.judgement.code == "" {
		verdict.Score, verdict.Pass = protocol.Full, true
	} else {
		verdict.Clause = clauseOf(d.judgement.code)
	}
	p.write(ack)
	said := p.write(verdict)
	if verdict.Pass {
		s.post(p, d, verdict.Score, protocol.EndedAgreed, said.ID)
	}
	p.say()
}

// clauseOf names the clause of the Terms that a failed judging is about.
func clauseOf(c protocol.Code) string {
	if c == protocol.CodeArtefact {
		return job.ClauseArtefact
	}
	return job.ClauseCheck
}

// pay posts what the provider claimed after our silence.
func (s *step) pay(d *deal) {
	p := s.speech(d.peer, d.id)
	if !s.openLane(p, d.peer, d.job.Terms().Asset) {
		return
	}
	claim, _ := d.job.Claim()
	s.post(p, d, protocol.Full, protocol.EndedSilent, claim.ID)
	p.say()
}

// post owes the price, and writes down what happened.
func (s *step) post(p *speech, d *deal, score, ended uint64, basis wire.CID) {
	hold, _ := s.book.HoldOf(d.id, 0)
	owed, _ := d.job.Owed()
	entry, err := s.book.DraftPost(hold.ID, owed, basis)
	if err != nil {
		s.fail("post", err)
		return
	}
	posted := p.entry(entry)
	if _, known := d.job.Outcome(); known {
		return
	}
	conduct := uint64(protocol.PaidInTime)
	if ended == protocol.EndedSilent {
		conduct = protocol.PaidLate
	}
	outcome := p.write(s.outcome(d, score, ended, conduct, owed, posted.ID))
	p.write(s.logEntry(outcome.ID))
}

func (s *step) outcome(d *deal, score, ended, conduct uint64, amount wire.Amount, entry wire.CID) *protocol.Outcome {
	t, a := d.job.Terms(), d.job.Accept()
	return &protocol.Outcome{
		Head: s.head(protocol.KindOutcome), Job: d.id, Hirer: d.job.Hirer(), Provider: d.job.Provider(),
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

// giveNotice asks the provider for the end of a job.
func (s *step) giveNotice(d *deal, code protocol.Code) {
	if _, said := d.job.CancelBy(d.role); said {
		return
	}
	c := s.name(&protocol.Cancel{Head: s.head(protocol.KindCancel), Job: d.id, Code: code})
	if d.job.Check(s.at, c) != nil {
		return
	}
	p := s.speech(d.peer, d.id)
	p.write(c.Doc)
	p.say()
}

// withdrew ends a job or order that the owner no longer wants.
func (s *step) withdrew(e Withdrew) {
	if o := s.orders[e.Key]; e.Job.IsZero() && o.waiting() {
		s.giveUp(o, protocol.CodeWithdrawn, "withdrawn by its owner")
		s.wishes = slices.DeleteFunc(s.wishes, func(k string) bool { return k == e.Key })
		s.agenda.clear(matter{what: dueOrder, key: e.Key})
		s.effect(Answer{})
		return
	}
	d := s.deals[e.Job]
	if d == nil || d.over || d.job.Stage(s.at).Final() {
		s.effect(Answer{&Refusal{Code: protocol.CodeDuplicate, Why: "the job has ended or is not known"}})
		return
	}
	if d.role == job.Provider {
		s.callOff(d, protocol.CodeWithdrawn)
	} else {
		s.giveNotice(d, protocol.CodeWithdrawn)
	}
	s.effect(Answer{})
	s.advance(d)
}
