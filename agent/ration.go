package agent

import "github.com/souk-network/souk/protocol/wire"

// ration bounds how much of what costs its asker nothing is answered in a minute:
// of one peer, and of all together. Soft.
type ration struct {
	minute uint64 // since 1970, the one that is counted
	of     map[wire.Key]int
	all    int
}

// grant counts one more of who, unless who or all together have had their part.
func (r *ration) grant(at uint64, who wire.Key, each, all int) bool {
	if minute := at / 60_000; minute != r.minute || r.of == nil {
		*r = ration{minute: minute, of: map[wire.Key]int{}}
	}
	if r.of[who] >= each || r.all >= all {
		return false
	}
	r.of[who]++
	r.all++
	return true
}
