package world

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// trace is a running hash of all that happens. Two runs with one trace were one
// story; it is quick, and no proof against somebody who would make two alike.
type trace struct{ a, b uint64 }

func (t *trace) mix(words ...uint64) {
	for _, w := range words {
		hi, lo := bits.Mul64(t.a^w^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
		t.a, t.b = lo^t.b, bits.RotateLeft64(hi^t.b, 23)+w
	}
}

// sum returns the trace as 32 hexadecimal digits.
func (t *trace) sum() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], t.a)
	binary.BigEndian.PutUint64(b[8:], t.b)
	return hex.EncodeToString(b[:])
}
