package agent

import (
	"fmt"

	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// What a fact tells. Numbers are only ever added.
type What uint8

const (
	FactBegan   What = 1  // Epoch: a run of the process
	FactHeard   What = 2  // Bundle from Peer, of which the documents in Took were folded
	FactSaid    What = 3  // Bundle to Peer
	FactWrote   What = 4  // Docs of ours that count from now on and will be said in a later bundle
	FactOrdered What = 5  // Order
	FactGaveUp  What = 6  // order Key ended without a contract, by Code
	FactOpened  What = 7  // Stand is sold
	FactClosed  What = 8  // Stand.Capability is no longer sold
	FactWorked  What = 9  // the work on Job ended: Results, Units, or Code
	FactJudged  What = 10 // the judging of Job ended: passed, or Code
	FactErased  What = 11 // payloads of Job were erased, its retention being over
	FactLetGo   What = 12 // Job is over and needs nothing more of us
	FactChose   What = 16 // why the provider of Job was hired: Choice
)

// What a fact tells of pauses, reworks and disputes.
const (
	FactRemaking   What = 24 // the work on Job is begun anew, to make good what failed
	FactConsented  What = 25 // we may be named as evaluator: Bundle is our Consent, Stand grades
	FactBrought    What = 26 // Bundle, about the disputed Job that we are to judge, was shown to us by Peer
	FactGraded     What = 27 // Job is worth Units of 10,000, which Salt hides, or was not graded, by Code
	FactCaseClosed What = 28 // Job is no more ours to judge
)

// Fact is one thing that happened and counts. Facts are all there is to know:
// the state of an agent is their fold.
type Fact struct {
	What    What               `cbor:"what"`
	Peer    wire.Key           `cbor:"peer,omitzero"`
	Job     wire.CID           `cbor:"job,omitzero"`
	Bundle  []byte             `cbor:"bundle,omitempty"`
	Took    uint64             `cbor:"took,omitzero"` // bit i: document i
	Docs    [][]byte           `cbor:"docs,omitempty"`
	Reply   wire.CID           `cbor:"reply,omitzero"`
	Asset   string             `cbor:"asset,omitempty"` // of the lane that Bundle countersigns
	With    []payload.Artefact `cbor:"with,omitempty"`
	Epoch   protocol.Epoch     `cbor:"epoch,omitzero"`
	Order   *Order             `cbor:"order,omitempty"`
	Key     string             `cbor:"key,omitempty"`
	Stand   *sell.Stand        `cbor:"stand,omitempty"`
	Results []payload.Artefact `cbor:"results,omitempty"`
	Units   uint64             `cbor:"units,omitzero"`
	Code    protocol.Code      `cbor:"code,omitempty"`
	Detail  string             `cbor:"detail,omitempty"`
	Salt    protocol.Salt      `cbor:"salt,omitzero"`
	About   wire.CID           `cbor:"about,omitzero"` // the complaint because of which it was graded
	Choice  *Choice            `cbor:"choice,omitempty"`

	said   []wire.Said  // the documents of Bundle or Docs, decoded
	saying *Saying      // of FactSaid
	heard  *wire.Bundle // the bundle, where it was read back
	folded bool         // the documents count already: they were folded one by one
}

// Record is the facts of one step, as one journal record.
type Record struct {
	At    uint64 `cbor:"at"` // Unix milliseconds by this agent's clock
	Facts []Fact `cbor:"facts"`
}

var recordForm = wire.FormOf[Record]()

// Form returns how a Record is written.
func (r *Record) Form() *wire.Form { return recordForm }

// MaxRecord is the most bytes a record may have.
const MaxRecord = 1 << 20

// Bytes encodes r. Every saying in it must be sealed.
func (r *Record) Bytes() ([]byte, error) {
	for i := range r.Facts {
		f := &r.Facts[i]
		switch f.What {
		case FactSaid:
			if f.saying.Bundle == nil {
				return nil, fmt.Errorf("record: saying to %s is not sealed", f.Peer)
			}
			b, err := f.saying.Bundle.Bytes()
			if err != nil {
				return nil, fmt.Errorf("record: %w", err)
			}
			f.Bundle = b
		case FactWrote:
			f.Docs = f.Docs[:0]
			for _, d := range f.said {
				f.Docs = append(f.Docs, d.Raw)
			}
		}
	}
	return wire.Encode(r)
}

// Sayings returns what r says, for the hands to seal.
func (r *Record) Sayings() []*Saying {
	var all []*Saying
	for i := range r.Facts {
		if s := r.Facts[i].saying; s != nil {
			all = append(all, s)
		}
	}
	return all
}

// Documents returns all documents in r.
func (r *Record) Documents() []wire.Said {
	var all []wire.Said
	for i := range r.Facts {
		all = append(all, r.Facts[i].said...)
	}
	return all
}

// ReadRecord decodes a journal record of ours. Seals were checked when it was
// made, and the journal's chain guards them since; they are not checked again.
func ReadRecord(reg *wire.Registry, b []byte) (*Record, error) {
	r := new(Record)
	if err := wire.Unmarshal(b, r, MaxRecord, true); err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	for i := range r.Facts {
		if err := r.Facts[i].decode(reg); err != nil {
			return nil, fmt.Errorf("read record: fact %d: %w", i, err)
		}
	}
	return r, nil
}

func (f *Fact) decode(reg *wire.Registry) error {
	docs := f.Docs
	if len(f.Bundle) > 0 {
		b, err := wire.ReadBundle(f.Bundle)
		if err != nil {
			return err
		}
		docs = b.Docs
		f.heard = b
		if f.What == FactSaid {
			f.saying = &Saying{To: f.Peer, Bundle: b, With: f.With, reply: f.Reply}
		}
	}
	for _, raw := range docs {
		d, err := reg.Decode(raw)
		if err != nil {
			return err
		}
		f.said = append(f.said, wire.Said{ID: wire.Sum(raw), Raw: raw, Doc: d})
	}
	if f.saying != nil {
		f.saying.Docs = f.said
	}
	return nil
}

// Statement is one document in a record, with the bundle that proves who said it.
type Statement struct {
	wire.Said
	Bundle *wire.Bundle // nil while it is written but not said
	Index  int          // of the document in Bundle
}

// Job returns the job that the document names or begins; zero where it names none.
func (s *Statement) Job() wire.CID {
	if _, ok := s.Doc.(*protocol.Accept); ok {
		return s.ID
	}
	return jobOf(s.Doc)
}

// Statements returns all documents that r tells of and that were folded.
func (r *Record) Statements() []Statement {
	var all []Statement
	for i := range r.Facts {
		f := &r.Facts[i]
		for k, said := range f.said {
			if f.What == FactHeard && f.Took&(1<<k) == 0 {
				continue
			}
			all = append(all, Statement{Said: said, Bundle: f.heard, Index: k})
		}
	}
	return all
}
