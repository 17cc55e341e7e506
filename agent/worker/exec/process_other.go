//go:build !unix

package exec

import (
	"errors"
	"syscall"
)

const ifUnlimited = "|| exit 1"

// supported refuses: without process groups nothing could promise that a task leaves nothing running.
func supported() error { return errors.New("programs can be sold on Unix systems only") }

func attributes() *syscall.SysProcAttr { return nil }
func keepDescriptors() error           { return nil }
func memoryLimit(wanted int64) int64   { return wanted }
func awaitUnreaped(int) bool           { return false }
func killGroup(int)                    {}
func killMarked(int, string)           {}
