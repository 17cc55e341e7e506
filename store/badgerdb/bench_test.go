package badgerdb

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// BenchmarkAppend appends records of 600 bytes, a usual size, and keeps a number of
// them waiting for the disk at any moment. Beside records/s it reports
// how many times the rate is that of one transaction per record
// from as many goroutines, measured in the same run on the same disk.
func BenchmarkAppend(b *testing.B) {
	for _, waiting := range []int{1, 64, 512} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			s := mustOpen(b, b.TempDir())
			record := make([]byte, 600)
			alone := oneByOne(b, s.db, record, waiting)
			slots := make(chan error, waiting)
			for range waiting {
				slots <- nil
			}
			durable := func(err error) { slots <- err }
			for b.Loop() {
				if err := <-slots; err != nil {
					b.Fatal(err)
				}
				s.Append(record, durable)
			}
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			rate := float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(rate, "records/s")
			b.ReportMetric(rate/alone, "×alone")
		})
	}
}

// oneByOne returns how many records per second become durable with one
// transaction for each, asked for by so many goroutines.
func oneByOne(b *testing.B, db *badger.DB, record []byte, goroutines int) float64 {
	const total = 1024
	var next atomic.Uint64
	failed := make(chan error, goroutines)
	start := time.Now()
	for range goroutines {
		go func() {
			for {
				n := next.Add(1)
				if n > total {
					failed <- nil
					return
				}
				err := db.Update(func(txn *badger.Txn) error {
					return txn.Set(append([]byte{'x'}, recordKey(n, 0)...), record)
				})
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for range goroutines {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
	return total / time.Since(start).Seconds()
}
