package p2ptest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// Patience is how long Recorder.Until waits before it fails the test.
const Patience = 2 * time.Minute

// Recorder is a Handler that writes down what it is told. Its zero value
// accepts every frame and announcement and serves nothing; the functions and
// maps are set before the network is opened and not changed afterwards.
type Recorder struct {
	Judge     func(shard uint8, message []byte) p2p.Judgement
	Frame     func(from wire.Key, frame []byte) error
	Artefacts map[wire.CID][]byte
	Pages     func(peer wire.Key, at p2p.Place) ([][]byte, error)
	Gate      chan struct{} // if not nil, each artefact's first byte waits for it

	mu      sync.Mutex
	changed chan struct{} // closed and taken away by the next event
	ups     map[wire.Key]int
	downs   map[wire.Key]int
	frames  map[wire.Key][][]byte
	heard   map[uint8][][]byte
	live    map[uint8][][]byte
	wrong   []string
}

var _ p2p.Handler = (*Recorder)(nil)

// note changes the record and wakes whoever waits for it.
func (r *Recorder) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ups == nil {
		r.ups, r.downs = make(map[wire.Key]int), make(map[wire.Key]int)
		r.frames = make(map[wire.Key][][]byte)
		r.heard, r.live = make(map[uint8][][]byte), make(map[uint8][][]byte)
	}
	f()
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// next returns a channel that the next event closes.
func (r *Recorder) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed
}

// Until waits until what holds, asked anew after each event.
func (r *Recorder) Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	for {
		changed := r.next()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			t.Fatalf("waited %v in vain until %s", Patience, what)
		}
	}
}

func (r *Recorder) OnUp(peer wire.Key) {
	r.note(func() {
		r.ups[peer]++
		if r.ups[peer] != r.downs[peer]+1 {
			r.wrong = append(r.wrong, "OnUp for a link that is up")
		}
	})
}

func (r *Recorder) OnDown(peer wire.Key) {
	r.note(func() {
		r.downs[peer]++
		if r.ups[peer] != r.downs[peer] {
			r.wrong = append(r.wrong, "OnDown for a link that is down")
		}
	})
}

func (r *Recorder) OnFrame(from wire.Key, frame []byte) error {
	r.note(func() {
		if r.ups[from] != r.downs[from]+1 {
			r.wrong = append(r.wrong, "a frame on a link that is not up")
		}
		r.frames[from] = append(r.frames[from], frame)
	})
	if r.Frame != nil {
		return r.Frame(from, frame)
	}
	return nil
}

func (r *Recorder) OnAnnouncement(_ context.Context, shard uint8, _ wire.Key, message []byte) p2p.Judgement {
	j := p2p.Accept
	if r.Judge != nil {
		j = r.Judge(shard, message)
	}
	r.note(func() {
		r.heard[shard] = append(r.heard[shard], slices.Clone(message))
		if j == p2p.Accept {
			r.live[shard] = append(r.live[shard], slices.Clone(message))
		}
	})
	return j
}

func (r *Recorder) OnFetch(_ wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error) {
	b, ok := r.Artefacts[id]
	if !ok || offset > uint64(len(b)) {
		return nil, p2p.ErrNoArtefact
	}
	return io.NopCloser(&gated{bytes.NewReader(b[offset:]), r.Gate}), nil
}

// gated is a reader that waits for its gate.
type gated struct {
	io.Reader
	gate chan struct{}
}

func (g *gated) Read(b []byte) (int, error) {
	if g.gate != nil {
		<-g.gate
	}
	return g.Reader.Read(b)
}

func (r *Recorder) OnLog(peer wire.Key, at p2p.Place) ([][]byte, error) {
	if r.Pages == nil {
		return nil, p2p.ErrNoLog
	}
	return r.Pages(peer, at)
}

func (r *Recorder) OnPull(_ wire.Key, shard uint8) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.live[shard])
}

// Announce makes message live for pulls and publishes it, in this order.
func (r *Recorder) Announce(t testing.TB, n p2p.Network, shard uint8, message []byte) {
	t.Helper()
	r.note(func() { r.live[shard] = append(r.live[shard], message) })
	if err := n.Publish(context.Background(), shard, message); err != nil {
		t.Fatalf("publish: %v", err)
	}
}

// Links returns how often a link to peer came up and went down.
func (r *Recorder) Links(peer wire.Key) (ups, downs int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ups[peer], r.downs[peer]
}

// Frames returns what peer sent.
func (r *Recorder) Frames(peer wire.Key) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.frames[peer])
}

// Count returns how many frames peer sent.
func (r *Recorder) Count(peer wire.Key) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.frames[peer])
}

// Heard reports whether message was heard on shard.
func (r *Recorder) Heard(shard uint8, message []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.heard[shard], func(m []byte) bool { return bytes.Equal(m, message) })
}

// Wrong returns the broken rules seen so far: a frame or an OnDown without a
// link, a second OnUp.
func (r *Recorder) Wrong() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.wrong)
}

// Key returns the private key that name stands for, the same each time.
func Key(name string) wire.PrivateKey {
	return wire.NewPrivateKey(sha256.Sum256([]byte("p2ptest " + name)))
}
