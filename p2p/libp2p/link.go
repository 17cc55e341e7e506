package libp2p

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/multiformats/go-multiaddr"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// neighbour is what this peer holds of another: the stream it speaks on and the
// one it listens to. The link is up while both are open; each side opens its
// own, so that two who dial at the same moment need not agree on anything. When
// one stream ends the other is ended too, so that both sides see every break.
//
// Its fields are guarded by Network.mu. It is forgotten when it holds nothing.
type neighbour struct {
	key     wire.Key
	out     *outbound
	opening *attempt
	in      *inbound      // the newest
	up      *inbound      // the one for which OnUp was called, and OnDown was not
	upped   chan struct{} // closed from the end of OnUp until the link is down
	users   int           // goroutines that hold this neighbour
}

// inbound is the stream on which another peer speaks.
type inbound struct {
	stream network.Stream
	mate   *outbound     // what this peer answers on
	done   chan struct{} // closed after OnDown
	wanted chan uint8    // shards to pull
}

// neighbour returns the neighbour named key. The caller holds n.mu.
func (n *Network) neighbour(key wire.Key) *neighbour {
	nb := n.peers[key]
	if nb == nil {
		nb = &neighbour{key: key, upped: make(chan struct{})}
		n.peers[key] = nb
	}
	return nb
}

// tidy forgets nb if nothing is left of it. The caller holds n.mu.
func (n *Network) tidy(nb *neighbour) {
	if nb.out == nil && nb.opening == nil && nb.in == nil && nb.users == 0 {
		delete(n.peers, nb.key)
	}
}

// hold keeps nb from being forgotten until release.
func (n *Network) hold(key wire.Key) *neighbour {
	n.mu.Lock()
	defer n.mu.Unlock()
	nb := n.neighbour(key)
	nb.users++
	return nb
}

func (n *Network) release(nb *neighbour) {
	n.mu.Lock()
	defer n.mu.Unlock()
	nb.users--
	n.tidy(nb)
}

// Send queues one frame on the link to a peer, opening it if need be.
func (n *Network) Send(ctx context.Context, to wire.Key, frame []byte) error {
	if len(frame) == 0 || len(frame) > p2p.MaxFrame {
		return fmt.Errorf("send %d bytes: %w", len(frame), p2p.ErrSize)
	}
	if to == n.key {
		return fmt.Errorf("send to oneself: %w", p2p.ErrUnreachable)
	}
	out := n.linked(to)
	if out == nil {
		if err := n.reach(ctx, to); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		if out = n.linked(to); out == nil {
			return fmt.Errorf("send to %v: the link came and went: %w", to, p2p.ErrUnreachable)
		}
	}
	if err := out.push(frame); err != nil {
		return fmt.Errorf("send to %v: %w", to, err)
	}
	return nil
}

// linked returns what this peer speaks to another on while their link is up, or nil.
func (n *Network) linked(to wire.Key) *outbound {
	n.mu.Lock()
	defer n.mu.Unlock()
	nb := n.peers[to]
	if nb == nil || nb.up == nil || nb.up.mate.gone() {
		return nil
	}
	return nb.up.mate
}

// Connect dials addr, waits until the link is up, and from then on makes it
// again whenever it is gone.
func (n *Network) Connect(ctx context.Context, addr string) (wire.Key, error) {
	info, key, err := readAddr(addr)
	if err != nil {
		return key, err
	}
	if key == n.key {
		return key, fmt.Errorf("connect to oneself: %w", p2p.ErrUnreachable)
	}
	n.host.Peerstore().AddAddrs(info.ID, info.Addrs, knownFor)
	if err := n.reach(ctx, key); err != nil {
		return key, fmt.Errorf("connect: %w", err)
	}
	if !n.keep(key) {
		return key, fmt.Errorf("connect: keep the link: %d are kept already: %w", MaxKept, p2p.ErrBusy)
	}
	return key, nil
}

// Dial opens the link to peer, unless there is one.
func (n *Network) Dial(ctx context.Context, peer wire.Key) error {
	if err := n.reach(ctx, peer); err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	return nil
}

// reach returns once the link to key is up. What was there before, a connection or
// a stream on one, may be at its end; what fails on it is tried once more on another.
func (n *Network) reach(ctx context.Context, key wire.Key) error {
	ctx, cancel := context.WithTimeout(ctx, p2p.DialTimeout)
	defer cancel()
	nb := n.hold(key)
	defer n.release(nb)
	n.mu.Lock()
	before := nb.out != nil
	n.mu.Unlock()
	before = before || n.host.Network().Connectedness(peerOf(key)) == network.Connected
	err := n.tryReach(ctx, nb)
	if err != nil && before && ctx.Err() == nil {
		err = n.tryReach(ctx, nb)
	}
	return err
}

func (n *Network) tryReach(ctx context.Context, nb *neighbour) error {
	out, err := n.outbound(ctx, nb.key)
	if err != nil {
		return err
	}
	n.mu.Lock()
	upped := nb.upped
	n.mu.Unlock()
	select {
	case <-upped:
		return nil
	case <-out.dead:
		return fmt.Errorf("reach %v: it ended the link: %w", nb.key, p2p.ErrUnreachable)
	case <-ctx.Done():
		return fmt.Errorf("reach %v: %w: %w", nb.key, p2p.ErrUnreachable, ctx.Err())
	}
}

// serve makes a stream handler of f: it names the peer, counts the goroutine, and
// ends the stream well if f says so.
func (n *Network) serve(f func(wire.Key, network.Stream) bool) network.StreamHandler {
	return func(s network.Stream) {
		key, err := keyOf(s.Conn().RemotePeer())
		if err != nil || !n.begin() {
			_ = s.Reset()
			return
		}
		defer n.work.Done()
		if !f(key, s) || s.Close() != nil {
			_ = s.Reset()
		}
	}
}

// serveLink listens to a peer until its stream ends, which is never well.
func (n *Network) serveLink(key wire.Key, s network.Stream) bool {
	r := bufio.NewReaderSize(s, 32<<10)
	_ = s.SetReadDeadline(time.Now().Add(openTimeout))
	if b, err := r.ReadByte(); err != nil || b != opening {
		return false
	}
	_ = s.SetReadDeadline(time.Time{})

	in := &inbound{stream: s, done: make(chan struct{}), wanted: make(chan uint8, 2*p2p.Shards)}
	defer close(in.done)
	nb := n.hold(key)
	defer n.release(nb)
	n.replace(nb, in)
	defer n.forget(nb, in)
	out, err := n.outbound(n.ctx, key)
	if err != nil {
		return false
	}
	in.mate = out
	defer out.fail()

	if !n.raise(nb, in) {
		return false
	}
	n.handler.OnUp(key)
	defer n.handler.OnDown(key)
	n.tell(nb)
	defer n.lower(nb)
	n.greet(key)
	if n.begin() {
		go func() {
			defer n.work.Done()
			n.pullWanted(key, in)
		}()
	}
	if err := n.listen(key, s, r); errors.Is(err, errBroken) {
		_ = n.host.Network().ClosePeer(peerOf(key))
	}
	return false
}

// errBroken is returned (wrapped) by listen where the peer broke the protocol.
var errBroken = errors.New("the peer broke the protocol")

// listen hands over one frame after the other, until there are no more.
func (n *Network) listen(key wire.Key, s deadliner, r *bufio.Reader) error {
	for {
		frame, err := readFrame(r, s, p2p.WriteTimeout)
		if errors.Is(err, p2p.ErrSize) {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		if err != nil {
			return err
		}
		if err := n.handler.OnFrame(key, frame); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
	}
}

// replace makes in the stream that nb is listened to on, and waits until the
// one before is over. A peer opens a second stream only when it has lost the
// first, so what is left of the old link goes, with its connections: they may
// be dead without our knowing.
func (n *Network) replace(nb *neighbour, in *inbound) {
	n.mu.Lock()
	old, out := nb.in, nb.out
	nb.in = in
	n.mu.Unlock()
	if old == nil {
		return
	}
	streams := []network.Stream{old.stream}
	if out != nil {
		streams = append(streams, out.stream)
		out.fail()
		n.silent(nb, out)
	}
	for _, s := range streams {
		_ = s.Reset()
		if s.Conn().ID() != in.stream.Conn().ID() {
			_ = s.Conn().Close()
		}
	}
	<-old.done
}

// raise marks the link as up, so that OnUp can send, unless it has been replaced
// or broken meanwhile.
func (n *Network) raise(nb *neighbour, in *inbound) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if nb.in != in || nb.out != in.mate || n.closed {
		return false
	}
	nb.up = in
	return true
}

// tell wakes those who wait for the link.
func (n *Network) tell(nb *neighbour) {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(nb.upped)
}

// lower undoes raise and tell.
func (n *Network) lower(nb *neighbour) {
	n.mu.Lock()
	defer n.mu.Unlock()
	nb.up = nil
	nb.upped = make(chan struct{})
	signal(n.fewer)
	if len(n.linksUp()) == 0 {
		signal(n.lonely)
	}
}

// signal wakes whoever waits for c, a channel of size 1, or the next who will.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (n *Network) forget(nb *neighbour, in *inbound) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if nb.in == in {
		nb.in = nil
	}
}

// silent takes out, which has failed, from nb, and ends the stream it answered.
func (n *Network) silent(nb *neighbour, out *outbound) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if nb.out == out {
		nb.out = nil
	}
	if nb.up != nil && nb.up.mate == out {
		_ = nb.up.stream.Reset()
	}
	n.tidy(nb)
}

// Peers returns the links now up, in the order of their keys.
func (n *Network) Peers() []p2p.Link {
	n.mu.Lock()
	up := n.linksUp()
	n.mu.Unlock()
	slices.SortFunc(up, func(a, b p2p.Link) int { return slices.Compare(a.Peer[:], b.Peer[:]) })
	return up
}

// linksUp returns the links now up, in no order. The caller holds n.mu.
func (n *Network) linksUp() []p2p.Link {
	links := make([]p2p.Link, 0, len(n.peers))
	for key, nb := range n.peers {
		if nb.up != nil {
			addr := nb.up.stream.Conn().RemoteMultiaddr()
			links = append(links, p2p.Link{Peer: key, Addr: addr.String(), Transport: transportOf(addr)})
		}
	}
	return links
}

func transportOf(addr multiaddr.Multiaddr) string {
	if _, err := addr.ValueForProtocol(multiaddr.P_QUIC_V1); err == nil {
		return "quic"
	}
	return "tcp"
}
