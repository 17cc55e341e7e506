package exec

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lookout is how long the search for what is left of a task may go on.
const lookout = 250 * time.Millisecond

// killMarked kills the processes that carry the task's mark in their environment, also those that
// left the group of leader, and waits until they are dead. A program that leaves the group and
// wipes its environment as well escapes.
func killMarked(leader int, mark string) {
	for until := time.Now().Add(lookout); killMarkedOnce(leader, []byte(mark)) && time.Now().Before(until); {
		time.Sleep(time.Millisecond) // the killed are still dying, the doubtful still starting
	}
}

// killMarkedOnce looks at each process once and reports whether to look again: it killed one, which
// may have started another meanwhile, or was in doubt about one.
func killMarkedOnce(leader int, mark []byte) (again bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	wrapped := lastPID() < leader
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		// Numbers are given out upwards: below the leader's is nothing of this task, unless they
		// have begun anew since.
		if err != nil || pid <= leader && !wrapped {
			continue
		}
		switch belonging(pid, mark) {
		case belongs:
			again = killSurely(pid, mark) || again
		case doubtful:
			again = true
		}
	}
	return again
}

// killSurely looks again once it holds the process, for the number may be another's by then.
func killSurely(pid int, mark []byte) bool {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return belonging(pid, mark) == belongs && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}

// How a process stands to a task.
const (
	foreign = iota
	belongs
	doubtful // in the middle of exec or of dying it has no environment for a moment
)

func belonging(pid int, mark []byte) int {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	environment, err := os.ReadFile(filepath.Join(dir, "environ"))
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return foreign // another user's, or gone
	}
	if err != nil || len(environment) == 0 {
		if changing(dir) {
			return doubtful
		}
		// Either it never had any or it has it by now.
		if environment, err = os.ReadFile(filepath.Join(dir, "environ")); err != nil {
			return foreign
		}
	}
	for setting := range bytes.SplitSeq(environment, []byte{0}) {
		if bytes.Equal(setting, mark) {
			return belongs
		}
	}
	return foreign
}

// changing reports a process without arguments that is neither dead nor a thread of the kernel.
func changing(dir string) bool {
	arguments, err := os.ReadFile(filepath.Join(dir, "cmdline"))
	if err == nil && len(arguments) > 0 {
		return false
	}
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return false
	}
	// proc(5): after the name in brackets state, ppid, pgrp, session, tty_nr, tpgid, flags.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 7 || fields[0] == "Z" || fields[0] == "X" {
		return false
	}
	const kernelThread = 0x00200000 // PF_KTHREAD
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	return err == nil && flags&kernelThread == 0
}

// lastPID is the number that was given out last, or 0.
func lastPID() int {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(load))
	if len(fields) < 5 {
		return 0
	}
	pid, err := strconv.Atoi(fields[4])
	if err != nil {
		return 0
	}
	return pid
}
