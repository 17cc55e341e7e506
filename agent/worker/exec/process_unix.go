//go:build unix && !linux

package exec

import "syscall"

// ifUnlimited is what the launcher does where the memory limit cannot be set: not every system has it.
const ifUnlimited = "2>/dev/null"

func supported() error { return nil }

// attributes puts the program at the head of a session of its own: one group to kill, and no
// terminal to read from or draw on. Only Linux can tie its life to the peer's.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// keepDescriptors sees to it that a program gets none of the files that the peer had from whoever
// started it, of which there are few and with low numbers.
func keepDescriptors() error {
	for fd := 3; fd < 256; fd++ {
		syscall.CloseOnExec(fd)
	}
	return nil
}

func memoryLimit(wanted int64) int64 { return wanted }

// awaitUnreaped returns false: there is no portable way to see an end without reaping.
func awaitUnreaped(int) bool { return false }

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// killMarked kills nothing: what left the group cannot be found portably.
func killMarked(int, string) {}
