package memnet

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/souk-network/souk/p2p"
)

// link is two pipes, one each way; both end together.
type link struct{ pipes [2]*pipe }

// pipe carries what from says to to. Its one goroutine makes all calls to the
// receiver's handler for this link, so OnUp, frames and OnDown keep their order.
type pipe struct {
	from, to *member
	sent     *link

	up     chan struct{} // closed after OnUp
	ending chan struct{} // closed by end
	done   chan struct{} // closed after OnDown
	prior  *pipe         // the pipe between the two that ended last

	mu    sync.Mutex
	items []item
	bytes int
	ended bool
	last  time.Time // when the item queued last arrives
	rng   *rand.Rand
	more  chan struct{} // has room for one signal
}

// item is one thing on its way: a frame, an announcement of a shard, or the
// receiver's wish to pull a shard from the sender.
type item struct {
	what  byte
	shard uint8
	body  []byte
	at    time.Time
}

const (
	frameItem = iota
	announcementItem
	pullItem
)

// newLink links two members. The caller holds h.mu.
func (h *Hub) newLink(a, b *member) *link {
	l := &link{}
	l.pipes = [2]*pipe{h.newPipe(l, a, b), h.newPipe(l, b, a)}
	for _, p := range l.pipes {
		p.to.links[p.from.key] = l
		p.to.lastPipe[p.from.key] = p
		p.to.work.Add(1)
		go p.run()
	}
	return l
}

func (h *Hub) newPipe(l *link, from, to *member) *pipe {
	seed := sha256.New()
	seed.Write(binary.BigEndian.AppendUint64(nil, h.opts.Seed))
	seed.Write(from.key[:])
	seed.Write(to.key[:])
	prior := to.lastPipe[from.key]
	if prior != nil {
		// A link made again must not lose the same frames again.
		seed.Write(binary.BigEndian.AppendUint64(nil, prior.rng.Uint64()))
	}
	return &pipe{
		from: from, to: to, sent: l, prior: prior,
		up: make(chan struct{}), ending: make(chan struct{}), done: make(chan struct{}),
		more: make(chan struct{}, 1),
		rng:  rand.New(rand.NewChaCha8([32]byte(seed.Sum(nil)))),
	}
}

// end makes the pipe's goroutine call OnDown and finish. The caller holds the hub's mu.
func (p *pipe) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.ended, p.items, p.bytes = true, nil, 0
		close(p.ending)
	}
}

// push queues one item, within the limits of a link.
func (p *pipe) push(it item) error {
	opts := &p.from.hub.opts
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return p2p.ErrUnreachable
	}
	if len(p.items) >= p2p.MaxQueue || p.bytes+len(it.body) > p2p.MaxQueueBytes {
		return p2p.ErrBusy
	}
	lost := p.rng.Float64() < opts.Loss && it.what != pullItem
	delay := opts.Latency
	if opts.Jitter > 0 {
		delay += time.Duration(p.rng.Int64N(int64(opts.Jitter) + 1))
	}
	if lost || it.what == frameItem && opts.Drop != nil && opts.Drop(p.from.key, p.to.key, it.body) {
		return nil
	}
	it.at = time.Now().Add(delay)
	if it.at.Before(p.last) {
		it.at = p.last
	}
	p.last = it.at
	it.body = slices.Clone(it.body)
	p.items = append(p.items, it)
	p.bytes += len(it.body)
	select {
	case p.more <- struct{}{}:
	default:
	}
	return nil
}

// next waits for the next item to arrive; ok is false once the pipe has ended.
func (p *pipe) next() (it item, ok bool) {
	for {
		p.mu.Lock()
		waiting := len(p.items) > 0
		if waiting {
			it = p.items[0]
		}
		p.mu.Unlock()
		if !waiting {
			select {
			case <-p.more:
				continue
			case <-p.ending:
				return item{}, false
			}
		}
		if !p.until(it.at) {
			return item{}, false
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.ended {
			return item{}, false
		}
		p.items[0] = item{}
		p.items = p.items[1:]
		p.bytes -= len(it.body)
		return it, true
	}
}

// until waits for an instant; false means the pipe ended first.
func (p *pipe) until(at time.Time) bool {
	d := time.Until(at)
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.ending:
		return false
	}
}

// run is the life of a pipe as its receiver sees it.
func (p *pipe) run() {
	defer p.to.work.Done()
	defer close(p.done)
	if p.prior != nil {
		<-p.prior.done
		p.prior = nil
	}
	p.to.handler.OnUp(p.from.key)
	close(p.up)
	defer p.to.handler.OnDown(p.from.key)
	if p.until(time.Now().Add(p.from.hub.opts.Latency)) {
		for _, shard := range p.to.shards() {
			p.pull(shard)
		}
	}
	for {
		it, ok := p.next()
		if !ok {
			return
		}
		switch it.what {
		case announcementItem:
			p.to.judge(p.from.key, it.shard, it.body)
		case pullItem:
			p.pull(it.shard)
		default:
			if err := p.to.handler.OnFrame(p.from.key, it.body); err != nil {
				p.breakOff()
				return
			}
		}
	}
}

// breakOff ends the link because the sender broke the protocol.
func (p *pipe) breakOff() {
	h := p.to.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.to.links[p.from.key] == p.sent {
		h.unlink(p.sent)
	}
}

// pull has the receiver judge the sender's announcements of a shard, until one is faulty.
func (p *pipe) pull(shard uint8) {
	all := p.from.handler.OnPull(p.to.key, shard)
	for _, message := range all[:min(len(all), p2p.MaxPull)] {
		if len(message) == 0 || len(message) > p2p.MaxAnnouncement {
			continue
		}
		if p.to.judge(p.from.key, shard, slices.Clone(message)) == p2p.Reject {
			return
		}
	}
}
