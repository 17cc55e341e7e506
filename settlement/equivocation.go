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

// equivocationName stands in the marker lines of an Equivocation as text.
const equivocationName = "EQUIVOCATION"

// ArmorEquivocation writes the bytes of a bundle of one Equivocation as text (wire.Armor).
func ArmorEquivocation(bundle []byte) []byte { return wire.Armor(equivocationName, bundle) }

// UnarmorEquivocation returns the bytes of the bundle in such a text.
func UnarmorEquivocation(text []byte) ([]byte, error) {
	return wire.Unarmor(equivocationName, text, wire.MaxBundleBytes)
}

// ReadEquivocation reads a bundle of one Equivocation and checks everything in it: who
// sealed it, and that it proves what it says, on the network that it names. It needs
// nothing but the bytes.
func ReadEquivocation(reg *wire.Registry, b []byte) (*protocol.Equivocation, string, error) {
	bundle, err := wire.ReadBundle(b)
	if err != nil {
		return nil, "", fmt.Errorf("equivocation: %w", err)
	}
	docs, err := reg.Read(bundle, bundle.Net)
	if err != nil {
		return nil, "", fmt.Errorf("equivocation: %w", err)
	}
	d, ok := docs[0].Doc.(*protocol.Equivocation)
	if !ok || len(docs) != 1 {
		return nil, "", fmt.Errorf("equivocation: %w: want one Equivocation alone", wire.ErrShape)
	}
	return d, bundle.Net, CheckEquivocation(reg, bundle.Net, d)
}
