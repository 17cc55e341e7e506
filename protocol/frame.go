package protocol

import (
	"fmt"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Frame is what one message on a link carries: sealed bundles, bare documents
// of the kinds that are not sealed, and the bytes of small artefacts. It is a
// canonical map {"bare":[bytes…],"data":[Datum…],"bundles":[bytes…]}, each
// field left out where empty. A frame is all or nothing.
type Frame struct {
	Bare    [][]byte `cbor:"bare,omitempty"`    // documents
	Data    []Datum  `cbor:"data,omitempty"`    // together at most payload.MaxInline bytes
	Bundles [][]byte `cbor:"bundles,omitempty"` // wire.Bundle
}

// Datum is an artefact with what opens its commitment.
type Datum struct {
	Opening payload.Opening `cbor:"opening"`
	Bytes   []byte          `cbor:"bytes"`
}

// MaxFrame is the most bytes a frame may have.
const MaxFrame = 1 << 20

// ReadFrame reads and checks a frame's own shape, not what it carries.
func ReadFrame(b []byte) (*Frame, error) {
	f := new(Frame)
	if err := wire.Unmarshal(b, f, MaxFrame, true); err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	if n := len(f.Bare) + len(f.Bundles); n+len(f.Data) == 0 || n > MaxFrameDocs || len(f.Data) > MaxInputs {
		return nil, fmt.Errorf("frame: %w: %d documents and %d artefacts", wire.ErrLimit, n, len(f.Data))
	}
	return f, nil
}

// Bytes returns f's canonical bytes, or ErrLimit (wrapped) where they are more than MaxFrame.
func (f *Frame) Bytes() ([]byte, error) {
	b, err := wire.Encode(f)
	if err == nil && len(b) > MaxFrame {
		return nil, fmt.Errorf("frame: %w: %d bytes, at most %d", wire.ErrLimit, len(b), MaxFrame)
	}
	return b, err
}
