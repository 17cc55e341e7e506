package agent

import (
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
)

// Came is what came of a job, as far as that tells of its provider's work.
type Came uint8

// What may come of a job. Where nobody took it, where its hirer called it off or left
// its provider waiting, or did not pay, nothing is told of the provider.
const (
	CameToNothing Came = iota
	CameWell           // delivered, not found wrong, and paid for
	CameBadly          // found wrong, awarded less, called off by its provider, or not delivered
)

// came tells what came of a job that stands so at an instant.
func came(j *job.Job, at uint64, ok bool) Came {
	stage := j.Stage(at)
	switch {
	case !j.Taken():
		return CameToNothing
	case stage == job.Settled && ok:
		return CameWell
	case stage == job.Settled,
		stage == job.Defaulted && j.Fault(at) == job.Provider,
		stage == job.Cancelled && !sentAway(j) && !leftWaiting(j):
		return CameBadly
	}
	return CameToNothing
}

// Forecast is what was estimated when a contract was made, with what came of it.
type Forecast struct {
	Success uint64 // of 10,000
	Well    bool
}

// Forecasts returns, of at most most of this agent's jobs from a place on, oldest first,
// those that it hired for by an estimate and of which something is told. It returns
// the place to go on from, 0 after the last.
func (a *Agent) Forecasts(at uint64, from, most int) (all []Forecast, next int) {
	from = max(0, from)
	until := min(len(a.history), from+max(1, most))
	for _, id := range a.history[min(from, until):until] {
		if v, _ := a.byID(at, id); v.Role == job.Hirer && v.Choice.Why != "" && v.Came != CameToNothing {
			all = append(all, Forecast{v.Choice.Success, v.Came == CameWell})
		}
	}
	if until < len(a.history) {
		return all, until
	}
	return all, 0
}

// calibrationBands is how many bands of equal width the estimates fall into.
const calibrationBands = 10

// Calibration compares estimates with what came of the jobs.
type Calibration struct {
	Jobs, Well int
	Brier      float64 // mean square of what the estimate was off by, 0 to 1. G. W. Brier, 1950
	Reference  float64 // the same, had the share of all that came well been known before and always been said
	Error      float64 // how far the estimates of a band are off its jobs, on average over the jobs
	Bands      []CalibrationBand
}

// CalibrationBand is the jobs whose estimates lay in one band; none without jobs.
type CalibrationBand struct {
	From, To   uint64 // of 10,000; To belongs to the next, but for the last
	Jobs, Well int
	Estimated  float64 // the mean estimate, 0 to 1
}

// Calibrate compares forecasts with what came of them.
func Calibrate(all []Forecast) (c Calibration) {
	const width = protocol.Full / calibrationBands
	bands := make([]CalibrationBand, calibrationBands)
	for _, f := range all {
		b := &bands[min(f.Success/width, calibrationBands-1)]
		said, was := float64(f.Success)/protocol.Full, 0.0
		b.Jobs++
		if f.Well {
			b.Well++
			was = 1
		}
		b.Estimated += said
		c.Brier += float64((said - was) * (said - was))
	}
	for i, b := range bands {
		if b.Jobs == 0 {
			continue
		}
		c.Jobs, c.Well = c.Jobs+b.Jobs, c.Well+b.Well
		c.Error += max(b.Estimated-float64(b.Well), float64(b.Well)-b.Estimated)
		b.From, b.To, b.Estimated = uint64(i)*width, uint64(i+1)*width, b.Estimated/float64(b.Jobs)
		c.Bands = append(c.Bands, b)
	}
	if c.Jobs > 0 {
		n, share := float64(c.Jobs), float64(c.Well)/float64(c.Jobs)
		c.Brier, c.Error, c.Reference = c.Brier/n, c.Error/n, float64(share*(1-share))
	}
	return c
}
