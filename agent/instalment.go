package agent

import (
	"slices"

	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// A contract of several parts is lived through part by part: what a deal does, it
// does about the part in hand, and what comes of it is forgotten when the next begins.

// part is the number of the part in hand.
func (d *deal) part() uint64 { return d.job.InHand().Number() }

// holdOf returns the hold of the part in hand.
func (a *Agent) holdOf(d *deal) (settlement.HoldState, bool) { return a.book.HoldOf(d.id, d.part()) }

// atRest reports whether every hold of a job has ended for good, as far as that
// is ours to see to.
func (a *Agent) atRest(d *deal, rests func(settlement.HoldState) bool) bool {
	for _, said := range d.job.Holds() {
		if hold, held := a.book.Hold(said.ID); held && !rests(hold) {
			return false
		}
	}
	return true
}

// turn begins the next part of a deal, nothing of which was done yet.
func (d *deal) turn() {
	d.work, d.judgement, d.answers = nil, nil, nil
	d.busy, d.spent, d.begun, d.served = false, false, 0, false
}

// inputs are what the part in hand is worked on: the inputs of the job, or of the
// calls of a window.
func (d *deal) inputs() []payload.Artefact {
	if d.job.Windowed() {
		return d.job.InHand().Calls()
	}
	return d.job.Accept().Inputs
}

// allInputs are the inputs of all parts so far.
func (d *deal) allInputs() []payload.Artefact {
	if !d.job.Windowed() {
		return d.supplied()
	}
	var all []payload.Artefact
	for n := uint64(0); n <= d.part(); n++ {
		p, _ := d.job.Part(n)
		all = append(all, p.Calls()...)
	}
	return all
}

// delivered are the results of all parts so far.
func (d *deal) delivered() []payload.Artefact {
	var all []payload.Artefact
	for n := uint64(0); n <= d.part(); n++ {
		if p, ok := d.job.Part(n); ok {
			if said, there := p.Delivery(); there {
				all = append(all, said.Doc.(*protocol.Delivery).Artefacts...)
			}
		}
	}
	return all
}

// inputs are all inputs of an order: its first, and those of further calls.
func (o *Order) inputs() []payload.Artefact {
	return append([]payload.Artefact{o.Input}, o.More...)
}

// firstInputs are those that go with the Accept: the calls of the first window.
func (o *Order) firstInputs(p *protocol.Price) []payload.Artefact {
	all := o.inputs()
	return all[:min(len(all), int(max(p.Window, 1)))]
}

// uncalled are the inputs of an order for which no call was made yet.
func (s *step) uncalled(d *deal) []payload.Artefact {
	o := s.orders[d.order]
	if o == nil {
		return nil
	}
	all := o.inputs()
	return all[min(len(all), len(d.allInputs())):]
}

// reclaim ends the hold of a part that came too late for the provider to begin, or
// that it had called off; the part in hand is then the one before.
func (s *step) reclaim(d *deal) bool {
	for _, said := range d.job.Holds() {
		part := d.about(said.Doc)
		if basis, free := s.mayVoid(d, part); free && part.Number() > d.part() {
			s.void(d, said.ID, basis)
			return true
		}
	}
	return false
}

// holdEnds returns until when the last of a deal's holds that has not ended may be claimed.
func (s *step) holdEnds(d *deal) (last uint64) {
	for _, said := range d.job.Holds() {
		if hold, held := s.book.Hold(said.ID); held && (hold.Outstanding() || hold.Due()) {
			last = max(last, hold.Deadline)
		}
	}
	return last
}

// prepay posts a tranche that is paid in advance.
func (s *step) prepay(d *deal) {
	hold, held := s.holdOf(d)
	p, ok := s.toPayee(d)
	if !ok || !held {
		return
	}
	entry, err := s.book.DraftPost(hold.ID, d.job.InHand().Most())
	if err != nil {
		d.waits = true
		return
	}
	p.entry(entry)
	p.say()
}

// goesOn begins the next part of a contract whose part in hand is good and paid
// for, in the same bundle. It reports false where there is to be none: then that
// is said, so that nobody waits for it.
func (s *step) goesOn(p *speech, d *deal) bool {
	next, ok := d.job.Part(d.part() + 1)
	o := s.orders[d.order]
	if !ok || o == nil || next.Number() >= d.job.Parts() || next.Stage(s.at) != job.Quoted {
		return false
	}
	if d.job.Windowed() && len(s.uncalled(d)) == 0 {
		s.noMore(p, d, next.Number(), protocol.CodeWithdrawn)
		return false
	}
	if verdict, judged := d.job.Verdict(); judged && !verdict.Doc.(*protocol.Verdict).Pass {
		s.noMore(p, d, next.Number(), protocol.CodeCheck) // what was paid for all the same shall be the only loss
		return false
	}
	if err := delegation.Authorize(s.mandate, s.act(&o.Order, next.Most(), d.peer)); err != nil {
		s.noMore(p, d, next.Number(), refusal(err).Code)
		return false
	}
	entry, err := s.book.DraftHold(d.peer, d.job.Terms().Asset, settlement.Hold{
		Job: d.id, Part: next.Number(), Amount: next.Most(), Mandate: s.c.Mandate.ID,
		Deadline: s.at + job.HoldFor(d.job.Terms()),
	})
	if err != nil {
		d.waits = true // no room now: every countersign makes some
		return true
	}
	if _, ok := p.entry(entry); ok && d.job.Windowed() {
		s.provide(p, d)
	}
	return true
}

// provide hands over the inputs of a window's calls, and says where there will be
// no more.
func (s *step) provide(p *speech, d *deal) {
	inputs := s.uncalled(d)
	inputs = inputs[:min(len(inputs), int(d.job.Terms().Price.Window))]
	if _, ok := p.write(&protocol.Provide{
		Head: s.head(protocol.KindProvide), Job: d.id, Part: d.part(), Inputs: inputs,
	}); !ok {
		return
	}
	if inline(inputs) {
		p.with = append(p.with, inputs...)
	}
	s.lastCalls(p, d)
}

// lastCalls closes a window that will not be filled.
func (s *step) lastCalls(p *speech, d *deal) {
	if d.job.Terms().Price.Window > 1 && !d.job.InHand().Full() && len(s.uncalled(d)) == 0 {
		s.noMore(p, d, d.part()+1, protocol.CodeWithdrawn)
	}
}

// noMore says that a part is not to begin, nor any after it.
func (s *step) noMore(p *speech, d *deal, part uint64, code protocol.Code) {
	if c, ok := s.may(d, &protocol.Cancel{Head: s.head(protocol.KindCancel), Job: d.id, Part: part, Code: code}); ok {
		p.add(c)
	}
}

// carryOn takes up a contract of several parts whose part in hand was paid for before
// the next could begin, and tells of it where there is none.
func (s *step) carryOn(d *deal) {
	next, several := d.job.Part(d.part() + 1)
	_, told := d.job.OutcomeBy(job.Hirer)
	verdict, judged := d.job.Verdict()
	if !several || told || judged && !verdict.Doc.(*protocol.Verdict).Pass {
		return
	}
	waits := next.Number() < d.job.Parts() && next.Stage(s.at) == job.Quoted
	if d.job.InHand().Stage(s.at) != job.Settled && waits && d.job.InHand().Prepaid() && !judged {
		return
	}
	p, ok := s.toPayee(d)
	if !ok {
		return
	}
	if !s.goesOn(p, d) && judged {
		s.tell(p, d, verdict.Doc.(*protocol.Verdict).Score, protocol.EndedAgreed)
	}
	p.say()
}

// follow decides about a later part of a job, to which the take binds us, and has
// it begun. What came too late is countersigned all the same, for the lane goes on,
// and refused in the same bundle: so the other side ends alike however often it asks.
func (s *step) follow(from wire.Key, id wire.CID, h *protocol.Entry) {
	draft, err := s.draft(from, h.Asset)
	if err != nil {
		return
	}
	d := s.deals[h.Job]
	if d == nil || d.peer != from || d.role != job.Provider || d.part() != h.Part {
		s.spurn(from, id, h, draft)
		return
	}
	part := d.job.InHand()
	over := s.book.Admit(d.peer, h.Asset, part.Most()) != nil
	if !over {
		cs := *draft
		cs.Taken = []wire.CID{d.id} // books answer for holds
		if s.mayAnswer(nil, &cs) {
			draft = &cs
		}
	}
	if !s.mayAnswer(nil, draft) {
		return // all is said: with another hold of the same bundle
	}
	p := s.about(d)
	p.countersign(draft, h.Asset)
	p.say()
	switch {
	case over:
		s.callOff(d, protocol.CodeOverLimit)
	default:
		s.advance(d)
	}
}

// spurn answers a HOLD that begins no part.
func (s *step) spurn(from wire.Key, id wire.CID, h *protocol.Entry, draft *protocol.Countersign) {
	p := s.speech(from, wire.CID{})
	if s.mayAnswer(nil, draft) {
		p.countersign(draft, h.Asset)
	}
	s.objections = slices.DeleteFunc(s.objections, func(o *job.Refusal) bool {
		if o.Of == id {
			p.job = h.Job
			p.refuse(id, o.Code, o.Why)
		}
		return o.Of == id
	})
	p.say()
}

// endable is the part that a Cancel can end: the one in hand, or where that is
// over, the one that would come next.
func (s *step) endable(d *deal) uint64 {
	hand := d.job.InHand()
	if next, ok := d.job.Part(hand.Number() + 1); ok && hand.Stage(s.at).Final() && !next.Stage(s.at).Final() {
		return next.Number()
	}
	return hand.Number()
}

// about returns the part that a document is about; of those that name none, the
// part in hand.
func (d *deal) about(doc wire.Document) job.Part {
	n := d.part()
	switch x := doc.(type) {
	case *protocol.Entry:
		n = x.Part
	case *protocol.Delivery:
		n = x.Part
	case *protocol.Verdict:
		n = x.Part
	case *protocol.Contest:
		n = x.Part
	case *protocol.Claim:
		n = x.Part
	case *protocol.Cancel:
		n = x.Part
	}
	if p, ok := d.job.Part(n); ok {
		return p
	}
	return d.job.InHand()
}

// size is how many bytes all inputs of an order have.
func (o *Order) size() (sum uint64) {
	for _, in := range o.inputs() {
		sum += in.Size
	}
	return sum
}

// Instalment is one part of a contract of several, a tranche or a window, as its owner may see it.
type Instalment struct {
	Stage   string
	Price   wire.Amount // most it may cost
	Paid    wire.Amount
	Advance bool // it is paid before it is delivered
	Calls   int  // of a window
	Units   uint64
}

// instalments tells a contract of several parts part by part: those that have begun.
func (d *deal) instalments(at uint64) []Instalment {
	if d.job.Parts() == 1 && !d.job.Windowed() {
		return nil
	}
	var all []Instalment
	for n := uint64(0); n <= d.part(); n++ {
		p, _ := d.job.Part(n)
		v := Instalment{Stage: p.Stage(at).String(), Price: p.Most(), Advance: p.Prepaid(), Calls: len(p.Calls()), Units: p.Units()}
		if post, ok := p.Post(); ok {
			v.Paid = post.Doc.(*protocol.Entry).Amount
		}
		all = append(all, v)
	}
	return all
}
