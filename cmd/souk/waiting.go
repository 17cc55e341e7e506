package main

import (
	"fmt"
	"time"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
)

// waits says what an order waits for, and until when at most, on one line.
func waits(j gateway.Job) string {
	text := fmt.Sprintf("%s: %s", j.Capability, j.Stage)
	switch {
	case j.Stage == agent.StageSeeking && !j.Instead.IsZero():
		return text + ", for somebody to take over: " + j.Detail
	case j.Stage == agent.StageSeeking:
		return text + ", for an offer that suits"
	case j.Away != 0:
		return text + ", its provider is out of reach" + meanwhile(j)
	}
	if what := awaited[j.Stage]; what != "" {
		text += ", waits for " + what
	}
	if j.NextAt != 0 {
		text += ", at most until " + hour(j.NextAt)
	}
	return text
}

// awaited is what moves a job on from a stage, as its hirer sees it.
var awaited = map[string]string{
	"quoted":     "the provider",
	"agreed":     "the provider to take it",
	"funded":     "the provider to take it",
	"working":    "the delivery",
	"paused":     "what its provider needs",
	"delivered":  "the check of the result",
	"accepted":   "the payment",
	"contested":  "the provider's answer",
	"disputed":   "the evaluators",
	"settling":   "the receipt",
	"unresolved": "the receipt",
}

// meanwhile says what is done about a provider that is out of reach.
func meanwhile(j gateway.Job) string {
	switch j.Takeover {
	case agent.Sought:
		return "; another is sought"
	case agent.SoughtBudget:
		return fmt.Sprintf("; another costs more than what is left beside the %s held, until %s", j.Held, hour(j.HeldUntil))
	}
	return ""
}

// hour shows the time of day of an instant, and the day where that is not today.
func hour(ms uint64) string {
	at, now := time.UnixMilli(int64(ms)), time.Now()
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format("15:04:05")
	}
	return at.Format("2006-01-02 15:04:05")
}
