// Package broker sells what others do: it hires one capability after another from the market, each for
// the result of the one before, and hands over the last result. The provider lives on the difference.
//
// It promises to hire nobody but by the Hirer of its task, to hold no more of any payload than one
// buffer, and to name each part by its place alone, so that a task that is done again hires nobody
// twice. It must never choose a label, a time or a party: whoever fulfils the Hirer does.
package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// The settings a Config may hold. Any other is refused.
const (
	// SettingHire names the capabilities to hire in their order, divided by commas: 1 to MaxParts.
	// Required.
	SettingHire = "hire"
	// SettingBudget is the most that each part may cost, a whole number of the asset's smallest
	// units; without it all parts together may cost what the job is paid with.
	SettingBudget = "budget"
)

// MaxParts is how many capabilities one task may hire.
const MaxParts = 16

// Maker makes brokers. Its zero value is ready.
type Maker struct{}

// Name returns "broker".
func (Maker) Name() string { return "broker" }

// Make checks the settings, or returns worker.ErrConfig (wrapped). Whether anybody offers what is to be
// hired shows when a task comes.
func (Maker) Make(c worker.Config) (worker.Worker, error) {
	p, err := parse(c.Settings)
	if err != nil {
		return nil, fmt.Errorf("%w: broker: %w", worker.ErrConfig, err)
	}
	return p, nil
}

func parse(settings map[string]string) (*pipeline, error) {
	for name := range settings {
		if name != SettingHire && name != SettingBudget {
			return nil, fmt.Errorf("unknown setting %q: known are %s, %s", name, SettingHire, SettingBudget)
		}
	}
	p := &pipeline{hire: Split(settings[SettingHire])}
	if n := len(p.hire); n == 0 || n > MaxParts {
		return nil, fmt.Errorf("setting %q names %d capabilities: give 1 to %d, divided by commas", SettingHire, n, MaxParts)
	}
	for _, capability := range p.hire {
		if err := protocol.CheckCapability(capability); err != nil {
			return nil, fmt.Errorf("setting %q: %w", SettingHire, err)
		}
	}
	if given, ok := settings[SettingBudget]; ok {
		most, err := wire.ParseAmount(given)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", SettingBudget, err)
		}
		p.budget = &most
	}
	return p, nil
}

// Split returns the capabilities in a list divided by commas, with or without blanks around them.
func Split(list string) []string {
	all := strings.Split(list, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// pipeline is the worker.
type pipeline struct {
	hire   []string
	budget *wire.Amount
}

// Do hires part after part. An Input whose Read blocks blocks Do.
func (p *pipeline) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	if err := t.Limits.Check(); err != nil {
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	if t.Hirer == nil {
		return worker.Result{}, fmt.Errorf("%w: there is nobody to hire here", worker.ErrFailed)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.Limits.Time, worker.ErrTimeout)
	defer cancel()
	if ctx.Err() != nil {
		return worker.Result{}, ended(ctx)
	}
	media, err := p.run(ctx, t, out)
	switch {
	case err == nil:
		return worker.Result{Type: media}, nil
	case ctx.Err() != nil && !errors.Is(err, worker.ErrTooLarge):
		return worker.Result{}, ended(ctx)
	}
	return worker.Result{}, err
}

// run feeds each part's result to the next, and the last one to out.
func (p *pipeline) run(ctx context.Context, t worker.Task, out io.Writer) (string, error) {
	input, media := io.NopCloser(t.Input), t.InputType
	if t.Input == nil {
		input = io.NopCloser(strings.NewReader(""))
	}
	for i, capability := range p.hire {
		result, made, err := t.Hirer.Hire(ctx, worker.Part{
			Name: strconv.Itoa(i + 1), Capability: capability, InputType: media, Budget: p.budget,
		}, attentive{ctx, input})
		_ = input.Close() // only read from
		if err != nil {
			return "", err
		}
		input, media = result, made
	}
	defer input.Close() // only read from
	return media, hand(attentive{ctx, input}, out, t.Limits.Output)
}

// hand copies a result, never more than limit bytes of it.
func hand(result io.Reader, out io.Writer, limit int64) error {
	if _, err := io.Copy(written{out}, io.LimitReader(result, limit)); err != nil {
		return fmt.Errorf("%w: hand over the result: %w", worker.ErrFailed, err)
	}
	var one [1]byte
	switch _, err := io.ReadFull(result, one[:]); {
	case err == nil:
		return fmt.Errorf("%w: over %d bytes", worker.ErrTooLarge, limit)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return fmt.Errorf("%w: read the result: %w", worker.ErrFailed, err)
	}
}

// written hides what else a writer can do, so that it is copied to by one buffer at a time.
type written struct{ io.Writer }

// ended says why ctx ended: worker.ErrTimeout for any deadline, the caller's reason otherwise.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, worker.ErrTimeout):
		return cause
	case errors.Is(cause, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", worker.ErrTimeout, cause)
	default:
		return fmt.Errorf("%w: cancelled: %w", worker.ErrFailed, cause)
	}
}

// attentive reads as long as its context lives.
type attentive struct {
	ctx context.Context
	in  io.Reader
}

func (a attentive) Read(b []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	return a.in.Read(b)
}
