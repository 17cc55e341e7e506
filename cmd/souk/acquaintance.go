package main

import (
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

const shelfPeers = "peer/" // keys of the shelf: a peer ID follows

// acquaintance keeps the addresses of peers met on the shelf, so that a peer
// comes back to its network without its bootstrap peers. The shelf is written by
// one goroutine: links come up faster than disks are.
type acquaintance struct {
	shelf store.Shelf
	log   *slog.Logger
	wg    sync.WaitGroup

	mu     sync.Mutex
	met    map[wire.Key][]string // still to be written; nil once closed
	wanted chan struct{}         // of size 1: there is something in met
}

func remember(shelf store.Shelf, log *slog.Logger) *acquaintance {
	a := &acquaintance{shelf: shelf, log: log, met: map[wire.Key][]string{}, wanted: make(chan struct{}, 1)}
	a.wg.Go(a.write)
	return a
}

// addrs returns the addresses remembered from before, as many as may be tried.
func (a *acquaintance) addrs() []string {
	var known []string
	err := a.shelf.List(shelfPeers, func(_ string, value []byte) bool {
		var addrs []string
		if json.Unmarshal(value, &addrs) == nil { // soft state: what cannot be read is forgotten
			known = append(known, addrs...)
		}
		return len(known) < libp2p.MaxKnown
	})
	if err != nil {
		a.log.Warn("remembered peers not read", "error", err)
		return nil
	}
	return known[:min(len(known), libp2p.MaxKnown)]
}

// put notes where a peer was met. It does not wait.
func (a *acquaintance) put(peer wire.Key, addrs []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.met == nil || len(a.met) >= libp2p.MaxKnown {
		return
	}
	a.met[peer] = addrs
	select {
	case a.wanted <- struct{}{}:
	default:
	}
}

// write puts on the shelf what was met, until close.
func (a *acquaintance) write() {
	for range a.wanted {
		a.mu.Lock()
		met := a.met
		if met != nil {
			a.met = map[wire.Key][]string{}
		}
		a.mu.Unlock()
		for peer, addrs := range met {
			b, err := json.Marshal(addrs)
			if err == nil {
				err = a.shelf.Put(shelfPeers+peer.String(), b)
			}
			if err != nil {
				a.log.Warn("a peer is not remembered", "peer", peer, "error", err)
			}
		}
	}
}

// close waits for what is being written. put must not be called any more.
func (a *acquaintance) close() error {
	a.mu.Lock()
	a.met = nil
	close(a.wanted)
	a.mu.Unlock()
	a.wg.Wait()
	return nil
}
