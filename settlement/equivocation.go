package settlement

import (
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// CheckEquivocation reports whether e proves, on network net, that its author
// said two things of which an honest key says one: two entries with one lane
// (epoch included) and sequence number, or two log entries with one epoch and
// sequence number. It needs nothing but e, and is the same for everyone.
func CheckEquivocation(reg *wire.Registry, net string, e *protocol.Equivocation) error {
	if err := e.Check(); err != nil {
		return fmt.Errorf("equivocation: %w", err)
	}
	if err := e.Open(net); err != nil {
		return fmt.Errorf("equivocation: %w", err)
	}
	for _, p := range []wire.Proof{e.First, e.Second} {
		if _, err := reg.ReadProof(&p, net); err != nil {
			return fmt.Errorf("equivocation: %w", err)
		}
	}
	return nil
}
