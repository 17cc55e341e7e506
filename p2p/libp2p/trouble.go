package libp2p

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/multiformats/go-multistream"

	"github.com/souk-network/souk/protocol/wire"
)

var (
	// ErrOtherPeer is wrapped where another peer is at an address than the one sought.
	ErrOtherPeer = errors.New("another peer is there")
	// ErrOtherNet is wrapped where the peer is there, and of another network.
	ErrOtherNet = errors.New("it is in another network")
)

// Trouble tells how it stands with a bootstrap peer. Where it names none, it tells of an
// address that cannot be listened on while others can (a *ListenError), or why nobody is
// found on the local networks.
type Trouble struct {
	Peer  wire.Key
	Addrs []string // where it was sought, or what was to be listened on
	Err   error    // why it is not linked, such as ErrOtherPeer or ErrOtherNet; nil when it is linked again
	// Alone says that no bootstrap peer was reached, and nobody else is linked.
	Alone bool
}

// troubled is what was told last of a bootstrap peer.
type troubled struct {
	addrs []string
	kind  int // of its trouble: 0 for none
}

// kindOf tells apart what is worth telling anew.
func kindOf(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrOtherPeer):
		return 1
	case errors.Is(err, ErrOtherNet):
		return 2
	}
	return 3
}

// bootstraps notes where the bootstrap peers are.
func (n *Network) bootstraps() {
	for _, addr := range n.opts.Bootstrap {
		if key, ok := n.note(addr); ok {
			t := n.boot[key]
			if t == nil {
				t = new(troubled)
				n.boot[key] = t
			}
			t.addrs = append(t.addrs, addr)
		}
	}
}

// tellTrouble tells what came of a try to reach a bootstrap peer, where that is
// another thing than before.
func (n *Network) tellTrouble(key wire.Key, err error) {
	if n.opts.Trouble == nil || n.ctx.Err() != nil {
		return
	}
	n.mu.Lock()
	t := n.boot[key]
	if t == nil || t.kind == kindOf(err) {
		n.mu.Unlock()
		return
	}
	t.kind = kindOf(err)
	alone := err != nil && len(n.linksUp()) == 0
	for _, other := range n.boot {
		alone = alone && other.kind != 0
	}
	n.mu.Unlock()
	n.opts.Trouble(Trouble{key, t.addrs, err, alone})
}

// why says of an error of reaching a peer what people can act on, on one line.
func (n *Network) why(to wire.Key, err error) error {
	var unknown multistream.ErrNotSupported[protocol.ID]
	if errors.As(err, &unknown) {
		return n.otherNet(to)
	}
	var dial *swarm.DialError
	if !errors.As(err, &dial) {
		return err
	}
	var parts []string
	var other error
	for _, e := range dial.DialErrors {
		if is, ok := otherPeer(e.Cause); ok {
			other = fmt.Errorf("at %s: %w: %v", e.Address, ErrOtherPeer, is)
			continue
		}
		cause := e.Cause.Error()
		if i := strings.LastIndex(cause, "connect: "); i >= 0 { // what the system said
			cause = cause[i+len("connect: "):]
		}
		parts = append(parts, fmt.Sprintf("at %s: %s", e.Address, strings.Join(strings.Fields(cause), " ")))
	}
	switch {
	case other != nil:
		return other
	case len(parts) > 0:
		return errors.New(strings.Join(parts, "; "))
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}

// otherNet is the error for a peer that speaks no protocol of this network.
func (n *Network) otherNet(key wire.Key) error {
	version, _ := n.host.Peerstore().Get(peerOf(key), "ProtocolVersion")
	said, _ := version.(string)
	if name, ok := strings.CutPrefix(said, "souk/"); ok && wire.CheckNet(name) == nil && name != n.opts.Net {
		return fmt.Errorf("%w: %q, not %q", ErrOtherNet, name, n.opts.Net)
	}
	return fmt.Errorf("%w: it speaks no protocol of %q", ErrOtherNet, n.opts.Net)
}

var matches = regexp.MustCompile(`remote key matches ([1-9A-HJ-NP-Za-km-z]{40,70})`)

// otherPeer returns who is there, where it is another peer than was sought. QUIC
// tells of it in words alone.
func otherPeer(err error) (peer.ID, bool) {
	var mismatch sec.ErrPeerIDMismatch
	if errors.As(err, &mismatch) {
		return mismatch.Actual, true
	}
	if m := matches.FindStringSubmatch(err.Error()); m != nil {
		id, err := peer.Decode(m[1])
		return id, err == nil
	}
	return "", false
}
