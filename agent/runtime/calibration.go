package runtime

import (
	"context"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
)

// forecastsAtOnce is how many jobs one question looks at: the loop must not wait.
const forecastsAtOnce = 256

// Calibration answers in many small questions.
func (p *Peer) Calibration(ctx context.Context) (gateway.Calibration, error) {
	var all []agent.Forecast
	for from, more := 0, true; more; {
		type part struct {
			some []agent.Forecast
			next int
		}
		got, err := ask(ctx, p, func(a *agent.Agent, at uint64) part {
			some, next := a.Forecasts(at, from, forecastsAtOnce)
			return part{some, next}
		})
		if err != nil {
			return gateway.Calibration{}, err
		}
		all = append(all, got.some...)
		from, more = got.next, got.next != 0
	}
	c := agent.Calibrate(all)
	g := gateway.Calibration{
		Schema: "souk.calibration/v1", Jobs: c.Jobs, Well: c.Well, Brier: c.Brier, Reference: c.Reference, Error: c.Error,
		Bands: []gateway.CalibrationBand{},
	}
	if c.Reference > 0 {
		g.Skill = 1 - c.Brier/c.Reference
	}
	for _, b := range c.Bands {
		g.Bands = append(g.Bands, gateway.CalibrationBand{
			From: float64(b.From) / protocol.Full, To: float64(b.To) / protocol.Full, Jobs: b.Jobs, Well: b.Well,
			Estimated: b.Estimated, Came: float64(b.Well) / float64(b.Jobs),
		})
	}
	return g, nil
}
