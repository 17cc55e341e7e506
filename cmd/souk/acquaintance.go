package main

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

const (
	shelfPeers = "peer/" // keys of the shelf: a peer ID follows
	maxMet     = 1024    // peers remembered in one run: whoever makes keys could fill the disk

	// Of what is remembered one part in so many may lie near to one another: else who has
	// a crowd come would be all that is.
	groups = 16
)

// acquaintance keeps the addresses of peers met on the shelf, so that a peer
// comes back to its network without its bootstrap peers. The shelf is written by
// one goroutine: links come up faster than disks are.
type acquaintance struct {
	shelf store.Shelf
	log   *slog.Logger
	wg    sync.WaitGroup

	mu     sync.Mutex
	kept   map[wire.Key]bool     // remembered in this run, at most maxMet
	of     map[string]int        // their addresses, by groups
	fresh  map[wire.Key][]string // still to be written
	wanted chan struct{}         // of size 1: there is something in fresh
}

func remember(shelf store.Shelf, log *slog.Logger) *acquaintance {
	a := &acquaintance{shelf: shelf, log: log, kept: map[wire.Key]bool{}, of: map[string]int{}, fresh: map[wire.Key][]string{}, wanted: make(chan struct{}, 1)}
	a.wg.Go(a.write)
	return a
}

// met is what the shelf holds of a peer.
type met struct {
	At    int64    `json:"at"` // Unix seconds
	Addrs []string `json:"addrs"`
}

// addrs returns the addresses remembered from before, of those met last first, as
// many as may be tried and not too many near to one another. What is more is forgotten:
// it would only grow.
func (a *acquaintance) addrs() []string {
	all := map[string]met{}
	err := a.shelf.List(shelfPeers, func(key string, value []byte) bool {
		var m met
		_ = json.Unmarshal(value, &m) // soft state: what cannot be read is forgotten
		all[key] = m
		return true
	})
	if err != nil {
		a.log.Warn("remembered peers not read", "error", err)
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(all), func(x, y string) int {
		return cmp.Or(cmp.Compare(all[y].At, all[x].At), strings.Compare(x, y))
	})
	var known []string
	of := map[string]int{}
	for _, key := range keys {
		if addrs := all[key].Addrs; len(addrs) > 0 && len(known)+len(addrs) <= libp2p.MaxKnown && apart(of, addrs, libp2p.MaxKnown/groups) {
			known = append(known, addrs...)
			continue
		}
		if err := a.shelf.Delete(key); err != nil {
			a.log.Warn("a peer is not forgotten", "key", key, "error", err)
		}
	}
	return known
}

// apart reports whether a peer's addresses find room beside others near to them, and
// counts them then.
func apart(of map[string]int, addrs []string, most int) bool {
	for _, a := range addrs {
		if g := libp2p.Group(a); g != "" && of[g] >= most {
			return false
		}
	}
	for _, a := range addrs {
		of[libp2p.Group(a)]++
	}
	return true
}

// put notes where a peer was met. It does not wait.
func (a *acquaintance) put(peer wire.Key, addrs []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.kept[peer] && (len(a.kept) >= maxMet || !apart(a.of, addrs, maxMet/groups)) {
		return
	}
	a.kept[peer] = true
	a.fresh[peer] = addrs
	select {
	case a.wanted <- struct{}{}:
	default:
	}
}

// write puts on the shelf what was met, until close.
func (a *acquaintance) write() {
	for range a.wanted {
		a.flush()
	}
	a.flush()
}

func (a *acquaintance) flush() {
	a.mu.Lock()
	fresh := a.fresh
	a.fresh = map[wire.Key][]string{}
	a.mu.Unlock()
	for peer, addrs := range fresh {
		b, err := json.Marshal(met{time.Now().Unix(), addrs})
		if err == nil {
			err = a.shelf.Put(shelfPeers+peer.String(), b)
		}
		if err != nil {
			a.log.Warn("a peer is not remembered", "peer", peer, "error", err)
		}
	}
}

// close writes what is left. put must not be called any more.
func (a *acquaintance) close() error {
	close(a.wanted)
	a.wg.Wait()
	return nil
}
