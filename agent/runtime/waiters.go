package runtime

import (
	"sync"

	"github.com/souk-network/souk/protocol/wire"
)

// waiters are those who wait for an order or a job to change.
type waiters struct {
	mu     sync.Mutex
	of     map[string]chan struct{}
	closed bool
}

func newWaiters() *waiters { return &waiters{of: map[string]chan struct{}{}} }

// on returns a channel that is closed at the next change of what name names: an
// order's key or a job's ID.
func (w *waiters) on(name string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.of[name]
	if c == nil {
		c = make(chan struct{})
		if w.closed {
			close(c)
			return c
		}
		w.of[name] = c
	}
	return c
}

func (w *waiters) wake(key string, job wire.CID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.of) == 0 {
		return
	}
	for _, name := range []string{key, job.String()} {
		if c := w.of[name]; c != nil {
			close(c)
			delete(w.of, name)
		}
	}
}

// all wakes everyone, for good.
func (w *waiters) all() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for name, c := range w.of {
		close(c)
		delete(w.of, name)
	}
}
