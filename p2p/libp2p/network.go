// Package libp2p fulfils p2p.Network over go-libp2p: QUIC and TCP with Noise
// and yamux, one long-lived stream each way per pair of peers, artefacts on
// streams of their own, and announcements over gossipsub.
//
// It promises that a peer ID is the market's Ed25519 key and nothing else, that
// every stream has deadlines and every queue a bound, and that each goroutine
// ends with Close. It must never read what a frame says, hold a reputation, or
// speak with public peers it was not told of.
//
// The bytes on the wire are in docs/spec/transport.md.
package libp2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/gologshim"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// Network is one peer on a libp2p network.
type Network struct {
	opts    Options
	key     wire.Key
	ids     protocols
	handler p2p.Handler
	host    host.Host

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	close  func() error

	mu     sync.Mutex // guards what follows and the fields of every neighbour
	closed bool
	work   sync.WaitGroup // Add only through begin
	peers  map[wire.Key]*neighbour
	boot   map[wire.Key]*troubled // the bootstrap peers
	kept   map[wire.Key]bool      // whose links are made again
	lonely chan struct{}          // signalled when the last link is gone
	fewer  chan struct{}          // signalled when a link is gone

	gossip   *gossip
	serving  *turns // artefacts sent
	fetching *turns // artefacts received
	pulling  *turns // pulls answered
	showing  *turns // questions where a peer is, answered
	telling  *turns // questions for a log, answered
	pulled   *pace  // bytes of pulls answered
}

var _ p2p.Network = (*Network)(nil)

// protocols holds the stream protocol IDs of one network.
type protocols struct{ link, artefact, pull, where, log protocol.ID }

func protocolsOf(net string) protocols {
	id := func(name string) protocol.ID { return protocol.ID("/souk/" + net + "/" + name + "/1") }
	return protocols{link: id("link"), artefact: id("artefact"), pull: id("pull"), where: id("where"), log: id("log")}
}

// New starts a peer: it listens, and tries the bootstrap and known addresses in
// the background. The error is that of Options.Check or of listening. Close
// ends it.
func New(opts Options, h p2p.Handler) (*Network, error) {
	if err := opts.Check(); err != nil {
		return nil, err
	}
	if h == nil {
		return nil, errors.New("libp2p: a peer needs a handler")
	}
	// What the library itself logs goes to the error output past us, as where a listener is closed.
	gologshim.SetDefaultHandler(slog.DiscardHandler)
	n := &Network{
		opts: opts, key: opts.Key.Key(), ids: protocolsOf(opts.Net), handler: h,
		peers: make(map[wire.Key]*neighbour), boot: make(map[wire.Key]*troubled), kept: make(map[wire.Key]bool), lonely: make(chan struct{}, 1), fewer: make(chan struct{}, 1),
		serving:  newTurns(p2p.MaxFetches, opts.conns()),
		fetching: newTurns(p2p.MaxFetches, opts.conns()),
		pulling:  newTurns(pullsPerPeer, pulls+max(0, opts.conns()-Connections)/8),
		showing:  newTurns(showsPerPeer, shows),
		telling:  newTurns(logsPerPeer, logs),
		pulled:   newPace(pulledEach, pulledSpan),
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	var err error
	if n.host, err = newHost(opts, n.ids); err != nil {
		n.cancel()
		return nil, err
	}
	n.close = sync.OnceValue(n.shut)
	if n.gossip, err = newGossip(n); err != nil {
		return nil, errors.Join(err, n.close())
	}
	n.host.SetStreamHandler(n.ids.link, n.serve(n.serveLink))
	n.host.SetStreamHandler(n.ids.artefact, n.serve(n.serveArtefact))
	n.host.SetStreamHandler(n.ids.pull, n.serve(n.servePull))
	n.host.SetStreamHandler(n.ids.where, n.serve(n.serveWhere))
	n.host.SetStreamHandler(n.ids.log, n.serve(n.serveLog))
	n.meet()
	n.work.Add(1)
	go func() {
		defer n.work.Done()
		n.watch()
	}()
	return n, nil
}

// Self returns this peer's key.
func (n *Network) Self() wire.Key { return n.key }

// Addrs returns the addresses others can dial.
func (n *Network) Addrs() []string {
	addrs := n.host.Addrs()
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a.String() + "/p2p/" + n.key.String()
	}
	return out
}

// Close ends all links and waits for the network's goroutines. It must not be
// called from a Handler.
func (n *Network) Close() error { return n.close() }

func (n *Network) shut() error {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.cancel()
	err := n.host.Close()
	n.work.Wait()
	if err != nil {
		return fmt.Errorf("libp2p: close: %w", err)
	}
	return nil
}

// begin counts one more goroutine of the network, unless it is closed. Whoever
// gets true calls n.work.Done.
func (n *Network) begin() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.work.Add(1)
	return true
}
