package runtime

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/protocol/wire"
)

// TestSlowStrangers: however many strangers are slow to show their logs, those with
// whom we have dealt are not kept waiting.
func TestSlowStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := newLogs(&Peer{ctx: ctx})
		var all sync.WaitGroup
		var mu sync.Mutex
		entered := 0
		enter := func(author wire.Key) {
			all.Go(func() {
				if _, ok := l.enter(author); ok {
					mu.Lock()
					entered++
					mu.Unlock()
				}
			})
		}
		for i := range byte(2 * readers) {
			enter(wire.Key{i})
		}
		synctest.Wait()
		if entered != strange {
			t.Errorf("%d strangers at once, want %d", entered, strange)
		}
		entered = 0
		for i := range byte(readers - strange) {
			friend := wire.Key{200, i}
			l.mu.Lock()
			l.wanted[friend] = true
			l.mu.Unlock()
			enter(friend)
		}
		synctest.Wait()
		if entered != readers-strange {
			t.Errorf("%d of those we know, want %d", entered, readers-strange)
		}
		cancel()
		all.Wait()
	})
}

// TestNothingToTell: the core, which remembers owners for as long as it runs, hears
// none of a key of whose log nothing is kept.
func TestNothingToTell(t *testing.T) {
	for seq, want := range []int{0, 1} {
		l := newLogs(&Peer{inbox: make(chan message, 1), done: make(chan struct{})})
		r := &reading{logs: l, author: wire.Key{1}, owner: wire.Key{2}, at: mark{seq: uint64(seq)}}
		r.tell()
		if n := len(l.p.inbox); n != want {
			t.Errorf("with %d entries kept, %d told", seq, n)
		}
	}
}
