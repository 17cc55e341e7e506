package protocol_test

import (
	"testing"

	"github.com/souk-network/souk/protocol"
)

// What begins alike is announced together, whatever its version.
func TestShardOf(t *testing.T) {
	for _, c := range []struct {
		capability string
		want       uint8
	}{{"text/words@1", 8}, {"text/summary@2", 8}, {"text@1", 8}, {"text@7", 8}, {"image/scale@1", protocol.ShardOf("image@3")}} {
		if got := protocol.ShardOf(c.capability); got != c.want {
			t.Errorf("%s lies in shard %d, want %d", c.capability, got, c.want)
		}
	}
	if protocol.ShardOf("text@1") == protocol.ShardOf("image@1") {
		t.Error("two first segments that should differ lie in one shard")
	}
}
