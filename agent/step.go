package agent

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// maxSaid is about how many bytes one step says before the rest waits for the
// next: with one heard bundle they must fit a record.
const maxSaid = 192 << 10

// Room for the facts and effects of most steps.
const (
	usualFacts   = 2
	usualEffects = 8
)

// step is one call of Handle: the agent, the moment, and what has come of it so far.
type step struct {
	*Agent
	at      uint64
	chance  [16]byte
	drawn   uint64
	reply   wire.CID // the first document of the bundle that is being answered
	said    int      // bytes of what this step says
	record  Record
	effects []Effect
	touched []wire.CID
	slips   []error
	fault   error
}

func (s *step) effect(e Effect) {
	if s.effects == nil {
		s.effects = make([]Effect, 0, usualEffects)
	}
	s.effects = append(s.effects, e)
}

// full reports whether what is not yet done must wait for a step of its own.
func (s *step) full() bool { return s.said >= maxSaid }

// nonce draws the next nonce from the step's chance.
func (s *step) nonce() wire.Nonce {
	var b [24]byte
	copy(b[:], s.chance[:])
	binary.BigEndian.PutUint64(b[16:], s.drawn)
	s.drawn++
	h := sha256.Sum256(b[:])
	return wire.Nonce(h[:16])
}

func (s *step) head(k wire.Kind) wire.Head {
	return wire.Head{Kind: k, By: s.c.Self, At: s.at, Nonce: s.nonce()}
}

func (s *step) name(d wire.Document) wire.Said { return s.c.Namer.Name(d) }

// fact folds f and records it.
func (s *step) fact(f Fact) {
	touched, err := s.fold(s.at, &f)
	if err != nil {
		s.fail("fold", err)
	}
	if s.record.Facts == nil {
		s.record.Facts = make([]Fact, 0, usualFacts)
	}
	s.record.Facts = append(s.record.Facts, f)
	if f.What == FactSaid {
		s.jots(f.Peer, f.said)
	}
	s.touch(touched...)
}

// fail notes a fault of this program, the first of the step. No peer may be
// able to cause one: it stops the process.
func (s *step) fail(doing string, err error) {
	if s.fault == nil {
		s.fault = fmt.Errorf("agent: %s: %w", doing, err)
	}
}

// slip notes what should not have been tried, and did no harm.
func (s *step) slip(doing string, err error) {
	s.slips = append(s.slips, fmt.Errorf("agent: %s: %w", doing, err))
}

func (s *step) touch(jobs ...wire.CID) {
	for _, id := range jobs {
		if n := len(s.touched); n == 0 || s.touched[n-1] != id {
			s.touched = append(s.touched, id)
		}
		s.effect(Changed{Key: s.orderOf(id), Job: id})
	}
}

// orderOf returns the key of the order that a job fulfils, or "".
func (a *Agent) orderOf(id wire.CID) string {
	if d := a.deals[id]; d != nil {
		return d.order
	}
	if p := a.past[id]; p != nil {
		return p.view.Key
	}
	return ""
}

// send sends a saying now if the peer is there, and otherwise asks for a link:
// what is not answered is said again once the peer has greeted us.
func (s *step) send(saying *Saying) {
	if s.peers[saying.To] {
		s.effect(Say{saying})
	} else {
		s.effect(Reach{saying.To})
	}
}

// sendAgain sends a saying that was not answered. It goes out on a link without
// a greeting too: where the greeting was lost, the answer to this makes a new link.
func (s *step) sendAgain(saying *Saying) {
	if _, linked := s.peers[saying.To]; linked {
		s.effect(Say{saying})
	} else {
		s.effect(Reach{saying.To})
	}
}

// remark says something soft: it is sent once or not at all, and never recorded.
func (s *step) remark(to wire.Key, d wire.Document) (said wire.Said, ok bool) {
	if !s.peers[to] {
		return wire.Said{}, false
	}
	if err := d.Check(); err != nil {
		s.slip(fmt.Sprintf("remark %T", d), err)
		return wire.Said{}, false
	}
	said = s.name(d)
	s.effect(Say{&Saying{To: to, Docs: []wire.Said{said}}})
	return said, true
}

// refuse answers a document with a coded no. Nothing is ever said against a Refuse.
func (s *step) refuse(to wire.Key, of wire.CID, code protocol.Code, detail string) {
	if code == "" {
		code = protocol.CodeMalformed
	}
	s.remark(to, &protocol.Refuse{Head: s.head(protocol.KindRefuse), Of: of, Code: code, Detail: clip(detail)})
}

// clip makes text from elsewhere fit a Detail.
func clip(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), protocol.MaxDetail)], "")
}
