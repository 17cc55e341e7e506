package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// ReceiptsOptions says which receipts are measured.
type ReceiptsOptions struct {
	At  []int         // payments, and writers of records, at once
	For time.Duration // how long each is measured
}

// Receipts measures the money by itself: entries with their countersigns, in memory
// and durable over libp2p, and records of the journal.
func Receipts(ctx context.Context, o Options, r ReceiptsOptions) (*Report, error) {
	ref, err := fourSignatures(ctx, o, r.For)
	if err != nil {
		return nil, err
	}
	row, err := inMemory(ctx, o, r.For)
	if err == nil {
		err = row.hold(ref, ofCPU)
	}
	if err != nil {
		return nil, err
	}
	rows := []Row{row}
	for _, at := range r.At {
		row, err := durable(ctx, o, at, r.For)
		if err == nil {
			err = row.hold(ref, ofCPU)
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	for _, writers := range r.At {
		row, err := ledger(ctx, o, writers, r.For)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return report("receipts", rows...)
}

// fourSignatures is what no receipt can do without: each side makes one signature
// and checks one.
func fourSignatures(ctx context.Context, o Options, d time.Duration) (*Reference, error) {
	o.Scene("making and checking two signatures")
	key, message := keyNumber(0), make([]byte, signedBytes)
	cpu := cpuTime()
	took, err := repeat(ctx, 1, 1<<40, time.Now().Add(d), func(context.Context, int) error {
		for range 2 {
			sig, err := key.Sign(message)
			if err != nil {
				return err
			}
			if !wire.Verify(key.Key(), message, sig) {
				return errors.New("a good signature was refused")
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	cpu = cpuTime() - cpu
	n := float64(len(took))
	return &Reference{Case: "2 signatures made and 2 checked, on one core", Rate: n / cpu.Seconds(), CPU: micros(cpu) / n, Percentiles: percentiles(took)}, nil
}

// inMemory measures receipts of which nothing is written or sent.
func inMemory(ctx context.Context, o Options, d time.Duration) (Row, error) {
	row := Row{Unit: "receipts/s", Case: "in memory, on one core", Goal: "at most 1.33 (0.75 of the reference's rate)"}
	o.Scene("receipts in memory")
	payer, payee := newTill(1), newTill(2)
	bytes := 0
	receipt := func(draft func(*settlement.Book) (*protocol.Entry, error)) (id wire.CID, err error) {
		var entry []byte
		if err := payer.enter(draft, func(e wire.Said, raw []byte) { id, entry = e.ID, raw }); err != nil {
			return id, err
		}
		answer, err := payee.countersign(entry)
		if err != nil {
			return id, err
		}
		bytes += len(entry) + len(answer)
		_, err = payer.take(answer)
		return id, err
	}
	if _, err := receipt(opening(payee.key.Key())); err != nil {
		return row, err
	}
	bytes = 0
	m, err := begin()
	if err != nil {
		return row, err
	}
	took, err := repeat(ctx, 1, MaxJobs, time.Now().Add(d), func(_ context.Context, n int) error {
		hold, err := receipt(holding(payee.key.Key(), n))
		if err != nil {
			return err
		}
		_, err = receipt(posting(hold))
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
	row.Rate = float64(row.N) / u.cpu.Seconds()
	row.Percentiles = percentiles(took)
	row.Counts = map[string]float64{"bytes of entry and countersign": float64(bytes) / float64(row.N)}
	return row, nil
}

// ledger measures records of a usual size against one transaction for each.
func ledger(ctx context.Context, o Options, writers int, d time.Duration) (row Row, err error) {
	const size = 600 // bytes
	o.Scene(fmt.Sprintf("records of %d writers", writers))
	alone, err := oneByOne(ctx, o, writers, size, d)
	if err != nil {
		return row, err
	}
	disk, err := openDisk(o.place("ledger", writers), disk{bytes: size})
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, disk.journal.Close()) }()
	m, err := begin()
	if err != nil {
		return row, err
	}
	took, err := repeat(ctx, writers, 1<<40, time.Now().Add(d), func(context.Context, int) error { return disk.record() })
	u, other := m.end()
	if err := errors.Join(err, other); err != nil {
		return row, err
	}
	u.fill(&row, len(took))
	row.Unit, row.Case, row.Percentiles = "records/s", fmt.Sprintf("journal, %d writers of %d bytes", writers, size), percentiles(took)
	row.Counts = map[string]float64{"journal syncs": float64(disk.journal.Commits()) / float64(row.N)}
	if writers == 512 {
		row.Goal = "at least 50"
	}
	return row, row.hold(alone, ofRate)
}
