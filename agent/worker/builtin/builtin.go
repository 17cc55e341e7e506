// Package builtin sells what the peer can do with nothing else installed.
//
// It promises the same bytes for the same input on every machine, and bounded time and memory for
// any input. It must never start a process, read a file, or speak to the network.
package builtin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/souk-network/souk/agent/worker"
)

// The settings a Config may hold. Any other is refused.
const (
	// SettingName says which function: "html", "summary" or "words". Required.
	SettingName = "name"
	// SettingShare bounds a summary as a share of its source, 0.05 to 0.9; without it 0.3.
	SettingShare = "share"
)

// The media types of results.
const (
	textType = "text/plain; charset=utf-8"
	pageType = "text/html; charset=utf-8"
)

// Maker makes the built-in workers. Its zero value is ready.
type Maker struct{}

// Name returns "builtin".
func (Maker) Name() string { return "builtin" }

// Names returns the functions there are, sorted.
func Names() []string { return []string{"html", "summary", "words"} }

// Make returns the function the setting "name" asks for, or worker.ErrConfig (wrapped).
func (Maker) Make(c worker.Config) (worker.Worker, error) {
	f, err := choose(c.Settings)
	if err != nil {
		return nil, fmt.Errorf("%w: builtin: %w", worker.ErrConfig, err)
	}
	return f, nil
}

func choose(settings map[string]string) (worker.Worker, error) {
	switch name := settings[SettingName]; name {
	case "html":
		if err := only(settings, SettingName); err != nil {
			return nil, err
		}
		return function{makePage, pageType}, nil
	case "summary":
		if err := only(settings, SettingName, SettingShare); err != nil {
			return nil, err
		}
		share, err := chooseShare(settings[SettingShare])
		if err != nil {
			return nil, err
		}
		return function{func(ctx context.Context, in io.Reader) ([]byte, error) {
			return summarize(ctx, in, share)
		}, textType}, nil
	case "words":
		if err := only(settings, SettingName); err != nil {
			return nil, err
		}
		return function{countWords, textType}, nil
	default:
		return nil, fmt.Errorf("no function %q: there are %s", name, strings.Join(Names(), ", "))
	}
}

func only(settings map[string]string, known ...string) error {
	for name := range settings {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown setting %q: known are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// function is a worker that makes its whole, small result in memory.
type function struct {
	of    func(context.Context, io.Reader) ([]byte, error)
	media string // type of its result
}

// Do works in the calling goroutine and looks at ctx between steps of a few milliseconds. An
// Input whose Read blocks blocks Do.
func (f function) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	if err := t.Limits.Check(); err != nil {
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.Limits.Time, worker.ErrTimeout)
	defer cancel()
	in := t.Input
	if in == nil {
		in = strings.NewReader("")
	}
	result, err := f.of(ctx, attentive{ctx, in})
	if ctx.Err() != nil {
		return worker.Result{}, ended(ctx)
	}
	if err != nil {
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	if int64(len(result)) > t.Limits.Output {
		return worker.Result{}, fmt.Errorf("%w: %d bytes, at most %d", worker.ErrTooLarge, len(result), t.Limits.Output)
	}
	if _, err := out.Write(result); err != nil {
		return worker.Result{}, fmt.Errorf("%w: write result: %w", worker.ErrFailed, err)
	}
	return worker.Result{Type: f.media}, nil
}

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
