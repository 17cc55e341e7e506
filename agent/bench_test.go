package agent_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker/workertest"
	"github.com/souk-network/souk/protocol/wire"
)

// TestHandleTime measures the longest step while hundreds of jobs are under way
// at once, and what a finished job leaves in memory. It fails only where either
// grows out of proportion.
func TestHandleTime(t *testing.T) {
	w, seller, buyer := pair(t, budget(5, 1<<40), pool(1<<40))
	seller.sells(5, func(s *sell.Stand) { s.Slots = 10_000 })
	seller.work = slow(20 * second)
	w.pass(second)
	const n = 400
	for i := range n {
		buyer.orders(fmt.Sprint(i), func(o *agent.Order) { o.Budget = wire.Units(5) })
	}
	began := workertest.Spent()
	w.pass(minute)
	each := (workertest.Spent() - began) / (4 * n) // about so many bundles were heard
	for i := range n {
		if v := buyer.view(fmt.Sprint(i)); v.Stage != "settled" {
			t.Fatalf("order %d is %s", i, v.Stage)
		}
	}
	buyer.heard, seller.heard = nil, nil
	journal := 0
	for _, b := range append(buyer.journal, seller.journal...) {
		journal += len(b)
	}
	t.Logf("%v for each bundle, both sides' seals included; %d bytes of journal for each job on both sides", each, journal/n)
	if each > 5*time.Millisecond {
		t.Errorf("%v for each bundle", each)
	}
	size := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	with := size()
	buyer.agent, seller.agent = nil, nil
	w.queue = nil
	t.Logf("%d bytes of memory for each finished job on both sides", (with-size())/n)
	runtime.KeepAlive(w)
}
