package bench

import (
	"slices"
	"time"
)

// Percentiles tells how long units of work took, in microseconds: as long or
// shorter than that were 50, 95 and 99 of a hundred, and all. They are exact:
// every duration measured is kept.
type Percentiles struct {
	P50 float64 `json:"p50_us"`
	P95 float64 `json:"p95_us"`
	P99 float64 `json:"p99_us"`
	Max float64 `json:"max_us"`
}

// percentiles sorts what took how long.
func percentiles(took []time.Duration) Percentiles {
	if len(took) == 0 {
		return Percentiles{}
	}
	slices.Sort(took)
	at := func(percent int) float64 {
		rank := (len(took)*percent + 99) / 100 // the nearest rank
		return micros(took[max(rank, 1)-1])
	}
	return Percentiles{at(50), at(95), at(99), at(100)}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
