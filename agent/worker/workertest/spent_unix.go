//go:build unix

package workertest

import (
	"syscall"
	"time"
)

// Spent is how long processors have worked for this process so far. Unlike the time
// that goes by, it does not grow while the machine has others to serve.
func Spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it fails for pointers and numbers that are none
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
