package agent

import "github.com/souk-network/souk/protocol/wire"

// ration bounds how much of what costs its asker nothing is answered in a minute:
// of one peer, and of all strangers together. Soft.
type ration struct {
	minute uint64 // since 1970, the one that is counted
	of     map[wire.Key]int
	all    int // of strangers
}

// grant counts one more of who, unless who or all strangers together have had their
// part. Strangers are in the way of nobody who is known.
func (r *ration) grant(at uint64, who wire.Key, known bool, each, all int) bool {
	if minute := at / 60_000; minute != r.minute || r.of == nil {
		*r = ration{minute: minute, of: map[wire.Key]int{}}
	}
	if r.of[who] >= each || !known && r.all >= all {
		return false
	}
	r.of[who]++
	if !known {
		r.all++
	}
	return true
}
