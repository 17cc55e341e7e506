package exec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/souk-network/souk/agent/worker"
)

// soon is far above what a cut-off task takes and far below what the tasks here would take.
const soon = 30 * time.Second

func within(t *testing.T, what string, began time.Time) {
	t.Helper()
	if took := time.Since(began); took > soon {
		t.Errorf("%s took %v", what, took)
	}
}

func TestFloodIsCut(t *testing.T) {
	limits := plenty
	limits.Output = 32 << 20
	began := time.Now()
	w := build(t, map[string]string{SettingCommand: "yes flood"})
	var got gauge
	_, err := w.Do(context.Background(), worker.Task{Limits: limits}, &got)
	if !errors.Is(err, worker.ErrTooLarge) || got.n > 32<<20 {
		t.Errorf("got %d bytes, %v", got.n, err)
	}
	if used := got.used(); used > 4<<20 {
		t.Errorf("a flood cost %d bytes of memory in all", used)
	}
	within(t, "the flood", began)
}

// gauge counts what is written, and what was allocated from the first write to the
// last. What it takes afterwards to find all processes of a task depends on how many
// others the machine has.
type gauge struct {
	n           int64
	first, last uint64
}

func (g *gauge) Write(b []byte) (int, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if g.n == 0 {
		g.first = m.TotalAlloc
	}
	g.n, g.last = g.n+int64(len(b)), m.TotalAlloc
	return len(b), nil
}

func (g *gauge) used() uint64 { return g.last - g.first }

func TestHangIsKilled(t *testing.T) {
	limits := plenty
	limits.Time = 100 * time.Millisecond
	for _, script := range []string{
		"sleep 60",                           // a child of the shell
		"exec sleep 60",                      // the program itself
		"trap '' TERM INT HUP; sleep 60",     // one that ignores what can be ignored
		"exec >&- 2>&- <&-; exec sleep 60",   // one that closed everything
		"sleep 60 & sleep 60 & wait",         // several
		"while :; do :; done",                // one that burns
		"while :; do echo lament >&2; done",  // one that complains for ever
		"(sleep 60 | cat) & exec sleep 60",   // a pipeline
		"kill -STOP $$; echo woken",          // one that sleeps deeply
		"setsid sleep 60 & exec sleep 60",    // one that left the group
		"f() { f & sleep 60; }; f & sleep 2", // one that multiplies
	} {
		began := time.Now()
		_, err := shell(t, script, "", limits)
		if !errors.Is(err, worker.ErrTimeout) {
			t.Errorf("%s: %v, want ErrTimeout", script, err)
		}
		within(t, script, began)
	}
}

func TestCancelEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := build(t, map[string]string{SettingCommand: "echo ready; exec sleep 60", SettingShell: "true"})
	began := time.Now()
	_, err := w.Do(ctx, worker.Task{Limits: plenty}, after(cancel))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	within(t, "cancelling", began)
}

// after calls a function at the first write.
type after func()

func (a after) Write(b []byte) (int, error) { a(); return len(b), nil }

func TestCallersDeadlineIsATimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := build(t, map[string]string{SettingCommand: "sleep 60"}).Do(ctx, worker.Task{Limits: plenty}, io.Discard)
	if !errors.Is(err, worker.ErrTimeout) {
		t.Errorf("got %v", err)
	}
}

// What the program leaves running holds its output open; the result is what the program wrote.
func TestStragglersDoNotHoldUpTheResult(t *testing.T) {
	for _, script := range []string{
		"sleep 60 & echo done",
		"(sleep 60; echo late) & echo done",
		"sh -c 'sleep 60 & sleep 60' & echo done",
	} {
		began := time.Now()
		got, err := shell(t, script, "", plenty)
		if err != nil || got != "done\n" {
			t.Errorf("%s: %q, %v", script, got, err)
		}
		within(t, script, began)
	}
}

func TestBlockedInputDoesNotHoldUpTheEnd(t *testing.T) {
	limits := plenty
	limits.Time = 50 * time.Millisecond
	blocked, unblock := io.Pipe()
	defer unblock.Close()
	began := time.Now()
	_, err := build(t, map[string]string{SettingCommand: "cat"}).Do(context.Background(), worker.Task{Input: blocked, Limits: limits}, io.Discard)
	if !errors.Is(err, worker.ErrTimeout) {
		t.Errorf("got %v", err)
	}
	within(t, "a blocked input", began)
}

func TestSlowWriterLosesNothing(t *testing.T) {
	var out bytes.Buffer
	w := build(t, map[string]string{SettingCommand: "head -c 60000 /dev/zero"}) // fits into the pipe, so the program ends first
	slow := slowly{&out, time.NewTicker(grace / 4)}
	defer slow.tick.Stop()
	if _, err := w.Do(context.Background(), worker.Task{Limits: plenty}, slow); err != nil || out.Len() != 60_000 {
		t.Errorf("got %d bytes, %v", out.Len(), err)
	}
}

type slowly struct {
	w    io.Writer
	tick *time.Ticker
}

func (s slowly) Write(b []byte) (int, error) { <-s.tick.C; return s.w.Write(b) }

func TestLimitsMustBePositive(t *testing.T) {
	_, err := build(t, map[string]string{SettingCommand: "cat"}).Do(context.Background(), worker.Task{}, io.Discard)
	if !errors.Is(err, worker.ErrFailed) {
		t.Errorf("got %v", err)
	}
}

func TestProgramThatIsGone(t *testing.T) {
	path := t.TempDir() + "/tool"
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := build(t, map[string]string{SettingCommand: path})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err := w.Do(context.Background(), worker.Task{Limits: plenty}, io.Discard)
	if !errors.Is(err, worker.ErrFailed) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}
