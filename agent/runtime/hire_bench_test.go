package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/builtin"
	"github.com/souk-network/souk/agent/worker/check"
	"github.com/souk-network/souk/delegation"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/p2p/libp2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
	"github.com/souk-network/souk/store/badgerdb"
	"github.com/souk-network/souk/store/files"
)

// wholesale lets two peers that have never met deal as those do who have dealt for years.
var wholesale = sell.Quotas{
	Stranger: sell.Quota{Open: 4096, Asks: 1 << 30}, Known: sell.Quota{Open: 4096, Asks: 1 << 30}, Crowd: 1 << 30,
	Unpaid: 1 << 30, CrowdUnpaid: 1 << 30,
}

// openOnDisk opens a peer with all that a real one has: loopback sockets, journal and vault.
func openOnDisk(b *testing.B, n byte, listen string) *runtime.Peer {
	b.Helper()
	owner, key := wire.NewPrivateKey([32]byte{n, 1}), wire.NewPrivateKey([32]byte{n, 2})
	plenty := []protocol.Budget{{Asset: asset, PerJob: wire.Units(1000), Total: wire.Units(1 << 50)}}
	m := delegation.Root(owner.Key(), key.Key(), uint64(time.Now().UnixMilli()), wire.Nonce{n}, delegation.Grant{Budgets: plenty})
	sealed, err := wire.Seal(owner, net, wire.Canonical{}.Name(m).Raw)
	if err != nil {
		b.Fatal(err)
	}
	mandate, err := sealed.Bytes()
	if err != nil {
		b.Fatal(err)
	}
	home := b.TempDir()
	db, err := badgerdb.Open(home+"/db", badgerdb.Defaults())
	if err != nil {
		b.Fatal(err)
	}
	vault, err := files.Open(home + "/vault")
	if err != nil {
		b.Fatal(err)
	}
	p, err := runtime.Open(b.Context(), runtime.Options{
		Net: net, Agent: key, Mandate: mandate, Journal: db, Vault: vault, Shelf: db,
		Workers: []worker.Maker{builtin.Maker{}}, Checker: check.Checker{}, Quotas: wholesale,
		Dial: func(h p2p.Handler) (p2p.Network, error) {
			return libp2p.New(libp2p.Options{Key: key, Net: net, Listen: []string{listen}}, h)
		},
		Policy: settlement.Policy{Newcomers: []settlement.Pool{{Asset: asset, Limit: wire.Units(1 << 50)}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(p.Close(), db.Close()); err != nil {
			b.Error(err)
		}
	})
	return p
}

// BenchmarkHire is whole jobs between two peers in this process: ordered, quoted,
// contracted, worked, judged, paid, logged, all of it signed, and durable on both
// sides. It gives the processor time of both ends for each job.
func BenchmarkHire(b *testing.B) {
	for _, ask := range []bool{false, true} {
		for _, at := range []int{1, 256} {
			b.Run(fmt.Sprintf("%s/%d", map[bool]string{false: "posted", true: "quoted"}[ask], at), func(b *testing.B) {
				benchmarkHire(b, ask, at)
			})
		}
	}
}

func benchmarkHire(b *testing.B, ask bool, at int) {
	const listen = "/ip4/127.0.0.1/tcp/0"
	seller, buyer := openOnDisk(b, 1, listen), openOnDisk(b, 2, listen)
	offer := words(5)
	offer.Ask, offer.Slots = ask, 4096
	if _, err := seller.AddOffer(b.Context(), offer); err != nil {
		b.Fatal(err)
	}
	status, err := seller.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if err := buyer.Connect(b.Context(), status.Addrs[0]); err != nil {
		b.Fatal(err)
	}
	hireOne(b, buyer, "first") // the offer is known, the lane is open
	var next atomic.Int64
	took := make([]time.Duration, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	before := processor()
	var all sync.WaitGroup
	for range at {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				began := time.Now()
				hireOne(b, buyer, fmt.Sprint(i))
				took[i-1] = time.Since(began)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	used := processor() - before
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-us/job")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}

// hireOne hires and waits for the end.
func hireOne(b *testing.B, buyer *runtime.Peer, key string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	order := gateway.Order{Key: key, Capability: "text/words@1", Asset: asset}
	j, err := buyer.Hire(ctx, order, strings.NewReader("some words to be counted, which are not many"))
	for err == nil && !j.Final && ctx.Err() == nil {
		j, err = buyer.Await(ctx, key, j.Stage)
	}
	if err != nil || !j.OK {
		b.Errorf("job %s: %+v, %v", key, j, err)
		return
	}
	r, _, err := buyer.Result(ctx, key)
	if err != nil {
		b.Errorf("result of %s: %v", key, err)
		return
	}
	defer r.Close()
	if out, err := io.ReadAll(r); err != nil || strings.TrimSpace(string(out)) != "9" {
		b.Errorf("result of %s: %q, %v", key, out, err)
	}
}

// processor is the time this process has used of all processors.
func processor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
