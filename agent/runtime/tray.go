package runtime

import (
	"sync"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// tray holds artefacts that came inside frames until a task keeps them. It is
// bounded, in all and for each peer: what is pushed out can still be fetched.
type tray struct {
	mu    sync.Mutex
	of    map[wire.Key]*lot
	bytes int
}

// lot is what came from one peer.
type lot struct {
	items map[wire.CID]protocol.Datum
	order []wire.CID // oldest first; those taken out are still in it
	bytes int
}

// datumCost is what the tray counts for an artefact beside its bytes.
const datumCost = 1 << 10

func newTray() *tray { return &tray{of: map[wire.Key]*lot{}} }

func cost(d protocol.Datum) int { return len(d.Bytes) + datumCost }

// put keeps an artefact, in place of that peer's oldest where there is no room,
// or not at all where others have filled the tray.
func (t *tray) put(from wire.Key, d protocol.Datum) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.of[from]
	if l == nil {
		l = &lot{items: map[wire.CID]protocol.Datum{}}
		t.of[from] = l
	}
	id := d.Opening.ID()
	if _, known := l.items[id]; known {
		return
	}
	for len(l.order) > 0 && (l.bytes+cost(d) > MaxTrayOf || t.bytes+cost(d) > MaxTray) {
		t.drop(l, l.order[0])
		l.order = l.order[1:]
	}
	if t.bytes+cost(d) > MaxTray {
		return
	}
	l.items[id] = d
	l.order = append(l.order, id)
	l.bytes += cost(d)
	t.bytes += cost(d)
}

func (t *tray) drop(l *lot, id wire.CID) {
	if d, ok := l.items[id]; ok {
		delete(l.items, id)
		l.bytes -= cost(d)
		t.bytes -= cost(d)
	}
	if len(l.items) == 0 {
		l.order = nil
	}
}

// take removes and returns an artefact that came from a peer.
func (t *tray) take(from wire.Key, id wire.CID) (protocol.Datum, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.of[from]
	if l == nil {
		return protocol.Datum{}, false
	}
	d, ok := l.items[id]
	t.drop(l, id)
	return d, ok
}

// forget drops what came from a peer whose link is gone.
func (t *tray) forget(from wire.Key) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l := t.of[from]; l != nil {
		t.bytes -= l.bytes
		delete(t.of, from)
	}
}
