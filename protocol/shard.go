package protocol

import (
	"crypto/sha256"
	"strings"
)

// Shards is the number of announcement shards of a network.
const Shards = 16

// ShardOf returns the shard in which a capability is announced: the first byte
// of the SHA-256 of the capability's first segment (all before its first '/' or
// '@'), modulo Shards. So what begins alike is announced together, whatever its
// version.
func ShardOf(capability string) uint8 {
	first := capability
	if i := strings.IndexAny(capability, "/@"); i >= 0 {
		first = capability[:i]
	}
	return sha256.Sum256([]byte(first))[0] % Shards
}
