package bench

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// The parts CPU time is split into.
const (
	partSignatures = "signatures" // made and checked
	partBytes      = "bytes"      // encoded, decoded, hashed
	partTransport  = "transport"  // streams, their encryption, sockets
	partStore      = "store"      // journal and vault, system calls included
	partCore       = "core"       // agent.Handle and the folds
	partHands      = "hands"      // agent/runtime
	partWork       = "work"       // workers and checks
	partGC         = "gc"         // collecting in the background
	partScheduler  = "scheduler"  // goroutines put to sleep and woken
	partDriver     = "driver"     // what measures
	partOther      = "other"
)

// Parts is the order in which parts are shown.
var Parts = []string{
	partSignatures, partBytes, partTransport, partStore, partCore, partHands, partWork, partGC, partScheduler, partDriver, partOther,
}

// how is said of every split.
const how = "CPU profile of the same run, 100 samples a second: each sample counts for the innermost function on its stack that belongs to a part; what a part allocates and the system calls it makes are its own"

// rule gives a function to a part by how its name begins.
type rule struct{ prefix, part string }

// rules are asked in their order, of each frame from the innermost out.
var rules = []rule{
	{"github.com/oasisprotocol/curve25519-voi/", partSignatures},
	{"crypto/ed25519.", partSignatures},
	{"crypto/internal/fips140/ed25519.", partSignatures},
	{"github.com/souk-network/souk/protocol/job.", partCore},
	{"github.com/souk-network/souk/protocol", partBytes},
	{"crypto/sha256.", partBytes},
	{"crypto/internal/fips140/sha256.", partBytes},
	{"github.com/souk-network/souk/store", partStore},
	{"github.com/dgraph-io/", partStore},
	{"github.com/souk-network/souk/p2p", partTransport},
	{"github.com/libp2p/", partTransport},
	{"github.com/quic-go/", partTransport},
	{"github.com/flynn/noise.", partTransport},
	{"github.com/multiformats/go-multistream", partTransport},
	{"golang.org/x/crypto/chacha20", partTransport},
	{"crypto/tls.", partTransport},
	{"net/http.", partTransport},
	{"github.com/souk-network/souk/agent/runtime.", partHands},
	{"github.com/souk-network/souk/agent/worker", partWork},
	{"github.com/souk-network/souk/agent", partCore},
	{"github.com/souk-network/souk/settlement", partCore},
	{"github.com/souk-network/souk/reputation", partCore},
	{"github.com/souk-network/souk/delegation", partCore},
	{"github.com/souk-network/souk/cmd/souk", partDriver},
	{"runtime.gcBgMarkWorker", partGC},
	{"runtime.bgsweep", partGC},
	{"runtime.bgscavenge", partGC},
	{"runtime.mcall", partScheduler},
	{"runtime.mstart", partScheduler},
	{"runtime.sysmon", partScheduler},
}

// meter measures a stretch of work by this process.
type meter struct {
	began   time.Time
	cpu     time.Duration
	profile bytes.Buffer
}

// used is what a stretch of work took.
type used struct {
	wall, cpu time.Duration
	shares    map[string]float64 // of cpu, by part; sums to 1
	profile   []byte             // as runtime/pprof writes it
}

// begin starts to measure; one at a time.
func begin() (*meter, error) {
	m := &meter{}
	if err := pprof.StartCPUProfile(&m.profile); err != nil {
		return nil, fmt.Errorf("begin a profile: %w", err)
	}
	m.began = time.Now()
	m.cpu = cpuTime()
	return m, nil
}

// end stops measuring.
func (m *meter) end() (used, error) {
	u := used{wall: time.Since(m.began), cpu: cpuTime() - m.cpu}
	pprof.StopCPUProfile()
	u.profile = m.profile.Bytes()
	p, err := profile.Parse(&m.profile)
	if err != nil {
		return u, fmt.Errorf("read the profile: %w", err)
	}
	u.shares = split(p)
	return u, nil
}

// split says which share of the samples of a profile belongs to which part.
func split(p *profile.Profile) map[string]float64 {
	shares, total := map[string]float64{}, int64(0)
	for _, s := range p.Sample {
		shares[partOf(s)] += float64(s.Value[0])
		total += s.Value[0]
	}
	for part := range shares {
		shares[part] /= float64(total)
	}
	return shares
}

// partOf is the part that a sample counts for.
func partOf(s *profile.Sample) string {
	for _, at := range s.Location {
		for _, line := range at.Line {
			for _, r := range rules {
				if strings.HasPrefix(line.Function.Name, r.prefix) {
					return r.part
				}
			}
		}
	}
	return partOther
}

// fill puts what n units of work used into a row.
func (u *used) fill(r *Row, n int) {
	r.N, r.Rate, r.CPU = n, float64(n)/u.wall.Seconds(), micros(u.cpu)/float64(n)
	r.How, r.Parts = how, map[string]float64{}
	for part, share := range u.shares {
		r.Parts[part] = share * r.CPU
	}
}
