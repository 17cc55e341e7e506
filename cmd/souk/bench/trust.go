package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/reputation"
)

// TrustOptions says what a book of evidence holds.
type TrustOptions struct {
	People int
	Jobs   int
}

// MaxEvidence bounds the jobs of a book that is measured.
const MaxEvidence = 2_000_000

// Trust measures a viewer's book: learning a job that is new, thinking all of it over
// after a start, and estimating a provider. The reference of a learned job is to check
// the two seals that make it evidence, which is done before the book is told; that of
// an estimate one such seal.
func Trust(ctx context.Context, o Options, t TrustOptions) (*Report, error) {
	o.Scene(fmt.Sprintf("learning %d jobs among %d", t.Jobs, t.People))
	seal, err := sealChecks(ctx)
	if err != nil {
		return nil, err
	}
	book, err := reputation.New(person(0), reputation.Defaults())
	if err != nil {
		return nil, err
	}
	evidence := rumours(t)
	learned, err := timed("learning one job", "jobs/s", len(evidence), func(n int) error {
		return errors.Join(book.Learn(dawn, evidence[n]), ctx.Err())
	})
	if err != nil {
		return nil, err
	}
	two := *seal
	two.Case, two.Rate, two.CPU = "checking the two seals that make it evidence", seal.Rate/2, seal.CPU*2
	if err := learned.hold(&two, ofCPU); err != nil {
		return nil, err
	}
	o.Scene("thinking it over")
	slices := 0
	view, err := timed("thinking all of it over, in slices of 10,000 edges: a slice", "slices/s", 1<<20, func(int) error {
		slices++
		if book.Step(dawn, 10_000) {
			return errDone
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	seen := 0
	for n := range t.People {
		if book.Standing(person(n)) > 0 {
			seen++
		}
	}
	if seen < 2 {
		return nil, errors.New("the viewer trusts nobody: what was learned is no evidence")
	}
	view.Counts = map[string]float64{"people with standing": float64(seen), "slices": float64(slices), "ms from an empty book to a view of all": (float64(len(evidence))*learned.CPU + float64(slices)*view.CPU) / 1000}
	if err := view.hold(seal, ofCPU); err != nil {
		return nil, err
	}
	o.Scene("estimating")
	estimated, err := timed("estimating one provider", "estimates/s", 20_000, func(n int) error {
		if e := book.Estimate(dawn, person(n%t.People), capability); !(e.Success > 0 && e.Success < 1) {
			return fmt.Errorf("an estimate of %g", e.Success)
		}
		return ctx.Err()
	})
	if err == nil {
		err = estimated.hold(seal, ofCPU)
	}
	if err != nil {
		return nil, err
	}
	return report("trust", learned, view, estimated)
}

// errDone ends what is timed, well.
var errDone = errors.New("done")

// timed does something up to most times on one core, and says what each took.
func timed(what, unit string, most int, do func(n int) error) (Row, error) {
	row := Row{Case: what, Unit: unit}
	m, err := begin()
	if err != nil {
		return row, err
	}
	var took []time.Duration
	for n := 0; n < most && err == nil; n++ {
		began := time.Now()
		err = do(n)
		took = append(took, time.Since(began))
	}
	if errors.Is(err, errDone) {
		err = nil
	}
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, err
	}
	u.fill(&row, len(took))
	row.Rate, row.Percentiles = float64(row.N)/u.cpu.Seconds(), percentiles(took)
	return row, nil
}

// sealChecks measures the checking of one signature.
func sealChecks(ctx context.Context) (*Reference, error) {
	key, message := keyNumber(0), make([]byte, signedBytes)
	sig, err := key.Sign(message)
	if err != nil {
		return nil, err
	}
	cpu := cpuTime()
	took, err := repeat(ctx, 1, 1<<40, time.Now().Add(200*time.Millisecond), func(context.Context, int) error {
		if !wire.Verify(key.Key(), message, sig) {
			return errors.New("a good signature was refused")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	cpu = cpuTime() - cpu
	n := float64(len(took))
	return &Reference{Case: "checking one seal", Rate: n / cpu.Seconds(), CPU: micros(cpu) / n, Percentiles: percentiles(took)}, nil
}

// person is the nth of a town: a name nobody signs with.
func person(n int) (k wire.Key) {
	k[0] = 0xaa
	binary.BigEndian.PutUint32(k[28:], uint32(n))
	return k
}

// rumours are jobs between people of a town: few are hired much.
func rumours(t TrustOptions) []reputation.Evidence {
	chance := rand.New(rand.NewPCG(stageSeed, 2))
	name := func(n int, what byte) (c wire.CID) {
		binary.BigEndian.PutUint64(c[:], uint64(n))
		c[31] = what
		return c
	}
	var all []reputation.Evidence
	for n := range t.Jobs {
		hirer, provider := chance.IntN(t.People), int(float64(t.People)*chance.Float64()*chance.Float64())
		if hirer == provider {
			provider = (provider + 1) % t.People
		}
		closed := dawn - chance.Uint64N(300)*day
		band := 1 + chance.Uint64N(24)
		all = append(all, reputation.Evidence{How: reputation.Agreed, Band: band, Paid: true, Said: wire.Said{ID: name(n, 3), Doc: &protocol.Outcome{
			Head: wire.Head{Kind: protocol.KindOutcome, By: person(hirer), At: closed},
			Job:  name(n, 1), Hirer: person(hirer), Provider: person(provider),
			HirerOwner: owner(hirer), ProviderOwner: owner(provider), Capability: capability, Asset: usd,
			Band: band, Score: min(protocol.Full, 3000+1000*chance.Uint64N(12)),
			Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime, Entry: name(n, 2), Opened: closed - 1000, Closed: closed,
		}}})
	}
	return all
}

// owner is whom a person answers to.
func owner(n int) wire.Key {
	k := person(n)
	k[0] = 0xbb
	return k
}
