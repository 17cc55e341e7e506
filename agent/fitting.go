package agent

import (
	"slices"

	"github.com/souk-network/souk/agent/hire"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Bounds of looking at what offers say that inputs must be.
const (
	mostFittings    = 16    // schemas with which an order's inputs are compared in one run; as many more of those dealt with
	fittingPatience = 3_000 // milliseconds for comparing them with those that were heard together
)

// Fit compares the inputs of an order with the schemas of offers, and ends in a
// Fitted for each. What is not told by Until is taken for a no.
type Fit struct {
	Key     string   // of the order
	Schemas []string // JSON Schema, of the dialect in docs/spec/checks.md
	Inputs  []payload.Artefact
	Until   uint64 // Unix milliseconds
}

// Fitted tells whether each input of an order is what a schema asks for.
type Fitted struct {
	Key    string
	Schema string
	Fits   bool
}

func (Fit) effect()   {}
func (Fitted) event() {}

// fitting is what is known of an order's inputs under one schema.
type fitting struct {
	schema string
	until  uint64 // it is waited for until then; 0 where it is known
	fits   bool
}

// schemaOf returns what a provider's live offer says that the order's input must be, or "".
func (s *step) schemaOf(o *order, provider wire.Key) string {
	return s.market.Schema(s.at, provider, o.Capability)
}

// fits reports whether a provider can be hired for an order as far as its schema goes.
func (s *step) fits(o *order, provider wire.Key) bool {
	if s.market.Schemas() == 0 {
		return true
	}
	schema := s.schemaOf(o, provider)
	i := slices.IndexFunc(o.fittings, func(f fitting) bool { return f.schema == schema })
	return schema == "" || i >= 0 && o.fittings[i].fits
}

// misfits reports whether the order's input is not what one of those asks for who might be hired.
func (s *step) misfits(o *order, firm []hire.Candidate, ask []wire.Key) bool {
	return s.market.Schemas() > 0 && slices.ContainsFunc(providersOf(firm, ask), func(p wire.Key) bool { return !s.fits(o, p) })
}

func providersOf(firm []hire.Candidate, ask []wire.Key) []wire.Key {
	all := slices.Clone(ask)
	for _, c := range firm {
		all = append(all, c.Provider)
	}
	return all
}

// compare has the order's inputs compared with the schemas of those who might be
// hired, as far as that was not done. To compare costs time, names are free, and so
// is a schema: so there are few, those of providers first of whom something is known.
// A crowd that came first keeps nobody out who was dealt with before.
func (s *step) compare(o *order, firm []hire.Candidate, ask []wire.Key) {
	if s.market.Schemas() == 0 {
		return
	}
	fresh := slices.DeleteFunc(providersOf(firm, ask), func(p wire.Key) bool {
		schema := s.schemaOf(o, p)
		return schema == "" || slices.ContainsFunc(o.fittings, func(f fitting) bool { return f.schema == schema })
	})
	if len(fresh) == 0 {
		return
	}
	if len(o.fittings)+len(fresh) > mostFittings {
		s.rank(fresh)
	}
	effect := Fit{Key: o.Key, Inputs: append([]payload.Artefact{o.Input}, o.More...), Until: s.at + fittingPatience}
	for _, p := range fresh {
		room := mostFittings
		if s.Dealt(p) {
			room = 2 * mostFittings
		}
		schema := s.schemaOf(o, p)
		if len(o.fittings) < room && !slices.Contains(effect.Schemas, schema) {
			effect.Schemas = append(effect.Schemas, schema)
			o.fittings = append(o.fittings, fitting{schema: schema, until: effect.Until})
		}
	}
	if len(effect.Schemas) > 0 {
		s.effect(effect)
	}
}

// fitted takes what came of comparing.
func (s *step) fitted(e Fitted) {
	o := s.orders[e.Key]
	if !o.waiting() {
		return
	}
	for i := range o.fittings {
		if f := &o.fittings[i]; f.schema == e.Schema && f.until != 0 {
			f.until, f.fits = 0, e.Fits
			s.place(o)
			return
		}
	}
}

// contracted returns what inputs of a job must be: what its contract says, by the schema of
// the Offer that it shows; where it shows a Quote, which says nothing of it, what the stand
// says now, when work begins.
func contracted(d *deal, standing string) string {
	if doc, err := d.job.Accept().Shown(); err == nil {
		if o, ok := doc.(*protocol.Offer); ok {
			return o.Schema
		}
	}
	return standing
}
