package libp2p

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// outbound is the stream on which this peer speaks to one other, with the
// frames that wait for it. One goroutine writes, one waits for its end.
type outbound struct {
	stream network.Stream
	dead   chan struct{} // closed by fail

	mu     sync.Mutex
	failed bool
	frames [][]byte
	count  int // frames waiting, those in the writer's hands included
	bytes  int // of these
	more   chan struct{}
}

// attempt is one try to open an outbound, shared by all who wait for it.
type attempt struct {
	done chan struct{} // closed when out or err is set
	out  *outbound
	err  error
}

// outbound returns the stream to a peer, opening it, and dialling, if need be.
func (n *Network) outbound(ctx context.Context, to wire.Key) (*outbound, error) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, p2p.ErrClosed
	}
	nb := n.neighbour(to)
	if out := nb.out; out != nil && !out.gone() {
		n.mu.Unlock()
		return out, nil
	}
	a := nb.opening
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		nb.opening = a
		n.work.Add(1)
		go n.open(nb, a)
	}
	n.mu.Unlock()
	select {
	case <-a.done:
		return a.out, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("reach %v: %w: %w", to, p2p.ErrUnreachable, ctx.Err())
	}
}

// open carries out one attempt. The callers' contexts do not end it: another
// caller may wait for it too.
func (n *Network) open(nb *neighbour, a *attempt) {
	defer n.work.Done()
	defer close(a.done)
	stream, err := n.openLink(nb.key)
	n.mu.Lock()
	defer n.mu.Unlock()
	nb.opening = nil
	switch {
	case n.closed:
		a.err = p2p.ErrClosed
	case err != nil:
		a.err = fmt.Errorf("reach %v: %w: %w", nb.key, p2p.ErrUnreachable, n.why(nb.key, err))
	}
	if a.err != nil {
		if stream != nil {
			_ = stream.Reset()
		}
		n.tidy(nb)
		return
	}
	a.out = &outbound{stream: stream, dead: make(chan struct{}), more: make(chan struct{}, 1)}
	nb.out = a.out
	n.work.Add(2)
	go func() {
		defer n.work.Done()
		a.out.watch()
		n.silent(nb, a.out)
	}()
	go func() {
		defer n.work.Done()
		a.out.write()
	}()
}

// openLink dials if need be, opens a link stream and makes it known.
func (n *Network) openLink(to wire.Key) (network.Stream, error) {
	ctx, cancel := context.WithTimeout(n.ctx, p2p.DialTimeout)
	defer cancel()
	s, err := n.stream(ctx, to, n.ids.link)
	if err != nil {
		return nil, err
	}
	_ = s.SetWriteDeadline(time.Now().Add(openTimeout))
	if _, err := s.Write([]byte{opening}); err != nil {
		_ = s.Reset()
		return nil, err
	}
	return s, nil
}

// push queues a copy of frame.
func (o *outbound) push(frame []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed {
		return p2p.ErrUnreachable
	}
	if o.count >= p2p.MaxQueue || o.bytes+len(frame) > p2p.MaxQueueBytes {
		return p2p.ErrBusy
	}
	o.count++
	o.bytes += len(frame)
	o.frames = append(o.frames, slices.Clone(frame))
	signal(o.more)
	return nil
}

// write sends what is queued, as many frames in one write as are there, until
// the stream fails.
func (o *outbound) write() {
	defer o.fail()
	w := bufio.NewWriterSize(o.stream, 64<<10)
	for {
		select {
		case <-o.more:
		case <-o.dead:
			return
		}
		o.mu.Lock()
		batch := o.frames
		o.frames = nil
		o.mu.Unlock()
		for _, f := range batch {
			if o.within() != nil || writeChunk(w, f) != nil {
				return
			}
			o.mu.Lock()
			o.count--
			o.bytes -= len(f)
			o.mu.Unlock()
		}
		if o.within() != nil || w.Flush() != nil {
			return
		}
	}
}

// within gives the next write its deadline.
func (o *outbound) within() error {
	return o.stream.SetWriteDeadline(time.Now().Add(p2p.WriteTimeout))
}

// gone reports whether the stream has failed.
func (o *outbound) gone() bool {
	select {
	case <-o.dead:
		return true
	default:
		return false
	}
}

// watch waits for the end of the stream. Nothing is ever said on it from the
// other side, so whatever can be read means that it is over.
func (o *outbound) watch() {
	defer o.fail()
	_, _ = o.stream.Read(make([]byte, 1))
}

// fail ends the stream; what is queued is lost.
func (o *outbound) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed {
		return
	}
	o.failed, o.frames = true, nil
	close(o.dead)
	_ = o.stream.Reset()
}
