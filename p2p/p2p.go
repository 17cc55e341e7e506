// Package p2p is the contract with the network: long-lived, ordered links
// between pairs of peers, artefact transfers beside them, and announcements to
// everyone who listens to a shard.
//
// It promises that a frame is delivered in order or not at all per link, that
// the sender's key is proved by the connection, and that nothing a peer sends
// makes it allocate beyond the limits of limits.go. It must never read what a
// frame says, know a job from a receipt, or hold any reputation.
package p2p

import (
	"context"
	"errors"
	"io"

	"github.com/souk-network/souk/protocol/wire"
)

var (
	// ErrUnreachable is returned (wrapped) where no connection to a peer can be made.
	ErrUnreachable = errors.New("peer unreachable")
	// ErrBusy is returned (wrapped) where a bounded queue is full; what was asked was not done.
	ErrBusy = errors.New("queue full")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("network closed")
	// ErrNoArtefact is returned (wrapped) by Fetch where the peer does not serve what was asked for.
	ErrNoArtefact = errors.New("artefact not served")
	// ErrNoLog is returned (wrapped) by Log where the peer has nothing at the place asked for.
	ErrNoLog = errors.New("log not served")
	// ErrSize is returned (wrapped) for a frame or an announcement that is empty or over its limit.
	ErrSize = errors.New("size outside the limits")
)

// Network is one peer's hold on the network. Its methods may be called from
// several goroutines.
type Network interface {
	// Self returns this peer's key.
	Self() wire.Key
	// Addrs returns the addresses others can dial, as multiaddrs that end in /p2p/<peer ID>.
	Addrs() []string
	// Connect dials a multiaddr that ends in /p2p/<peer ID> and keeps the link open.
	Connect(ctx context.Context, addr string) (wire.Key, error)
	// Dial opens a link to a peer at its known addresses, or returns ErrUnreachable (wrapped).
	// Where there is one it does nothing.
	Dial(ctx context.Context, peer wire.Key) error
	// Send queues one frame (1 to MaxFrame bytes) on the link to a peer, dialling known
	// addresses when there is no link. It returns once the frame is queued, ErrBusy when the
	// queue of that link is full, ErrUnreachable when no link can be made. A frame queued may
	// still be lost when the link breaks: whoever needs an answer says it again.
	Send(ctx context.Context, to wire.Key, frame []byte) error
	// Fetch opens the artefact id of peer from, starting at offset bytes.
	Fetch(ctx context.Context, from wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error)
	// Log asks peer from for pages of a log of outcomes, from a place on, and calls take for
	// each (1 to MaxPage bytes) as it comes, in order, until take returns false or the answer
	// ends: after MaxPages pages or MaxLogBytes bytes there is no more of it. It returns nil
	// where the answer was whole or take ended it.
	Log(ctx context.Context, from wire.Key, at Place, take func(page []byte) bool) error
	// Publish announces message (at most MaxAnnouncement bytes) to all who joined the shard.
	Publish(ctx context.Context, shard uint8, message []byte) error
	// Join starts to receive the announcements of a shard; joining twice is one joining.
	Join(shard uint8) error
	// Peers returns the links now open, in the order of their keys.
	Peers() []Link
	// Close ends all links and waits for the network's goroutines.
	Close() error
}

// Link is one open link.
type Link struct {
	Peer      wire.Key
	Addr      string // multiaddr in use, without the /p2p part
	Transport string // "quic", "tcp" or "memory"
}

// Place is a place in somebody's log of outcomes: the zero Epoch stands for its
// beginning, wherever that is.
type Place struct {
	Author wire.Key
	Epoch  [16]byte
	Seq    uint64
}

// Handler is what a Network calls; the runtime fulfils it. Each call must
// return soon. OnFrame calls for one peer come one after another, in order.
type Handler interface {
	// OnUp is called once a link to peer is open, before its first frame.
	OnUp(peer wire.Key)
	// OnDown is called when the last link to peer is gone.
	OnDown(peer wire.Key)
	// OnFrame is called for each frame. An error closes the link: the peer broke the protocol.
	OnFrame(from wire.Key, frame []byte) error
	// OnAnnouncement judges a message of a shard before it is passed on to others.
	OnAnnouncement(ctx context.Context, shard uint8, from wire.Key, message []byte) Judgement
	// OnFetch opens an artefact at offset for peer, or returns ErrNoArtefact.
	OnFetch(peer wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error)
	// OnLog returns pages of a log from a place on, or ErrNoLog, or ErrBusy where the peer has
	// asked too much. What is over the limits of an answer is not sent.
	OnLog(peer wire.Key, at Place) ([][]byte, error)
	// OnPull returns the announcements to hand to a peer that has just joined a shard,
	// each at most MaxAnnouncement bytes, at most MaxPull of them.
	OnPull(peer wire.Key, shard uint8) [][]byte
}

// Judgement is what a Handler says of an announcement.
type Judgement uint8

const (
	Ignore Judgement = iota // not passed on, no blame
	Accept                  // passed on
	Reject                  // provably faulty: not passed on, and the sender's score falls
)
