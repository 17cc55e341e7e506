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

// Bounds of reading others' logs. Strangers are those with whom nothing came to be
// paid and whom this agent never hired.
const (
	MaxLogAuthors  = 1024      // whose logs are read, strangers at most half
	MaxLogPages    = 20_000    // pages kept, strangers' at most half
	MaxLogBytes    = 64 << 20  // bytes of all of them, strangers' at most half
	MaxLogOf       = 4_096     // pages of one author
	MaxLogBytesOf  = 8 << 20   // their bytes
	MaxStrangers   = 256       // pages of one stranger
	MaxStrangeSize = 512 << 10 // their bytes
	MaxStrangeTold = 100_000   // pages of strangers told to the core in one run: half of what it can learn

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

// next is the place after m.
func (m mark) next(author wire.Key) p2p.Place {
	if m.seq == 0 {
		return p2p.Place{Author: author}
	}
	return p2p.Place{Author: author, Epoch: m.epoch, Seq: m.seq + 1}
}

// logs reads the logs of others, keeps what they show on the shelf and tells the
// core of it.
type logs struct {
	p        *Peer
	recalled chan struct{} // closed once the shelf was read

	mu     sync.Mutex
	places places
	barred map[wire.Key]time.Time
	told   int // pages of strangers in this run
}

func newLogs(p *Peer) *logs {
	return &logs{p: p, recalled: make(chan struct{}), places: newPlaces(), barred: map[wire.Key]time.Time{}}
}

// pull has an author's log read from where it was left, once at a time.
func (l *logs) pull(e agent.Pull) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Author == l.p.o.Agent.Key() || time.Now().Before(l.barred[e.Author]) || !e.Wanted && l.told >= MaxStrangeTold {
		return
	}
	a := l.place(e.Author, e.Wanted, e.Standing)
	if a == nil {
		return
	}
	switch a.state {
	case idle:
		a.state = waiting
		l.begin()
	case underWay:
		a.again = true
	}
}

// place returns the place of an author, which may have to be another's until now.
// The caller holds l.mu.
func (l *logs) place(key wire.Key, dealt bool, standing float64) *author {
	a, gone := l.places.take(key, dealt, standing)
	for _, k := range gone {
		l.forget(k)
	}
	return a
}

// begin starts as many readers as may run. The caller holds l.mu.
func (l *logs) begin() {
	for a := l.places.next(); a != nil; a = l.places.next() {
		a.state = underWay
		l.p.wg.Go(func() { l.reader(a) })
	}
}

// reader reads a log once, and settles when it is read again.
func (l *logs) reader(a *author) {
	select {
	case <-l.recalled:
	case <-l.p.ctx.Done():
		return
	}
	err := l.read(a.key)
	if err != nil {
		l.p.log.Debug("a log is not read on", "author", a.key, "error", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	again, pause := a.again, readPause
	a.state, a.again = idle, false
	var bad *faulty
	switch {
	case errors.As(err, &bad):
		l.bar(a.key)
		again = false
	case errors.Is(err, p2p.ErrBusy) && a.tries < busyTries:
		a.tries++
		again, pause = true, servedEvery
	default:
		a.tries = 0
	}
	if again {
		a.state = resting
		l.p.wg.Go(func() { l.rest(a, pause) })
	}
	l.places.leave(a)
	l.begin()
}

// rest has a log read again after a while, unless its author has lost its place.
func (l *logs) rest(a *author, pause time.Duration) {
	if !l.p.wait(l.p.ctx, pause) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.places.of[a.key] == a {
		a.state = waiting
		l.begin()
	}
}

// dealtWith reports whether an author is no stranger.
func (l *logs) dealtWith(key wire.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.places.of[key]
	return a != nil && a.dealt
}

// worth returns what an author is worth where there is not room for all: 2 for whom we
// have dealt with, 1 for whom our trust reaches, 0 for others.
func (l *logs) worth(key wire.Key) uint8 {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch a := l.places.of[key]; {
	case a == nil:
		return 0
	case a.dealt:
		return 2
	case a.standing > 0:
		return 1
	}
	return 0
}

// Worth returns from 0 to 100 what a link to a peer is worth keeping where there are too
// many: most where something was paid between us, half of that where our trust reaches it.
func (p *Peer) Worth(peer wire.Key) int { return 50 * int(p.logs.worth(peer)) }

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
	at := l.places.mark(author)
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
