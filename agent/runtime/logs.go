package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of reading others' logs.
const (
	MaxLogAuthors = 1024   // whose logs are read
	MaxLogPages   = 20_000 // pages kept, of all
	MaxLogOf      = 4_096  // of them of one author

	readers     = 32               // logs read at once: slow authors must not keep the others waiting
	turn        = 90 * time.Second // for one log, before it is another's turn
	rounds      = 16               // answers read of one log before it is another's turn
	toldAtOnce  = 16               // pages told to the core in one event
	readPause   = 2 * time.Second
	busyTries   = 8                // to read a log whose author has shown us enough for now
	faultPause  = 10 * time.Minute // a log with a fault in it is not read again for so long
	servedEach  = 1024             // pages shown to one peer in servedSpan
	servedAll   = 8192             // and to all
	servedEvery = time.Minute
)

// mark is how far a log was read.
type mark struct {
	epoch protocol.Epoch
	seq   uint64
	id    wire.CID
}

// follows reports whether an entry stands right after m.
func (m mark) follows(e *protocol.LogEntry) bool {
	switch {
	case m.seq == 0:
		return e.Seq == 1
	case e.Epoch == m.epoch:
		return e.Seq == m.seq+1 && e.Prev == m.id
	}
	return e.Seq == 1 && e.Prev == m.id
}

// logs reads the logs of others, keeps what they show on the shelf and tells the
// core of it.
type logs struct {
	p        *Peer
	slots    chan struct{}
	recalled chan struct{} // closed once the shelf was read

	mu     sync.Mutex
	marks  map[wire.Key]mark
	busy   map[wire.Key]bool // being read; true: once more afterwards
	barred map[wire.Key]time.Time
	kept   map[wire.Key]int // pages
	total  int
}

func newLogs(p *Peer) *logs {
	return &logs{
		p: p, slots: make(chan struct{}, readers), recalled: make(chan struct{}), marks: map[wire.Key]mark{}, busy: map[wire.Key]bool{},
		barred: map[wire.Key]time.Time{}, kept: map[wire.Key]int{},
	}
}

// pull has an author's log read from where it was left, once at a time.
func (l *logs) pull(author wire.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.marks[author]
	_, busy := l.busy[author]
	switch {
	case author == l.p.o.Agent.Key(), time.Now().Before(l.barred[author]), !known && len(l.marks)+len(l.busy) >= MaxLogAuthors:
		return
	case busy:
		l.busy[author] = true
		return
	}
	l.busy[author] = false
	l.p.wg.Go(func() { l.reader(author) })
}

// reader reads a log, and again for as long as that is asked for meanwhile.
func (l *logs) reader(author wire.Key) {
	select {
	case <-l.recalled:
	case <-l.p.ctx.Done():
		return
	}
	busy := 0
	for again := true; again; {
		select {
		case l.slots <- struct{}{}:
		case <-l.p.ctx.Done():
			return
		}
		err := l.read(author)
		<-l.slots
		if err != nil {
			l.p.log.Debug("a log is not read on", "author", author, "error", err)
		}
		pause := readPause
		var bad *faulty
		l.mu.Lock()
		again = l.busy[author]
		switch {
		case errors.As(err, &bad):
			l.bar(author)
			again = false
		case !again && errors.Is(err, p2p.ErrBusy) && busy < busyTries:
			busy++
			again, pause = true, servedEvery
		}
		if again {
			l.busy[author] = false
		} else {
			delete(l.busy, author)
		}
		l.mu.Unlock()
		if again && !l.p.wait(l.p.ctx, pause) {
			return
		}
	}
}

// bar has an author's log not read for a while. The caller holds l.mu.
func (l *logs) bar(author wire.Key) {
	at := time.Now()
	for k, until := range l.barred {
		if at.After(until) {
			delete(l.barred, k)
		}
	}
	if len(l.barred) < MaxLogAuthors {
		l.barred[author] = at.Add(faultPause)
	}
}

// faulty is what no honest author shows.
type faulty struct{ why error }

func (f *faulty) Error() string { return f.why.Error() }
func (f *faulty) Unwrap() error { return f.why }

// read asks for what is new in a log until there is no more. A log that has
// nothing at the place where it was left is read again from its beginning.
func (l *logs) read(author wire.Key) error {
	l.mu.Lock()
	at := l.marks[author]
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(l.p.ctx, turn)
	defer cancel()
	for range rounds {
		r := &reading{logs: l, author: author, at: at}
		err := l.p.net.Log(ctx, author, at.next(author), r.take)
		r.tell()
		switch {
		case r.err != nil:
			return r.err
		case errors.Is(err, p2p.ErrNoLog) && at.seq > 0:
			at = mark{}
			l.mu.Lock()
			l.total -= l.kept[author]
			l.kept[author] = 0
			l.mu.Unlock()
			continue
		case ctx.Err() != nil && l.p.ctx.Err() == nil:
			return &faulty{fmt.Errorf("it takes too long: %w", err)}
		case err != nil:
			return err
		case r.at == at:
			return nil
		}
		at = r.at
	}
	return nil
}

// next is the place after m.
func (m mark) next(author wire.Key) p2p.Place {
	if m.seq == 0 {
		return p2p.Place{Author: author}
	}
	return p2p.Place{Author: author, Epoch: m.epoch, Seq: m.seq + 1}
}

// reading is one answer while it is read.
type reading struct {
	*logs
	author wire.Key
	at     mark
	pages  []agent.Testimony // not yet told
	owner  wire.Key
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
		r.owner = m.By
		r.put(shelfOwner+r.author.String(), b)
		return true
	}
	t, err := agent.Testify(r.p.reg, r.p.o.Net, r.author, shown)
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

// tell tells the core what was read.
func (r *reading) tell() {
	if len(r.pages) > 0 || !r.owner.IsZero() {
		r.p.post(agent.Told{Author: r.author, Owner: r.owner, Pages: r.pages})
	}
	r.pages = nil
}

// keep puts a page on the shelf, within the bounds, and notes how far the log was read.
func (r *reading) keep(t agent.Testimony, page []byte) bool {
	entry := t.Entries[0].Doc.(*protocol.LogEntry)
	r.mu.Lock()
	if r.kept[r.author] >= MaxLogOf || r.total >= MaxLogPages {
		r.mu.Unlock()
		return false
	}
	r.kept[r.author]++
	r.total++
	r.at = mark{entry.Epoch, entry.Seq, t.Entries[0].ID}
	r.marks[r.author] = r.at
	r.mu.Unlock()
	r.put(shelfPage(r.author, entry, t.Entries[0].ID), page)
	r.put(shelfMark+r.author.String(), r.at.bytes())
	return true
}

func (l *logs) put(key string, value []byte) {
	if l.p.o.Shelf == nil {
		return
	}
	if err := l.p.o.Shelf.Put(key, value); err != nil {
		l.p.log.Warn("what a log shows is not kept", "error", err)
	}
}
