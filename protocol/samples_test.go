package protocol_test

import (
	"bytes"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// The cast of every test and vector. Seeds are one byte followed by 31 zeros.
var (
	hirer         = actor(1)
	provider      = actor(2)
	hirerOwner    = actor(3)
	providerOwner = actor(4)
	witness       = actor(5)
	judge         = actor(6)
)

const (
	network = "souk-test"
	t0      = 1_700_000_000_000 // Unix milliseconds: the Accept's at
	minute  = 60_000
	asset   = "souk:credit/usd-6"
)

func actor(n byte) wire.PrivateKey { return wire.NewPrivateKey([32]byte{n}) }

func headOf(k wire.Kind, by wire.PrivateKey, at uint64) wire.Head {
	return wire.Head{Kind: k, By: by.Key(), At: at, Nonce: wire.Nonce{byte(k), 0xa5}}
}

func idOf(d wire.Document) wire.CID { return wire.Canonical{}.Name(d).ID }

// proofOf shows d alone, sealed by its author.
func proofOf(by wire.PrivateKey, d wire.Document) wire.Proof {
	b, err := wire.Seal(by, network, wire.Canonical{}.Name(d).Raw)
	if err != nil {
		panic(err)
	}
	return b.Proof(0)
}

func openingOf(content string) payload.Opening {
	h := new(payload.Hasher)
	_, _ = h.Write([]byte(content))
	return h.Opening([32]byte{7, 7})
}

func artefactOf(content string) payload.Artefact {
	return payload.Artefact{
		ID: openingOf(content).ID(), Size: uint64(len(content)), Type: "text/plain",
		Label: payload.Label{Class: payload.Internal, Purpose: "summary", Retention: 24 * 60 * minute},
	}
}

func mandateOf(owner, agent wire.PrivateKey) *protocol.Mandate {
	return &protocol.Mandate{
		Head: headOf(protocol.KindMandate, owner, t0-60*minute), Audience: agent.Key(),
		Hire: []string{"text/*"}, Offer: []string{"text/summarize@1", "text/words@1"},
		Budgets:  []protocol.Budget{{Asset: asset, PerJob: wire.Units(1_000_000), Total: wire.Units(50_000_000)}},
		AnyParty: true, Classes: []payload.Class{payload.Public, payload.Internal}, Depth: 1,
		NotBefore: t0 - 60*minute, Expires: t0 + 24*60*minute,
	}
}

func terms() protocol.Terms {
	return protocol.Terms{
		Capability: "text/summarize@1", InputType: "text/plain", OutputType: "text/plain", Asset: asset,
		Price: protocol.Price{Fixed: wire.Units(25_000)},
		Times: protocol.Times{
			Start: minute, Deliver: 2 * minute, Review: 3 * minute, Claim: 4 * minute, Answer: 5 * minute,
			Award: 6 * minute, Settle: 7 * minute, Resolve: 8 * minute, Open: 5 * minute, Outcome: minute,
			PauseMax: minute, Retention: 60 * minute,
		},
		Data:  payload.Handling{Most: payload.Internal, Purpose: "summary", Retention: 60 * minute},
		Rule:  protocol.Check{Rule: "summary", Params: `{"share":3000}`},
		Rail:  protocol.Rail{Name: "credit", Account: provider.Key().String()},
		Owner: providerOwner.Key(), Mandate: idOf(mandateOf(providerOwner, provider)), Blanks: []string{"language"},
	}
}

// third is somebody whom hirer and provider agreed on.
func third(who wire.PrivateKey, payer uint8) protocol.Third {
	return protocol.Third{
		Key: who.Key(), Owner: actor(7).Key(), Fee: wire.Units(50), Payer: payer, Data: terms().Data,
		Consent: wire.Sum([]byte("yes")),
	}
}

// tranched are terms paid in parts, the first of them in advance.
func tranched() protocol.Terms {
	t := terms()
	t.Price.Tranches, t.Price.Advance = []wire.Amount{wire.Units(10_000), wire.Units(10_000), wire.Units(5_000)}, 1
	return t
}

// metered are terms that use every field the others do not.
func metered() protocol.Terms {
	t := terms()
	t.Price = protocol.Price{
		Fixed: wire.Units(300), PerUnit: wire.Units(31), Per: 1_000, Unit: "token", MaxUnits: 10_500, Window: 16, Parts: 3,
	}
	t.Panel = protocol.Panel{
		Members: []protocol.Third{third(judge, protocol.PaysLoser)}, Needed: 1, Split: 5_000,
	}
	t.Witness = third(witness, protocol.PaysHalf)
	t.MaxBytes, t.Reworks, t.Blanks = 1<<20, 2, []string{"language", "tone"}
	t.Times.Rework, t.Times.Commit = minute, 5*minute
	t.Rule.Program = openingOf("a program").ID()
	t.Rail.Params = []byte{1, 2, 3}
	t.Times.Fund, t.RerunSafe, t.KillFee, t.Needs = minute, true, wire.Units(30), []string{"password"}
	return t
}

func hello() *protocol.Hello {
	e := protocol.Epoch{1, 2, 3}
	return &protocol.Hello{
		Head: headOf(protocol.KindHello, hirer, t0), Net: network, Least: 1, Most: 1, Features: []string{"witness"},
		Epoch: e, LogEpoch: e, LogSeq: 1, LogHead: wire.Sum([]byte("log")),
		Lanes: []protocol.LaneHead{{
			Lane:  protocol.LaneID(network, hirer.Key(), provider.Key(), asset, e),
			Payer: true, Asset: asset, Epoch: e, Seq: 2, Head: idOf(hold()),
		}},
	}
}

func offer() *protocol.Offer {
	d := &protocol.Offer{
		Head: headOf(protocol.KindOffer, provider, t0-2*minute), Seq: 3, Expires: t0 + 8*minute,
		Title: "Short and true", Schema: `{"type":"string"}`, Terms: terms(),
	}
	d.Terms.ValidUntil = d.Expires
	return d
}

func withdrawn() *protocol.Offer {
	d := offer()
	d.Seq, d.Expires = d.Seq+1, d.At
	return d
}

func request() *protocol.Request {
	return &protocol.Request{
		Head: headOf(protocol.KindRequest, hirer, t0-2*minute), To: provider.Key(), Capability: "text/summarize@1",
		InputType: "text/plain", Size: 11, Label: artefactOf("hello world").Label, Deliver: 5 * minute,
		Reply: t0 - minute, Rule: protocol.Check{Rule: "summary", Params: "{}"}, Assets: []string{asset},
		Rails: []string{"credit"}, Owner: hirerOwner.Key(), Mandate: idOf(mandateOf(hirerOwner, hirer)),
	}
}

func quote() *protocol.Quote { return quoteOn(terms()) }

func quoteOn(t protocol.Terms) *protocol.Quote {
	t.Hirer, t.Request, t.ValidUntil = hirer.Key(), idOf(request()), t0+5*minute
	return &protocol.Quote{Head: headOf(protocol.KindQuote, provider, t0-minute), Terms: t}
}

func call() *protocol.Call {
	r := request()
	return &protocol.Call{
		Head: headOf(protocol.KindCall, hirer, t0-2*minute), Capability: r.Capability, InputType: r.InputType, Size: r.Size,
		Label: r.Label, Deliver: r.Deliver, Reply: r.Reply, Rule: r.Rule, Assets: r.Assets, Rails: r.Rails,
		Ceiling: wire.Units(30_000), Owner: r.Owner, Mandate: r.Mandate,
	}
}

// plainCall hides its ceiling and wants no rule.
func plainCall() *protocol.Call {
	d := call()
	d.Ceiling, d.Rule = wire.Amount{}, protocol.Check{}
	return d
}

// calledQuote answers a Call.
func calledQuote() *protocol.Quote {
	d := quote()
	d.Terms.Request = idOf(call())
	return d
}

func counter() *protocol.Counter {
	return &protocol.Counter{
		Head: headOf(protocol.KindCounter, hirer, t0-minute+1), Quote: idOf(quote()), Round: 1,
		Price: protocol.Price{Fixed: wire.Units(20_000)},
	}
}

// fullCounter wishes for every clause, in the last round.
func fullCounter() *protocol.Counter {
	d, t := counter(), metered()
	d.Round, d.Price, d.Times, d.Data, d.Rule, d.Panel = protocol.MaxRounds, t.Price, t.Times, t.Data, t.Rule, t.Panel
	d.Witness, d.KillFee, d.Reworks = t.Witness, t.KillFee, t.Reworks
	return d
}

// counteredQuote answers a Counter.
func counteredQuote() *protocol.Quote {
	d := quote()
	d.At, d.Round, d.Terms.Price = counter().At+1, counter().Round, counter().Price
	return d
}

func refuse() *protocol.Refuse {
	return &protocol.Refuse{
		Head: headOf(protocol.KindRefuse, provider, t0), Of: idOf(request()), Code: protocol.CodeBusy, Detail: "in an hour",
	}
}

func accept() *protocol.Accept { return acceptOf(proofOf(provider, quote())) }

func acceptOf(offered wire.Proof) *protocol.Accept {
	return &protocol.Accept{
		Head: headOf(protocol.KindAccept, hirer, t0), Offered: offered,
		Inputs: []payload.Artefact{artefactOf("hello world")}, Choices: []protocol.Choice{{Name: "language", Value: "en"}},
		Owner: hirerOwner.Key(), Mandates: []wire.CID{idOf(mandateOf(hirerOwner, hirer))}, Account: hirer.Key().String(),
	}
}

func started() *protocol.Started {
	return &protocol.Started{Head: headOf(protocol.KindStarted, provider, t0+1), Job: idOf(accept())}
}

func ack() *protocol.Ack {
	return &protocol.Ack{
		Head: headOf(protocol.KindAck, hirer, t0+minute), Job: idOf(accept()), Of: []wire.CID{idOf(delivery())}, Bytes: 5,
	}
}

func progress() *protocol.Progress {
	return &protocol.Progress{
		Head: headOf(protocol.KindProgress, provider, t0+2), Job: idOf(accept()), Part: 1, Fraction: 2_500, Units: 12,
		Note: openingOf("a note").ID(),
	}
}

func delivery() *protocol.Delivery {
	return &protocol.Delivery{
		Head: headOf(protocol.KindDelivery, provider, t0+minute), Job: idOf(accept()),
		Artefacts: []payload.Artefact{artefactOf("hello")}, Units: 40, Inputs: []wire.CID{openingOf("hello world").ID()},
	}
}

// needed asks for what the metered terms list.
func needed() *protocol.Need {
	return &protocol.Need{
		Head: headOf(protocol.KindNeed, provider, t0+2), Job: idOf(accept()), Part: 1, Needs: []string{"password"},
		Note: openingOf("a note").ID(),
	}
}

func provide() *protocol.Provide {
	return &protocol.Provide{
		Head: headOf(protocol.KindProvide, hirer, t0+3), Job: idOf(accept()), Part: 1, Need: idOf(needed()),
		Inputs: []payload.Artefact{artefactOf("sesame")},
	}
}

// calls are inputs of two calls of a window, which nobody had to ask for.
func calls() *protocol.Provide {
	d := provide()
	d.Need, d.Inputs = wire.CID{}, []payload.Artefact{artefactOf("one"), artefactOf("two")}
	return d
}

func verdict() *protocol.Verdict {
	return &protocol.Verdict{
		Head: headOf(protocol.KindVerdict, hirer, t0+minute), Job: idOf(accept()), Delivery: idOf(delivery()),
		Score: 9_000, Pass: true,
	}
}

func contest() *protocol.Contest {
	return &protocol.Contest{
		Head: headOf(protocol.KindContest, hirer, t0+minute), Job: idOf(accept()), About: idOf(delivery()), Clause: "check",
	}
}

// committed is the judge's first word on a failing verdict, opened its second.
func committed() *protocol.Award {
	d := opened()
	d.At, d.Commit = d.At-minute, protocol.AwardCommitment(d.By, d.Job, d.Part, d.About, d.Share, d.Salt)
	d.Opens, d.Share, d.Salt = wire.CID{}, 0, [32]byte{}
	return d
}

func opened() *protocol.Award {
	d := &protocol.Award{
		Head: headOf(protocol.KindAward, judge, t0+6*minute), Job: idOf(accept()), About: idOf(failed()), Share: 2_500,
		Salt: protocol.Salt{8, 8},
	}
	first := *d
	first.At, first.Share, first.Salt = d.At-minute, 0, protocol.Salt{}
	first.Commit = protocol.AwardCommitment(d.By, d.Job, d.Part, d.About, d.Share, d.Salt)
	d.Opens = idOf(&first)
	return d
}

// nothingAwarded opens a share of 0, which has no bytes.
func nothingAwarded() *protocol.Award {
	d := opened()
	d.Share = 0
	return d
}

func cancel() *protocol.Cancel {
	return &protocol.Cancel{
		Head: headOf(protocol.KindCancel, hirer, t0+minute), Job: idOf(accept()), Code: protocol.CodeWithdrawn, Fee: wire.Units(30),
	}
}

// opening is the first entry ever of the hirer's lane to the provider.
func opening() *protocol.Entry {
	return &protocol.Entry{
		Head: headOf(protocol.KindEntry, hirer, t0-10*minute), Payee: provider.Key(), Asset: asset,
		Epoch: protocol.Epoch{1, 2, 3}, Seq: 1, Act: protocol.ActOpen,
	}
}

func hold() *protocol.Entry {
	return &protocol.Entry{
		Head: headOf(protocol.KindEntry, hirer, t0), Payee: provider.Key(), Asset: asset, Epoch: protocol.Epoch{1, 2, 3},
		Seq: 2, Prev: idOf(opening()), Act: protocol.ActHold, Amount: wire.Units(25_000),
		Totals: protocol.Totals{Held: wire.Units(25_000)}, Job: idOf(accept()),
		Mandate: idOf(mandateOf(hirerOwner, hirer)), Deadline: t0 + 4*minute,
	}
}

func post() *protocol.Entry {
	return &protocol.Entry{
		Head: headOf(protocol.KindEntry, hirer, t0+minute), Payee: provider.Key(), Asset: asset, Epoch: protocol.Epoch{1, 2, 3},
		Seq: 3, Prev: idOf(hold()), Act: protocol.ActPost, Amount: wire.Units(25_000),
		Totals: protocol.Totals{Posted: wire.Units(25_000), Held: wire.Units(25_000), Released: wire.Units(25_000)},
		Job:    idOf(accept()), Hold: idOf(hold()), Basis: []wire.CID{idOf(verdict())},
	}
}

// act is an entry of any act with exactly the fields it must have.
func act(a protocol.Act) *protocol.Entry {
	d := post()
	d.Act, d.Job, d.Hold, d.Basis = a, wire.CID{}, wire.CID{}, nil
	d.Totals.Credited, d.Totals.Settled = wire.Units(10_000), wire.Units(15_000)
	switch a {
	case protocol.ActOpen:
		d.Seq, d.Prev, d.OldEpoch, d.OldSeq, d.OldHead = 1, wire.CID{}, protocol.Epoch{9}, 7, wire.Sum([]byte("old"))
		d.Amount = wire.Amount{}
	case protocol.ActPay:
		d.Mandate = wire.Sum([]byte("mandate"))
	case protocol.ActHold:
		d.Job, d.Mandate, d.Deadline = idOf(accept()), wire.Sum([]byte("mandate")), d.At+minute
	case protocol.ActMeter:
		d.Job, d.Mandate, d.Reading = idOf(accept()), wire.Sum([]byte("mandate")), 40
	case protocol.ActPost:
		d.Hold = idOf(hold())
	case protocol.ActAward:
		d.Hold, d.Basis = idOf(hold()), []wire.CID{wire.Sum([]byte("award"))}
	case protocol.ActVoid:
		d.Hold, d.Amount = idOf(hold()), wire.Amount{}
	case protocol.ActCredit, protocol.ActSettled:
		d.Amount = wire.Units(10_000)
	case protocol.ActClose:
		d.Amount = wire.Amount{}
	}
	return d
}

// drawn is a METER that draws on a hold and is paid at once.
func drawn() *protocol.Entry {
	d := act(protocol.ActMeter)
	d.Hold, d.Rail, d.Proof, d.Basis, d.Idem = idOf(hold()), "credit", []byte("paid"), []wire.CID{idOf(progress())}, []byte{7}
	return d
}

func owedByBasis() *protocol.Entry {
	d := act(protocol.ActPay)
	d.Mandate, d.Basis = wire.CID{}, []wire.CID{idOf(claim())}
	return d
}

func countersign() *protocol.Countersign {
	h := hold()
	return &protocol.Countersign{
		Head: headOf(protocol.KindCountersign, provider, t0+1), Lane: h.Lane(network), Seq: h.Seq, Entry: idOf(h),
		Totals: h.Totals, Taken: []wire.CID{idOf(accept())},
		Declined: []protocol.Declined{{Job: wire.Sum([]byte("another job")), Code: protocol.CodeOverLimit}},
		Disputed: []wire.CID{wire.Sum([]byte("another hold"))},
	}
}

func claim() *protocol.Claim {
	return &protocol.Claim{
		Head: headOf(protocol.KindClaim, provider, t0+4*minute), Job: idOf(accept()), Hold: idOf(hold()),
		Delivery: idOf(delivery()), Amount: wire.Units(25_000),
	}
}

func outcome() *protocol.Outcome {
	return &protocol.Outcome{
		Head: headOf(protocol.KindOutcome, hirer, t0+minute), Job: idOf(accept()), Hirer: hirer.Key(), Provider: provider.Key(),
		HirerOwner: hirerOwner.Key(), ProviderOwner: providerOwner.Key(), Capability: "text/summarize@1", Asset: asset,
		Band: 15, Score: 9_000, Ended: protocol.EndedAgreed, Conduct: protocol.PaidInTime, Entry: idOf(post()),
		Opened: t0, Closed: t0 + minute,
	}
}

func resolved() *protocol.Outcome {
	d := outcome()
	d.Ended, d.Evaluators = protocol.EndedResolved, []wire.Key{judge.Key()}
	return d
}

// free is a job for nothing that was not done.
func free() *protocol.Outcome {
	d := outcome()
	d.Band, d.Score, d.Ended, d.Conduct, d.Entry = 0, 0, protocol.EndedDefault, protocol.PaidNothing, idOf(hold())
	return d
}

// later tells of an ending and a conduct that this version has no words for.
func later() *protocol.Outcome {
	d := outcome()
	d.Ended, d.Conduct = 7, protocol.MaxSaid
	return d
}

func logEntry() *protocol.LogEntry {
	return &protocol.LogEntry{
		Head: headOf(protocol.KindLogEntry, hirer, t0+minute), Outcome: idOf(outcome()), Epoch: protocol.Epoch{1, 2, 3}, Seq: 1,
	}
}

func logHead() *protocol.LogHead {
	return &protocol.LogHead{
		Head: headOf(protocol.KindLogHead, witness, t0+minute), Author: hirer.Key(), Epoch: protocol.Epoch{1, 2, 3}, Seq: 1,
		Entry: idOf(logEntry()), Shown: proofOf(hirer, logEntry()),
	}
}

func ownHead() *protocol.LogHead {
	d := logHead()
	d.Head, d.Shown = headOf(protocol.KindLogHead, hirer, t0+minute), wire.Proof{}
	return d
}

func equivocation() *protocol.Equivocation {
	other := hold()
	other.Amount = wire.Units(1)
	return contradiction(proofOf(hirer, hold()), proofOf(hirer, other))
}

// contradiction shows two statements in the order of their CIDs.
func contradiction(one, other wire.Proof) *protocol.Equivocation {
	a, b := wire.Sum(one.Doc), wire.Sum(other.Doc)
	if bytes.Compare(a[:], b[:]) > 0 {
		one, other = other, one
	}
	return &protocol.Equivocation{Head: headOf(protocol.KindEquivocation, witness, t0+minute), First: one, Second: other}
}

func twoOutcomes() *protocol.Equivocation {
	other := logEntry()
	other.Outcome = idOf(resolved())
	return contradiction(proofOf(hirer, logEntry()), proofOf(hirer, other))
}

func consent() *protocol.Consent {
	t := third(judge, protocol.PaysLoser)
	return &protocol.Consent{
		Head: headOf(protocol.KindConsent, judge, t0-60*minute), To: provider.Key(), Role: protocol.RoleEvaluator,
		Scopes: []string{"text/*", "text/words@1"}, Asset: asset, Fee: t.Fee, Payer: t.Payer, Data: t.Data, Owner: t.Owner,
		NotBefore: t0 - 60*minute, Expires: t0 + 24*60*minute,
	}
}

// freeWitness consents to be a witness of anything for nothing.
func freeWitness() *protocol.Consent {
	d := consent()
	d.By, d.Role, d.Scopes, d.Fee, d.Payer = witness.Key(), protocol.RoleWitness, []string{"*"}, wire.Amount{}, protocol.PaysHalf
	return d
}

func subMandate() *protocol.Mandate {
	d := mandateOf(hirer, judge)
	d.Renews = wire.Sum([]byte("last year's"))
	d.Parent, d.AnyParty, d.Parties, d.LeastEstimate = idOf(mandateOf(hirerOwner, hirer)), false, []wire.Key{provider.Key()}, 7_000
	b := &d.Budgets[0]
	b.PerPeriod, b.Period, b.Approval = wire.Units(5_000_000), 24*60*minute, wire.Units(500_000)
	return d
}

// sample is one valid document and the key that seals it.
type sample struct {
	name string
	by   wire.PrivateKey
	doc  wire.Document
}

// samples returns valid documents of every kind this version reads, fresh each
// time.
func samples() []sample {
	list := []sample{
		{"first words", hirer, hello()},
		{"posted price", provider, offer()},
		{"withdrawn", provider, withdrawn()},
		{"with a ceiling and a rule", hirer, call()},
		{"least fields", hirer, plainCall()},
		{"one job", hirer, request()},
		{"plain terms", provider, quote()},
		{"answers a call", provider, calledQuote()},
		{"answers a counter", provider, counteredQuote()},
		{"another price", hirer, counter()},
		{"every clause, in the last round", hirer, fullCounter()},
		{"metered, terms with every field", provider, quoteOn(metered())},
		{"tranches, the first in advance", provider, quoteOn(tranched())},
		{"busy", provider, refuse()},
		{"a quote", hirer, accept()},
		{"a posted offer", hirer, acceptOf(proofOf(provider, offer()))},
		{"single part", provider, started()},
		{"a delivery arrived", hirer, ack()},
		{"second part, metered, with a note", provider, progress()},
		{"of one thing, with a note", provider, needed()},
		{"answers a need", hirer, provide()},
		{"of two calls", hirer, calls()},
		{"one artefact", provider, delivery()},
		{"pass", hirer, verdict()},
		{"fail", hirer, failed()},
		{"by a clause", hirer, contest()},
		{"commits", judge, committed()},
		{"opens", judge, opened()},
		{"opens a share of nothing", judge, nothingAwarded()},
		{"with a kill fee", hirer, cancel()},
		{"OPEN, the first ever", hirer, opening()},
		{"HOLD of a job", hirer, hold()},
		{"POST by a verdict", hirer, post()},
	}
	for a := protocol.ActOpen; a <= protocol.ActClose; a++ {
		list = append(list, sample{a.String() + ", least fields", hirer, act(a)})
	}
	return append(list,
		sample{"METER out of a hold, paid on a rail", hirer, drawn()},
		sample{"PAY by a basis alone", hirer, owedByBasis()},
		sample{"takes, declines and disputes", provider, countersign()},
		sample{"after silence", provider, claim()},
		sample{"agreed", hirer, outcome()},
		sample{"resolved by evaluators", hirer, resolved()},
		sample{"free, and not delivered", hirer, free()},
		sample{"numbers of a later version", hirer, later()},
		sample{"the first ever", hirer, logEntry()},
		sample{"passed on by another", witness, logHead()},
		sample{"by its author", hirer, ownHead()},
		sample{"root", hirerOwner, mandateOf(hirerOwner, hirer)},
		sample{"granted on, with every limit", hirer, subMandate()},
		sample{"to judge, for a fee", judge, consent()},
		sample{"to witness anything, for nothing", witness, freeWitness()},
		sample{"two entries", witness, equivocation()},
		sample{"two log entries", witness, twoOutcomes()},
	)
}

func failed() *protocol.Verdict {
	d := verdict()
	d.Score, d.Pass, d.Clause = 0, false, "check"
	return d
}

// encode returns d's bytes.
func encode(t testing.TB, d any) []byte {
	t.Helper()
	b, err := wire.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSamplesAreValid(t *testing.T) {
	seen := map[wire.Kind]bool{}
	r := protocol.Registry()
	for _, s := range samples() {
		raw := encode(t, s.doc)
		d, err := r.Decode(raw)
		if err != nil {
			t.Errorf("%T, %s: %v", s.doc, s.name, err)
			continue
		}
		if again := encode(t, d); string(again) != string(raw) {
			t.Errorf("%T, %s: read and written again\n%x\nfrom\n%x", s.doc, s.name, again, raw)
		}
		seen[s.doc.Header().Kind] = true
	}
	for k := range protocol.KindApproval + 1 {
		if e, ok := r.Entry(k); ok && e.New != nil && !seen[k] {
			t.Errorf("no sample of %s", e.Name)
		}
	}
}
