package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of reading others' logs.
const (
	MaxLogAuthors = 1024   // whose logs are read, strangers at most half
	MaxLogPages   = 20_000 // pages kept, strangers' at most half
	MaxLogOf      = 4_096  // of them of one author
	MaxStrangers  = 256    // of one with whom we have nothing to do

	readers     = 32               // logs read at once: slow authors must not keep the others waiting,
	strange     = readers / 2      // and strangers not those with whom we have dealt
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
	strange  chan struct{} // taken first for a stranger
	recalled chan struct{} // closed once the shelf was read

	mu     sync.Mutex
	marks  map[wire.Key]mark
	wanted map[wire.Key]bool // with whom we have dealt
	busy   map[wire.Key]bool // being read; true: once more afterwards
	barred map[wire.Key]time.Time
	kept   map[wire.Key]int // pages
	total  int
}

func newLogs(p *Peer) *logs {
	return &logs{
		p: p, slots: make(chan struct{}, readers), strange: make(chan struct{}, strange), recalled: make(chan struct{}), marks: map[wire.Key]mark{}, busy: map[wire.Key]bool{}, wanted: map[wire.Key]bool{},
		barred: map[wire.Key]time.Time{}, kept: map[wire.Key]int{},
	}
}

// pull has an author's log read from where it was left, once at a time.
func (l *logs) pull(e agent.Pull) {
	author := e.Author
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Wanted && len(l.wanted) < MaxLogAuthors {
		l.wanted[author] = true
	}
	_, known := l.marks[author]
	_, busy := l.busy[author]
	most := MaxLogAuthors / 2
	if l.wanted[author] {
		most = MaxLogAuthors
	}
	switch {
	case author == l.p.o.Agent.Key(), time.Now().Before(l.barred[author]), !known && len(l.marks)+len(l.busy) >= most:
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
		leave, ok := l.enter(author)
		if !ok {
			return
		}
		err := l.read(author)
		leave()
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

// dealtWith reports whether an author is no stranger.
func (l *logs) dealtWith(author wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wanted[author]
}

// enter waits until an author's log may be read; false when the peer stops first.
func (l *logs) enter(author wire.Key) (leave func(), ok bool) {
	all := []chan struct{}{l.strange, l.slots}
	if l.dealtWith(author) {
		all = all[1:]
	}
	for i, c := range all {
		select {
		case c <- struct{}{}:
		case <-l.p.ctx.Done():
			for _, taken := range all[:i] {
				<-taken
			}
			return nil, false
		}
	}
	return func() {
		for _, c := range all {
			<-c
		}
	}, true
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
			at = mark{} // what is on the shelf already is not counted again
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
