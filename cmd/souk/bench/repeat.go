package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// repeat does something at most most times, at so many at once, beginning none after
// until (the zero time: no end), and returns how long each took. do is told which it
// is, from 1. The first error ends all.
func repeat(ctx context.Context, at, most int, until time.Time, do func(ctx context.Context, n int) error) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		next atomic.Int64
		mu   sync.Mutex
		took []time.Duration
		wg   sync.WaitGroup
	)
	for range at {
		wg.Go(func() {
			var mine []time.Duration
			for ctx.Err() == nil && (until.IsZero() || time.Now().Before(until)) {
				n := int(next.Add(1))
				if n > most {
					break
				}
				began := time.Now()
				if err := do(ctx, n); err != nil {
					cancel(err)
					break
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	return took, context.Cause(ctx)
}
