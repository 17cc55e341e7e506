package libp2p

import (
	"sync"
	"time"

	"github.com/souk-network/souk/protocol/wire"
)

// turns counts what goes on at once, for each peer and in all. A peer's first is
// beyond what goes on in all: however greedy the others are, each has one turn.
type turns struct {
	perPeer, inAll int

	mu    sync.Mutex
	total int
	peers map[wire.Key]int
}

func newTurns(perPeer, inAll int) *turns {
	return &turns{perPeer: perPeer, inAll: inAll, peers: make(map[wire.Key]int)}
}

// take counts one more for peer; done counts it off again, once however often
// it is called. Without a free turn, ok is false.
func (t *turns) take(peer wire.Key) (done func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.peers[peer]
	if n >= t.perPeer || t.total >= t.inAll && n > 0 {
		return nil, false
	}
	t.total++
	t.peers[peer]++
	return sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.total--
		if t.peers[peer]--; t.peers[peer] == 0 {
			delete(t.peers, peer)
		}
	}), true
}

// crowded reports whether there are more turns than there may be but for first ones.
func (t *turns) crowded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total > t.inAll
}

// pace bounds how much each peer is given over time: most at once, and as much again
// over a span. Peers that have had nothing of late take no room.
type pace struct {
	most float64
	span time.Duration

	mu    sync.Mutex
	given map[wire.Key]portion
}

// portion is what a peer was given and that is not yet forgotten.
type portion struct {
	n  float64
	at time.Time
}

func newPace(most int, span time.Duration) *pace {
	return &pace{most: float64(most), span: span, given: make(map[wire.Key]portion)}
}

func (p *pace) left(g portion, at time.Time) float64 {
	return max(0, g.n-p.most*float64(at.Sub(g.at))/float64(p.span))
}

// may reports whether a peer may be given more now.
func (p *pace) may(peer wire.Key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.left(p.given[peer], time.Now()) < p.most
}

// charge notes that a peer was given n.
func (p *pace) charge(peer wire.Key, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Now()
	if len(p.given) >= MaxConnections { // no more than that can have asked of late
		for k, g := range p.given {
			if p.left(g, at) == 0 {
				delete(p.given, k)
			}
		}
	}
	p.given[peer] = portion{p.left(p.given[peer], at) + float64(n), at}
}
