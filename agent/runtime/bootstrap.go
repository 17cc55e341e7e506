package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// BootstrapOptions says what a bootstrap peer is made of. Every field without
// "optional" is needed.
type BootstrapOptions struct {
	Net  string
	Self wire.Key
	// Dial puts the peer on the network. It is called once.
	Dial    func(p2p.Handler) (p2p.Network, error)
	Log     *slog.Logger // optional
	Version string       // optional: shown in the status
}

// Bootstrap is a peer that only helps others join: it keeps links, tells where
// its neighbours are, passes announcements on and hands them to newcomers. It
// has no core, no mandate and no journal: it can neither sell nor buy, and what
// else is said to it is dropped unread.
type Bootstrap struct {
	square
	o     BootstrapOptions
	log   *slog.Logger
	host  p2p.Network // set once ready is closed
	start uint64
	epoch protocol.Epoch
	ready chan struct{} // closed when host is set, or never will be

	mu    sync.Mutex
	heard map[wire.Key]bool // links on which a Hello was heard
	open  bool
}

var _ gateway.Living = (*Bootstrap)(nil)

// OpenBootstrap puts a bootstrap peer on the network, where it runs until Close.
func OpenBootstrap(o BootstrapOptions) (*Bootstrap, error) {
	if o.Net == "" || o.Self.IsZero() || o.Dial == nil {
		return nil, errors.New("runtime: net, self and dial are needed")
	}
	b := &Bootstrap{
		square: square{protocol.Registry(), o.Net, newBoard(), newCalls()},
		o:      o, log: o.Log, start: now(),
		ready: make(chan struct{}), heard: map[wire.Key]bool{},
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	draw(b.epoch[:])
	net, err := o.Dial(crier{b})
	if err == nil {
		b.host = net
	}
	close(b.ready)
	if err != nil {
		return nil, fmt.Errorf("join the network: %w", err)
	}
	for shard := range uint8(p2p.Shards) {
		if err := net.Join(shard); err != nil {
			return nil, errors.Join(fmt.Errorf("join shard %d: %w", shard, err), net.Close())
		}
	}
	b.mu.Lock()
	b.open = true
	b.mu.Unlock()
	return b, nil
}

// Status returns how the peer is. It sells nothing and has no owner.
func (b *Bootstrap) Status(context.Context) (gateway.Status, error) {
	b.mu.Lock()
	ready := b.open
	b.mu.Unlock()
	s := gateway.Status{
		Schema: "souk.status/v1", Bootstrap: true, Peer: b.o.Self, DID: b.o.Self.DID(), Net: b.o.Net, Version: b.o.Version,
		Live: true, Ready: ready, Started: b.start, Addrs: b.host.Addrs(), Peers: linked(b.host),
		Known: b.board.count(now()), Budgets: []gateway.Budget{},
	}
	if !ready {
		s.Why = "starting or stopping"
	}
	return s, nil
}

// linked returns the links of a network as a desk shows them.
func linked(n p2p.Network) []gateway.Peer {
	peers := []gateway.Peer{}
	for _, l := range n.Peers() {
		peers = append(peers, gateway.Peer{Peer: l.Peer, Addr: l.Addr, Transport: l.Transport})
	}
	return peers
}

// Close leaves the network.
func (b *Bootstrap) Close() error {
	b.mu.Lock()
	b.open = false
	b.mu.Unlock()
	return b.host.Close()
}

// crier is what the network calls of a bootstrap peer.
type crier struct{ *Bootstrap }

var _ p2p.Handler = crier{}

// OnUp greets, as whoever speaks on a link must.
func (c crier) OnUp(peer wire.Key) {
	<-c.ready
	if c.host == nil {
		return
	}
	h := &protocol.Hello{
		Head: wire.Head{Kind: protocol.KindHello, By: c.o.Self, At: now()}, Net: c.o.Net,
		Least: protocol.Version, Most: protocol.Version, Epoch: c.epoch,
	}
	draw(h.Nonce[:])
	frame, err := (&protocol.Frame{Bare: [][]byte{wire.Canonical{}.Name(h).Raw}}).Bytes()
	if err == nil {
		err = c.host.Send(context.Background(), peer, frame)
	}
	if err != nil {
		c.log.Debug("not greeted", "peer", peer, "error", err)
	}
}

func (c crier) OnDown(peer wire.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.heard, peer)
}

// OnFrame reads the first frame, which must be a Hello, and nothing after it.
func (c crier) OnFrame(from wire.Key, b []byte) error {
	c.mu.Lock()
	heard := c.heard[from]
	c.mu.Unlock()
	if heard {
		return nil
	}
	f, err := protocol.ReadFrame(b)
	if err != nil {
		return err
	}
	if _, err := readHello(c.reg, c.o.Net, from, f); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard[from] = true
	return nil
}

func (c crier) OnAnnouncement(_ context.Context, shard uint8, _ wire.Key, raw []byte) p2p.Judgement {
	_, _, j := c.judge(shard, raw)
	return j
}

func (c crier) OnFetch(wire.Key, wire.CID, uint64) (io.ReadCloser, error) {
	return nil, p2p.ErrNoArtefact
}

// OnLog shows none: who neither hires nor works has no log.
func (crier) OnLog(wire.Key, p2p.Place) ([][]byte, error) { return nil, p2p.ErrNoLog }

func (c crier) OnPull(_ wire.Key, shard uint8) [][]byte { return c.live(now(), shard) }
