package runtime

import (
	"sync"

	"github.com/souk-network/souk/protocol/wire"
)

// links is what the runtime remembers of each link while it is open.
type links struct {
	mu    sync.Mutex
	open  map[wire.Key]*link
	calls map[wire.Key]bool // being dialled
}

type link struct {
	greeted bool // its Hello was heard
	faults  int  // unreadable bundles so far
}

func newLinks() *links { return &links{open: map[wire.Key]*link{}, calls: map[wire.Key]bool{}} }

func (l *links) up(peer wire.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[peer] = &link{}
}

// linked reports whether there is a link to a peer.
func (l *links) linked(peer wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[peer] != nil
}

func (l *links) down(peer wire.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, peer)
}

// greet notes that a peer's Hello was heard, and reports whether it is the first.
func (l *links) greet(peer wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.open[peer]
	if k == nil || k.greeted {
		return false
	}
	k.greeted = true
	return true
}

func (l *links) greeted(peer wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.open[peer]
	return k != nil && k.greeted
}

// fault counts an unreadable bundle, and reports whether there were too many.
func (l *links) fault(peer wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.open[peer]
	if k == nil {
		return true
	}
	k.faults++
	return k.faults > MaxFaults
}

// dialling reports whether the caller is to dial peer: nobody else does now.
func (l *links) dialling(peer wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls[peer] {
		return false
	}
	l.calls[peer] = true
	return true
}

func (l *links) dialled(peer wire.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, peer)
}
