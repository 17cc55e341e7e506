package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Machine says where a figure comes from.
type Machine struct {
	CPU   string `json:"cpu"` // its model, as the system names it
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
	// Load is how many threads of this machine wanted to run, on average of the minute
	// before the end: more than there are cores, and the figures are of a busy machine.
	Load float64 `json:"load"`
}

func machine() Machine {
	return Machine{CPU: processor(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Load: load()}
}

// load is what Linux tells; elsewhere it is not known.
func load() (one float64) {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), " ")
	one, _ = strconv.ParseFloat(first, 64) // 0 where it is not understood
	return one
}

// String names the machine in a line.
func (m Machine) String() string {
	s := fmt.Sprintf("%s, %d cores, %s, %s", m.CPU, m.Cores, m.OS, m.Go)
	if m.Load > 0 {
		s += fmt.Sprintf(", load %.1f", m.Load)
	}
	return s
}

// processor is the model that Linux tells; elsewhere it is not known.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close() // only read from
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
