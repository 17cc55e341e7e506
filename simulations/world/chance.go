package world

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Chance is the root of all chance of one run. For each purpose it gives a source
// of its own, so that drawing more for one changes nothing for another.
type Chance struct{ root [32]byte }

// NewChance returns the chance of a scenario's run: no two scenarios and no two
// seeds share one.
func NewChance(scenario string, seed uint64) Chance {
	b := append([]byte("souk-sim "), scenario...)
	return Chance{sha256.Sum256(binary.BigEndian.AppendUint64(append(b, 0), seed))}
}

// Bytes returns 32 bytes for a purpose and a number within it.
func (c Chance) Bytes(purpose string, n uint64) [32]byte {
	b := append(c.root[:len(c.root):len(c.root)], purpose...)
	return sha256.Sum256(binary.BigEndian.AppendUint64(append(b, 0), n))
}

// Source returns a source of chance for a purpose and a number within it.
func (c Chance) Source(purpose string, n uint64) *rand.Rand {
	b := c.Bytes(purpose, n)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])))
}
