// Package workertest is the suite that the worker of every technology must pass.
//
// It promises to ask only what package worker promises, so that a worker that passes can stand in
// for any other. It must never know a technology.
package workertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/agent/worker"
)

// Subject is what the suite needs to know of a technology.
type Subject struct {
	Maker worker.Maker
	// Good makes a worker that answers Input with Want, the same bytes each time.
	Good  worker.Config
	Input string
	Want  string // at least 2 bytes
	// Bad are configurations that Make must refuse. At least one.
	Bad []worker.Config
	// Hang makes a worker that does not end by itself. Nil where the technology has none, and then
	// an input that never ends is given to Good, which must consume all its input.
	Hang *worker.Config
	// Hirer is given to every task, where the technology hires others. It is to answer with its ctx.
	Hirer worker.Hirer
	// Flood makes a worker whose result has no end. Nil where the technology has none.
	Flood *worker.Config
}

const (
	// patience is the time limit of tasks that must be cut off.
	patience = 100 * time.Millisecond
	// soon is when a task must have ended after it was cut off, with room for a busy machine.
	soon = 30 * time.Second
)

// plenty is limits that nothing here comes near.
func plenty() worker.Limits {
	return worker.Limits{Time: time.Minute, Output: 1 << 20, Memory: 4 << 30}
}

// Test runs the suite.
func Test(t *testing.T, s Subject) {
	t.Run("Name", func(t *testing.T) {
		if s.Maker.Name() == "" {
			t.Error("a technology needs a name")
		}
	})
	t.Run("BadConfigurations", func(t *testing.T) { badConfigurations(t, s) })
	t.Run("Result", func(t *testing.T) { result(t, s) })
	t.Run("ManyAtOnce", func(t *testing.T) { manyAtOnce(t, s) })
	t.Run("LimitsMustBePositive", func(t *testing.T) { limitsMustBePositive(t, s) })
	t.Run("OutputLimit", func(t *testing.T) { outputLimit(t, s) })
	t.Run("Flood", func(t *testing.T) { flood(t, s) })
	t.Run("TimeLimit", func(t *testing.T) { timeLimit(t, s) })
	t.Run("CallersDeadline", func(t *testing.T) { callersDeadline(t, s) })
	t.Run("CancelledBefore", func(t *testing.T) { cancelledBefore(t, s) })
	t.Run("CancelledDuring", func(t *testing.T) { cancelledDuring(t, s) })
	t.Run("UnreadableInput", func(t *testing.T) { unreadableInput(t, s) })
	t.Run("UnwritableResult", func(t *testing.T) { unwritableResult(t, s) })
}

func build(t *testing.T, m worker.Maker, c worker.Config) worker.Worker {
	t.Helper()
	w, err := m.Make(c)
	if err != nil {
		t.Fatalf("make %v: %v", c, err)
	}
	return w
}

func badConfigurations(t *testing.T, s Subject) {
	for _, c := range s.Bad {
		if w, err := s.Maker.Make(c); !errors.Is(err, worker.ErrConfig) {
			t.Errorf("%v makes %v, %v, want ErrConfig", c, w, err)
		}
	}
	if len(s.Bad) == 0 {
		t.Error("no bad configuration given")
	}
}

func result(t *testing.T, s Subject) {
	w := build(t, s.Maker, s.Good)
	for range 2 {
		var out bytes.Buffer
		r, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader(s.Input), Limits: plenty(), Hirer: s.Hirer}, &out)
		if err != nil || out.String() != s.Want {
			t.Errorf("result %q, %v, want %q", out.String(), err, s.Want)
		}
		if r.Type == "" {
			t.Error("the result has no media type")
		}
	}
}

func manyAtOnce(t *testing.T, s Subject) {
	w := build(t, s.Maker, s.Good)
	const tasks = 8
	done := make(chan error, tasks)
	for range tasks {
		go func() {
			var out bytes.Buffer
			_, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader(s.Input), Limits: plenty(), Hirer: s.Hirer}, &out)
			if err == nil && out.String() != s.Want {
				err = errors.New("results are mixed up")
			}
			done <- err
		}()
	}
	for range tasks {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func limitsMustBePositive(t *testing.T, s Subject) {
	w := build(t, s.Maker, s.Good)
	for _, limits := range []worker.Limits{
		{},
		{Time: time.Second, Output: 1},
		{Time: time.Second, Memory: 1 << 30},
		{Output: 1, Memory: 1 << 30},
		{Time: -1, Output: 1, Memory: 1},
	} {
		var out bytes.Buffer
		if _, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader(s.Input), Limits: limits, Hirer: s.Hirer}, &out); err == nil || out.Len() > 0 {
			t.Errorf("limits %+v: %v and %d bytes", limits, err, out.Len())
		}
	}
}

func outputLimit(t *testing.T, s Subject) {
	w := build(t, s.Maker, s.Good)
	limits := plenty()
	limits.Output = int64(len(s.Want))
	var out bytes.Buffer
	if _, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader(s.Input), Limits: limits, Hirer: s.Hirer}, &out); err != nil {
		t.Errorf("a result of just the limit: %v", err)
	}
	limits.Output--
	out.Reset()
	_, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader(s.Input), Limits: limits, Hirer: s.Hirer}, &out)
	if !errors.Is(err, worker.ErrTooLarge) || int64(out.Len()) > limits.Output {
		t.Errorf("one byte over: %v and %d bytes", err, out.Len())
	}
}

func flood(t *testing.T, s Subject) {
	if s.Flood == nil {
		t.Skip("this technology cannot make an endless result")
	}
	limits := plenty()
	limits.Output = 64 << 10
	var out bytes.Buffer
	began := time.Now()
	_, err := build(t, s.Maker, *s.Flood).Do(t.Context(), worker.Task{Limits: limits, Hirer: s.Hirer}, &out)
	if !errors.Is(err, worker.ErrTooLarge) || int64(out.Len()) > limits.Output {
		t.Errorf("a flood: %v and %d bytes", err, out.Len())
	}
	endsSoon(t, began)
}

// endlessTask is a worker and an input that keep each other busy for ever. The input calls at its
// first read.
func endlessTask(t *testing.T, s Subject, started func()) (worker.Worker, worker.Task) {
	t.Helper()
	task := worker.Task{Input: &spring{flow: started}, Limits: plenty(), Hirer: s.Hirer}
	if s.Hang != nil {
		return build(t, s.Maker, *s.Hang), task
	}
	return build(t, s.Maker, s.Good), task
}

// spring is an input that never ends. Its first read calls flow.
type spring struct{ flow func() }

func (s *spring) Read(b []byte) (int, error) {
	if s.flow != nil {
		s.flow()
		s.flow = nil
	}
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

func timeLimit(t *testing.T, s Subject) {
	w, task := endlessTask(t, s, nil)
	task.Limits.Time = patience
	began := time.Now()
	if _, err := w.Do(t.Context(), task, io.Discard); !errors.Is(err, worker.ErrTimeout) {
		t.Errorf("over its time limit: %v, want ErrTimeout", err)
	}
	endsSoon(t, began)
}

func callersDeadline(t *testing.T, s Subject) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	w, task := endlessTask(t, s, nil)
	began := time.Now()
	if _, err := w.Do(ctx, task, io.Discard); !errors.Is(err, worker.ErrTimeout) {
		t.Errorf("over the caller's deadline: %v, want ErrTimeout", err)
	}
	endsSoon(t, began)
}

func cancelledBefore(t *testing.T, s Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w, task := endlessTask(t, s, nil)
	began := time.Now()
	if _, err := w.Do(ctx, task, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before it began: %v, want context.Canceled", err)
	}
	endsSoon(t, began)
}

func cancelledDuring(t *testing.T, s Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w, task := endlessTask(t, s, cancel)
	began := time.Now()
	_, err := w.Do(ctx, task, io.Discard)
	if !errors.Is(err, context.Canceled) || errors.Is(err, worker.ErrTimeout) {
		t.Errorf("cancelled while it ran: %v, want context.Canceled", err)
	}
	endsSoon(t, began)
}

// broken fails at every read and write.
type broken struct{ cause error }

func (b broken) Read([]byte) (int, error)  { return 0, b.cause }
func (b broken) Write([]byte) (int, error) { return 0, b.cause }

func unreadableInput(t *testing.T, s Subject) {
	cause := errors.New("the disk is gone")
	input := io.MultiReader(strings.NewReader(s.Input), broken{cause})
	_, err := build(t, s.Maker, s.Good).Do(t.Context(), worker.Task{Input: input, Limits: plenty(), Hirer: s.Hirer}, io.Discard)
	if !errors.Is(err, cause) || !errors.Is(err, worker.ErrFailed) {
		t.Errorf("input that cannot be read: %v, want ErrFailed and the cause", err)
	}
}

func unwritableResult(t *testing.T, s Subject) {
	cause := errors.New("the disk is full")
	_, err := build(t, s.Maker, s.Good).Do(t.Context(), worker.Task{Input: strings.NewReader(s.Input), Limits: plenty(), Hirer: s.Hirer}, broken{cause})
	if !errors.Is(err, cause) || !errors.Is(err, worker.ErrFailed) {
		t.Errorf("a result that cannot be written: %v, want ErrFailed and the cause", err)
	}
}

func endsSoon(t *testing.T, began time.Time) {
	t.Helper()
	if took := time.Since(began); took > soon {
		t.Errorf("it took %v to end", took)
	}
}
