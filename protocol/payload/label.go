// Package payload says how the bytes of inputs and results are named, and
// where they may go.
//
// It promises that a commitment reveals nothing of an artefact and binds every
// byte of it, and that a label is never widened. It must never hold the bytes
// of a payload in anything that is signed, journalled or announced.
package payload

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Class says how delicate a payload is. Each is more delicate than the one before.
type Class uint8

const (
	Public    Class = 1 // may be seen by anyone; may ride along with an Accept
	Internal  Class = 2 // of no harm if seen, but not meant for others
	Personal  Class = 3 // about a living person
	Sensitive Class = 4 // health, location, beliefs, secrets
)

var classNames = [...]string{Public: "public", Internal: "internal", Personal: "personal", Sensitive: "sensitive"}

// String returns the class's name.
func (c Class) String() string {
	if c < Public || c > Sensitive {
		return fmt.Sprintf("class(%d)", uint8(c))
	}
	return classNames[c]
}

// ParseClass reads a class's name.
func ParseClass(s string) (Class, error) {
	for c := Public; c <= Sensitive; c++ {
		if classNames[c] == s {
			return c, nil
		}
	}
	return 0, fmt.Errorf("data class %.32q: want public, internal, personal or sensitive", s)
}

// Label is what its sender demands for one payload.
type Label struct {
	Class     Class  `cbor:"class"`
	Purpose   string `cbor:"purpose"`   // what it may be used for, at most MaxPurpose bytes; "" for the job alone
	Retention uint64 `cbor:"retention"` // milliseconds after the job's end by which it must be erased
	PassOn    bool   `cbor:"pass_on"`   // may be given to a sub-contractor under the same label
	Train     bool   `cbor:"train"`     // may train a model
}

// Handling is what a provider promises for what it is given: the most delicate
// class it takes, how long it keeps it at most, and what it may do with it.
type Handling struct {
	Most      Class  `cbor:"most"`
	Purpose   string `cbor:"purpose"`
	Retention uint64 `cbor:"retention"` // milliseconds after the job's end
	PassOn    bool   `cbor:"pass_on"`
	Train     bool   `cbor:"train"`
}

// Artefact names the bytes of one input or result without showing them.
type Artefact struct {
	ID    wire.CID `cbor:"id"`   // commitment: the CID of its Opening
	Size  uint64   `cbor:"size"` // bytes
	Type  string   `cbor:"type"` // media type (RFC 6838)
	Label Label    `cbor:"label"`
}

// Limits of this room.
const (
	MaxPurpose = 128
	MaxType    = 127                  // bytes of a media type: RFC 6838, section 4.2
	MaxSize    = 1 << 40              // bytes of an artefact
	Chunk      = 256 << 10            // bytes of one chunk of an artefact
	MaxInline  = Chunk                // bytes of the artefacts that may ride in one frame
	MaxKeep    = 10 * 365 * 86400_000 // milliseconds: the longest retention, about ten years
)

// ErrLabel is returned (wrapped) where a payload may not go where it is meant to.
var ErrLabel = errors.New("the data label does not allow it")

// Check reports a label that cannot be.
func (l Label) Check() error {
	if l.Class < Public || l.Class > Sensitive || len(l.Purpose) > MaxPurpose || l.Retention > MaxKeep {
		return errors.New("label: class, purpose or retention out of range")
	}
	return nil
}

// Check reports data terms that cannot be.
func (h Handling) Check() error {
	return Label{Class: h.Most, Purpose: h.Purpose, Retention: h.Retention}.Check()
}

// Check reports an artefact that cannot be.
func (a Artefact) Check() error {
	if a.ID.IsZero() || a.Size > MaxSize || a.Type == "" || len(a.Type) > MaxType {
		return errors.New("artefact: needs a commitment, a size and a media type within bounds")
	}
	return a.Label.Check()
}

// MayGo reports whether a payload labelled l may go to someone who promises h;
// the error, ErrLabel wrapped, names the clause.
func (l Label) MayGo(h Handling) error {
	switch {
	case l.Class > h.Most:
		return fmt.Errorf("%w: class %s, at most %s is taken", ErrLabel, l.Class, h.Most)
	case h.Retention > l.Retention:
		return fmt.Errorf("%w: it would be kept %d ms, at most %d ms is allowed", ErrLabel, h.Retention, l.Retention)
	case h.PassOn && !l.PassOn:
		return fmt.Errorf("%w: it would be passed on", ErrLabel)
	case h.Train && !l.Train:
		return fmt.Errorf("%w: it would train a model", ErrLabel)
	case l.Purpose != "" && l.Purpose != h.Purpose:
		return fmt.Errorf("%w: it is for %.64q only", ErrLabel, l.Purpose)
	}
	return nil
}
