package runtime

import (
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/store/memory"
)

// TestCrowdOfForkers: ten thousand authors that tell two stories, each again and
// again, take one goroutine and a bounded queue, each author one search of the shelf.
func TestCrowdOfForkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := &counted{Shelf: memory.NewShelf()}
		p := &Peer{
			o: Options{Shelf: shelf}, caught: newCaught(), archive: newArchive(key(0)),
			log: slog.New(slog.DiscardHandler), ctx: t.Context(),
		}
		p.logs = newLogs(p)
		before := runtime.NumGoroutine()
		for range 3 {
			for i := range 10_000 {
				p.expose(agent.Caught{Author: key(i)})
			}
		}
		if n := len(p.caught.waiting); n != MaxExposing || runtime.NumGoroutine() > before { // those of other tests may end meanwhile
			t.Errorf("%d wait, %d goroutines more", n, runtime.NumGoroutine()-before)
		}
		go p.keepProofs()
		synctest.Wait()
		if n := len(p.caught.of) + len(p.caught.waiting); n != 0 {
			t.Errorf("%d still wait", n)
		}
		if shelf.lists != 2*MaxExposing { // its own log, then everybody's
			t.Errorf("%d searches for %d authors", shelf.lists, MaxExposing)
		}
		for i := range MaxForked {
			p.caught.done(key(i), true)
		}
		if p.caught.put(agent.Caught{Author: key(1)}) {
			t.Error("more proofs are kept than may be")
		}
	})
}

type counted struct {
	*memory.Shelf
	lists int
}

func (c *counted) List(prefix string, f func(string, []byte) bool) error {
	c.lists++
	return c.Shelf.List(prefix, f)
}
