package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/agent/worker"
)

// What bounds a program is tried here and in the tests beside, each by its name:
//
//	env shows nothing of the peer's        TestEnvironmentIsScrubbed
//	$(id) stays text, in command and input TestWordsWithoutAShell, TestInputStaysText
//	10 GB of output is cut                 TestTenGigabytesOfOutputAreCut, TestFloodIsCut
//	processes without end are ended        TestForkBombIsEnded, TestNothingOfATaskIsLeftRunning
//	the memory limit bites                 TestMemoryIsLimited, TestMemoryLimitHoldsForAllThatIsStarted
//	the folder is fresh, and gone after    TestRoomIsEmptyAndRemoved, TestTasksDoNotMeet
//	no file of the peer's is inherited     TestDescriptorsAreNotInherited
//	the time limit ends it                 TestHangIsKilled

// Ten gigabytes are cut at the limit: no more of them are read than that, and the peer holds one
// buffer.
func TestTenGigabytesOfOutputAreCut(t *testing.T) {
	limits := plenty
	limits.Output = 64 << 20
	for _, script := range []string{
		"head -c 10737418240 /dev/zero",
		"head -c 10737418240 /dev/zero; echo more",
	} {
		var got gauge
		w := build(t, map[string]string{SettingCommand: script, SettingShell: "true"})
		_, err := w.Do(context.Background(), worker.Task{Limits: limits}, &got)
		if !errors.Is(err, worker.ErrTooLarge) || got.n > limits.Output {
			t.Errorf("%s: %d bytes, %v", script, got.n, err)
		}
		if used := got.used(); used > 4<<20 {
			t.Errorf("%s cost %d bytes of memory in all", script, used)
		}
	}
}

// A program that starts others without end is ended with all of them. (This one stops at 127, for the
// sake of the machine: that the rest is killed does not depend on how many there are.)
func TestForkBombIsEnded(t *testing.T) {
	nap := fmt.Sprintf("sleep 62.%d", os.Getpid())
	for _, start := range []string{"", "setsid "} {
		dir := t.TempDir()
		bomb := filepath.Join(dir, "bomb")
		script := "#!/bin/sh\nif [ $1 -gt 0 ]; then " + start + bomb + " $(($1-1)) & " + start + bomb + " $(($1-1)) & fi\n" + nap + "\n"
		if err := os.WriteFile(bomb, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		limits := plenty
		limits.Time = 2 * time.Second
		w := build(t, map[string]string{SettingCommand: bomb + " 6"})
		if _, err := w.Do(context.Background(), worker.Task{Limits: limits}, io.Discard); !errors.Is(err, worker.ErrTimeout) {
			t.Errorf("%sbomb: %v, want ErrTimeout", start, err)
		}
		if left := running(t, nap); left != "" {
			t.Errorf("%sbomb: left running: %s", start, left)
		}
	}
}

// What a program starts is under the limit too, each by itself.
func TestMemoryLimitHoldsForAllThatIsStarted(t *testing.T) {
	limits := plenty
	limits.Memory = 64 << 20
	const grow = `awk 'BEGIN { s = "0123456789abcdef"; while (length(s) < 500000000) s = s s; print length(s) }'`
	got, err := shell(t, "("+grow+" || echo stopped) 2>/dev/null", "", limits)
	if err != nil || got != "stopped\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := shell(t, "ulimit -v 9999999 2>/dev/null && echo raised || echo kept", "", limits); os.Getuid() != 0 && got != "kept\n" {
		t.Errorf("the limit is %q, %v", got, err)
	}
}

// Two tasks of one offer see nothing of each other's folders, at the same time or one after the other.
func TestTasksDoNotMeet(t *testing.T) {
	w := build(t, map[string]string{SettingCommand: `ls -A . "$HOME" "$TMPDIR" | grep -c secret; echo secret >secret; echo secret >"$HOME/secret"; echo secret >"$TMPDIR/secret"`, SettingShell: "true"})
	for range 2 {
		done := make(chan string, 4)
		for range cap(done) {
			go func() {
				var out strings.Builder
				_, err := w.Do(context.Background(), worker.Task{Limits: plenty}, &out)
				done <- fmt.Sprint(out.String(), err)
			}()
		}
		for range cap(done) {
			if got := <-done; got != "0\n<nil>" {
				t.Errorf("a task found %q", got)
			}
		}
	}
}

func TestDescriptorsAreNotInherited(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, p, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(r, p)
	// Nor what the peer had from whoever started it: that is not closed when a program is started.
	given, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(given)
	for _, script := range []string{"ls /proc/self/fd", "exec ls /proc/self/fd", "sh -c 'ls /proc/self/fd'"} {
		got, err := shell(t, script, "", plenty)
		if err != nil || strings.Join(strings.Fields(got), " ") != "0 1 2 3" { // 3 is the folder that ls reads
			t.Errorf("%s: %q, %v", script, got, err)
		}
	}
}
