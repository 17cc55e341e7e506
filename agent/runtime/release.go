package runtime

import (
	"sync"

	"github.com/souk-network/souk/agent"
)

// parcel is the effects of one step, waiting until its facts are durable.
type parcel struct {
	effects []agent.Effect
	done    chan *agent.Refusal // told when its turn has come; may be nil
	ready   bool                // nothing of its own to wait for
}

// release lets parcels out in the order they were pushed, each only once it
// and all before it are durable.
type release struct {
	mu      sync.Mutex
	cond    *sync.Cond
	queue   []*parcel
	stopped bool
}

func newRelease() *release {
	r := &release{}
	r.cond = sync.NewCond(&r.mu)
	return r
}

// push waits while too many parcels wait: who speaks faster than we can answer
// is not listened to.
func (r *release) push(g *parcel) {
	r.mu.Lock()
	for !r.stopped && len(r.queue) >= MaxOutbox {
		r.cond.Wait()
	}
	if !r.stopped {
		r.queue = append(r.queue, g)
	}
	r.mu.Unlock()
	r.cond.Broadcast()
}

// let marks a parcel as durable.
func (r *release) let(g *parcel) {
	r.mu.Lock()
	g.ready = true
	r.mu.Unlock()
	r.cond.Broadcast()
}

// next waits for the parcel whose turn it is; nil when stopped.
func (r *release) next() *parcel {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.stopped && (len(r.queue) == 0 || !r.queue[0].ready) {
		r.cond.Wait()
	}
	if r.stopped {
		return nil
	}
	g := r.queue[0]
	r.queue[0] = nil
	r.queue = r.queue[1:]
	if len(r.queue) == MaxOutbox-1 {
		r.cond.Broadcast()
	}
	return g
}

func (r *release) stop() {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.cond.Broadcast()
}
