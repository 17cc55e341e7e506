//go:build !unix

package main

import "syscall"

// ownGroup asks for nothing: such groups are known to Unix only.
func ownGroup() *syscall.SysProcAttr { return nil }
