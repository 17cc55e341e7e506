package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

// weight is what a process takes.
type weight struct {
	megabytes float64       // resident, of 1,000,000 bytes
	cpu       time.Duration // so far
}

const tick = 10 * time.Millisecond // of the times in /proc

// weigh looks at processes of this machine.
func weigh(pids ...int) ([]weight, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.New("what another process takes is read from /proc, which only Linux has")
	}
	all := make([]weight, len(pids))
	for i, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return nil, err
		}
		// The name in brackets may hold anything; the state is the first field after it.
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		var n [3]int64
		for k, at := range []int{11, 12, 21} { // utime, stime, resident pages
			if n[k], err = strconv.ParseInt(string(fields[at]), 10, 64); err != nil {
				return nil, fmt.Errorf("read /proc/%d/stat: %w", pid, err)
			}
		}
		all[i] = weight{float64(n[2]) * float64(os.Getpagesize()) / 1e6, time.Duration(n[0]+n[1]) * tick}
	}
	return all, nil
}
