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

// lookout is how long the search for what is left of a task may go on. It takes one pass where
// nothing is left and a few more to see the rest die; only on a machine too busy to let them die,
// or where a process goes on without arguments and environment, does it take longer.
const lookout = 5 * time.Second

// killMarked kills the processes that carry the task's mark in their environment, also those that
// left the group of leader, and waits until they are dead. A program that leaves the group and
// wipes its environment as well escapes.
func killMarked(leader int, mark string) {
	s := search{leader: leader, mark: []byte(mark), buried: map[int]bool{}}
	for until := time.Now().Add(lookout); s.pass() && time.Now().Before(until); {
		time.Sleep(time.Millisecond) // the killed are still dying, the doubtful still starting
	}
}

// search is the hunt for what is left of one task.
type search struct {
	leader int
	mark   []byte
	buried map[int]bool // seen dead in an earlier pass
}

// pass looks at each process once and reports whether to look again: one that belonged, was in
// doubt or died before it was looked at may have started another since the list was made.
func (s *search) pass() (again bool) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return false
	}
	wrapped := lastPID() < s.leader
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		// Numbers are given out upwards: below the leader's is nothing of this task, unless they
		// have begun anew since.
		if err != nil || pid == s.leader || pid < s.leader && !wrapped || s.buried[pid] {
			continue
		}
		switch belonging(pid, s.mark) {
		case belongs:
			killSurely(pid, s.mark)
			again = true
		case doubtful:
			again = true
		case dead:
			s.buried[pid] = true
			again = true
		}
	}
	return again
}

// killSurely looks again once it holds the process, for the number may be another's by then.
func killSurely(pid int, mark []byte) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // gone
	}
	defer unix.Close(fd)
	if belonging(pid, mark) == belongs {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // the next look shows whether it died
	}
}

// How a process stands to a task.
const (
	foreign = iota
	belongs
	doubtful // in the middle of exec or of dying it has no environment for a moment
	dead
)

func belonging(pid int, mark []byte) int {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	// A read can hit the end of one exec and the next read the beginning of another. What shows no
	// environment three times although it has arguments never had one.
	for range 3 {
		environment, err := os.ReadFile(filepath.Join(dir, "environ"))
		if errors.Is(err, fs.ErrPermission) {
			return foreign // another user's
		}
		if err == nil && len(environment) > 0 {
			if holds(environment, mark) {
				return belongs
			}
			return foreign
		}
		arguments, err := os.ReadFile(filepath.Join(dir, "cmdline"))
		if err != nil || len(arguments) == 0 {
			return bare(dir)
		}
	}
	return foreign
}

// holds reports whether an environment, settings each ended by NUL, holds one.
func holds(environment, setting []byte) bool {
	for s := range bytes.SplitSeq(environment, []byte{0}) {
		if bytes.Equal(s, setting) {
			return true
		}
	}
	return false
}

// bare says what a process without environment and arguments is.
func bare(dir string) int {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return dead
	}
	// proc(5): after the name in brackets state, ppid, pgrp, session, tty_nr, tpgid, flags.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 7 {
		return foreign
	}
	const kernelThread = 0x00200000 // PF_KTHREAD
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	switch {
	case err != nil || flags&kernelThread != 0:
		return foreign
	case fields[0] == "Z" || fields[0] == "X":
		return dead
	}
	return doubtful
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
