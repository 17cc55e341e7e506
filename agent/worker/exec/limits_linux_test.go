package exec

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/agent/worker"
)

func TestMemoryIsLimited(t *testing.T) {
	limits := plenty
	limits.Memory = 64 << 20
	const grow = `awk 'BEGIN { s = "0123456789abcdef"; while (length(s) < 500000000) s = s s; print length(s) }'`
	began := time.Now()
	got, err := shell(t, grow, "", limits)
	if !errors.Is(err, worker.ErrFailed) || got != "" {
		t.Errorf("half a gigabyte in 64 MiB: %q, %v", got, err)
	}
	within(t, "growing", began)
	if got, err := shell(t, "awk 'BEGIN { print 1 }'", "", limits); err != nil || got != "1\n" {
		t.Errorf("a small program in 64 MiB: %q, %v", got, err)
	}
}

func TestNothingOfATaskIsLeftRunning(t *testing.T) {
	limits := plenty
	// A duration of this test's own, by which its sleepers are known.
	nap := fmt.Sprintf("sleep 61.%d", os.Getpid())
	for script, wait := range map[string]time.Duration{
		"sleep 61 & echo $!":                                     plenty.Time,
		"setsid sleep 61 & echo $!":                              plenty.Time,
		"setsid setsid sh -c 'sleep 61; sleep 61' & echo $!":     plenty.Time,
		"setsid sleep 61 >/dev/null 2>&1 </dev/null & echo $!":   plenty.Time,
		"sleep 61 & echo $!; exec sleep 61":                      200 * time.Millisecond,
		"setsid sh -c 'sleep 61; sleep 61' & echo $!; exec cat ": plenty.Time,
	} {
		limits.Time = wait
		pid, _ := shell(t, strings.ReplaceAll(script, "sleep 61", nap), "", limits)
		// On a busy machine the time may be up before it says its number.
		if pid = strings.TrimSpace(pid); pid != "" && alive(pid) {
			t.Errorf("%s: process %s is still alive", script, pid)
		}
	}
	if left := running(t, nap); left != "" {
		t.Errorf("left running: %s", left)
	}
}

// alive reports whether a process runs; the dead that nobody has reaped do not count.
func alive(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z") && !strings.HasPrefix(rest, "X")
}

// running returns the processes that run a command, if any.
func running(t *testing.T, command string) string {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(command, " ", "\x00") + "\x00"
	var left []string
	for _, path := range found {
		pid := filepath.Base(filepath.Dir(path))
		if line, err := os.ReadFile(path); err == nil && string(line) == want && alive(pid) {
			left = append(left, pid)
		}
	}
	return strings.Join(left, " ")
}

// peerVariable makes the test binary play the peer that is killed.
const peerVariable = "SOUK_TEST_PEER"

func TestKilledPeerTakesItsProgramAlong(t *testing.T) {
	if rooms := os.Getenv(peerVariable); rooms != "" {
		w, err := Maker{Rooms: rooms}.Make(worker.Config{Technology: "exec", Settings: map[string]string{SettingCommand: "sh -c 'echo $$; exec sleep 62'"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Do(t.Context(), worker.Task{Limits: plenty}, os.Stdout)
		t.Fatal("the peer outlived its killing: ", err)
	}
	peer := osexec.Command(os.Args[0], "-test.run=^TestKilledPeerTakesItsProgramAlong$")
	rooms := t.TempDir()
	peer.Env = append(os.Environ(), peerVariable+"="+rooms)
	out, err := peer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	if !said.Scan() {
		t.Fatal("the program said nothing")
	}
	pid, err := strconv.Atoi(said.Text())
	if err != nil {
		t.Fatal(err)
	}
	program, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("the program is not running: %v", err)
	}
	defer unix.Close(program)
	if err := peer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = peer.Wait() // killed
	// A pidfd can be read when its process has ended.
	ended, err := unix.Poll([]unix.PollFd{{Fd: int32(program), Events: unix.POLLIN}}, int(soon.Milliseconds()))
	if err != nil || ended != 1 {
		t.Errorf("%d outlives the peer that started it: %v", pid, err)
	}
	// The next peer clears away the room that it could not.
	noted, err := os.ReadDir(rooms)
	if err != nil || len(noted) != 1 || Sweep(rooms) != nil {
		t.Fatalf("rooms noted: %v, %v", noted, err)
	}
	if _, err := os.Stat(filepath.Join(ground, noted[0].Name())); !os.IsNotExist(err) {
		t.Errorf("the room is left: %v", err)
	}
}
