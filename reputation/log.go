package reputation

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// log is what the Book has of one author's log.
type log struct {
	epochs []logEpoch // by when first heard of
	lines  int
}

type logEpoch struct {
	epoch protocol.Epoch
	lines []line // by seq
	told  uint64 // the highest seq the author has told of
	head  wire.CID
}

// line is one LogEntry.
type line struct {
	seq               uint64
	id, prev, outcome wire.CID
}

// Gap is why an author's log is not whole.
type Gap uint8

// Gaps.
const (
	GapMissing  Gap = iota + 1 // entries From to To are not here
	GapBroken                  // entry From cites another than entry From-1
	GapSkipped                 // entries From to To lie behind the head that a later epoch cites
	GapUnlinked                // the epoch cites no entry that is here, one that another epoch continues, or none though the log has begun
	GapHead                    // the author told of another entry From than it showed
	gapsDefined = iota
)

// String returns a word for people.
func (g Gap) String() string {
	if g < 1 || g > gapsDefined {
		return "unknown"
	}
	return [...]string{"missing", "broken", "skipped", "unlinked", "other head"}[g-1]
}

// Hole is a place where an author's log is not whole. A hole may be there only
// because nobody has passed the entries on yet: ask the author.
type Hole struct {
	Epoch    protocol.Epoch
	From, To uint64 // seq, both included
	Why      Gap
}

// Log takes a LogEntry, or a LogHead that the author itself sealed, into the
// Book: what others say of somebody's head proves nothing and is refused.
//
// Errors: ErrKnown; *Refusal, which leaves the Book as it was; *Fork, after
// which the author weighs nothing. Keep the documents of a Fork: the Book
// forgets neither, but only they prove it to others.
func (b *Book) Log(s wire.Said) error {
	switch d := s.Doc.(type) {
	case *protocol.LogEntry:
		return b.logEntry(s.ID, d)
	case *protocol.LogHead:
		if d.By != d.Author {
			return &Refusal{protocol.CodeNotOffered, s.ID, "hearsay: not sealed by the author of the log"}
		}
		return b.logHead(s.ID, d)
	}
	return &Refusal{protocol.CodeUnknownKind, s.ID, fmt.Sprintf("%T does not belong into a log", s.Doc)}
}

func (b *Book) logEntry(id wire.CID, d *protocol.LogEntry) error {
	if err := d.Check(); err != nil {
		return &Refusal{protocol.CodeOf(err), id, err.Error()}
	}
	l := b.logs[d.By]
	e := l.epoch(d.Epoch)
	if e != nil {
		if i, known := e.find(d.Seq); known {
			if e.lines[i].id == id {
				return ErrKnown
			}
			place, met := b.places[d.By]
			before := met && b.parties[place].forked
			b.Forked(d.By)
			return &Fork{d.By, d.Epoch, d.Seq, e.lines[i].id, id, before}
		}
	}
	if err := b.room(d.By, id, l, e); err != nil {
		return err
	}
	e = b.epochOf(d.By, d.Epoch)
	i, _ := e.find(d.Seq)
	e.lines = slices.Insert(e.lines, i, line{d.Seq, id, d.Prev, d.Outcome})
	b.logs[d.By].lines++
	if d.By != b.parties[self].key {
		b.lines++
	}
	return nil
}

func (b *Book) logHead(id wire.CID, d *protocol.LogHead) error {
	if err := d.Check(); err != nil {
		return &Refusal{protocol.CodeOf(err), id, err.Error()}
	}
	l := b.logs[d.By]
	e := l.epoch(d.Epoch)
	if e != nil && e.told >= d.Seq {
		return ErrKnown
	}
	if err := b.room(d.By, id, l, e); err != nil {
		return err
	}
	e = b.epochOf(d.By, d.Epoch)
	e.told, e.head = d.Seq, d.Entry
	return nil
}

// room reports whether one line more fits: of an author with log l, in epoch e
// if that is there already.
func (b *Book) room(author wire.Key, id wire.CID, l *log, e *logEpoch) error {
	if author == b.parties[self].key {
		return nil
	}
	switch {
	case b.lines >= MaxLines, l == nil && len(b.logs) >= MaxLines:
		return &Refusal{protocol.CodeTooLarge, id, fmt.Sprintf("the book is full: %d log entries of others", MaxLines)}
	case l != nil && l.lines >= MaxLog:
		return &Refusal{protocol.CodeTooLarge, id, fmt.Sprintf("a log of more than %d entries", MaxLog)}
	case l != nil && e == nil && len(l.epochs) >= MaxEpochs:
		return &Refusal{protocol.CodeTooLarge, id, fmt.Sprintf("a log of more than %d epochs", MaxEpochs)}
	}
	return nil
}

// epochOf returns an epoch of an author's log, made if it is new.
func (b *Book) epochOf(author wire.Key, epoch protocol.Epoch) *logEpoch {
	l := b.logs[author]
	if l == nil {
		l = &log{}
		b.logs[author] = l
	}
	if e := l.epoch(epoch); e != nil {
		return e
	}
	l.epochs = append(l.epochs, logEpoch{epoch: epoch})
	return &l.epochs[len(l.epochs)-1]
}

// epoch returns the epoch of that name, or nil.
func (l *log) epoch(epoch protocol.Epoch) *logEpoch {
	if l == nil {
		return nil
	}
	for i := range l.epochs {
		if l.epochs[i].epoch == epoch {
			return &l.epochs[i]
		}
	}
	return nil
}

func (e *logEpoch) find(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(e.lines, seq, func(l line, seq uint64) int { return cmp.Compare(l.seq, seq) })
}
