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
	worth func(wire.Key) uint8 // of authors, where there is not room for all

	mu      sync.Mutex
	known   map[wire.CID]calling
	authors map[wire.Key]int
	count   uint64 // kept so far
}

type calling struct {
	by         wire.Key
	capability string
	reply      uint64 // it is over then
	bytes      []byte
	worth      uint8  // its author's, as it was when it was last asked
	kept       uint64 // how many were kept before it
}

func newCalls() *calls {
	return &calls{worth: alike, known: map[wire.CID]calling{}, authors: map[wire.Key]int{}}
}

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
	if c.authors[d.By] >= MaxCallsOfOne || len(c.known) >= MaxCalls && !c.yield(d.By) {
		return false
	}
	c.count++
	c.known[id] = calling{d.By, d.Capability, d.Reply, raw, 0, c.count}
	c.authors[d.By]++
	return true
}

// yield drops the Call whose author is worth least, of these the one that is here
// longest, if it is not worth more: so many strangers who call hold no place for good.
func (c *calls) yield(author wire.Key) bool {
	for {
		var first wire.CID
		var last calling
		for id, k := range c.known {
			if last.kept == 0 || k.worth < last.worth || k.worth == last.worth && k.kept < last.kept {
				first, last = id, k
			}
		}
		if worth := c.worth(last.by); worth > last.worth { // it has risen since it was last asked
			last.worth = worth
			c.known[first] = last
			continue
		}
		if last.worth > c.worth(author) {
			return false
		}
		c.drop(first)
		return true
	}
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
