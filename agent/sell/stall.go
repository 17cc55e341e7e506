// Package sell is the seller's head: what is for sale, on what terms, and how
// much of it at once.
//
// It promises terms that are complete and in order, never more jobs at a time than
// a stand has slots, and never more of them for one peer than its standing earns.
// It must never hold money, sign, or do any work.
package sell

import (
	"cmp"
	"errors"
	"slices"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// Durations in milliseconds.
const (
	second = 1000
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour

	DefaultDeliver = 10 * minute // promised where the owner names no time
	QuoteLife      = 2 * minute  // a quote stands
	OfferLife      = 5 * minute  // an announcement lives
	Refresh        = 100 * second
	DefaultSlots   = 4
	DefaultPause   = hour // what is asked for is waited for

	MaxInput    = 64 << 20 // bytes of an input that is worked on
	MaxSettings = 64       // of one stand
	MaxSlots    = 1 << 20  // of one stand
)

// Stand is one capability for sale and how it is fulfilled. It is what the
// owner ordered, as the journal keeps it.
type Stand struct {
	Capability string           `cbor:"capability"`
	Title      string           `cbor:"title,omitempty"`
	Price      wire.Amount      `cbor:"price"`
	Asset      string           `cbor:"asset"`
	Ask        bool             `cbor:"ask"` // the price is told on request
	Technology string           `cbor:"technology"`
	Settings   []Setting        `cbor:"settings,omitempty"` // by name
	InputType  string           `cbor:"input_type"`
	OutputType string           `cbor:"output_type"`
	Schema     string           `cbor:"schema,omitempty"` // what an input must be, as protocol.Offer says it
	Rule       protocol.Check   `cbor:"rule,omitzero"`
	Data       payload.Handling `cbor:"data"`
	RerunSafe  bool             `cbor:"rerun_safe"`
	Deliver    uint64           `cbor:"deliver"` // milliseconds
	Slots      uint64           `cbor:"slots"`
	Surge      uint64           `cbor:"surge,omitzero"`    // percent by which the price rises at full load, at most MaxSurge
	Least      wire.Amount      `cbor:"least,omitzero"`    // it may be had for this, for who haggles; 0: the price is not haggled over
	Tranches   uint64           `cbor:"tranches,omitzero"` // equal parts in which it is delivered and paid for; 0: one
	Advance    uint64           `cbor:"advance,omitzero"`  // of them, paid before they are delivered
	Meter      Meter            `cbor:"meter,omitzero"`    // no tranches then
	Reworks    uint64           `cbor:"reworks,omitzero"`  // how often a result that fails is made good
	Needs      []string         `cbor:"needs,omitempty"`   // what may still be asked for
	Pause      uint64           `cbor:"pause,omitzero"`    // milliseconds it may be waited for, in all
	Panel      protocol.Panel   `cbor:"panel,omitzero"`    // who judges what is contested
}

// Meter is a price per unit, on top of a stand's price.
type Meter struct {
	Unit     string      `cbor:"unit"`      // what is metered, such as "token"
	PerUnit  wire.Amount `cbor:"per_unit"`  //
	MaxUnits uint64      `cbor:"max_units"` // of one part
	Window   uint64      `cbor:"window"`    // calls of one part
	Windows  uint64      `cbor:"windows"`   // parts, at most
}

// PriceOf returns how a sum is owed: whole, in equal tranches, or before what is metered.
func (s *Stand) PriceOf(sum wire.Amount) protocol.Price {
	p := protocol.Price{Fixed: sum, Advance: s.Advance}
	for left := s.Tranches; left > 0; left-- {
		part, err := sum.DivUp(left)
		if err != nil { // left is not 0
			panic(err)
		}
		p.Tranches = append(p.Tranches, part)
		sum, _ = sum.Minus(part)
	}
	if m := s.Meter; m.Unit != "" {
		p.Unit, p.PerUnit, p.MaxUnits, p.Window = m.Unit, m.PerUnit, m.MaxUnits, m.Window
		if m.Windows > 1 {
			p.Parts = m.Windows
		}
	}
	return p
}

// Setting is one setting of a worker.
type Setting struct {
	Name  string `cbor:"name"`
	Value string `cbor:"value"`
}

// Check reports a stand that cannot be sold.
func (s *Stand) Check() error {
	if s.Deliver == 0 || s.Deliver > protocol.MaxDuration/2 || s.Slots == 0 || s.Slots > MaxSlots || s.Technology == "" {
		return errors.New("a stand needs a delivery time of at most half a year, a worker, and from 1 to 1048576 slots")
	}
	if _, err := surged(s.Price, s.Surge, s.Slots, s.Slots); err != nil || s.Surge > MaxSurge {
		return errors.New("a price may rise by at most 1000 percent, and stay below 2^128 over its surge")
	}
	if s.Tranches == 1 || s.Tranches > protocol.MaxParts || s.Advance > s.Tranches || s.Tranches > 0 && s.Meter.Unit != "" {
		return errors.New("a price has 2 to 64 tranches, as many of them in advance as there are, and none beside a meter")
	}
	if several := s.Tranches > 1 || s.Meter.Windows > 1 || s.Meter.Window > 1; several && (s.Reworks > 0 || len(s.Needs) > 0) {
		return errors.New("a contract of several parts or calls has neither reworks nor needs")
	}
	if s.Meter.Window > 1 && !s.Panel.IsZero() {
		return errors.New("nobody judges what a window of several calls brought: sell it by the call, or name no evaluators")
	}
	if s.Meter.Window > protocol.MaxInputs || s.Meter.Windows > protocol.MaxParts {
		return errors.New("a window has at most 16 calls, and a contract at most 64 windows")
	}
	if s.Least.Cmp(s.Price) > 0 {
		return errors.New("the least that a stand would take is at most its price")
	}
	if len(s.Settings) > MaxSettings || len(s.Technology) > protocol.MaxName {
		return errors.New("a stand has at most 64 settings, and a worker's name at most 32 bytes")
	}
	return nil
}

// Stall is everything for sale.
type Stall struct {
	stands []Stand // by capability
	gone   []Stand // withdrawn, still honoured while their last offers live
}

func byName(s Stand, capability string) int { return cmp.Compare(s.Capability, capability) }

// Put begins to sell s, in place of what was sold under its name.
func (st *Stall) Put(s Stand) {
	st.gone = slices.DeleteFunc(st.gone, func(g Stand) bool { return g.Capability == s.Capability })
	i, known := slices.BinarySearchFunc(st.stands, s.Capability, byName)
	if known {
		st.stands[i] = s
		return
	}
	st.stands = slices.Insert(st.stands, i, s)
}

// Remove stops selling a capability and reports whether it was sold.
func (st *Stall) Remove(capability string) bool {
	i, known := slices.BinarySearchFunc(st.stands, capability, byName)
	if known {
		st.gone = append(st.gone, st.stands[i])
		st.stands = slices.Delete(st.stands, i, i+1)
	}
	return known
}

// Get returns the stand of a capability. withdrawn tells that only offers made
// before may still be honoured.
func (st *Stall) Get(capability string) (s Stand, withdrawn, ok bool) {
	if i, known := slices.BinarySearchFunc(st.stands, capability, byName); known {
		return st.stands[i], false, true
	}
	for _, g := range st.gone {
		if g.Capability == capability {
			return g, true, true
		}
	}
	return Stand{}, false, false
}

// All returns what is for sale, by capability. The caller must not change it.
func (st *Stall) All() []Stand { return st.stands }

// Seller is who stands behind terms.
type Seller struct {
	Owner   wire.Key
	Mandate wire.CID
	Account string // on the credit rail: the agent's own key
	Rail    string
}

// Terms returns what a stand is sold on until validUntil.
func (s *Stand) Terms(by Seller, validUntil uint64) protocol.Terms {
	t := protocol.Terms{
		Capability: s.Capability,
		InputType:  s.InputType,
		OutputType: s.OutputType,
		Asset:      s.Asset,
		Price:      s.PriceOf(s.Price),
		Times:      times(s.Deliver, s.Data.Retention),
		Data:       s.Data,
		Rule:       s.Rule,
		Rail:       protocol.Rail{Name: by.Rail, Account: by.Account},
		RerunSafe:  s.RerunSafe,
		Owner:      by.Owner,
		Mandate:    by.Mandate,
		ValidUntil: validUntil,
		Reworks:    s.Reworks,
		Needs:      s.Needs,
		Panel:      s.Panel,
	}
	if len(s.Needs) > 0 {
		t.Times.PauseMax = s.Pause
	}
	if s.Reworks > 0 { // as much time as for the first, after a Verdict at the last moment
		t.Times.Rework = t.Times.Review
	}
	return t
}

// times spreads the deadlines of a job that is delivered within deliver.
func times(deliver, retention uint64) protocol.Times {
	t := protocol.Times{Start: min(30*second, deliver), Deliver: deliver, Retention: retention}
	t.Review = t.Deliver + 10*minute
	t.Claim = t.Review + hour
	t.Answer = t.Claim + hour
	t.Commit = t.Answer + hour/2
	t.Award = t.Answer + hour
	t.Settle = t.Award + hour
	t.Resolve = t.Settle + day
	t.Open = t.Answer
	t.Outcome = 10 * minute
	return t
}
