package bench

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// What the jobs of a stage are paid in, and when its time begins.
const (
	stageNet  = "souk-bench"
	usd       = "souk:credit/usd-6"
	dawn      = 1_800_000_000_000 // Unix milliseconds
	day       = 86_400_000        // milliseconds
	eachTurn  = 20                // events to a millisecond
	stageSeed = 1
)

// stage is a hirer's and a provider's core, in one goroutine and virtual time, with
// hands that carry out at once what they ask for. What came to each core is kept,
// so that it can be played to a fresh one: with the same events, instants and chance
// a core does the same again.
type stage struct {
	reg    *wire.Registry
	net    string
	rng    *rand.Rand
	now    uint64
	turns  uint64
	queue  []cue
	folk   [2]*actor // hirer, provider
	failed error
	// keep, where given, is handed every record of the hirer's instead of what is to be
	// played again being kept.
	keep func(record []byte)
}

// cue is an event on its way to an actor.
type cue struct {
	to    *actor
	event agent.Event
}

// actor is one core with its part.
type actor struct {
	key    wire.Signer
	conf   agent.Config
	core   *agent.Agent
	other  *actor
	wake   uint64
	played []moment
	seals  []*wire.Bundle // in the order in which they were made
	named  []wire.Document
	record int // bytes of all records
}

// moment is one event as it came to a core.
type moment struct {
	at     uint64
	chance [16]byte
	event  agent.Event
	name   string
}

func newStage(posted bool) (*stage, error) {
	s := newEmptyStage(dawn)
	hirer, mandate := s.part(1)
	return s, s.open(hirer, mandate, stageNet, posted)
}

// newEmptyStage has nobody on it yet; its time begins at now.
func newEmptyStage(now uint64) *stage {
	return &stage{reg: protocol.Registry(), rng: rand.New(rand.NewPCG(stageSeed, 7)), now: now}
}

// open casts both sides and lets the provider sell.
func (s *stage) open(hirer wire.Signer, mandate wire.Said, net string, posted bool) error {
	s.net = net
	provider, other := s.part(2)
	for i, p := range []struct {
		key     wire.Signer
		mandate wire.Said
	}{{hirer, mandate}, {provider, other}} {
		a, err := s.cast(p.key, p.mandate)
		if err != nil {
			return err
		}
		s.folk[i] = a
	}
	s.begin(posted)
	return s.failed
}

// begin has both sides meet, and the provider sell.
func (s *stage) begin(posted bool) {
	hirer, provider := s.folk[0], s.folk[1]
	hirer.other, provider.other = provider, hirer
	for i, a := range s.folk {
		s.cue(a, agent.Began{Epoch: protocol.Epoch{byte(i + 1)}})
		s.cue(a, agent.Met{Peer: a.other.key.Key()})
	}
	s.cue(provider, agent.Opened{Stand: sell.Stand{
		Capability: capability, Price: wire.Units(1), Asset: usd, Ask: !posted, Technology: "builtin",
		InputType: "*/*", OutputType: "text/plain", Data: payload.Handling{Most: payload.Internal, Retention: day},
		Deliver: sell.DefaultDeliver, Slots: 1 << 20,
	}})
	s.run()
}

// part is a key, and the mandate of its owner.
func (s *stage) part(n byte) (wire.Signer, wire.Said) {
	owner, key := wire.NewPrivateKey([32]byte{n, 1}), wire.NewPrivateKey([32]byte{n, 2})
	return key, wire.Canonical{}.Name(delegation.Root(owner.Key(), key.Key(), s.now-day, wire.Nonce{n}, delegation.Grant{
		Budgets: []protocol.Budget{{Asset: usd, PerJob: wire.Units(100), Total: wire.Units(1 << 40)}},
	}))
}

// cast makes one core, and its conditions.
func (s *stage) cast(key wire.Signer, mandate wire.Said) (*actor, error) {
	a := &actor{key: key, conf: agent.Config{
		Self: key.Key(), Net: s.net, Registry: s.reg, Namer: wire.Canonical{}, Rail: "credit", Quotas: free,
		Policy:  settlement.Policy{Newcomers: []settlement.Pool{{Asset: usd, Limit: wire.Units(1 << 40)}}},
		Mandate: mandate,
	}}
	var err error
	a.core, err = agent.New(a.conf)
	return a, err
}

func (s *stage) cue(to *actor, ev agent.Event) { s.queue = append(s.queue, cue{to, ev}) }

// run plays until nothing is left to happen at this time.
func (s *stage) run() {
	for s.failed == nil {
		if len(s.queue) > 0 {
			next := s.queue[0]
			s.queue = s.queue[1:]
			s.play(next)
			continue
		}
		due := s.sleeper()
		if due == nil {
			return
		}
		s.now = max(s.now, due.wake)
		due.wake = 0
		s.cue(due, agent.Woke{})
	}
}

// sleeper is who is to be woken within a second, the soonest.
func (s *stage) sleeper() (due *actor) {
	for _, a := range s.folk {
		if a.wake != 0 && a.wake <= s.now+1000 && (due == nil || a.wake < due.wake) {
			due = a
		}
	}
	return due
}

// play hands an event to a core and carries out what it says.
func (s *stage) play(c cue) {
	if s.turns++; s.turns%eachTurn == 0 {
		s.now++
	}
	m := moment{at: s.now, event: c.event, name: nameOf(c.event)}
	binary.BigEndian.PutUint64(m.chance[:], s.rng.Uint64())
	binary.BigEndian.PutUint64(m.chance[8:], s.rng.Uint64())
	if s.keep == nil {
		c.to.played = append(c.to.played, m)
	}
	step, err := c.to.core.Handle(m.at, m.chance, m.event)
	for _, slip := range step.Slips {
		err = cmp.Or(err, slip)
	}
	for _, say := range step.Record.Sayings() {
		err = cmp.Or(err, s.seal(c.to, say))
	}
	if err == nil && len(step.Record.Facts) > 0 {
		var b []byte
		b, err = step.Record.Bytes()
		c.to.record += len(b)
		if s.keep != nil && c.to == s.folk[0] {
			s.keep(b)
		}
	}
	if err != nil {
		s.failed = fmt.Errorf("%s: %w", m.name, err)
		return
	}
	for _, e := range step.Effects {
		s.carry(c.to, e)
	}
}

func (s *stage) seal(a *actor, say *agent.Saying) (err error) {
	if say.Bundle != nil {
		return nil
	}
	raw := make([][]byte, len(say.Docs))
	for i, d := range say.Docs {
		raw[i] = d.Raw
		if s.keep == nil {
			a.named = append(a.named, d.Doc)
		}
	}
	if say.Bundle, err = wire.Seal(a.key, s.net, raw...); s.keep == nil {
		a.seals = append(a.seals, say.Bundle)
	}
	return err
}

// carry carries out an effect.
func (s *stage) carry(a *actor, e agent.Effect) {
	me := a.key.Key()
	switch e := e.(type) {
	case agent.Wake:
		a.wake = e.At
	case agent.Say:
		if s.failed = s.seal(a, e.Saying); s.failed == nil {
			s.say(a, e.Saying.Bundle)
		}
	case agent.Tell:
		if s.keep == nil {
			a.named = append(a.named, e.Doc.Doc)
		}
		switch d := e.Doc.Doc.(type) {
		case *protocol.Hello:
			s.cue(a.other, agent.Greeted{Peer: me, Hello: d})
		case *protocol.Request:
			s.cue(a.other, agent.Asked{Peer: me, Request: e.Doc})
		}
	case agent.Announce:
		b, err := wire.Seal(a.key, s.net, e.Notice.Raw)
		if err != nil {
			s.failed = err
		} else if o, ok := e.Notice.Doc.(*protocol.Offer); ok {
			s.cue(a.other, agent.Listed{Listing: hire.Listing{Offer: o, Proof: b.Proof(0)}})
		}
	case agent.Work:
		s.cue(a, agent.Worked{Job: e.Job, Units: 1, Results: []payload.Artefact{artefact(e.Job.String(), 3)}})
	case agent.Judge:
		s.cue(a, agent.Judged{Job: e.Job})
	}
}

// say brings a bundle to the other actor, read as the hands read it.
func (s *stage) say(from *actor, b *wire.Bundle) {
	raw, err := b.Bytes()
	if err != nil {
		s.failed = err
		return
	}
	heard, err := wire.ReadBundle(raw)
	if err != nil {
		s.failed = err
		return
	}
	docs, err := s.reg.Documents(heard)
	if err != nil {
		s.failed = err
		return
	}
	s.cue(from.other, agent.Heard{From: from.key.Key(), Bundle: heard, Docs: docs})
}

// artefact names bytes that nobody needs to have.
func artefact(seed string, size uint64) payload.Artefact {
	return payload.Artefact{
		ID: wire.Sum([]byte(seed)), Size: size, Type: "text/plain",
		Label: payload.Label{Class: payload.Public, Retention: day},
	}
}

// trade has so many jobs done, at so many at once, the first of them named by from.
func (s *stage) trade(from, jobs, at int) error {
	for n := 0; n < jobs && s.failed == nil; {
		for range min(at, jobs-n) {
			n++
			key := fmt.Sprintf("job-%d", from+n)
			s.cue(s.folk[0], agent.Ordered{Order: agent.Order{
				Key: key, Capability: capability, Asset: usd, Budget: wire.Units(1), Deliver: day,
				Input: artefact(key, 300),
			}})
		}
		s.run()
	}
	if s.failed != nil || s.keep != nil {
		return s.failed
	}
	for n := range jobs {
		if v, ok := s.folk[0].core.ByKey(s.now, fmt.Sprintf("job-%d", from+n+1)); !ok || !v.OK {
			return fmt.Errorf("job %d is %s: %s %s", from+n+1, v.Stage, v.Code, v.Detail)
		}
	}
	return nil
}

// nameOf is what an event is called in a table: for a bundle, by its documents.
func nameOf(ev agent.Event) string {
	switch ev := ev.(type) {
	case agent.Heard:
		name := "heard"
		for _, d := range ev.Docs {
			name += " " + kindOf(d.Doc)
		}
		return name
	case agent.Asked:
		return "asked"
	case agent.Ordered:
		return "ordered"
	case agent.Worked:
		return "worked"
	case agent.Judged:
		return "judged"
	case agent.Woke:
		return "woke"
	case agent.Listed:
		return "listed"
	}
	return "began" // what comes once
}
