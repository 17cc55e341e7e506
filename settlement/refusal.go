package settlement

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

var (
	// ErrKnown is returned for a document that is in the book already and
	// changes nothing. Whoever sent it is owed the stored answer.
	ErrKnown = errors.New("already in the book")
	// ErrEpoch is returned where an entry is wanted and the present epoch cannot
	// begin a lane: none was begun, or its OPEN was said already and came to
	// nothing. Begin a fresh one and ask again.
	ErrEpoch = errors.New("a fresh epoch is needed")
)

// Refusal is why a document does not fit the book.
type Refusal struct {
	Code protocol.Code // stable; may be told to the peer
	Of   wire.CID      // the document; zero where it was never said
	Why  string        // for people
}

// Error tells what was refused and why.
func (r *Refusal) Error() string { return fmt.Sprintf("refused (%s): %s", r.Code, r.Why) }

// Fork is two entries of one payer where there can be one: same lane, same
// sequence number, different content. The lane stops. With both seals it makes
// an Equivocation.
type Fork struct {
	Lane          wire.CID
	Seq           uint64
	First, Second wire.CID // the entry in the book; the one that came after it
}

// Error names the lane and the place.
func (f *Fork) Error() string {
	return fmt.Sprintf("fork: lane %s has two entries %d: %s and %s", f.Lane, f.Seq, f.First, f.Second)
}

func refuse(code protocol.Code, format string, args ...any) error {
	return &Refusal{Code: code, Why: fmt.Sprintf(format, args...)}
}

// named puts the document's name into a Refusal.
func named(err error, id wire.CID) error {
	if r, ok := err.(*Refusal); ok {
		r.Of = id
	}
	return err
}
