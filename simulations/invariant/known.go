package invariant

import (
	"fmt"
	"strings"

	"github.com/souk-network/souk/agent"
)

// Known is all that an agent tells its owner at an instant, as text.
func Known(a *agent.Agent, at uint64) string {
	var b strings.Builder
	for _, v := range a.Jobs(at, 1<<20) {
		v.Away, v.Sought = 0, "" // soft: who is linked, and what is sought, in this run
		fmt.Fprintf(&b, "%+v\n", v)
	}
	for _, p := range a.Positions() {
		fmt.Fprintf(&b, "%+v\n", p)
	}
	for _, l := range a.Lanes() {
		fmt.Fprintf(&b, "%+v\n", l)
	}
	stands, busy := a.Stands(at)
	fmt.Fprintf(&b, "%+v %v\n%d open, epoch %s\n", stands, busy, a.Open(), a.Epoch())
	return b.String()
}

// Differ shows the first line in which two texts of Known differ.
func Differ(have, want string) string {
	x, y := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("%q, and not %q", x[i], y[i])
		}
	}
	return fmt.Sprintf("%d things, and not %d", len(x), len(y))
}
