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
	"strings"
	"unicode/utf8"

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

// Label is what its sender demands for one payload. It has no field that may go
// unread: an unread demand would be broken.
type Label struct {
	_         struct{} `cbor:",closed"`
	Class     Class    `cbor:"class"`
	Purpose   string   `cbor:"purpose"`   // what it may be used for, at most MaxPurpose bytes; "" for the job alone
	Retention uint64   `cbor:"retention"` // milliseconds after the job's end by which it must be erased
	PassOn    bool     `cbor:"pass_on"`   // may be given to a sub-contractor under the same label
	Train     bool     `cbor:"train"`     // may train a model
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

// Artefact names the bytes of one input or result without showing them. It has no
// field that may go unread.
type Artefact struct {
	_     struct{} `cbor:",closed"`
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

// Check reports a label that cannot be: wire.ErrShape or wire.ErrLimit, wrapped.
func (l Label) Check() error {
	if l.Class < Public || l.Class > Sensitive {
		return fmt.Errorf("label: %w: data class %d, want %d to %d", wire.ErrShape, l.Class, Public, Sensitive)
	}
	if len(l.Purpose) > MaxPurpose || l.Retention > MaxKeep {
		return fmt.Errorf("label: %w: a purpose of %d bytes kept for %d ms, at most %d and %d",
			wire.ErrLimit, len(l.Purpose), l.Retention, MaxPurpose, MaxKeep)
	}
	if !utf8.ValidString(l.Purpose) {
		return fmt.Errorf("label: %w: purpose is not UTF-8", wire.ErrShape)
	}
	return nil
}

// Check reports data terms that cannot be, as Label.Check does.
func (h Handling) Check() error {
	return Label{Class: h.Most, Purpose: h.Purpose, Retention: h.Retention}.Check()
}

// Check reports an artefact that cannot be: wire.ErrShape or wire.ErrLimit, wrapped.
func (a Artefact) Check() error {
	if a.ID.IsZero() {
		return fmt.Errorf("artefact: %w: no commitment", wire.ErrShape)
	}
	if a.Size > MaxSize {
		return fmt.Errorf("artefact: %w: %d bytes, at most %d", wire.ErrLimit, a.Size, MaxSize)
	}
	if err := CheckType(a.Type); err != nil {
		return fmt.Errorf("artefact: %w", err)
	}
	return a.Label.Check()
}

// CheckType reports text that is no media type as RFC 6838, section 4.2, names
// them: type/subtype in lower case and without parameters, so that one type has
// one name; at most MaxType bytes. The error is wire.ErrShape or wire.ErrLimit,
// wrapped.
func CheckType(s string) error {
	if len(s) > MaxType {
		return fmt.Errorf("media type: %w: %d bytes, at most %d", wire.ErrLimit, len(s), MaxType)
	}
	top, sub, ok := strings.Cut(s, "/")
	if !ok || !isTypeName(top) || !isTypeName(sub) {
		return fmt.Errorf("media type: %w: %.48q, want one such as text/plain", wire.ErrShape, s)
	}
	return nil
}

// isTypeName reports whether s is a restricted-name of RFC 6838.
func isTypeName(s string) bool {
	const first = "0123456789abcdefghijklmnopqrstuvwxyz"
	return s != "" && strings.Contains(first, s[:1]) && strings.Trim(s, first+"!#$&-^_.+") == ""
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

// Under returns what a payload labelled l may still be used for by someone who
// has promised h: both bind.
func (l Label) Under(h Handling) Label {
	purpose := l.Purpose
	if purpose == "" {
		purpose = h.Purpose
	}
	return Label{
		Class: l.Class, Purpose: purpose, Retention: min(l.Retention, h.Retention),
		PassOn: l.PassOn && h.PassOn, Train: l.Train && h.Train,
	}
}

// Within reports whether l, the label of a payload made from one labelled of,
// demands at least as much; the error, ErrLabel wrapped, names the clause that
// would be widened.
func (l Label) Within(of Label) error {
	switch {
	case l.Class < of.Class:
		return fmt.Errorf("%w: class %s is wider than %s", ErrLabel, l.Class, of.Class)
	case l.Retention > of.Retention:
		return fmt.Errorf("%w: kept %d ms, at most %d ms is allowed", ErrLabel, l.Retention, of.Retention)
	case l.PassOn && !of.PassOn:
		return fmt.Errorf("%w: it would be passed on further", ErrLabel)
	case l.Train && !of.Train:
		return fmt.Errorf("%w: it would train a model", ErrLabel)
	case of.Purpose != "" && l.Purpose != of.Purpose:
		return fmt.Errorf("%w: it is for %.64q only", ErrLabel, of.Purpose)
	}
	return nil
}
