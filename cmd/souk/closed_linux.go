package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// closeMemory closes this process to the other programs of its user: what it was started
// with (/proc/PID/environ) and what it holds (/proc/PID/mem, ptrace, a core dump) can be
// read by none that has not CAP_SYS_PTRACE. A program that is sold runs as that user, and
// would find the passphrase there. What this process starts itself is open again.
func closeMemory() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("close this process to others of its user: %w", err)
	}
	return nil
}
