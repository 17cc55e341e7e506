package runtime

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// reading is one answer while it is read.
type reading struct {
	*logs
	author wire.Key
	at     mark
	pages  []agent.Testimony // not yet told
	owner  wire.Key
	named  []byte // the page that names it
	err    error
}

// take takes one page: it must stand right after the one before, each document
// in it must have been said by its author on our network. What comes after a
// fault is not read.
func (r *reading) take(b []byte) bool {
	page, err := protocol.ReadPage(b)
	if err != nil {
		r.err = &faulty{err}
		return false
	}
	var shown []wire.Said
	for i := range page.Shown {
		said, err := r.p.reg.ReadProof(&page.Shown[i], r.p.o.Net)
		if err != nil {
			r.err = &faulty{err}
			return false
		}
		shown = append(shown, said)
	}
	if m, ok := shown[0].Doc.(*protocol.Mandate); ok && len(shown) == 1 {
		if err := delegation.CheckRoot(m, m.By, r.author); err != nil {
			r.err = &faulty{err}
			return false
		}
		r.owner, r.named = m.By, b
		return true
	}
	t, err := agent.Testify(r.p.o.Net, r.author, shown)
	if err != nil {
		r.err = &faulty{err}
		return false
	}
	entry := t.Entries[0].Doc.(*protocol.LogEntry)
	if !r.at.follows(entry) {
		r.err = &faulty{fmt.Errorf("entry %d of epoch %s does not stand after entry %d of epoch %s", entry.Seq, entry.Epoch, r.at.seq, r.at.epoch)}
		return false
	}
	if !r.keep(t, b) {
		r.err = errors.New("no room for more of it")
		return false
	}
	if r.pages = append(r.pages, t); len(r.pages) >= toldAtOnce {
		r.tell()
	}
	return true
}

// tell tells the core what was read: of one of whose log nothing is kept, nothing.
func (r *reading) tell() {
	if r.at.seq > 0 && (len(r.pages) > 0 || !r.owner.IsZero()) {
		r.count(r.author, len(r.pages))
		r.p.post(agent.Told{Author: r.author, Owner: r.owner, Pages: r.pages})
	}
	r.pages = nil
}

// keep puts a page on the shelf, within the bounds, and notes how far the log was
// read. Only with a page is kept who owns its author: else each key that anybody
// makes up would leave something here.
func (r *reading) keep(t agent.Testimony, page []byte) bool {
	entry := t.Entries[0].Doc.(*protocol.LogEntry)
	key := shelfPage(r.author, entry, t.Entries[0].ID)
	fresh := !r.has(key)
	r.mu.Lock()
	a := r.places.of[r.author]
	ok := a != nil && (!fresh || r.room(a, len(page)))
	if ok {
		r.at = mark{entry.Epoch, entry.Seq, t.Entries[0].ID}
		a.mark = r.at
	}
	r.mu.Unlock()
	if !ok {
		return false
	}
	r.put(key, page)
	r.put(shelfMark+r.author.String(), r.at.bytes())
	if r.named != nil {
		r.put(shelfOwner+r.author.String(), r.named)
		r.named = nil
	}
	return true
}
