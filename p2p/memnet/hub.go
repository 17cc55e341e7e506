// Package memnet is a network inside one process, for tests and simulations:
// links with latency and loss that can be cut and healed, without a socket.
//
// It promises what package p2p promises, with the same limits, and runs inside
// a testing/synctest bubble: it waits on nothing but the time package and
// channels. What is lost is drawn from a seed, one sequence for each direction
// of each link. It must never be used between processes, and it proves no keys.
package memnet

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// Options says how a Hub carries what its members say. The zero Options carry
// everything at once.
type Options struct {
	Seed    uint64        // of every draw of latency and loss
	Latency time.Duration // that each message takes, at least
	Jitter  time.Duration // at most this much more, drawn evenly; order is kept
	Loss    float64       // chance from 0 to 1 that a frame or an announcement vanishes

	// Drop, if not nil, is asked for each frame; true makes the frame vanish. It
	// is called from several goroutines.
	Drop func(from, to wire.Key, frame []byte) bool
}

// Check refuses a negative duration and a chance outside 0 to 1.
func (o Options) Check() error {
	if o.Latency < 0 || o.Jitter < 0 {
		return errors.New("memnet: latency and jitter cannot be negative")
	}
	if !(o.Loss >= 0 && o.Loss <= 1) {
		return errors.New("memnet: loss is a chance from 0 to 1")
	}
	return nil
}

// Hub joins members into one network. Its methods may be called from several
// goroutines.
type Hub struct {
	opts Options

	mu      sync.Mutex
	members map[wire.Key]*member
	joined  int           // members that ever joined; names their addresses
	cut     map[pair]bool // pairs that cannot reach each other
}

// pair names two members, whichever way round.
type pair struct{ low, high wire.Key }

func pairOf(a, b wire.Key) pair {
	if string(a[:]) > string(b[:]) {
		a, b = b, a
	}
	return pair{a, b}
}

// New makes a Hub without members. The error is that of Options.Check.
func New(opts Options) (*Hub, error) {
	if err := opts.Check(); err != nil {
		return nil, err
	}
	return &Hub{opts: opts, members: make(map[wire.Key]*member), cut: make(map[pair]bool)}, nil
}

// Join adds a member named key. Every member knows the address of every other,
// so that Send links to whoever is there. A key may join again after its Close.
func (h *Hub) Join(key wire.Key, handler p2p.Handler) (p2p.Network, error) {
	if key.IsZero() || handler == nil {
		return nil, errors.New("memnet: joining takes a key and a handler")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.members[key] != nil {
		return nil, fmt.Errorf("memnet: %v is here already", key)
	}
	h.joined++
	m := newMember(h, key, "/memory/"+strconv.Itoa(h.joined), handler)
	h.members[key] = m
	return m, nil
}

// Cut ends the link between a and b and allows no other until Heal.
func (h *Hub) Cut(a, b wire.Key) {
	h.mu.Lock()
	h.cut[pairOf(a, b)] = true
	var l *link
	if m := h.members[a]; m != nil {
		l = m.links[b]
	}
	h.unlink(l)
	h.mu.Unlock()
}

// Heal allows links between a and b again. It makes none.
func (h *Hub) Heal(a, b wire.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.cut, pairOf(a, b))
}

// Break ends the link between a and b, if there is one; the next Send or
// Connect makes another.
func (h *Hub) Break(a, b wire.Key) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.members[a]; m != nil {
		h.unlink(m.links[b])
	}
}

// link returns the link between m and the member to, making it where there is none.
func (h *Hub) link(m *member, to wire.Key) (*link, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.closed {
		return nil, p2p.ErrClosed
	}
	if l := m.links[to]; l != nil {
		return l, nil
	}
	other := h.members[to]
	if other == nil || other == m || h.cut[pairOf(m.key, to)] {
		return nil, fmt.Errorf("link to %v: %w", to, p2p.ErrUnreachable)
	}
	return h.newLink(m, other), nil
}

// unlink ends l. The caller holds h.mu.
func (h *Hub) unlink(l *link) {
	if l == nil {
		return
	}
	for _, p := range l.pipes {
		delete(p.to.links, p.from.key)
		p.end()
	}
}

// leave takes m out of the hub.
func (h *Hub) leave(m *member) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.closed {
		return false
	}
	m.closed = true
	for _, to := range slices.Collect(maps.Keys(m.links)) {
		h.unlink(m.links[to])
	}
	if h.members[m.key] == m {
		delete(h.members, m.key)
	}
	return true
}

// find returns the member that addr names.
func (h *Hub) find(addr string) (wire.Key, error) {
	where, id, ok := strings.Cut(addr, "/p2p/")
	if !ok || !strings.HasPrefix(where, "/memory/") {
		return wire.Key{}, fmt.Errorf("memnet: %.200q is no address of the form /memory/<n>/p2p/<peer ID>", addr)
	}
	key, err := wire.ParseKey(id)
	if err != nil {
		return wire.Key{}, fmt.Errorf("memnet: read address: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.members[key]; m == nil || m.addr != where {
		return key, fmt.Errorf("connect to %.200q: %w", addr, p2p.ErrUnreachable)
	}
	return key, nil
}
