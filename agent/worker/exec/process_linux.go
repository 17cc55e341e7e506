package exec

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// ifUnlimited is what the launcher does where the memory limit cannot be set.
const ifUnlimited = "|| exit 1"

func supported() error { return nil }

// attributes puts the program at the head of a session of its own: one group to kill, and no
// terminal to read from or draw on. It dies with the thread that started it, so also with the
// peer, even by kill -9; what it started itself in that case only loses its pipes.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// memoryLimit is the limit to set, in bytes: no limit can be raised above the peer's own.
func memoryLimit(wanted int64) int64 {
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &own); err == nil && own.Max < uint64(wanted) {
		return int64(own.Max)
	}
	return wanted
}

// awaitUnreaped returns true when the program has ended and is not reaped, so that the number of
// its group is still its own.
func awaitUnreaped(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

func killGroup(pid int) { _ = unix.Kill(-pid, unix.SIGKILL) } // only "no such group" can come back

// killMarked kills processes that left the group but still carry the task's mark in their
// environment, until a pass finds none. A program that wipes its environment and leaves the group escapes.
func killMarked(mark string) {
	const passes = 8 // a process that forks faster than we look is only slowed down
	for range passes {
		if !killMarkedOnce([]byte(mark)) {
			return
		}
	}
}

func killMarkedOnce(mark []byte) (found bool) {
	entries, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return false
	}
	for _, environ := range entries {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(environ)))
		if err != nil || !marked(environ, mark) {
			continue
		}
		if killSurely(pid, environ, mark) {
			found = true
		}
	}
	return found
}

// killSurely looks again once it holds the process, for the number may be another's by then.
func killSurely(pid int, environ string, mark []byte) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return marked(environ, mark) && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}

// marked reports whether an environment holds the mark. It is empty for the dead.
func marked(environ string, mark []byte) bool {
	block, err := os.ReadFile(environ)
	if err != nil {
		return false
	}
	for setting := range bytes.SplitSeq(block, []byte{0}) {
		if bytes.Equal(setting, mark) {
			return true
		}
	}
	return false
}
