package bench

import (
	"bufio"
	"os"
	"runtime"
	"strings"
)

// Machine says where a figure comes from.
type Machine struct {
	CPU   string `json:"cpu"` // its model, as the system names it
	Cores int    `json:"cores"`
	OS    string `json:"os"`
	Go    string `json:"go"`
}

func machine() Machine {
	return Machine{CPU: processor(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
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
