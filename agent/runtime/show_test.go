package runtime

import (
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// TestConcerns: one record may tell of two jobs, as where one takes over and the
// other is asked to end; what is said about the one is not shown with the other.
func TestConcerns(t *testing.T) {
	this, other := wire.Sum([]byte("this")), wire.Sum([]byte("other"))
	for name, c := range map[string]struct {
		said wire.Said
		want bool
	}{
		"its contract":         {wire.Said{ID: this, Doc: &protocol.Accept{}}, true},
		"another contract":     {wire.Said{ID: other, Doc: &protocol.Accept{}}, false},
		"its hold":             {wire.Said{Doc: &protocol.Entry{Job: this}}, true},
		"the lane's beginning": {wire.Said{Doc: &protocol.Entry{}}, false},
		"its end":              {wire.Said{Doc: &protocol.Cancel{Job: this}}, true},
		"the other's end":      {wire.Said{Doc: &protocol.Cancel{Job: other}}, false},
		"a countersign":        {wire.Said{Doc: &protocol.Countersign{}}, true},
	} {
		if got := concerns(agent.Statement{Said: c.said}, this); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
