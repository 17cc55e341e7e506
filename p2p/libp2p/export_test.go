package libp2p

import (
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// SeekOn has peers sought on these interfaces alone, until restore is called.
func SeekOn(list ...net.Interface) (restore func()) {
	before := interfaces
	interfaces = func() []net.Interface { return list }
	return func() { interfaces = before }
}

// Interfaces returns those on which peers are sought.
func Interfaces() []net.Interface { return interfaces() }

// ServiceOf names the service of a network.
var ServiceOf = serviceOf

// ReadPacket reads what a peer is told on a local network.
var ReadPacket = readPacket

// MDNSGroup is where local discovery speaks.
var MDNSGroup = mdnsGroup

// NewResources returns the keeper of limits that a peer of so many connections has.
func NewResources(conns int) (network.ResourceManager, error) {
	return newResources(protocolsOf("test"), conns)
}

// Bury closes those of some connections that are at their end.
var Bury = bury

// Credible reports whether a peer at one address may send others to another.
var Credible = credible

// PullWithin gives an answer to a pull less time, until restore is called.
func PullWithin(d time.Duration) (restore func()) {
	before := pullTime
	pullTime = d
	return func() { pullTime = before }
}

// Wait has one more announcement of a peer wait to be judged, for ever, if it may.
func (n *Network) Wait(key wire.Key) bool {
	_, ok := n.gossip.waiting.take(key)
	return ok
}

// LoseAfter has connections on which nothing comes ended sooner, until restore is called.
func LoseAfter(d time.Duration) (restore func()) {
	before := lostAfter
	lostAfter = d
	return func() { lostAfter = before }
}

// Spare has new connections spared for less time where there are too many, until
// restore is called.
func Spare(d time.Duration) (restore func()) {
	before := spared
	spared = d
	return func() { spared = before }
}

// Judge judges an announcement of a neighbour.
func (n *Network) Judge(from wire.Key, message []byte) p2p.Judgement {
	return n.gossip.judge(n.ctx, 0, from, message)
}
