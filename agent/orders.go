package agent

import (
	"errors"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
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
	job    wire.CID   // the contract it has become: the last of jobs
	jobs   []wire.CID // all its contracts: each but the first takes the one before over
	code   protocol.Code
	detail string

	since    uint64    // soft: when this run began to look
	lane     wire.Key  // soft: the provider chosen, whose lane is not yet open or has no room
	talks    []talk    // soft: with those that were asked, or have answered its Call
	fittings []fitting // soft: its inputs under the schemas of offers
	call     wire.CID  // soft: its Call, once it is out
	reply    uint64    // soft: until when the Call stands

	again     bool       // soft: it looks for another, though it has contracts
	poor      bool       // soft: and there would be one, but for the money held
	passed    []wire.Key // soft: with whom no contract could be made
	whyPassed *Refusal   // soft: the last time
}

// waiting reports whether the order wants a contract and has no end.
func (o *order) waiting() bool { return o != nil && (o.job.IsZero() || o.again) && o.code == "" }

func (s *step) wish(o *order) hire.Wish {
	var only []wire.Key // whom else the mandate forbids must not stand in anybody's way
	if !s.mandate.AnyParty {
		only = append([]wire.Key{}, s.mandate.Parties...)
	}
	return hire.Wish{
		Capability: o.Capability, Asset: o.Asset, Budget: o.Budget, Deliver: s.time(&o.Order), Peer: o.Peer, Only: only,
		InputType: o.Input.Type, Size: o.size(), Calls: uint64(1 + len(o.More)), Label: o.Input.Label, Rails: []string{s.c.Rail},
		Least: s.mandate.LeastEstimate, By: o.Choose,
		Evaluators: o.Evaluators, Checked: !o.Expect.IsZero(),
	}
}

// ordered takes the owner's order, unless it could never be placed.
func (s *step) ordered(o Order) {
	if s.orders[o.Key] != nil {
		s.effect(Answer{})
		return
	}
	refused := s.unfair(&o)
	if refused == nil {
		refused = s.mayAdd(&o)
	}
	if refused != nil {
		s.effect(Answer{refused})
		return
	}
	if o.Plan != "" && o.Plan != PlanSingle && o.Plan != PlanTakeover {
		s.effect(Answer{&Refusal{Code: protocol.CodeMalformed, Why: "no such plan: " + clip(o.Plan)}})
		return
	}
	// What one job may cost is known now; what is left in all, when it is placed.
	act := s.act(&o, o.Budget, wire.Key{})
	act.Spent, act.PeriodSpent = wire.Amount{}, wire.Amount{}
	if err := delegation.Authorize(s.mandate, act); err != nil {
		s.effect(Answer{refusal(err)})
		return
	}
	s.fact(Fact{What: FactOrdered, Order: &o})
	s.wishes = append(s.wishes, o.Key)
	s.effect(Answer{})
	s.place(s.orders[o.Key])
}

// act is the hire of party for amount, as the mandate is asked about it.
func (s *step) act(o *Order, amount wire.Amount, party wire.Key) delegation.Act {
	return delegation.Act{
		At: s.at, Agent: s.c.Self, Capability: o.Capability, Asset: o.Asset, Amount: amount, Party: party,
		Spent: s.Spent(o.Asset), PeriodSpent: s.lately(s.at, o.Asset),
		Class: o.Input.Label.Class, Estimate: protocol.Full,
	}
}

func refusal(err error) *Refusal {
	var d *delegation.Refusal
	var b *settlement.Refusal
	var j *job.Refusal
	switch {
	case errors.As(err, &j):
		return &Refusal{Code: j.Code, Why: j.Why}
	case errors.As(err, &d):
		return &Refusal{Code: d.Code, Why: d.Why}
	case errors.As(err, &b):
		return &Refusal{Code: b.Code, Why: b.Why}
	}
	code := protocol.CodeOf(err)
	if code == "" {
		code = protocol.CodeMalformed
	}
	return &Refusal{Code: code, Why: err.Error()}
}

// listed places the orders that a new listing may suit.
func (s *step) listed(l hire.Listing) {
	for _, key := range slices.Clone(s.wishes) {
		o := s.orders[key]
		if o.Capability == l.Offer.Terms.Capability && o.lane.IsZero() && s.wish(o).Fits(s.at, l) == "" {
			s.place(o)
		}
	}
}

// placeWith places the orders that wait for a peer's lane, for as long as it has room.
func (s *step) placeWith(peer wire.Key) {
	for _, key := range slices.Clone(s.wishes) {
		o := s.orders[key]
		if o.lane != peer {
			continue
		}
		if s.place(o); o.lane == peer && o.waiting() {
			return
		}
	}
}

// place tries to make a contract of an order.
func (s *step) place(o *order) {
	if !o.waiting() {
		return
	}
	if s.full() {
		s.agenda.set(matter{what: dueOrder, key: o.Key}, s.at)
		return
	}
	if r := s.mayPart(&o.Order); r != nil {
		s.giveUp(o, r.Code, r.Why)
		return
	}
	o.lane = wire.Key{}
	w := s.wish(o)
	if len(o.jobs) > 0 {
		var may bool
		if w, may = s.goOn(o); !may {
			return
		}
	}
	firm, ask, why := s.market.Candidates(s.at, s.c.Self, w)
	ask = append(ask, s.dear(o)...)
	s.compare(o, firm, ask)
	misfits := s.misfits(o, firm, ask)
	firm, ask = s.barring(o, firm, ask)
	s.inquire(firm, ask)
	s.callOut(o, w)
	s.ask(o, ask)
	if s.waits(o) {
		return
	}
	firm, why = o.quoted(s.at, w, firm, why)
	s.compare(o, firm, nil) // who answers a Call was not chosen to be asked
	if s.waits(o) {
		return
	}
	misfits = misfits || s.misfits(o, firm, nil)
	if firm, _ = s.barring(o, firm, nil); len(firm) == 0 && misfits && why == protocol.CodeNoOffer {
		why = protocol.CodeInput
	}
	prospects, unsure, done := w.Appraise(s.at, firm, judge{s.Agent, s.at}, &s.notes)
	if !done {
		s.agenda.set(matter{what: dueOrder, key: o.Key}, s.at+1) // in a step of its own
		return
	}
	if unsure {
		why = protocol.CodeMandate
	}
	plan, found := hire.Arrange(prospects, w, s.nonce())
	switch {
	case found:
		s.engage(o, &plan)
	case len(o.jobs) > 0:
		s.nobody(o, s.poor(o, w), why, o.unmet(why))
	case s.at >= o.since+placePatience && o.whyPassed != nil:
		s.giveUp(o, o.whyPassed.Code, o.whyPassed.Why)
	case s.at >= o.since+placePatience:
		s.giveUp(o, why, o.unmet(why))
	default:
		s.agenda.set(matter{what: dueOrder, key: o.Key}, sooner(o.since+placePatience, o.asksAgain()))
	}
}

// giveUp ends an order without a contract.
func (s *step) giveUp(o *order, code protocol.Code, detail string) {
	s.fact(Fact{What: FactGaveUp, Key: o.Key, Code: code, Detail: detail})
	s.unwish(o)
	s.effect(Changed{Key: o.Key})
}

// unwish takes an order from those that are looked after.
func (s *step) unwish(o *order) {
	s.agenda.clear(matter{what: dueOrder, key: o.Key})
	s.wishes = slices.DeleteFunc(s.wishes, func(k string) bool { return k == o.Key })
	o.talks, o.fittings, o.call, o.again = nil, nil, wire.CID{}, false
}

// engage makes the contract with the provider chosen: Accept and HOLD, once the
// owner's mandate allows it and the lane to the provider is open.
func (s *step) engage(o *order, plan *hire.Plan) {
	c := plan.Hire
	act := s.act(&o.Order, c.Price, c.Provider)
	act.Estimate = uint64(c.Estimate.Low * protocol.Full)
	if err := delegation.Authorize(s.mandate, act); err != nil {
		switch r := refusal(err); {
		case r.Code != protocol.CodeBudget:
			s.passOver(o, c.Provider, r.Code, r.Why)
		case len(o.jobs) > 0: // what others of it hold may come free
			s.nobody(o, true, r.Code, r.Why)
		default:
			s.giveUp(o, r.Code, r.Why)
		}
		return
	}
	p := s.speech(c.Provider, wire.CID{})
	p.key = o.Key
	if !s.openLane(p, c.Provider, o.Asset) || !s.room(c.Provider, o.Asset) {
		p.say()
		if code := s.party(c.Provider).refused; code != "" && !s.catchingUp(c.Provider) {
			s.passOver(o, c.Provider, code, laneRefused)
			return
		}
		if s.at >= o.since+lanePatience {
			s.passOver(o, c.Provider, protocol.CodeDefaulted, "the provider did not answer")
			return
		}
		o.lane = c.Provider
		s.agenda.set(matter{what: dueOrder, key: o.Key}, o.since+lanePatience)
		return
	}
	accept, ok := p.write(&protocol.Accept{
		Head: s.head(protocol.KindAccept), Offered: c.Offered, Inputs: o.firstInputs(&c.Terms.Price),
		Owner: s.mandate.By, Mandates: []wire.CID{s.c.Mandate.ID}, Account: s.c.Self.String(), Instead: o.job,
		Parent: o.Parent,
	})
	if !ok {
		p.say()
		s.passOver(o, c.Provider, protocol.CodeNotOffered, "the offer is not one that can be accepted")
		return
	}
	p.job = accept.ID
	s.hold(p, accept.ID)
	s.lastCalls(p, s.deals[accept.ID])
	if first := o.firstInputs(&c.Terms.Price); inline(first) {
		p.with = first
	}
	p.say()
	choice := choiceOf(plan)
	if n := len(o.jobs); n > 1 {
		_, choice.Left = s.hopeOf(o.jobs[n-2])
	}
	s.fact(Fact{What: FactChose, Job: accept.ID, Choice: choice})
	s.unwish(o)
	d := s.deals[accept.ID]
	s.serveAgain(d)
	s.tend(d)
	s.callBack(o, accept.ID)
}

// hold sets the price of a job's first part aside.
func (s *step) hold(p *speech, id wire.CID) {
	d := s.deals[id]
	entry, err := s.book.DraftHold(d.peer, d.job.Terms().Asset, settlement.Hold{
		Job: id, Amount: d.job.InHand().Most(), Mandate: s.c.Mandate.ID, Deadline: d.job.InHand().HeldUntil(),
	})
	if err != nil {
		s.slip("hold", err) // without it the provider declines
		return
	}
	p.entry(entry)
}

// room reports whether the lane to payee has room for one more job, with what
// ends those under way.
func (s *step) room(payee wire.Key, asset string) bool {
	l, _ := s.book.LaneTo(payee, asset)
	return l.Holds < settlement.MaxHolds-1 && len(s.book.Unseen(payee)) < settlement.MaxAhead/2
}

// openLane reports whether entries may be written in the lane to payee. Where
// it has no history, its OPEN goes into p; where it has one from an earlier run,
// an OPEN of its own is said first, and the lane waits for its countersign.
func (s *step) openLane(p *speech, payee wire.Key, asset string) bool {
	ready := s.book.Ready(payee, asset)
	switch ready {
	case settlement.Open:
		return true
	case settlement.Fresh:
	case settlement.MustOpen:
		if _, linked := s.peers[payee]; !linked {
			s.effect(Reach{payee})
			return false
		}
	default:
		if _, linked := s.peers[payee]; !linked {
			s.effect(Reach{payee})
		}
		return false
	}
	if s.catchingUp(payee) {
		return false
	}
	open, err := s.book.DraftOpen(payee, asset)
	if errors.Is(err, settlement.ErrEpoch) { // the OPEN of this epoch was for an older place, and came to nothing
		s.fact(Fact{What: FactBegan, Epoch: protocol.Epoch(s.nonce())})
		open, err = s.book.DraftOpen(payee, asset)
	}
	if err != nil {
		return false // too much waits there already
	}
	if ready == settlement.Fresh {
		_, ok := p.entry(open)
		return ok
	}
	alone := s.speech(payee, wire.CID{})
	alone.entry(open)
	alone.say()
	know := s.acquaint(payee)
	know.pause = firstPause
	s.agenda.set(matter{what: dueOpening, peer: payee}, s.at+firstPause)
	return false
}

// outlay is money set aside for a job, while it counts in a period of the mandate.
type outlay struct {
	at     uint64
	asset  string
	amount wire.Amount
}

// period returns the span of the mandate's budget in an asset, in milliseconds, or 0.
func (a *Agent) period(asset string) uint64 {
	for _, b := range a.mandate.Budgets {
		if b.Asset == asset {
			return b.Period
		}
	}
	return 0
}

// layOut notes a HOLD of ours. It counts for the whole period, even if nothing
// comes to be owed: so the cap holds in any period, wherever it begins.
func (a *Agent) layOut(at uint64, e *protocol.Entry) {
	span := a.period(e.Asset)
	if span == 0 || e.Mandate != a.c.Mandate.ID {
		return
	}
	a.outlays = append(slices.DeleteFunc(a.outlays, func(o outlay) bool { return o.asset == e.Asset && o.at+span <= at }),
		outlay{at, e.Asset, e.Amount})
}

// lately returns what was set aside of an asset within its period.
func (a *Agent) lately(at uint64, asset string) wire.Amount {
	var sum wire.Amount
	span := a.period(asset)
	for _, o := range a.outlays {
		if o.asset == asset && o.at+span > at {
			// No sum of amounts that were allowed passes what is allowed.
			sum, _ = sum.Plus(o.amount)
		}
	}
	return sum
}

const laneRefused = "the provider holds entries of ours that this home has forgotten: " +
	"was it restored from an old copy, or is it a copy of another?"

// openingRefused ends the orders that wait for a lane which the payee does not
// let us open: it knows more of what we have said than we do.
func (s *step) openingRefused(peer wire.Key, r *protocol.Refuse) {
	if r.Code != protocol.CodeLaneBehind && r.Code != protocol.CodeFork {
		return // it lacks what the OPEN continues: that is said again, and then the OPEN
	}
	p := s.party(peer)
	if !slices.ContainsFunc(p.openings, func(o *Saying) bool { return o.Docs[0].ID == r.Of }) {
		return
	}
	p.refused = r.Code
	if r.Code == protocol.CodeLaneBehind && s.catchingUp(peer) {
		return // it shows what we have forgotten
	}
	for _, key := range slices.Clone(s.wishes) {
		if o := s.orders[key]; o.lane == peer {
			s.passOver(o, peer, r.Code, laneRefused)
		}
	}
}
