package protocol

import (
	"fmt"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Frame is what one message on a link carries: sealed bundles, bare documents
// of the kinds that are not sealed, and the bytes of small artefacts. It is a
// canonical map without unknown fields, each field left out where empty. A
// frame is all or nothing.
//
//	{bare?, data?, bundles?}
type Frame struct {
	Bare    [][]byte `cbor:"bare,omitempty"`    // documents
	Data    []Datum  `cbor:"data,omitempty"`    // together at most payload.MaxInline bytes
	Bundles [][]byte `cbor:"bundles,omitempty"` // wire.Bundle
}

var frameForm = wire.FormOf[Frame]()

// Form returns how a Frame is written.
func (f *Frame) Form() *wire.Form { return frameForm }

// Datum is an artefact with what opens its commitment.
//
//	{bytes, opening}
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
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	return f, nil
}

// Bytes returns f's canonical bytes, or an error where ReadFrame would refuse them.
func (f *Frame) Bytes() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	b, err := wire.Encode(f)
	if err == nil && len(b) > MaxFrame {
		return nil, fmt.Errorf("frame: %w: %d bytes, at most %d", wire.ErrLimit, len(b), MaxFrame)
	}
	return b, err
}

// check checks the frame's own shape. That bytes are those their opening was
// made for is for payload.Verify to say.
func (f *Frame) check() error {
	inline := 0
	for _, d := range f.Data {
		inline += len(d.Bytes)
	}
	return first(
		size("bundles", len(f.Bare)+len(f.Bundles), 0, MaxFrameDocs, "bundles and documents"),
		size("data", len(f.Data), 0, MaxInputs, "artefacts"),
		must(len(f.Bare)+len(f.Bundles)+len(f.Data) > 0, "bundles", "a frame carries something"),
		size("data", inline, 0, payload.MaxInline, "bytes"),
		each("data", f.Data, Datum.check),
		each("bare", f.Bare, func(b []byte) error { return size("", len(b), 1, wire.MaxDocBytes, "bytes") }),
		each("bundles", f.Bundles, func(b []byte) error { return size("", len(b), 1, wire.MaxBundleBytes, "bytes") }),
	)
}

func (d Datum) check() error {
	return first(
		must(d.Opening.Alg == payload.Algorithm, "opening.alg", "want "+payload.Algorithm),
		must(d.Opening.Size == uint64(len(d.Bytes)), "opening.size", "not that of the bytes"),
	)
}
