package runtime

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// calls keeps the Calls now live, ours included, for peers that join later, and
// knows each of them again until it is over. What comes after that is too old.
type calls struct {
	mu      sync.Mutex
	known   map[wire.CID]calling
	authors map[wire.Key]int
}

type calling struct {
	by         wire.Key
	capability string
	reply      uint64 // it is over then
	bytes      []byte
}

func newCalls() *calls { return &calls{known: map[wire.CID]calling{}, authors: map[wire.Key]int{}} }

// fresh reports whether a Call is of our time, unknown, and within what its
// author may have in the air.
func (c *calls) fresh(at uint64, d *protocol.Call, id wire.CID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.authors[d.By] >= MaxCallsOfOne {
		c.sweep(at)
	}
	_, known := c.known[id]
	return d.At <= at+protocol.Skew && d.Reply > at && !known && c.authors[d.By] < MaxCallsOfOne
}

// put keeps a Call, and reports whether it is new and there was room.
func (c *calls) put(at uint64, d *protocol.Call, id wire.CID, raw []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.known[id]; known {
		return false
	}
	if len(c.known) >= MaxCalls {
		c.sweep(at)
	}
	if c.authors[d.By] >= MaxCallsOfOne || len(c.known) >= MaxCalls && !c.yield(d.Reply) {
		return false
	}
	c.known[id] = calling{d.By, d.Capability, d.Reply, raw}
	c.authors[d.By]++
	return true
}

// yield drops the Call that stands longest, if that is longer than until: where
// many strangers call for an hour, those who are soon gone are heard all the same.
func (c *calls) yield(until uint64) bool {
	var last wire.CID
	for id, k := range c.known {
		if k.reply > c.known[last].reply || k.reply == c.known[last].reply && bytes.Compare(id[:], last[:]) > 0 {
			last = id
		}
	}
	if c.known[last].reply <= until {
		return false
	}
	c.drop(last)
	return true
}

func (c *calls) drop(id wire.CID) {
	by := c.known[id].by
	delete(c.known, id)
	if c.authors[by]--; c.authors[by] == 0 {
		delete(c.authors, by)
	}
}

// sweep drops what is over.
func (c *calls) sweep(at uint64) {
	for id, k := range c.known {
		if k.reply <= at {
			c.drop(id)
		}
	}
}

// live returns the Calls of a shard that are not over, those that end first before
// the others: at most a quarter of what a pull hands over.
func (c *calls) live(at uint64, shard uint8) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep(at)
	ids := slices.SortedFunc(maps.Keys(c.known), func(a, b wire.CID) int {
		return cmp.Or(cmp.Compare(c.known[a].reply, c.known[b].reply), bytes.Compare(a[:], b[:]))
	})
	var out [][]byte
	for _, id := range ids {
		if k := c.known[id]; protocol.ShardOf(k.capability) == shard && len(out) < p2p.MaxPull/4 {
			out = append(out, k.bytes)
		}
	}
	return out
}
