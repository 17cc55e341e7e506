package agent_test

import (
	"testing"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol/wire"
)

// TestChoiceIsWrittenDown: beside the contract stands what was thought of its
// provider, and who would have been next; a replay knows it, when all is over too.
func TestChoiceIsWrittenDown(t *testing.T) {
	w := newTown(t, 1)
	dear, cheap, buyer := w.settle("dear").start(), w.settle("cheap").start(), w.settle("buyer").start()
	dear.sells(9)
	cheap.sells(5)
	w.pass(second)
	buyer.orders("one")
	c := buyer.view("one").Choice
	if c.Success != 5000 || c.Low != 500 || c.High != 9500 || c.Uncertainty != 10_000 || c.Of != 2 {
		t.Errorf("of strangers is thought %+v", c)
	}
	if c.Why != hire.WhyBest || c.Next != dear.key.Key() || c.Expected.Cmp(wire.Units(10)) < 0 || c.NextCost.Cmp(c.Expected) <= 0 {
		t.Errorf("they were compared like this: %+v", c)
	}
	w.pass(minute)
	if v := buyer.ended("one", ending{"settled", "", 5}); v.Choice != c {
		t.Errorf("in the end it is %+v", v.Choice)
	}
	if all, done := buyer.agent.Appraise(w.now, ""); !done || len(all) != 2 || all[0].Expected.IsZero() {
		t.Errorf("appraised: %+v", all)
	}
	w.reckon()
}
