package exec

import (
	"slices"
	"strconv"
)

// The memory limit must hold before the program's first step, also for what it starts at once, and
// Go has no place between fork and exec to set one; set from outside on the running program it would
// come too late for a shell that forks first. So the program is started by way of sh,
// which sets the limits and then becomes env, which becomes the program with just the environment
// it is to have (some shells add to it). Both get the program's words as they are and look into
// none of them. A memory limit that the system does not know (ulimit -v on macOS) is passed over
// outside Linux only.
const (
	launcher = "/bin/sh"
	setter   = "/usr/bin/env"
	script   = `ulimit -c 0; ulimit -v "$1" ` + ifUnlimited + `; shift; exec "$@"`
)

// launch returns the words that start the program within memory bytes of address space, without
// core dumps, which would leave payload on the disk.
func (p *program) launch(environment []string, memory int64) []string {
	kib := max(1, memoryLimit(memory)>>10)
	return slices.Concat(
		[]string{"sh", "-c", script, "sh", strconv.FormatInt(kib, 10), setter, "-i"},
		environment, []string{p.path}, p.words[1:],
	)
}
