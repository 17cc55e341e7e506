package protocol_test

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// TestLargestFit: a document that is as large as its Check lets it be, in the
// fields that weigh most, is within the limit of its kind. Otherwise an honest
// author could make what nobody reads.
func TestLargestFit(t *testing.T) {
	r := protocol.Registry()
	for _, d := range []wire.Document{
		largestOffer(), largestQuote(), largestAccept(), largestCountersign(), largestEntry(), largestDelivery(),
		largestMandate(), largestLogHead(), largestHello(), largestRequest(),
		largestCall(), largestCounter(), largestNeed(), largestProvide(), largestConsent(),
	} {
		if err := d.Check(); err != nil {
			t.Errorf("%T: %v", d, err)
			continue
		}
		e, _ := r.Entry(d.Header().Kind)
		raw := encode(t, d)
		if _, err := r.Decode(raw); err != nil {
			t.Errorf("%s of %d bytes, at most %d: %v", e.Name, len(raw), e.Limit, err)
		}
	}
}

func long(n int) string { return strings.Repeat("a", n) }

func largestTerms() protocol.Terms {
	t := metered()
	t.Capability, t.Asset = long(94)+"@1", "souk:credit/"+long(116)
	t.InputType, t.OutputType = "a/"+long(125), "a/"+long(125)
	t.Price = protocol.Price{Fixed: t.Price.Fixed, Tranches: make([]wire.Amount, protocol.MaxParts), Advance: protocol.MaxParts}
	t.Price.Tranches[0] = t.Price.Fixed
	t.Blanks = nil
	for i := range byte(protocol.MaxChoices) {
		t.Blanks = append(t.Blanks, long(31)+string([]byte{'a' + i}))
	}
	t.Panel.Members[0].Data.Purpose = long(payload.MaxPurpose)
	t.Witness.Data.Purpose = long(payload.MaxPurpose)
	t.Rule.Rule, t.Rule.Params, t.Rail.Params = long(32), long(protocol.MaxParams), make([]byte, protocol.MaxParams)
	t.Rail.Account, t.Data.Purpose = long(protocol.MaxAccount), long(payload.MaxPurpose)
	for i := range byte(protocol.MaxEvaluators - 1) {
		m := t.Panel.Members[0]
		m.Key = actor(100 + i).Key()
		t.Panel.Members = append(t.Panel.Members, m)
	}
	for i := range protocol.MaxNeeds - 1 {
		t.Needs = append(t.Needs, long(80+i))
	}
	return t
}

func largestOffer() *protocol.Offer {
	d := offer()
	d.Terms = largestTerms()
	d.Terms.ValidUntil, d.Title, d.Schema = d.Expires, long(protocol.MaxTitle), long(protocol.MaxSchema)
	return d
}

func largestQuote() *protocol.Quote { return quoteOn(largestTerms()) }

func largestAccept() *protocol.Accept {
	o := largestOffer()
	raw := encodeAny(o)
	docs := [][]byte{raw}
	for i := range wire.MaxBundleDocs - 1 { // an offer sealed together with many others
		docs = append(docs, []byte{byte(i)})
	}
	b, err := wire.Seal(provider, network, docs...)
	if err != nil {
		panic(err)
	}
	d := acceptOf(b.Proof(0))
	in := d.Inputs[0]
	in.Label.Purpose = long(payload.MaxPurpose)
	in.Type, d.Inputs = "a/"+long(125), nil
	for range protocol.MaxInputs {
		d.Inputs = append(d.Inputs, in)
	}
	d.Choices = nil
	for _, blank := range o.Terms.Blanks {
		d.Choices = append(d.Choices, protocol.Choice{Name: blank, Value: long(protocol.MaxTitle)})
	}
	d.Mandates, d.Account = ids(protocol.MaxChain), long(protocol.MaxAccount)
	d.Parent, d.Instead = ids(1)[0], ids(1)[0]
	return d
}

func largestCountersign() *protocol.Countersign {
	d := countersign()
	d.Taken, d.Disputed, d.Declined = nil, nil, nil
	for _, id := range ids(protocol.MaxSaidJobs) {
		d.Declined = append(d.Declined, protocol.Declined{Job: id, Code: protocol.Code(long(32))})
	}
	return d
}

func largestEntry() *protocol.Entry {
	d := act(protocol.ActPost)
	d.Job, d.Part, d.Basis, d.Reading = ids(1)[0], protocol.MaxPart, ids(protocol.MaxBasis), protocol.MaxCount
	d.Idem, d.Proof, d.Asset = make([]byte, protocol.MaxIdem), make([]byte, protocol.MaxProof), "souk:credit/"+long(116)
	d.Rail = long(protocol.MaxName)
	return d
}

func largestDelivery() *protocol.Delivery {
	d := delivery()
	d.Artefacts, d.Inputs = largestAccept().Inputs, ids(protocol.MaxCalls)
	return d
}

// largestLogHead shows an entry that was sealed together with many others.
func largestLogHead() *protocol.LogHead {
	docs := [][]byte{encodeAny(logEntry())}
	for i := range wire.MaxBundleDocs - 1 {
		docs = append(docs, []byte{byte(i)})
	}
	b, err := wire.Seal(hirer, network, docs...)
	if err != nil {
		panic(err)
	}
	d := logHead()
	d.Shown = b.Proof(0)
	return d
}

func largestMandate() *protocol.Mandate {
	d := subMandate()
	b := d.Budgets[0]
	d.Hire, d.Offer, d.Budgets, d.Parties = nil, nil, nil, nil
	for i := range protocol.MaxScopes {
		d.Hire = append(d.Hire, long(30)+string([]byte{'a' + byte(i/8), 'a' + byte(i%8)})+long(62)+"@1")
	}
	for i := range protocol.MaxAssets {
		b.Asset = "souk:credit/" + long(115) + string([]byte{'a' + byte(i)})
		d.Budgets = append(d.Budgets, b)
	}
	for i := range byte(protocol.MaxParties) {
		d.Parties = append(d.Parties, actor(i).Key())
	}
	slices.SortFunc(d.Parties, func(a, b wire.Key) int { return bytes.Compare(a[:], b[:]) })
	return d
}

func largestHello() *protocol.Hello {
	d := hello()
	l := d.Lanes[0]
	d.Lanes, d.Features = nil, nil
	l.Asset = asset
	for range protocol.MaxLanes {
		d.Lanes = append(d.Lanes, l)
	}
	for i := range protocol.MaxFeatures {
		d.Features = append(d.Features, long(30)+string([]byte{'a' + byte(i/8), 'a' + byte(i%8)}))
	}
	return d
}

func largestRequest() *protocol.Request {
	d := request()
	d.Rule.Params, d.Assets, d.Rails = long(protocol.MaxParams), nil, nil
	for i := range protocol.MaxAssets {
		d.Assets = append(d.Assets, "souk:credit/"+long(115)+string([]byte{'a' + byte(i)}))
		d.Rails = append(d.Rails, long(31)+string([]byte{'a' + byte(i)}))
	}
	return d
}

func largestCall() *protocol.Call {
	r := largestRequest()
	r.Rule.Params, r.Rule.Rule = long(protocol.MaxCallParams), long(32)
	return &protocol.Call{
		Head: headOf(protocol.KindCall, hirer, t0), Capability: long(94) + "@1", InputType: "a/" + long(125), Size: protocol.MaxCount,
		Label:   payload.Label{Class: payload.Public, Purpose: long(payload.MaxPurpose), Retention: payload.MaxKeep},
		Deliver: protocol.MaxDuration, Reply: t0 + protocol.MaxCallLife, Rule: r.Rule, Assets: r.Assets, Rails: r.Rails,
		Ceiling: rich(), Owner: r.Owner, Mandate: r.Mandate,
	}
}

// rich is an amount of 16 bytes.
func rich() wire.Amount {
	a := wire.Units(1)
	for range 127 {
		a, _ = a.Times(2)
	}
	return a
}

func largestCounter() *protocol.Counter {
	d, t := fullCounter(), largestTerms()
	d.Price, d.Rule, d.Panel, d.Witness, d.Data, d.KillFee = t.Price, t.Rule, t.Panel, t.Witness, t.Data, rich()
	return d
}

func largestNeed() *protocol.Need {
	d := needed()
	d.Needs, d.Part = nil, protocol.MaxPart
	for i := range byte(protocol.MaxNeeds) {
		d.Needs = append(d.Needs, long(protocol.MaxCapability-1)+string([]byte{'a' + i}))
	}
	return d
}

func largestProvide() *protocol.Provide {
	d := provide()
	d.Part, d.Inputs = protocol.MaxPart, largestAccept().Inputs
	return d
}

func largestConsent() *protocol.Consent {
	d := consent()
	d.Asset, d.Fee, d.Data.Purpose, d.Scopes = "souk:credit/"+long(116), rich(), long(payload.MaxPurpose), nil
	for i := range byte(protocol.MaxConsented) {
		d.Scopes = append(d.Scopes, long(93)+string([]byte{'a' + i})+"@1")
	}
	return d
}

// TestHostileBytesStaySmall: bytes made to swell when they are read cost at
// most a few megabytes for a moment, whatever they claim.
func TestHostileBytesStaySmall(t *testing.T) {
	const most = 8 << 20
	empty := make([]map[string]any, wire.MaxItems)
	for i := range empty {
		empty[i] = map[string]any{}
	}
	var hostile [][]byte
	for _, c := range []struct {
		doc   wire.Document
		field string
	}{{hello(), "lanes"}, {delivery(), "artefacts"}, {accept(), "inputs"}, {provide(), "inputs"}, {equivocation(), "grease"}, {mandateOf(hirerOwner, hirer), "budgets"}} {
		m := fieldsOf(t, encode(t, c.doc))
		m[c.field] = empty
		hostile = append(hostile, encode(t, m))
	}
	r := protocol.Registry()
	for i, raw := range hostile {
		if got := allocated(func() { _, _ = r.Decode(raw) }); got > most {
			t.Errorf("document %d of %d bytes: %d bytes were allocated, at most %d", i, len(raw), got, most)
		}
	}
	frame := encode(t, map[string]any{"data": empty, "bare": empty})
	if got := allocated(func() { _, _ = protocol.ReadFrame(frame) }); got > most {
		t.Errorf("frame of %d bytes: %d bytes were allocated, at most %d", len(frame), got, most)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkName encodes and hashes documents.
func BenchmarkName(b *testing.B) {
	for _, s := range []sample{{"Entry", hirer, hold()}, {"Countersign", provider, countersign()}, {"Quote", provider, quote()}, {"Accept", hirer, accept()}, {"Outcome", hirer, outcome()}} {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				wire.Canonical{}.Name(s.doc)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	r := protocol.Registry()
	for _, s := range []sample{{"Entry", hirer, hold()}, {"Countersign", provider, countersign()}, {"Quote", provider, quote()}, {"Accept", hirer, accept()}, {"Outcome", hirer, outcome()}} {
		raw := encode(b, s.doc)
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Decode(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
