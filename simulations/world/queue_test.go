package world

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/simulations/cast"
)

// TestQueue: turns come in the order of their instants, and of one instant in the
// order in which they were asked for.
func TestQueue(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var q queue
	var want []turn
	for n := range uint64(5000) {
		at := r.Uint64N(300)
		q.put(turn{at: at})
		want = append(want, turn{at: at, n: n + 1})
		if r.IntN(4) == 0 {
			slices.SortStableFunc(want, func(a, b turn) int {
				if a.before(&b) {
					return -1
				}
				return 1
			})
			if got := q.take(); got.at != want[0].at || got.n != want[0].n {
				t.Fatalf("turn %d of %d, want %d of %d", got.n, got.at, want[0].n, want[0].at)
			}
			want = want[1:]
		}
	}
	for last := (turn{}); len(q.turns) > 0; {
		next := q.take()
		if next.before(&last) {
			t.Fatalf("turn %d of %d after %d of %d", next.n, next.at, last.n, last.at)
		}
		last = next
	}
}

// BenchmarkLoop is the bare loop at 100,000 agents: each turn asks for the next.
func BenchmarkLoop(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	w, err := New(Options{Net: "sim"})
	if err != nil {
		b.Fatal(err)
	}
	for i := range int32(100_000) {
		w.put(turn{at: Dawn + r.Uint64N(60_000), what: wakes, peer: i})
	}
	b.ResetTimer()
	for range b.N {
		t := w.queue.take()
		w.now = t.at
		w.trace.mix(t.at, uint64(t.peer), t.mark)
		t.at += 1 + r.Uint64N(60_000)
		w.put(t)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
}

// TestDisk: what was acknowledged is there after a crash, what was torn is not.
func TestDisk(t *testing.T) {
	for keep := range 4 {
		for _, tear := range []int{0, 1, sealed, sealed + 2} {
			var d disk
			for _, s := range []string{"one", "two", "three", "four", "five"} {
				d.append([]byte(s))
			}
			d.durable = 2
			d.loses(keep, func(int) int { return tear })
			got := d.whole()
			if want := min(2+keep, 5); len(got) != want || string(got[0]) != "one" {
				t.Errorf("keep %d, torn at %d: %d records, want %d", keep, tear, len(got), want)
			}
			d.append([]byte("six"))
			if again := d.whole(); len(again) != len(got)+1 {
				t.Errorf("keep %d, torn at %d: after one more there are %d", keep, tear, len(again))
			}
		}
	}
}

// TestDamage: a flipped bit of an acknowledged record is found and named, and what is
// not sound is not copied.
func TestDamage(t *testing.T) {
	for bit := range uint64(8 * (sealed + 3)) {
		w, err := New(Options{Net: "sim"})
		if err != nil {
			t.Fatal(err)
		}
		p := &Peer{w: w}
		for _, s := range []string{"one", "two", "six"} {
			p.disk.append([]byte(s))
		}
		p.disk.durable = 3
		p.Backup()
		p.Rot(1, bit)
		var found *damage
		if _, err := p.disk.open(w.reg); !errors.As(err, &found) || found.record != 2 || len(p.disk.written) != 3 {
			t.Fatalf("bit %d: %v, want record 2 named", bit, err)
		}
		p.Backup()
		if n := w.Tally().Backups; n != 1 {
			t.Fatalf("bit %d: %d copies, want that before the damage alone", bit, n)
		}
		p.Restore()
		if p.disk.sound() != 3 || p.disk.durable != 3 {
			t.Fatalf("bit %d: the copy has the damage too", bit)
		}
	}
}

// TestLines: a slow line slows what goes over it, in each direction by itself.
func TestLines(t *testing.T) {
	w, err := New(Options{Net: "sim", Links: Links{Bandwidth: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	fast, slow, other := &Peer{w: w}, &Peer{w: w, line: 100}, &Peer{w: w, line: 5000}
	for _, c := range []struct {
		a, b *Peer
		want uint64
	}{{fast, fast, 1000}, {fast, slow, 100}, {slow, other, 100}, {other, fast, 1000}} {
		if got := w.rate(c.a, c.b); got != c.want {
			t.Errorf("%d bytes a second, want %d", got, c.want)
		}
	}
}

// BenchmarkIdle is what one agent costs that is up and has never dealt with anybody:
// its core alone, and with the hands of a light world.
func BenchmarkIdle(b *testing.B) {
	const n = 5000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for range b.N {
		w, err := New(Options{Net: "sim", Light: true, Gossip: Gossip{Asked: 1}})
		if err != nil {
			b.Fatal(err)
		}
		part, err := cast.New("honest", cast.Skill{}, nil, 0)
		if err != nil {
			b.Fatal(err)
		}
		before := heap()
		cores := make([]*agent.Agent, n)
		for i := range n {
			p, err := w.Settle(Resident{Name: "idle", Part: part, Asset: "souk:credit/usd-6", PerJob: 5, Total: 5, Pool: 5})
			if err == nil {
				cores[i], err = agent.New(p.conf)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
		settled := heap()
		clear(cores)
		bare := heap()
		b.ReportMetric(float64(settled-bare)/n, "core-B")
		b.ReportMetric(float64(bare-before)/n, "hands-B")
		for _, p := range w.Peers() {
			p.Start()
		}
		if err := w.Run(Dawn + 1000); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(heap()-bare)/n, "up-B")
		runtime.KeepAlive(w)
	}
}
