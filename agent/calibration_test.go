package agent_test

import (
	"math"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
)

// TestCalibrate checks the figures against ones worked out by hand.
func TestCalibrate(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	c := agent.Calibrate([]agent.Forecast{
		{Success: 6000, Well: true},
		{Success: 6999, Well: false},
		{Success: protocol.Full, Well: true},
		{Success: 0, Well: false},
	})
	near("the Brier score", c.Brier, (0.16+0.6999*0.6999)/4)
	near("the reference", c.Reference, 0.25)
	near("the error", c.Error, (0.6+0.6999-1)/4)
	if c.Jobs != 4 || c.Well != 2 || len(c.Bands) != 3 {
		t.Fatalf("%+v", c)
	}
	for i, want := range []agent.CalibrationBand{
		{From: 0, To: 1000, Jobs: 1},
		{From: 6000, To: 7000, Jobs: 2, Well: 1, Estimated: 0.64995},
		{From: 9000, To: protocol.Full, Jobs: 1, Well: 1, Estimated: 1},
	} {
		near("a band's mean", c.Bands[i].Estimated, want.Estimated)
		if want.Estimated = c.Bands[i].Estimated; c.Bands[i] != want {
			t.Errorf("band %d is %+v, want %+v", i, c.Bands[i], want)
		}
	}
	if c := agent.Calibrate(nil); c.Jobs != 0 || c.Brier != 0 || len(c.Bands) != 0 {
		t.Errorf("of no job %+v", c)
	}
}

// TestForecasts: what was thought of a provider when it was hired is held against what
// came of it, and what tells nothing of the provider is not.
func TestForecasts(t *testing.T) {
	w, seller, buyer := pair(t)
	seller.sells(5)
	w.pass(second)
	buyer.orders("well")
	w.pass(minute)
	seller.work = fails(protocol.CodeWorkFailed, 10)
	buyer.orders("badly")
	w.pass(minute)
	seller.work = slow(minute)
	buyer.orders("called off")
	w.pass(5 * second)
	buyer.tell(agent.Withdrew{Job: buyer.view("called off").ID})
	w.pass(20 * minute)
	var all []agent.Forecast
	for from, more := 0, true; more; more = from != 0 {
		var some []agent.Forecast
		some, from = buyer.agent.Forecasts(buyer.clock(), from, 2)
		all = append(all, some...)
	}
	if len(all) != 2 || !all[0].Well || all[1].Well || all[1].Success <= all[0].Success || all[0].Success != 5000 {
		t.Errorf("%+v: want half at first, and it was right; then more, and it was wrong", all)
	}
	if none, _ := seller.agent.Forecasts(seller.clock(), 0, 100); len(none) != 0 {
		t.Errorf("who only sells has estimated %+v", none)
	}
	before := all
	buyer.die()
	buyer.start()
	if again, _ := buyer.agent.Forecasts(buyer.clock(), 0, 100); len(again) != len(before) || again[0] != before[0] || again[1] != before[1] {
		t.Errorf("after a start it is %+v, and was %+v", again, before)
	}
}
