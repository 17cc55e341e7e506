package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/badgerdb"
	"github.com/souk-network/souk/store/files"
)

// perJob is what one job was counted to take.
type perJob struct {
	exchanges          int
	signatures, checks float64 // of both sides together
	out, back          float64 // bytes that the hirer and the provider sent
	hirer, provider    disk
}

// disk is what one side writes.
type disk struct {
	records float64 // each durable before the next thing happens
	bytes   int     // of one record
	kept    float64 // artefacts
}

// bare measures the least that jobs can cost: as many signatures made and checked,
// records and artefacts made durable, and exchanges of as many bytes over one
// loopback TCP connection, in the order of a job and as many at once, with nothing
// else: no documents, no decisions, no encryption.
func bare(ctx context.Context, o Options, h HireOptions, per perJob) (_ *Reference, err error) {
	b := &bareJob{perJob: per, key: wire.NewPrivateKey([32]byte{1})}
	b.sig, err = b.key.Sign(make([]byte, signedBytes))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if b.here, err = openDisk(filepath.Join(o.Folder, "bare-hirer"), per.hirer); err != nil {
		return nil, err
	}
	if b.there, err = openDisk(filepath.Join(o.Folder, "bare-provider"), per.provider); err != nil {
		return nil, err
	}
	near, far, err := loopback(ctx, h.At)
	if err != nil {
		return nil, err
	}
	b.lines = []*line{near, far}
	cpu, began := cpuTime(), time.Now()
	took, err := b.run(ctx, h, near, far)
	cpu, wall := cpuTime()-cpu, time.Since(began)
	if err != nil {
		return nil, err
	}
	n := float64(len(took))
	return &Reference{
		Case: fmt.Sprintf("%.3g signatures, %.3g checks, %.3g records and %.3g artefacts made durable, %d exchanges over bare loopback TCP, %d at once",
			per.signatures, per.checks, per.hirer.records+per.provider.records, per.hirer.kept+per.provider.kept, per.exchanges, h.At),
		Rate: n / wall.Seconds(), CPU: micros(cpu) / n, Percentiles: percentiles(took),
	}, nil
}

const signedBytes = 256 // of a statement over a few documents

// bareJob is the reference under way.
type bareJob struct {
	perJob
	key         wire.PrivateKey
	sig         wire.Signature
	here, there *bareDisk
	lines       []*line
}

func (b *bareJob) close() (err error) {
	for _, l := range b.lines {
		err = errors.Join(err, l.conn.Close())
		<-l.ended
	}
	for _, d := range []*bareDisk{b.here, b.there} {
		if d != nil {
			err = errors.Join(err, d.journal.Close())
		}
	}
	return err
}

// run does bare jobs for as long as real ones were done.
func (b *bareJob) run(ctx context.Context, h HireOptions, near, far *line) ([]time.Duration, error) {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		took   []time.Duration
		failed error
		until  = time.Now().Add(h.For)
	)
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failed = errors.Join(failed, err)
	}
	for flow := range h.At {
		wg.Go(func() {
			if err := b.answer(far, flow); err != nil {
				fail(err)
			}
		})
		wg.Go(func() {
			defer near.hangUp(flow)
			var mine []time.Duration
			for n := 0; ctx.Err() == nil && time.Now().Before(until); n++ {
				began := time.Now()
				if err := b.one(near, flow, n); err != nil {
					fail(err)
					return
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	return took, errors.Join(failed, context.Cause(ctx))
}

// one is the hirer's side of one job.
func (b *bareJob) one(l *line, flow, n int) error {
	for step := range b.exchanges {
		at := n*b.exchanges + step
		if err := errors.Join(b.seal(2*at), b.here.write(at, b.exchanges)); err != nil {
			return err
		}
		if err := l.say(flow, int(b.out)/b.exchanges); err != nil {
			return err
		}
		if _, ok := <-l.heard[flow]; !ok {
			return net.ErrClosed
		}
		if err := b.check(2 * at); err != nil {
			return err
		}
	}
	return nil
}

// answer is the provider's side of one flow of jobs, until the hirer hangs up.
func (b *bareJob) answer(l *line, flow int) error {
	for at := 0; ; at++ {
		size, ok := <-l.heard[flow]
		if !ok || size == 0 {
			return nil
		}
		if err := errors.Join(b.check(2*at+1), b.there.write(at, b.exchanges), b.seal(2*at+1)); err != nil {
			return err
		}
		if err := l.say(flow, int(b.back)/b.exchanges); err != nil {
			return err
		}
	}
}

// share spreads so many of a thing in a job over the steps of all jobs.
func share(inJob float64, step, steps int) int {
	each := inJob / float64(steps)
	return int(each*float64(step+1)) - int(each*float64(step))
}

func (b *bareJob) seal(half int) error {
	for range share(b.signatures, half, 2*b.exchanges) {
		if _, err := b.key.Sign(make([]byte, signedBytes)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bareJob) check(half int) error {
	for range share(b.checks, half, 2*b.exchanges) {
		if !wire.Verify(b.key.Key(), make([]byte, signedBytes), b.sig) {
			return errors.New("a good signature was refused")
		}
	}
	return nil
}

// bareDisk is the journal and the vault of one side, as a peer has them.
type bareDisk struct {
	disk
	mu      sync.Mutex // Append is called by one at a time
	journal *badgerdb.Store
	vault   store.Vault
	names   uint64
}

func openDisk(dir string, d disk) (*bareDisk, error) {
	journal, err := badgerdb.Open(filepath.Join(dir, "db"), badgerdb.Defaults())
	if err != nil {
		return nil, err
	}
	vault, err := files.Open(filepath.Join(dir, "vault"))
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	return &bareDisk{disk: d, journal: journal, vault: vault}, nil
}

// write makes durable what one step of a job writes.
func (d *bareDisk) write(step, steps int) error {
	for range share(d.kept, step, steps) {
		if err := d.keep(); err != nil {
			return err
		}
	}
	for range share(d.records, step, steps) {
		if err := d.record(); err != nil {
			return err
		}
	}
	return nil
}

func (d *bareDisk) record() error {
	done := make(chan error, 1)
	d.mu.Lock()
	d.journal.Append(make([]byte, max(d.bytes, 1)), func(err error) { done <- err })
	d.mu.Unlock()
	return <-done
}

func (d *bareDisk) keep() error {
	d.mu.Lock()
	d.names++
	name := wire.Sum(fmt.Append(nil, d.names))
	d.mu.Unlock()
	draft, err := d.vault.Create()
	if err != nil {
		return err
	}
	if _, err := draft.Write(text); err != nil {
		return errors.Join(err, draft.Discard())
	}
	return draft.Keep(name)
}
