package world

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/simulations/invariant"
)

// ErrEndless is returned (wrapped) where a world has not come to its end within its limit of events.
var ErrEndless = errors.New("the world does not come to its end")

// what a turn does.
type what uint8

const (
	acts    what = iota // with: func()
	wakes               // mark: the instant that the core asked for
	hears               // with: agent.Event
	syncs               // a group of records is durable
	arrives             // with: *frame
	meets               // a link is tried
	parts               // mark: the serial number of the link that is found broken
)

// World is agents, their journals, the links between them and virtual time.
type World struct {
	o     Options
	now   uint64
	queue queue
	trace trace
	tally Tally
	peers []*Peer
	index map[wire.Key]*Peer
	reg   *wire.Registry
	links map[uint64]*link
	air   air
	side  []uint8 // of the partition, by peer; nil where there is none
	bad   map[wire.CID]bool
	quiet bool // nothing fails any more
	fault error
	fled  func(*Peer)

	// One source for each kind of chance, so that a fault more or less leaves the rest alone.
	steps, ways, disks, talk, life *rand.Rand
}

// New returns a world in which nobody lives.
func New(o Options) (*World, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	c := o.Chance
	return &World{
		o: o, now: Dawn, reg: protocol.Registry(), index: map[wire.Key]*Peer{}, links: map[uint64]*link{}, bad: map[wire.CID]bool{},
		air:   newAir(),
		steps: c.Source("steps", 0), ways: c.Source("links", 0), disks: c.Source("disks", 0), talk: c.Source("gossip", 0), life: c.Source("parts", 0),
	}, nil
}

// Now returns the instant, in Unix milliseconds.
func (w *World) Now() uint64 { return w.now }

// Tally returns what happened so far.
func (w *World) Tally() Tally { return w.tally }

// Trace returns the running hash of all that happened so far.
func (w *World) Trace() string { return w.trace.sum() }

// Peers returns who lives here, in the order in which they came.
func (w *World) Peers() []*Peer { return w.peers }

// At has something done at an instant, or now if that is past.
func (w *World) At(at uint64, do func()) { w.put(turn{at: max(at, w.now), what: acts, with: do}) }

// After has something done after so many milliseconds.
func (w *World) After(ms uint64, do func()) { w.At(w.now+ms, do) }

func (w *World) put(t turn) { w.queue.put(t) }

// Run lets everything happen until an instant. The error is the first broken
// invariant (*invariant.Violation), ErrEndless, or a fault of this program.
func (w *World) Run(until uint64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = w.violated("no panic", "", fmt.Sprintf("%v at %s", p, firstFrame(debug.Stack())))
		}
	}()
	for w.fault == nil && len(w.queue.turns) > 0 && w.queue.turns[0].at <= until {
		t := w.queue.take()
		w.now = t.at
		w.tally.Turns++
		w.trace.mix(t.at, uint64(t.what)|uint64(uint32(t.peer))<<8|uint64(uint32(t.run))<<40, t.mark)
		w.do(&t)
		if w.o.Limit > 0 && w.tally.Events > w.o.Limit {
			return fmt.Errorf("%w: %d events by %d ms after its dawn", ErrEndless, w.tally.Events, w.now-Dawn)
		}
	}
	if w.fault == nil {
		w.now = until
	}
	return w.fault
}

// firstFrame is where in our own code a panic came from.
func firstFrame(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "panic(") {
			for _, at := range lines[i+1:] {
				if strings.Contains(at, ".go:") && strings.Contains(at, "souk") {
					return strings.TrimSpace(at)
				}
			}
		}
	}
	return "an unknown place"
}

func (w *World) do(t *turn) {
	if t.what == acts {
		t.with.(func())()
		return
	}
	p := w.peers[t.peer]
	if t.run != 0 && (t.run != p.run || p.core == nil) {
		return
	}
	switch t.what {
	case wakes:
		p.woke(t.mark)
	case hears:
		p.hears(t)
	case syncs:
		p.synced()
	case arrives:
		p.arrives(t.with.(*frame))
	case meets:
		w.connect(p, w.peers[t.other])
	case parts:
		w.part(p, w.peers[t.other], t.mark)
	}
}

// violated stops the world: something that must hold does not.
func (w *World) violated(law, who, why string) error {
	v := &invariant.Violation{Law: law, Who: who, Why: why}
	w.stop(v)
	return v
}

// stop notes the first fault.
func (w *World) stop(err error) {
	if err == nil || w.fault != nil {
		return
	}
	var v *invariant.Violation
	if errors.As(err, &v) {
		v.Step, v.At = w.tally.Events, w.now
		w.tally.Violations++
	}
	w.fault = err
}

func (w *World) tell(who *Peer, with, what, text string) {
	if w.o.Tell != nil {
		w.o.Tell(Happening{Step: w.tally.Events, At: w.now, Who: who.name, With: with, What: what, Text: text})
	}
}

// mark is the beginning of a name, for the trace.
func mark(id [32]byte) uint64 { return binary.BigEndian.Uint64(id[:]) }

// nameOf returns the name of a key, or "?".
func (w *World) nameOf(k wire.Key) string {
	if p := w.index[k]; p != nil {
		return p.name
	}
	return "?"
}

// hit reports whether a share of 10,000 is drawn. Where nothing fails any more, no share is.
func (w *World) hit(r *rand.Rand, share uint64) bool {
	return share > 0 && !w.quiet && r.Uint64N(10_000) < share
}

// between draws from least to most.
func between(r *rand.Rand, least, most uint64) uint64 {
	if most <= least {
		return least
	}
	return least + r.Uint64N(most-least+1)
}

// Calm ends all faults: nothing is lost any more, nothing is cut, everybody is up,
// and who was ever linked is linked again.
func (w *World) Calm() {
	w.quiet = true
	w.Heal()
	for _, p := range w.peers {
		p.disk.full = false
		p.Start()
	}
	for _, p := range w.peers {
		for _, k := range p.met {
			w.Link(p, w.peers[k])
		}
	}
}

// Hush ends all trade: a long time passes in which nobody buys, and nobody sells any more.
func (w *World) Hush() {
	for _, p := range w.peers {
		for _, s := range p.stands {
			p.Handle(agent.Closed{Capability: s.Capability})
		}
	}
}

// Of returns who has a key; nil if nobody has.
func (w *World) Of(k wire.Key) *Peer { return w.index[k] }

// Good reports whether results are there and all of them good.
func (w *World) Good(results []payload.Artefact) bool {
	for _, a := range results {
		if w.bad[a.ID] {
			return false
		}
	}
	return len(results) > 0
}
