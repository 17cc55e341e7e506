package agent

import (
	"errors"
	"fmt"
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
	"github.com/souk-network/souk/settlement"
)

// Config says who an agent is and within what bounds it acts.
type Config struct {
	Self     wire.Key
	Net      string
	Registry *wire.Registry
	Namer    wire.Namer
	Mandate  wire.Said // the owner's root mandate: a *protocol.Mandate
	Rail     string    // how its payments are settled: "credit"
	Policy   settlement.Policy
	Quotas   sell.Quotas       // what others may have of it
	Trust    reputation.Policy // how it weighs evidence; the zero Policy stands for reputation.Defaults
}

// Check reports what is missing or does not fit together.
func (c *Config) Check() error {
	m, ok := c.Mandate.Doc.(*protocol.Mandate)
	switch {
	case c.Self.IsZero() || c.Net == "" || c.Registry == nil || c.Namer == nil || c.Rail == "":
		return errors.New("agent: self, net, registry, namer and rail are needed")
	case !ok || m.Audience != c.Self:
		return errors.New("agent: the mandate is not for this agent")
	}
	return c.Quotas.Check()
}

// Agent is one agent of the market. It is not safe for concurrent use.
type Agent struct {
	c       Config
	mandate *protocol.Mandate

	// Folded from facts.
	epoch     protocol.Epoch
	book      *settlement.Book
	web       *reputation.Book // its view moves on between facts; what it knows does not
	stall     sell.Stall
	deals     map[wire.CID]*deal // those that are told in full
	past      map[wire.CID]*past // those that are over and told in short
	closings  []wire.CID         // those of past that still have their closing words, oldest first
	history   []wire.CID         // every job, oldest first
	live      []*deal            // those that may still need something of us, oldest first
	kept      []wire.CID         // those whose payloads are still here, in the order they ended
	keepsakes map[wire.CID]*keepsake
	erased    []*keepsake // the last of those whose payloads are gone
	parties   map[wire.Key]*party
	outcomes  map[wire.CID]wire.CID
	assents   map[wire.CID]assent     // our Consents
	cases     map[wire.CID]*courtCase // that we are to judge
	docket    []wire.CID              // of cases, oldest first
	clients   []wire.Key              // providers that have a Consent of ours
	tried     []wire.CID              // cases that are over, oldest first
	orders    map[string]*order
	keys      []string              // of all orders, oldest first
	parts     map[wire.CID][]string // keys of the orders that are parts of a job, oldest first
	outlays   []outlay              // of budgets with a period
	strays    []wire.CID            // holds of ours whose jobs are forgotten
	sold      sold
	log       outcomeLog
	uttered   uint64 // sayings so far

	// Soft: forgotten when the process ends.
	market    hire.Market
	notes     hire.Notes
	restless  bool                             // the web has learned something and not yet thought it over
	owners    map[wire.Key]wire.Key            // of agents, as their mandates prove
	early     map[wire.CID]reputation.Evidence // Outcomes of others that may still be answered
	seals     seals
	inquiries map[wire.Key]uint64 // when candidates were last asked for their logs
	peers     map[wire.Key]bool   // linked; true once greeted
	greetings map[wire.Key]uint64 // when each of them greeted us
	lags      map[wire.Key]*lag   // who of them has more of our lanes than we
	agenda    agenda
	guests    guests
	crowd     crowd
	wakeAt    uint64
	began     uint64 // when this run did
	offerSeq  uint64
	// What the last document heard told the book but not its job: to be said back.
	objections []*job.Refusal
	wishes     []string // keys of the orders without a contract, oldest first
	callers    callers
	given      map[wire.Key][]given // quotes that a peer on a link may counter, oldest first
	counters   ration               // Counters answered
}

// outcomeLog is where our own log of outcomes stands.
type outcomeLog struct {
	epoch protocol.Epoch
	seq   uint64
	head  wire.CID
}

// New returns an agent that knows nothing yet. Fold its facts, then Handle Began.
func New(c Config) (*Agent, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Trust.Restart == 0 {
		c.Trust = reputation.Defaults()
	}
	web, err := reputation.New(c.Self, c.Trust)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return &Agent{
		c:         c,
		web:       web,
		mandate:   c.Mandate.Doc.(*protocol.Mandate),
		book:      settlement.NewBook(c.Self, c.Net, c.Policy),
		deals:     map[wire.CID]*deal{},
		past:      map[wire.CID]*past{},
		keepsakes: map[wire.CID]*keepsake{},
		parties:   map[wire.Key]*party{},
		outcomes:  map[wire.CID]wire.CID{},
		assents:   map[wire.CID]assent{},
		cases:     map[wire.CID]*courtCase{},
		orders:    map[string]*order{},
		owners:    map[wire.Key]wire.Key{},
		early:     map[wire.CID]reputation.Evidence{},
		inquiries: map[wire.Key]uint64{},
		parts:     map[wire.CID][]string{},
		peers:     map[wire.Key]bool{},
		greetings: map[wire.Key]uint64{},
		lags:      map[wire.Key]*lag{},
		given:     map[wire.Key][]given{},
		sold:      sold{jobs: map[wire.CID]wire.CID{}},
	}, nil
}

// Step is what one event led to. The record must be durable before any of the
// effects is carried out, in their order. A record without facts need not be
// written.
type Step struct {
	Record  Record
	Effects []Effect
	Touched []wire.CID // jobs that the record tells of
	// Slips are what this program was about to say and its own rules forbade.
	// Nothing came of it; there should be none.
	Slips []error
}

// Handle decides what follows from an event at an instant (Unix milliseconds).
// chance is 16 fresh random bytes, from which the step's nonces are drawn. The
// error tells of a fault of this program: the state is then not to be trusted,
// and the process must stop and replay.
func (a *Agent) Handle(at uint64, chance [16]byte, ev Event) (Step, error) {
	s := &step{Agent: a, at: at, chance: chance}
	s.record.At = at
	switch e := ev.(type) {
	case Began:
		s.begin(e)
	case Met:
		s.meet(e.Peer)
	case Lost:
		delete(a.peers, e.Peer)
		delete(a.greetings, e.Peer)
		delete(a.given, e.Peer)
		delete(a.lags, e.Peer)
		s.left(e.Peer)
	case Greeted:
		s.greeted(e)
	case Asked:
		s.asked(e)
	case Heard:
		s.hear(e)
	case Garbled:
		s.refuse(e.From, e.Of, e.Code, "")
	case Listed:
		if a.market.Put(at, e.Listing, s.worth) {
			s.listed(e.Listing)
		}
	case Called:
		s.called(e.Call)
	case Ordered:
		s.ordered(e.Order)
	case Withdrew:
		s.withdrew(e)
	case Opened:
		s.opened(e.Stand)
	case Closed:
		s.closed(e.Capability)
	case Provided:
		s.provided(e)
	case Consented:
		s.consented(e)
	case Graded:
		s.graded(e)
	case Worked:
		s.worked(e)
	case Judged:
		s.judged(e)
	case Told:
		s.told(e)
	case Fitted:
		s.fitted(e)
	case Woke:
		s.woke()
	}
	s.rest()
	return Step{Record: s.record, Effects: s.effects, Touched: s.touched, Slips: s.slips}, s.fault
}

// begin starts a run: what was left undone is taken up from the folded state.
func (s *step) begin(e Began) {
	s.fact(Fact{What: FactBegan, Epoch: e.Epoch})
	s.began = s.at
	s.restless = true // the web has been read back, and not yet thought over
	for _, key := range s.keys {
		if o := s.orders[key]; o.waiting() {
			s.wishes = append(s.wishes, key)
			o.since = s.at
		}
	}
	s.eraseAgain()
	for _, id := range s.kept {
		if k := s.keepsakes[id]; k != nil {
			s.effect(Serve{To: k.peer, Artefacts: k.results})
			s.agenda.set(matter{what: dueErase, job: id}, k.until)
		}
	}
	for _, d := range slices.Clone(s.live) {
		s.serveAgain(d)
		s.resume(d)
		s.advance(d)
		if d.live {
			s.effect(Reach{d.peer})
		}
	}
	for _, id := range slices.Clone(s.docket) {
		s.judgeCase(id)
	}
	for _, stand := range s.stall.All() {
		s.announce(stand)
	}
	for _, key := range s.keys {
		s.consider(s.orders[key])
	}
	for _, key := range slices.Clone(s.wishes) {
		s.place(s.orders[key])
	}
}

// meet greets a peer on a new link.
func (s *step) meet(peer wire.Key) {
	s.peers[peer] = false
	h := &protocol.Hello{
		Head: s.head(protocol.KindHello), Net: s.c.Net, Least: protocol.Version, Most: protocol.Version,
		Epoch: s.epoch, LogEpoch: s.log.epoch, LogSeq: s.log.seq, LogHead: s.log.head,
	}
	for _, l := range s.book.Lanes() {
		if (l.Payer == peer || l.Payee == peer) && l.Seq > 0 && len(h.Lanes) < protocol.MaxLanes {
			h.Lanes = append(h.Lanes, protocol.LaneHead{
				Lane: l.ID, Payer: l.Payer == s.c.Self, Asset: l.Asset, Epoch: l.Epoch, Seq: l.Seq, Head: l.Head,
			})
		}
	}
	s.effect(Tell{To: peer, Doc: s.name(h)})
}

// greeted takes up with a peer what was not answered, and what waited for it.
func (s *step) greeted(e Greeted) {
	if _, linked := s.peers[e.Peer]; !linked {
		return // the link went down again before its Hello was read
	}
	s.peers[e.Peer] = true
	s.greetings[e.Peer] = s.at
	s.headTold(e.Peer, e.Hello)
	s.compareLanes(e.Peer, e.Hello)
	s.sayAgain(e.Peer)
	s.sayCasesAgain(e.Peer)
	s.relayTo(e.Peer)
	s.bringTo(e.Peer)
	s.answerCalls(e.Peer)
	if len(s.party(e.Peer).openings) > 0 {
		s.agenda.set(matter{what: dueOpening, peer: e.Peer}, s.at+firstPause)
	}
	for _, d := range slices.Clone(s.party(e.Peer).deals) {
		s.advance(d)
	}
	s.tendStrays(e.Peer)
	for _, key := range slices.Clone(s.wishes) {
		o := s.orders[key]
		if o.lane == e.Peer || o.talkAgain(e.Peer) {
			s.place(o)
		}
	}
}

// woke runs whatever is due, or as much of it as one record may hold.
func (s *step) woke() {
	s.wakeAt = 0
	for !s.full() {
		due, ok := s.agenda.next(s.at)
		if !ok {
			return
		}
		switch due.what {
		case dueDeal:
			if d := s.deals[due.job]; d != nil && d.live {
				s.advance(d)
				s.effect(Changed{Key: d.order, Job: d.id})
			}
		case dueOrder:
			s.place(s.orders[due.key])
		case dueOffer:
			if stand, withdrawn, ok := s.stall.Get(due.key); ok && !withdrawn {
				s.announce(stand)
			}
		case dueErase:
			s.erase(due.job)
		case dueOpening:
			s.openAgain(due.peer)
		case dueCase:
			s.judgeCase(due.job)
		case dueShown:
			s.unshown(due.peer)
		case dueStray:
			s.tendStrays(due.peer)
		case dueTrust:
			s.ponder()
		case dueEvidence:
			s.overdue(due.job)
		}
	}
}

// rest asks to be woken for what is due next.
func (s *step) rest() {
	if s.restless {
		s.restless = false
		s.agenda.set(matter{what: dueTrust}, s.at+1)
	}
	if at, ok := s.agenda.first(); ok && (s.wakeAt == 0 || at < s.wakeAt) {
		s.wakeAt = at
		s.effect(Wake{at})
	}
}
