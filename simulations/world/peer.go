package world

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/simulations/cast"
	"github.com/souk-network/souk/simulations/invariant"
)

// Resident says who somebody is that comes to live in a world.
type Resident struct {
	Name   string
	Part   cast.Part
	Owner  string            // whoever has the same owner has the same owner's key; "" for an owner of its own
	Asset  string            // that it deals in
	PerJob uint64            // of Asset, its mandate allows for one job
	Total  uint64            // of Asset, its mandate allows in all
	Pool   uint64            // of Asset, all newcomers together may owe it
	Quotas sell.Quotas       // what others may have of it; zero for no bounds
	Trust  reputation.Policy // zero for reputation.Defaults
	Skew   int64             // milliseconds that its clock runs ahead
	Stands []sell.Stand      // that it opens at its first start
	Parts  *agent.Order      // what it has others do of each of its jobs, but for key, parent and input; nil for nothing
	Line   uint64            // bytes a second and direction that its own line lets through; 0 for any
}

// Peer is one agent with its hands: what agent/runtime is in earnest.
type Peer struct {
	w      *World
	id     int32
	run    int32 // which of its processes runs, from 1
	name   string
	key    wire.Key
	signer wire.PrivateKey
	conf   agent.Config
	part   cast.Part
	stands []sell.Stand
	core   *agent.Agent // nil while it is down
	gone   bool         // it has thrown its name away
	doom   int          // records until its power fails; 0 for never
	down   uint64       // milliseconds for which it is down then
	skew   int64
	last   uint64 // its clock never runs back
	wake   uint64
	worked uint64
	answer *agent.Refusal

	disk     disk
	copied   [][]byte // of its journal, by the last Backup
	restored bool     // from a copy, since it was started last
	line     uint64   // bytes a second
	parts    *agent.Order
	unshown  []*agent.Record // not yet durable
	tasks    map[wire.CID]uint64
	task     uint64
	met      []int32 // whom it ever had a link with
	log      logbook
	pages    map[wire.CID]page // of its log, as read
}

// noQuotas lets everybody have everything.
var noQuotas = sell.Quotas{
	Stranger: sell.Quota{Open: 1 << 20, Asks: 1 << 20}, Known: sell.Quota{Open: 1 << 20, Asks: 1 << 20}, Crowd: 1 << 20,
	Unpaid: 1 << 30, CrowdUnpaid: 1 << 30, CrowdStored: 1 << 40,
}

// Settle has somebody come to live here. It is down until Start.
func (w *World) Settle(r Resident) (*Peer, error) {
	id := uint64(len(w.peers))
	signer := wire.NewPrivateKey(w.o.Chance.Bytes("key of an agent", id))
	owner := r.Owner
	if owner == "" {
		owner = fmt.Sprint("owner of ", id)
	}
	p := &Peer{w: w, id: int32(id), name: r.Name, key: signer.Key(), signer: signer, part: r.Part, stands: r.Stands, skew: r.Skew, line: r.Line, parts: r.Parts}
	p.conf = agent.Config{
		Self: p.key, Net: w.o.Net, Registry: w.reg, Namer: wire.Canonical{}, Rail: "credit", Quotas: r.Quotas, Trust: r.Trust,
		Policy: settlement.Policy{Newcomers: []settlement.Pool{{Asset: r.Asset, Limit: wire.Units(r.Pool)}}},
	}
	if r.Quotas == (sell.Quotas{}) {
		p.conf.Quotas = noQuotas
	}
	answers := wire.NewPrivateKey(w.o.Chance.Bytes("key of "+owner, 0)).Key()
	grant := delegation.Grant{Budgets: []protocol.Budget{{Asset: r.Asset, PerJob: wire.Units(r.PerJob), Total: wire.Units(r.Total)}}}
	nonce := w.o.Chance.Bytes("mandate", id)
	p.conf.Mandate = wire.Canonical{}.Name(delegation.Root(answers, p.key, w.now-3600_000, wire.Nonce(nonce[:16]), grant))
	if err := p.conf.Check(); err != nil {
		return nil, fmt.Errorf("settle %s: %w", r.Name, err)
	}
	w.peers = append(w.peers, p)
	w.index[p.key] = p
	if w.o.Watch != nil {
		w.o.Watch.Join(invariant.Member{
			Key: p.key, Name: p.name, Honest: r.Part.Honest(), Asset: r.Asset, Mandate: p.conf.Mandate.ID,
			PerJob: wire.Units(r.PerJob), Total: wire.Units(r.Total), Pool: wire.Units(r.Pool),
		})
	}
	return p, nil
}

// Name returns its name.
func (p *Peer) Name() string { return p.name }

// Key returns its key.
func (p *Peer) Key() wire.Key { return p.key }

// Part returns the part it plays.
func (p *Peer) Part() cast.Part { return p.part }

// Agent returns its core, for a look; nil while it is down.
func (p *Peer) Agent() *agent.Agent { return p.core }

// Gone reports whether it has thrown its name away.
func (p *Peer) Gone() bool { return p.gone }

// Clock returns the instant as it has it.
func (p *Peer) Clock() uint64 {
	p.last = max(p.last, uint64(int64(p.w.now)+p.skew))
	return p.last
}

// Start begins a run of its process, if none runs: replay, and Began.
func (p *Peer) Start() {
	if p.core != nil || p.gone || p.w.fault != nil || p.disk.full {
		return
	}
	a, err := agent.New(p.conf)
	if err != nil {
		p.w.stop(fmt.Errorf("start %s: %w", p.name, err))
		return
	}
	p.log = logbook{}
	records, err := p.disk.open(p.w.reg)
	var bad *damage
	if errors.As(err, &bad) {
		p.ruined(bad)
		return
	}
	for i, r := range records {
		if err == nil {
			_, err = a.Fold(r)
		}
		if err != nil {
			p.w.violated(invariant.Replay, p.name, fmt.Sprintf("record %d cannot be folded again: %v", i+1, err))
			return
		}
		p.last = max(p.last, r.At)
		p.index(r)
	}
	first := p.run == 0
	p.core, p.wake = a, 0
	p.run++
	p.tasks = nil
	if p.w.o.Watch != nil && !first {
		if p.restored {
			p.w.stop(p.w.o.Watch.Restored(p.key, records))
		}
		p.w.stop(p.w.o.Watch.Restarted(p.key, a, len(records)))
	}
	p.restored = false
	var epoch protocol.Epoch
	binary.BigEndian.PutUint64(epoch[:], p.w.steps.Uint64())
	binary.BigEndian.PutUint64(epoch[8:], p.w.steps.Uint64()|1)
	p.w.tell(p, "", "starts", "")
	p.Handle(agent.Began{Epoch: epoch})
	if first {
		for _, s := range p.stands {
			p.Handle(agent.Opened{Stand: s})
		}
	}
}

// Crash ends its process: what was not synced is lost, or torn, or there after all.
func (p *Peer) Crash() {
	if p.core == nil || p.w.fault != nil {
		return
	}
	w := p.w
	w.tally.Crashes++
	pending := len(p.disk.written) - p.disk.durable
	keep := 0
	if pending > 0 && !p.disk.full {
		keep = w.disks.IntN(pending + 1)
	}
	kept := p.disk.durable + keep
	gone, tore := p.disk.loses(keep, func(size int) int {
		if w.disks.IntN(2) == 0 {
			return 0
		}
		return 1 + w.disks.IntN(size-1)
	})
	w.tally.Unsynced += uint64(gone)
	if tore {
		w.tally.Torn++
	}
	if w.o.Watch != nil {
		w.stop(w.o.Watch.Crashed(p.key, p.core, p.Clock(), kept, gone == 0))
	}
	w.tell(p, "", "crashes", fmt.Sprintf("%d records unsynced, of which %d are gone, torn: %v", pending, gone, tore))
	p.core, p.unshown, p.tasks = nil, nil, nil
	w.leave(p)
}

// Jump sets its clock: from now on it is ms ahead of the world's.
func (p *Peer) Jump(ms int64) {
	p.w.tally.Jumps++
	p.w.tell(p, "", "clock", fmt.Sprintf("is %d ms ahead", ms))
	p.skew = ms
	if p.core != nil && p.wake > 0 {
		p.wakeAt(p.wake)
	}
}

// Handle gives an event to its core and does what that says. It returns what the
// core answered to an event of its owner.
func (p *Peer) Handle(ev agent.Event) *agent.Refusal {
	w := p.w
	if p.core == nil || w.fault != nil {
		return nil
	}
	var chance [16]byte
	binary.BigEndian.PutUint64(chance[:], w.steps.Uint64())
	binary.BigEndian.PutUint64(chance[8:], w.steps.Uint64())
	at := p.Clock()
	step, err := p.core.Handle(at, chance, ev)
	w.tally.Events++
	if err != nil {
		w.violated(invariant.Sound, p.name, fmt.Sprintf("%T: %v", ev, err))
		return nil
	}
	if len(step.Slips) > 0 && p.part.Honest() {
		w.violated(invariant.Sound, p.name, fmt.Sprintf("%T: it was about to say what its own rules forbid: %v", ev, step.Slips[0]))
		return nil
	}
	if len(step.Record.Facts) > 0 && !p.record(&step.Record) {
		return nil
	}
	if w.o.Watch != nil {
		w.stop(w.o.Watch.Stepped(p.key, p.core, at, &step))
	}
	p.answer = nil
	if p.disk.durable == len(p.disk.written) {
		for _, e := range step.Effects {
			p.carry(e)
		}
		return p.answer
	}
	for _, e := range step.Effects {
		if a, ok := e.(agent.Answer); ok {
			p.answer = a.Err
		}
	}
	if len(step.Effects) > 0 {
		p.disk.waiting = append(p.disk.waiting, parcel{upto: len(p.disk.written), effects: step.Effects})
	}
	return p.answer
}

// record seals what a record says and writes it. It reports whether the step goes on.
func (p *Peer) record(r *agent.Record) bool {
	w := p.w
	w.tally.Records++
	for _, s := range r.Sayings() {
		p.seal(s)
	}
	if w.o.Light {
		p.index(r)
		return w.fault == nil
	}
	b, err := r.Bytes()
	if err == nil && len(b) > agent.MaxRecord {
		err = fmt.Errorf("a record of %d bytes", len(b))
	}
	if err != nil {
		w.violated(invariant.Sound, p.name, err.Error())
		return false
	}
	p.disk.append(b)
	p.unshown = append(p.unshown, r)
	w.trace.mix(mark(p.disk.head))
	if w.o.Watch != nil {
		w.stop(w.o.Watch.Recorded(p.key, len(p.disk.written), r))
	}
	p.flush()
	if p.doom > 0 && !w.quiet {
		if p.doom--; p.doom == 0 {
			down := p.down
			w.put(turn{at: w.now + w.disks.Uint64N(w.o.Disk.Most+2), what: acts, with: func() {
				p.Crash()
				w.After(down, p.Start)
			}})
		}
	}
	return w.fault == nil
}

// Doom has its power fail soon after so many more records, and return later.
func (p *Peer) Doom(records int, down uint64) { p.doom, p.down = records, down }

func (p *Peer) seal(s *agent.Saying) {
	if s.Bundle != nil {
		return
	}
	raw := make([][]byte, len(s.Docs))
	for i, d := range s.Docs {
		raw[i] = d.Raw
	}
	s.Bundle = p.sealed(raw, s.Docs)
}

// sealed signs documents. In a light world only what a core opens itself is signed.
func (p *Peer) sealed(raw [][]byte, docs []wire.Said) *wire.Bundle {
	if p.w.o.Light && !opened(docs) {
		return &wire.Bundle{V: wire.Version, By: p.key, Net: p.w.o.Net, Docs: raw}
	}
	b, err := wire.Seal(p.signer, p.w.o.Net, raw...)
	if err != nil {
		p.w.violated(invariant.Sound, p.name, err.Error())
		return &wire.Bundle{V: wire.Version, By: p.key, Net: p.w.o.Net, Docs: raw}
	}
	return b
}

// opened reports whether the seal over docs is opened by cores: a contract carries
// its Offer or Quote whole, and that must prove itself.
func opened(docs []wire.Said) bool {
	for _, d := range docs {
		switch d.Doc.(type) {
		case *protocol.Offer, *protocol.Quote:
			return true
		}
	}
	return false
}

func (p *Peer) woke(at uint64) {
	if p.wake != at {
		return // another one counts
	}
	if p.Clock() < at { // its clock went back meanwhile
		p.wakeAt(at)
		return
	}
	p.wake = 0
	p.Handle(agent.Woke{})
}

func (p *Peer) wakeAt(at uint64) {
	p.wake = at
	wait := at - min(at, uint64(max(0, int64(p.w.now)+p.skew)))
	p.w.put(turn{at: p.w.now + wait, what: wakes, peer: p.id, run: p.run, mark: at})
}

// hears takes an event that was on its way: what comes of a task only if nobody stopped it.
func (p *Peer) hears(t *turn) {
	if t.mark > 0 {
		job := taskOf(t.with)
		if p.tasks[job] != t.mark {
			return
		}
		delete(p.tasks, job)
	}
	p.Handle(t.with.(agent.Event))
}

func taskOf(ev any) wire.CID {
	switch e := ev.(type) {
	case agent.Worked:
		return e.Job
	case agent.Judged:
		return e.Job
	case agent.Graded:
		return e.Job
	}
	return wire.CID{}
}
