package libp2p

import (
	"bufio"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// pullWanted pulls from a peer while the link is up: at once the shards joined
// before, later those it is asked to, and each once more after pullAgain. What
// is announced while gossipsub has not yet taken a newcomer into its mesh, which
// it does once a second, does not reach the newcomer otherwise.
func (n *Network) pullWanted(key wire.Key, in *inbound) {
	type second struct {
		shard uint8
		at    time.Time
	}
	var again []second
	for _, shard := range n.gossip.shards() {
		in.wanted <- shard
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if len(again) > 0 {
			timer.Reset(time.Until(again[0].at))
		} else {
			timer.Stop()
		}
		select {
		case shard := <-in.wanted:
			again = append(again, second{shard, time.Now().Add(pullAgain)})
			n.pull(key, shard)
		case <-timer.C:
			n.pull(key, again[0].shard)
			again = again[1:]
		case <-in.done:
			return
		}
	}
}

// pullFromTwo has a shard pulled from two neighbours, those who listen to it first.
func (n *Network) pullFromTwo(shard uint8) {
	listening := n.gossip.topics[shard].ListPeers()
	n.mu.Lock()
	defer n.mu.Unlock()
	var first, then []*inbound
	for key, nb := range n.peers {
		switch {
		case nb.up == nil:
		case slices.Contains(listening, peerOf(key)):
			first = append(first, nb.up)
		default:
			then = append(then, nb.up)
		}
	}
	all := append(first, then...)
	for _, in := range all[:min(len(all), 2)] {
		select {
		case in.wanted <- shard:
		default: // it has every shard to pull already
		}
	}
}

// pull asks a peer for the live announcements of a shard and has each judged as
// if it had been announced. What cannot be had is had from gossip or the next
// link, so there is no error.
func (n *Network) pull(from wire.Key, shard uint8) {
	s, err := n.ask(n.ctx, from, n.ids.pull, []byte{shard})
	if err != nil {
		return
	}
	defer s.Reset() // all of it was read, or the rest is not wanted
	r := bufio.NewReader(s)
	for range p2p.MaxPull {
		_ = s.SetReadDeadline(time.Now().Add(openTimeout))
		message, err := readChunk(r, p2p.MaxAnnouncement)
		if err != nil {
			return
		}
		if n.gossip.judgePulled(shard, from, message) == p2p.Reject {
			return // the rest is worth as little
		}
	}
}

// pullTime is how long one answer to a pull may take. Tests choose less.
var pullTime = time.Minute

// servePull answers one pull, and reports whether it said all there is.
func (n *Network) servePull(key wire.Key, s network.Stream) bool {
	var shard [1]byte
	if !hear(s, shard[:]) {
		return false
	}
	if shard[0] >= p2p.Shards {
		return answer(s, answerAbsent)
	}
	done, ok := n.pulling.take(key)
	if !ok {
		return answer(s, answerBusy)
	}
	defer done()
	if !n.pulled.may(key) {
		return answer(s, answerBusy)
	}
	all := n.handler.OnPull(key, shard[0])
	if !answer(s, answerOK) {
		return false
	}
	w := bufio.NewWriterSize(s, copyBuffer)
	ends := time.Now().Add(pullTime) // who reads slowly must not keep the others waiting
	for _, message := range all[:min(len(all), p2p.MaxPull)] {
		if len(message) == 0 || len(message) > p2p.MaxAnnouncement {
			continue
		}
		if within := time.Now().Add(openTimeout); within.Before(ends) {
			_ = s.SetWriteDeadline(within)
		} else {
			_ = s.SetWriteDeadline(ends)
		}
		n.pulled.charge(key, len(message))
		if writeChunk(w, message) != nil {
			return false
		}
	}
	return w.Flush() == nil
}
