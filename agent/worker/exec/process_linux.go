package exec

import (
	"errors"
	"os"
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

// keepDescriptors sees to it that a program gets none of the peer's open files but its own three. What
// the peer opened is closed when a program is started; what it had from whoever started it is not.
func keepDescriptors() error {
	const first, last = 3, 1<<32 - 1
	err := unix.CloseRange(first, last, unix.CLOSE_RANGE_CLOEXEC)
	if !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EINVAL) {
		return err
	}
	open, err := os.ReadDir("/proc/self/fd") // before Linux 5.11
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd >= first {
			unix.CloseOnExec(fd)
		}
	}
	return err
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
