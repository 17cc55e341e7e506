//go:build unix

package main

import "syscall"

// descriptors returns how many files this process may have open, or 0 where that
// cannot be known. Go has raised the soft limit to the hard one already.
func descriptors() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Cur, 1<<30))
}
