//go:build unix

package main

import "syscall"

// ownGroup keeps a process out of the reach of the terminal's signals.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
