package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// place is a folder of its own for something that is measured more than once.
func (o Options) place(name string, n int) string {
	return filepath.Join(o.Folder, fmt.Sprintf("%s-%d", name, n))
}

// purse is a till that pays, with a journal and the network. What it says is durable
// first.
type purse struct {
	quiet
	*till
	disk  *bareDisk
	net   p2p.Network
	payee wire.Key
	said  atomic.Int64 // bytes
	up    chan struct{}

	wait    sync.Mutex
	waiting map[uint64]chan error // by the number of the entry
}

// drawer is a till that is paid.
type drawer struct {
	quiet
	*till
	disk *bareDisk
	net  p2p.Network
	said atomic.Int64 // bytes
}

// fail tells all who wait.
func (p *purse) fail(err error) {
	p.wait.Lock()
	defer p.wait.Unlock()
	for seq, done := range p.waiting {
		done <- err
		delete(p.waiting, seq)
	}
}

// OnUp tells that the two are linked.
func (p *purse) OnUp(wire.Key) { close(p.up) }

// OnDown ends what waits.
func (p *purse) OnDown(wire.Key) { p.fail(errors.New("the link is gone")) }

// OnFrame takes a countersign. It is kept too, and nobody waits for that.
func (p *purse) OnFrame(_ wire.Key, raw []byte) error {
	raw = append([]byte(nil), raw...)
	seq, err := p.take(raw)
	if err != nil {
		p.fail(err)
		return err
	}
	p.mu.Lock()
	p.disk.journal.Append(raw, func(error) {}) // what comes later fails too
	p.mu.Unlock()
	p.wait.Lock()
	defer p.wait.Unlock()
	if done := p.waiting[seq]; done != nil {
		done <- nil
		delete(p.waiting, seq)
	}
	return nil
}

// receipt says an entry and waits for its countersign.
func (p *purse) receipt(ctx context.Context, draft func(*settlement.Book) (*protocol.Entry, error)) (id wire.CID, err error) {
	done := make(chan error, 1)
	err = p.enter(draft, func(e wire.Said, raw []byte) {
		id = e.ID
		p.wait.Lock()
		p.waiting[e.Doc.(*protocol.Entry).Seq] = done
		p.wait.Unlock()
		p.said.Add(int64(len(raw)))
		p.disk.journal.Append(raw, func(err error) {
			if err == nil {
				err = p.net.Send(ctx, p.payee, raw)
			}
			if err != nil {
				p.fail(err)
			}
		})
	})
	if err != nil {
		return id, err
	}
	select {
	case err = <-done:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return id, err
}

// OnFrame countersigns an entry.
func (d *drawer) OnFrame(from wire.Key, raw []byte) error {
	answer, err := d.countersign(raw)
	if err != nil {
		return err
	}
	d.said.Add(int64(len(answer)))
	d.disk.journal.Append(append(append([]byte(nil), raw...), answer...), func(err error) {
		if err == nil {
			_ = d.net.Send(context.Background(), from, answer) // where it is lost, the payer's wait ends with the link
		}
	})
	return nil
}

// counters opens both sides of a lane and links them.
func counters(ctx context.Context, o Options, at int) (p *purse, d *drawer, err error) {
	p, d = &purse{till: newTill(1), waiting: map[uint64]chan error{}, up: make(chan struct{})}, &drawer{till: newTill(2)}
	p.payee = d.key.Key()
	if p.disk, err = openDisk(o.place("purse", at), disk{}); err != nil {
		return p, d, err
	}
	if d.disk, err = openDisk(o.place("drawer", at), disk{}); err != nil {
		return p, d, err
	}
	if p.net, err = join(p.key, stageNet, p); err != nil {
		return p, d, err
	}
	if d.net, err = join(d.key, stageNet, d); err != nil {
		return p, d, err
	}
	if _, err = p.net.Connect(ctx, d.net.Addrs()[0]); err != nil {
		return p, d, err
	}
	select {
	case <-p.up:
	case <-ctx.Done():
		return p, d, context.Cause(ctx)
	}
	_, err = p.receipt(ctx, opening(p.payee))
	return p, d, err
}

// shut closes whatever of both sides is open.
func shut(p *purse, d *drawer) (err error) {
	for _, n := range []p2p.Network{p.net, d.net} {
		if n != nil {
			err = errors.Join(err, n.Close())
		}
	}
	for _, k := range []*bareDisk{p.disk, d.disk} {
		if k != nil {
			err = errors.Join(err, k.journal.Close())
		}
	}
	return err
}

// durable measures receipts that both sides have on disk, over a loopback socket.
func durable(ctx context.Context, o Options, at int, d time.Duration) (row Row, err error) {
	o.Scene(fmt.Sprintf("durable receipts, %d at once", at))
	payer, payee, err := counters(ctx, o, at)
	defer func() { err = errors.Join(err, shut(payer, payee)) }()
	if err != nil {
		return row, err
	}
	payer.said.Store(0)
	payee.said.Store(0)
	syncs := [2]uint64{payer.disk.journal.Commits(), payee.disk.journal.Commits()}
	m, err := begin()
	if err != nil {
		return row, err
	}
	took, err := repeat(ctx, at, MaxJobs, time.Now().Add(d), func(ctx context.Context, n int) error {
		hold, err := payer.receipt(ctx, holding(payer.payee, n))
		if err != nil {
			return err
		}
		_, err = payer.receipt(ctx, posting(hold))
		return err
	})
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, err
	}
	for i := range took {
		took[i] /= 2 // a payment is two receipts
	}
	u.fill(&row, 2*len(took))
	n := float64(row.N)
	row.Unit, row.Percentiles, row.Case = "receipts/s", percentiles(took), fmt.Sprintf("durable on both sides, over libp2p, %d at once", at)
	row.Goal = map[int]string{64: "at most 4 (0.25 of the reference's rate)", 512: "at most 2.5 (0.4 of the reference's rate)"}[at]
	row.Counts = map[string]float64{
		"bytes of entry and countersign": float64(payer.said.Load()+payee.said.Load()) / n,
		"payer's journal syncs":          float64(payer.disk.journal.Commits()-syncs[0]) / n,
		"payee's journal syncs":          float64(payee.disk.journal.Commits()-syncs[1]) / n,
	}
	return row, nil
}

// oneByOne measures Badger with a synchronous transaction for each record.
func oneByOne(ctx context.Context, o Options, writers, size int, d time.Duration) (_ *Reference, err error) {
	db, err := badger.Open(badger.DefaultOptions(o.place("alone", writers)).WithSyncWrites(true).WithLogger(nil))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	record := make([]byte, size)
	cpu, began := cpuTime(), time.Now()
	took, err := repeat(ctx, writers, 1<<40, time.Now().Add(d), func(_ context.Context, n int) error {
		return db.Update(func(txn *badger.Txn) error { return txn.Set(fmt.Appendf(nil, "%016x", n), record) })
	})
	cpu, wall := cpuTime()-cpu, time.Since(began)
	if err != nil {
		return nil, err
	}
	n := float64(len(took))
	return &Reference{
		Case: fmt.Sprintf("Badger with one synchronous transaction for each record, %d writers", writers),
		Rate: n / wall.Seconds(), CPU: micros(cpu) / n, Percentiles: percentiles(took),
	}, nil
}
