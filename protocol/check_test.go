package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// spoilt is a valid document with one thing wrong.
type spoilt struct {
	name  string
	doc   wire.Document
	field string // that Check names
	code  protocol.Code
}

// spoil changes one thing of d.
func spoil[D wire.Document](name string, d D, field string, code protocol.Code, change func(D)) spoilt {
	change(d)
	return spoilt{name, d, field, code}
}

const (
	bad  = protocol.CodeMalformed
	big  = protocol.CodeTooLarge
	owed = protocol.CodeAmount
)

var (
	far     = uint64(1 << 53)
	nothing wire.CID
	nobody  wire.Key
)

func ids(n int) []wire.CID {
	list := make([]wire.CID, n)
	for i := range list {
		list[i] = wire.Sum([]byte{byte(i), byte(i >> 8)})
	}
	return list
}

func spoiltTalk() []spoilt {
	type (
		H = *protocol.Hello
		O = *protocol.Offer
		R = *protocol.Request
		Q = *protocol.Quote
		N = *protocol.Refuse
		C = *protocol.Call
	)
	return []spoilt{
		spoil("no network", hello(), "net", bad, func(d H) { d.Net = "" }),
		spoil("a network's name that does not print", hello(), "net", bad, func(d H) { d.Net = "souk\x1b[2J" }),
		spoil("version 0", hello(), "least", bad, func(d H) { d.Least = 0 }),
		spoil("a network's name in capitals", hello(), "net", bad, func(d H) { d.Net = "Souk" }),
		spoil("a long network's name", hello(), "net", big, func(d H) { d.Net = strings.Repeat("n", 65) }),
		spoil("versions the wrong way round", hello(), "least", bad, func(d H) { d.Least = 2 }),
		spoil("a feature twice", hello(), "features", bad, func(d H) { d.Features = []string{"a", "a"} }),
		spoil("a feature in capitals", hello(), "features[0]", bad, func(d H) { d.Features[0] = "A" }),
		spoil("a feature of no domain", hello(), "features[0]", bad, func(d H) { d.Features[0] = "org..batch" }),
		spoil("epoch all zero", hello(), "epoch", bad, func(d H) { d.Epoch = protocol.Epoch{} }),
		spoil("65 lanes", hello(), "lanes", big, func(d H) { d.Lanes = make([]protocol.LaneHead, 65) }),
		spoil("a lane without a head", hello(), "lanes[0].head", bad, func(d H) { d.Lanes[0].Head = nothing }),
		spoil("a lane at 0", hello(), "lanes[0].seq", bad, func(d H) { d.Lanes[0].Seq = 0 }),
		spoil("a log without a head", hello(), "log_head", bad, func(d H) { d.LogHead = nothing }),
		spoil("a log without an epoch", hello(), "log_epoch", bad, func(d H) { d.LogEpoch = protocol.Epoch{} }),

		spoil("seq 0", offer(), "seq", bad, func(d O) { d.Seq = 0 }),
		spoil("lives over an hour", offer(), "expires", bad, func(d O) { d.Expires = d.At + 3600_001 }),
		spoil("long title", offer(), "title", big, func(d O) { d.Title = strings.Repeat("a", 201) }),
		spoil("long schema", offer(), "schema", big, func(d O) { d.Schema = strings.Repeat("a", 8193) }),
		spoil("for one hirer", offer(), "terms.hirer", bad, func(d O) { d.Terms.Hirer = hirer.Key() }),
		spoil("answers a request", offer(), "terms.request", bad, func(d O) { d.Terms.Request = idOf(request()) }),
		spoil("terms outlive it", offer(), "terms.valid_until", bad, func(d O) { d.Terms.ValidUntil++ }),

		spoil("reply before it is called", call(), "reply", bad, func(d C) { d.Reply = d.At }),
		spoil("lives over an hour", call(), "reply", bad, func(d C) { d.Reply = d.At + 3600_001 }),
		spoil("a scope, not a capability", call(), "capability", bad, func(d C) { d.Capability = "text/*" }),
		spoil("pays in nothing", call(), "assets", bad, func(d C) { d.Assets = []string{} }),
		spoil("pays in one thing twice", call(), "assets", bad, func(d C) { d.Assets = []string{asset, asset} }),
		spoil("17 rails", call(), "rails", big, func(d C) { d.Rails = make([]string, 17) }),
		spoil("no data class", call(), "label", bad, func(d C) { d.Label.Class = 0 }),
		spoil("parameters of 4097 bytes", call(), "check.params", big, func(d C) { d.Rule.Params = strings.Repeat("a", 4097) }),
		spoil("size of 2^53", call(), "size", bad, func(d C) { d.Size = far }),
		spoil("no owner", call(), "owner", bad, func(d C) { d.Owner = nobody }),
		spoil("no mandate", call(), "mandate", bad, func(d C) { d.Mandate = nothing }),

		spoil("to nobody", request(), "to", bad, func(d R) { d.To = nobody }),
		spoil("to itself", request(), "to", bad, func(d R) { d.To = d.By }),
		spoil("reply before it is asked", request(), "reply", bad, func(d R) { d.Reply = d.At }),
		spoil("reply after a week", request(), "reply", bad, func(d R) { d.Reply = d.At + 7*86400_000 + 1 }),
		spoil("two years to deliver", request(), "deliver", bad, func(d R) { d.Deliver = 2 * protocol.MaxDuration }),
		spoil("pays in nothing", request(), "assets", bad, func(d R) { d.Assets = []string{} }),
		spoil("pays on nothing", request(), "rails", bad, func(d R) { d.Rails = []string{} }),
		spoil("no data class", request(), "label", bad, func(d R) { d.Label.Class = 0 }),
		spoil("an unknown data class", request(), "label", bad, func(d R) { d.Label.Class = 5 }),
		spoil("long purpose", request(), "label", big, func(d R) { d.Label.Purpose = strings.Repeat("a", 129) }),
		spoil("a rule without a name", request(), "check.rule", bad, func(d R) { d.Rule.Rule = "" }),
		spoil("no owner", request(), "owner", bad, func(d R) { d.Owner = nobody }),
		spoil("no mandate", request(), "mandate", bad, func(d R) { d.Mandate = nothing }),

		spoil("round 6", quote(), "round", bad, func(d Q) { d.Round = 6 }),
		spoil("for nobody", quote(), "terms.hirer", bad, func(d Q) { d.Terms.Hirer = nobody }),
		spoil("for itself", quote(), "terms.hirer", bad, func(d Q) { d.Terms.Hirer = d.By }),
		spoil("answers nothing", quote(), "terms.request", bad, func(d Q) { d.Terms.Request = nothing }),
		spoil("over when it is said", quote(), "terms.valid_until", bad, func(d Q) { d.Terms.ValidUntil = d.At }),
		spoil("stands over a week", quote(), "terms.valid_until", bad, func(d Q) { d.Terms.ValidUntil = d.At + 7*86400_000 + 1 }),

		spoil("of nothing", refuse(), "of", bad, func(d N) { d.Of = nothing }),
		spoil("no code", refuse(), "code", bad, func(d N) { d.Code = "" }),
		spoil("a code with an escape", refuse(), "code", bad, func(d N) { d.Code = "busy\x1b" }),
		spoil("long detail", refuse(), "detail", big, func(d N) { d.Detail = strings.Repeat("a", 401) }),
	}
}

// spoiltCounters wish for what cannot be.
func spoiltCounters() []spoilt {
	of := func(name, field string, code protocol.Code, change func(*protocol.Counter)) spoilt {
		return spoil(name, fullCounter(), field, code, change)
	}
	type C = *protocol.Counter
	return []spoilt{
		of("of no quote", "quote", bad, func(d C) { d.Quote = nothing }),
		of("round 0", "round", bad, func(d C) { d.Round = 0 }),
		of("round 6", "round", bad, func(d C) { d.Round = 6 }),
		spoil("wishes for nothing", counter(), "price", bad, func(d C) { d.Price = protocol.Price{} }),
		spoil("tranches below the price", counter(), "price.tranches", owed, func(d C) {
			d.Price.Tranches = []wire.Amount{wire.Units(1), wire.Units(2)}
		}),
		of("units without a window", "price.window", bad, func(d C) { d.Price.Window = 0 }),
		of("review before delivery", "times.review", bad, func(d C) { d.Times.Review = d.Times.Deliver - 1 }),
		of("no data class", "data", bad, func(d C) { d.Data.Most = 0 }),
		of("a rule without a name", "check.rule", bad, func(d C) { d.Rule.Rule = "" }),
		of("more judges needed than named", "panel.needed", bad, func(d C) { d.Panel.Needed = 2 }),
		of("the hirer judges itself", "panel.members[0].key", bad, func(d C) { d.Panel.Members[0].Key = hirer.Key() }),
		of("the hirer witnesses itself", "witness.key", bad, func(d C) { d.Witness.Key = hirer.Key() }),
		of("a witness who did not agree", "witness.consent", bad, func(d C) { d.Witness.Consent = nothing }),
		of("17 reworks", "reworks", bad, func(d C) { d.Reworks = 17 }),
	}
}

// spoiltTerms are quotes whose terms cannot be.
func spoiltTerms() []spoilt {
	type (
		T = *protocol.Terms
		P = *protocol.Price
	)
	of := func(name, field string, code protocol.Code, change func(T)) spoilt {
		q := quoteOn(metered())
		change(&q.Terms)
		return spoilt{name, q, "terms." + field, code}
	}
	parts := func(name, field string, code protocol.Code, change func(*protocol.Price)) spoilt {
		q := quoteOn(tranched())
		change(&q.Terms.Price)
		return spoilt{name, q, "terms.price." + field, code}
	}
	rich := wire.Units(1)
	for range 127 {
		rich, _ = rich.Times(2)
	}
	return []spoilt{
		of("no version", "capability", bad, func(t T) { t.Capability = "text/summarize" }),
		of("capitals", "capability", bad, func(t T) { t.Capability = "Text/summarize@1" }),
		of("two slashes", "capability", bad, func(t T) { t.Capability = "text//summarize@1" }),
		of("two versions", "capability", bad, func(t T) { t.Capability = "text@1@2" }),
		of("an escape", "capability", bad, func(t T) { t.Capability = "text/\x1b[31m@1" }),
		of("97 bytes", "capability", big, func(t T) { t.Capability = strings.Repeat("a", 95) + "@1" }),
		of("a wildcard scope for a capability", "capability", bad, func(t T) { t.Capability = "text/*" }),
		of("an input type with a parameter", "input_type", bad, func(t T) { t.InputType = "text/plain; charset=utf-8" }),
		of("any output type", "output_type", bad, func(t T) { t.OutputType = "*/*" }),
		of("no chain", "asset", bad, func(t T) { t.Asset = "usd" }),
		of("a token's address in two cases", "asset", bad, func(t T) { t.Asset = "eip155:8453/erc20:0xAb" }),
		of("an asset with a line break", "asset", bad, func(t T) { t.Asset = "souk:credit/usd\n" }),
		of("129 bytes", "asset", big, func(t T) { t.Asset = "souk:credit/" + strings.Repeat("a", 117) }),
		of("an asset with an escape", "asset", bad, func(t T) { t.Asset = "souk:credit/usd%2d6" }),
		of("more than there is", "price", owed, func(t T) { t.Price.PerUnit = rich }),
		parts("tranches below the price", "tranches", owed, func(p P) { p.Fixed = wire.Units(25_001) }),
		parts("tranches that overflow", "tranches", owed, func(p P) { p.Tranches = []wire.Amount{rich, rich} }),
		parts("65 tranches", "tranches", big, func(p P) { p.Tranches = make([]wire.Amount, 65) }),
		parts("one tranche", "tranches", bad, func(p P) { p.Tranches, p.Advance = []wire.Amount{p.Fixed}, 0 }),
		parts("more in advance than there is", "advance", bad, func(p P) { p.Advance = 4 }),
		parts("tranches of a meter", "tranches", bad, func(p P) { p.Unit, p.MaxUnits, p.Window = "token", 1, 1 }),
		parts("windows of no meter", "parts", bad, func(p P) { p.Parts = 2 }),
		of("one window, and says so", "price.parts", bad, func(t T) { t.Price.Parts = 1 }),
		of("over 2^20 windows", "price.parts", bad, func(t T) { t.Price.Parts = 1<<20 + 1 }),
		of("per one unit, and says so", "price.per", bad, func(t T) { t.Price.Per = 1 }),
		of("nothing per thousand", "price.per", bad, func(t T) { t.Price.PerUnit = wire.Amount{} }),
		of("units without a most", "price.max_units", bad, func(t T) { t.Price.MaxUnits = 0 }),
		of("units without a window", "price.window", bad, func(t T) { t.Price.Window = 0 }),
		of("a meter of nothing", "price.max_units", bad, func(t T) { t.Price.Unit = "" }),
		of("a unit that does not print", "price.unit", bad, func(t T) { t.Price.Unit = "to\u202eken" }),
		of("a kill fee above the price", "kill_fee", bad, func(t T) { t.KillFee = wire.Units(300 + 3*326 + 1) }),
		of("review before delivery", "times.review", bad, func(t T) { t.Times.Review = t.Times.Deliver - 1 }),
		of("resolve before settle", "times.resolve", bad, func(t T) { t.Times.Resolve = t.Times.Settle - 1 }),
		of("resolve after a year", "times.resolve", bad, func(t T) { t.Times.Resolve = protocol.MaxDuration + 1 }),
		of("opened before it is answered", "times.open", bad, func(t T) { t.Times.Open = t.Times.Answer - 1 }),
		of("opened after the award", "times.open", bad, func(t T) { t.Times.Open = t.Times.Award + 1 }),
		of("committed after the award", "times.commit", bad, func(t T) { t.Times.Commit = t.Times.Award + 1 }),
		of("reworks in no time", "times.rework", bad, func(t T) { t.Times.Rework = 0 }),
		of("time for no rework", "times.rework", bad, func(t T) { t.Reworks = 0 }),
		of("17 reworks", "reworks", bad, func(t T) { t.Reworks = 17 }),
		of("blanks out of order", "blanks", bad, func(t T) { t.Blanks[0], t.Blanks[1] = t.Blanks[1], t.Blanks[0] }),
		of("a blank in capitals", "blanks[1]", bad, func(t T) { t.Blanks[1] = "nO" }),
		of("inputs of 2^53 bytes", "max_bytes", bad, func(t T) { t.MaxBytes = far }),
		of("pauses over a year", "times.pause_max", bad, func(t T) { t.Times.PauseMax = protocol.MaxDuration + 1 }),
		of("kept longer than promised", "times.retention", bad, func(t T) { t.Times.Retention = t.Data.Retention + 1 }),
		of("nobody on the panel", "panel.members", bad, func(t T) { t.Panel.Members = []protocol.Third{} }),
		of("more needed than named", "panel.needed", bad, func(t T) { t.Panel.Needed = 2 }),
		of("none needed", "panel.needed", bad, func(t T) { t.Panel.Needed = 0 }),
		of("split above the whole", "panel.split", bad, func(t T) { t.Panel.Split = 10_001 }),
		of("the provider judges itself", "panel.members[0].key", bad, func(t T) { t.Panel.Members[0].Key = provider.Key() }),
		of("one judge twice", "panel.members", bad, func(t T) { t.Panel.Members = append(t.Panel.Members, t.Panel.Members[0]) }),
		of("nobody pays the judge", "panel.members[0].payer", bad, func(t T) { t.Panel.Members[0].Payer = 0 }),
		of("somebody pays the judge", "panel.members[0].payer", bad, func(t T) { t.Panel.Members[0].Payer = 5 }),
		of("nobody answers for the judge", "panel.members[0].owner", bad, func(t T) { t.Panel.Members[0].Owner = nobody }),
		of("a judge of no data class", "panel.members[0].data", bad, func(t T) { t.Panel.Members[0].Data.Most = 0 }),
		of("the hirer judges itself", "panel.members[0].key", bad, func(t T) { t.Panel.Members[0].Key = hirer.Key() }),
		of("the hirer witnesses itself", "witness.key", bad, func(t T) { t.Witness.Key = hirer.Key() }),
		of("a judge who did not agree", "panel.members[0].consent", bad, func(t T) { t.Panel.Members[0].Consent = nothing }),
		of("the provider witnesses itself", "witness.key", bad, func(t T) { t.Witness.Key = provider.Key() }),
		of("no rail", "rail.name", bad, func(t T) { t.Rail.Name = "" }),
		of("an account with an escape", "rail.account", bad, func(t T) { t.Rail.Account = "\x1b]0;" }),
		of("long rail parameters", "rail.params", big, func(t T) { t.Rail.Params = make([]byte, 8193) }),
		of("17 needs", "needs", big, func(t T) { t.Needs = make([]string, 17) }),
		of("no owner", "owner", bad, func(t T) { t.Owner = nobody }),
		of("no mandate", "mandate", bad, func(t T) { t.Mandate = nothing }),
	}
}

func spoiltWork() []spoilt {
	type (
		A  = *protocol.Accept
		K  = *protocol.Ack
		P  = *protocol.Progress
		D  = *protocol.Delivery
		V  = *protocol.Verdict
		C  = *protocol.Contest
		X  = *protocol.Cancel
		S  = *protocol.Started
		CL = *protocol.Claim
		N  = *protocol.Need
		I  = *protocol.Provide
		W  = *protocol.Award
	)
	hint, other := offer(), quote()
	hint.Ask, other.Terms.Hirer = true, judge.Key()
	gone := offer()
	gone.Expires = gone.At
	seen := offer()
	seen.Terms.Witness = third(hirer, protocol.PaysHirer)
	small := quoteOn(metered())
	small.Terms.MaxBytes = 10
	return []spoilt{
		spoil("17 inputs", accept(), "inputs", big, func(d A) { d.Inputs = make([]payload.Artefact, 17) }),
		spoil("an input without a commitment", accept(), "inputs[0]", bad, func(d A) { d.Inputs[0].ID = nothing }),
		spoil("an input above 1 TiB", accept(), "inputs[0]", big, func(d A) { d.Inputs[0].Size = 1<<40 + 1 }),
		spoil("an input of no type", accept(), "inputs[0]", bad, func(d A) { d.Inputs[0].Type = "" }),
		spoil("an input more delicate than is taken", accept(), "inputs[0]", protocol.CodeLabel, func(d A) { d.Inputs[0].Label.Class = payload.Personal }),
		spoil("a choice without a name", accept(), "choices[0].name", bad, func(d A) { d.Choices[0].Name = "" }),
		spoil("a choice twice", accept(), "choices", bad, func(d A) { d.Choices = append(d.Choices, d.Choices[0]) }),
		spoil("a choice that is not offered", accept(), "choices[0].name", protocol.CodeNotOffered, func(d A) { d.Choices[0].Name = "tone" }),
		spoil("inputs larger than are taken", acceptOf(proofOf(provider, small)), "inputs", big, func(A) {}),
		spoil("witnessed by the hirer", acceptOf(proofOf(provider, seen)), "offered.terms.witness.key", bad, func(A) {}),
		spoil("no mandate", accept(), "mandates", bad, func(d A) { d.Mandates = []wire.CID{} }),
		spoil("9 mandates", accept(), "mandates", big, func(d A) { d.Mandates = ids(9) }),
		spoil("no owner", accept(), "owner", bad, func(d A) { d.Owner = nobody }),
		spoil("after the quote is over", accept(), "at", protocol.CodeExpired, func(d A) { d.At = t0 + 5*minute + 1 }),
		spoil("a quote for another hirer", acceptOf(proofOf(provider, other)), "by", bad, func(A) {}),
		spoil("an offer that only hints", acceptOf(proofOf(provider, hint)), "offered.ask", protocol.CodeNotOffered, func(A) {}),
		spoil("an offer that was withdrawn", acceptOf(proofOf(provider, gone)), "offered.expires", protocol.CodeNotOffered, func(A) {}),
		spoil("of something else than an offer", acceptOf(proofOf(provider, refuse())), "offered.doc", bad, func(A) {}),
		spoil("of an Accept", acceptOf(proofOf(hirer, accept())), "offered.doc", bad, func(A) {}),
		spoil("a proof of another version", accept(), "offered", protocol.CodeSeal, func(d A) { d.Offered.V = 2 }),

		spoil("of no job", started(), "job", bad, func(d S) { d.Job = nothing }),
		spoil("part 2^20", started(), "part", bad, func(d S) { d.Part = 1 << 20 }),
		spoil("of nothing", ack(), "of", bad, func(d K) { d.Of = []wire.CID{} }),
		spoil("of 33", ack(), "of", big, func(d K) { d.Of = ids(33) }),
		spoil("one twice", ack(), "of", bad, func(d K) { d.Of = append(d.Of, d.Of[0]) }),
		spoil("bytes over 2^53-1", ack(), "bytes", bad, func(d K) { d.Bytes = far }),
		spoil("over the whole", progress(), "fraction", bad, func(d P) { d.Fraction = 10_001 }),
		spoil("units over 2^53-1", progress(), "units", bad, func(d P) { d.Units = far }),
		spoil("of nothing", needed(), "needs", bad, func(d N) { d.Needs = []string{} }),
		spoil("of 17 things", needed(), "needs", big, func(d N) { d.Needs = make([]string, 17) }),
		spoil("of one thing twice", needed(), "needs", bad, func(d N) { d.Needs = []string{"key", "key"} }),
		spoil("of a thing without a name", needed(), "needs[0]", bad, func(d N) { d.Needs[0] = "" }),
		spoil("of a thing with an escape", needed(), "needs[0]", bad, func(d N) { d.Needs[0] = "key\x1b[2J" }),
		spoil("of a thing of 97 bytes", needed(), "needs[0]", big, func(d N) { d.Needs[0] = strings.Repeat("a", 97) }),
		spoil("no input", provide(), "inputs", bad, func(d I) { d.Inputs = []payload.Artefact{} }),
		spoil("17 inputs", provide(), "inputs", big, func(d I) { d.Inputs = make([]payload.Artefact, 17) }),
		spoil("an input of no class", provide(), "inputs[0]", bad, func(d I) { d.Inputs[0].Label.Class = 0 }),
		spoil("of no job", provide(), "job", bad, func(d I) { d.Job = nothing }),
		spoil("about nothing", opened(), "about", bad, func(d W) { d.About = nothing }),
		spoil("neither commits nor opens", opened(), "commit", bad, func(d W) { d.Opens = nothing }),
		spoil("commits and opens", opened(), "commit", bad, func(d W) { d.Commit = ids(1)[0] }),
		spoil("commits and tells the share", committed(), "commit", bad, func(d W) { d.Share = 1 }),
		spoil("commits and tells the salt", committed(), "commit", bad, func(d W) { d.Salt = protocol.Salt{8, 8} }),
		spoil("opens without a salt", opened(), "salt", bad, func(d W) { d.Salt = protocol.Salt{} }),
		spoil("share over the whole", opened(), "share", bad, func(d W) { d.Share = 10_001 }),
		spoil("no artefact", delivery(), "artefacts", bad, func(d D) { d.Artefacts = []payload.Artefact{} }),
		spoil("129 calls", delivery(), "inputs", big, func(d D) { d.Inputs = ids(129) }),
		spoil("one call twice", delivery(), "inputs", bad, func(d D) { d.Inputs = append(d.Inputs, d.Inputs[0]) }),
		spoil("17 artefacts", delivery(), "artefacts", big, func(d D) { d.Artefacts = make([]payload.Artefact, 17) }),
		spoil("score over the whole", verdict(), "score", bad, func(d V) { d.Score = 10_001 }),
		spoil("passes by a clause", verdict(), "clause", bad, func(d V) { d.Clause = "check" }),
		spoil("fails by no clause", failed(), "clause", bad, func(d V) { d.Clause = "" }),
		spoil("about nothing", contest(), "about", bad, func(d C) { d.About = nothing }),
		spoil("by no clause", contest(), "clause", bad, func(d C) { d.Clause = "" }),
		spoil("no code", cancel(), "code", bad, func(d X) { d.Code = "" }),
		spoil("no hold", claim(), "hold", bad, func(d CL) { d.Hold = nothing }),
		spoil("no delivery", claim(), "delivery", bad, func(d CL) { d.Delivery = nothing }),
	}
}

func spoiltMoney() []spoilt {
	type (
		E = *protocol.Entry
		C = *protocol.Countersign
	)
	list := []spoilt{
		spoil("to itself", hold(), "payee", bad, func(d E) { d.Payee = d.By }),
		spoil("seq 0", hold(), "seq", bad, func(d E) { d.Seq = 0 }),
		spoil("no entry before", hold(), "prev", bad, func(d E) { d.Prev = nothing }),
		spoil("an entry before the first", opening(), "prev", bad, func(d E) { d.Prev = idOf(hold()) }),
		spoil("begins without OPEN", hold(), "act", bad, func(d E) { d.Seq, d.Prev = 1, nothing }),
		spoil("OPEN in mid-lane", opening(), "act", bad, func(d E) { d.Seq, d.Prev = 2, idOf(hold()) }),
		spoil("act 0", hold(), "act", bad, func(d E) { d.Act = 0 }),
		spoil("act 11", hold(), "act", bad, func(d E) { d.Act = 11 }),
		spoil("released above held", post(), "totals.posted", owed, func(d E) { d.Totals.Released = wire.Units(25_001) }),
		spoil("settled above posted", post(), "totals.posted", owed, func(d E) { d.Totals.Settled = wire.Units(25_001) }),
		spoil("amount not in the totals", hold(), "totals", owed, func(d E) { d.Amount = wire.Units(25_001) }),
		spoil("PAY of nothing", act(protocol.ActPay), "amount", owed, func(d E) { d.Amount = wire.Amount{} }),
		spoil("VOID of something", act(protocol.ActVoid), "amount", owed, func(d E) { d.Amount = wire.Units(1) }),
		spoil("deadline before it is said", hold(), "deadline", bad, func(d E) { d.Deadline = d.At }),
		spoil("a part of no job", act(protocol.ActPay), "part", bad, func(d E) { d.Part = 1 }),
		spoil("basis twice", post(), "basis", bad, func(d E) { d.Basis = append(d.Basis, d.Basis[0]) }),
		spoil("basis of 9", post(), "basis", big, func(d E) { d.Basis = ids(9) }),
		spoil("idempotency key of 65 bytes", post(), "idem", big, func(d E) { d.Idem = make([]byte, 65) }),
		spoil("proof of 1025 bytes", post(), "proof", big, func(d E) { d.Proof = make([]byte, 1025) }),
		spoil("a proof of no rail", post(), "rail", bad, func(d E) { d.Proof = []byte{1} }),
		spoil("a rail without a proof", post(), "rail", bad, func(d E) { d.Rail = "credit" }),
		spoil("a rail in capitals", drawn(), "rail", bad, func(d E) { d.Rail = "Credit" }),
		spoil("continues half a lane", act(protocol.ActOpen), "old_epoch", bad, func(d E) { d.OldSeq = 0 }),
		spoil("continues itself", act(protocol.ActOpen), "old_epoch", bad, func(d E) { d.OldEpoch = d.Epoch }),
		spoil("starts from something", opening(), "totals", bad, func(d E) { d.Totals.Posted = wire.Units(1) }),

		spoil("no lane", countersign(), "lane", bad, func(d C) { d.Lane = nothing }),
		spoil("taken and declined", countersign(), "taken", bad, func(d C) { d.Declined[0].Job = d.Taken[0] }),
		spoil("declined without a code", countersign(), "declined[0].code", bad, func(d C) { d.Declined[0].Code = "" }),
		spoil("129 jobs", countersign(), "taken", big, func(d C) { d.Taken = ids(127) }),
		spoil("disputed twice", countersign(), "disputed", bad, func(d C) { d.Disputed = append(d.Disputed, d.Disputed[0]) }),
	}
	for _, c := range []struct {
		act   protocol.Act
		field string
		drop  func(E)
	}{
		{protocol.ActPay, "mandate", func(d E) { d.Mandate = nothing }},
		{protocol.ActHold, "job", func(d E) { d.Job = nothing }},
		{protocol.ActHold, "mandate", func(d E) { d.Mandate = nothing }},
		{protocol.ActHold, "deadline", func(d E) { d.Deadline = 0 }},
		{protocol.ActPost, "hold", func(d E) { d.Hold = nothing }},
		{protocol.ActVoid, "hold", func(d E) { d.Hold = nothing }},
		{protocol.ActMeter, "reading", func(d E) { d.Reading = 0 }},
		{protocol.ActAward, "basis", func(d E) { d.Basis = nil }},
		{protocol.ActPost, "mandate", func(d E) { d.Mandate = ids(1)[0] }},
		{protocol.ActHold, "hold", func(d E) { d.Hold = ids(1)[0] }},
		{protocol.ActSettled, "job", func(d E) { d.Job = ids(1)[0] }},
		{protocol.ActClose, "mandate", func(d E) { d.Mandate = ids(1)[0] }},
		{protocol.ActPay, "hold", func(d E) { d.Hold = ids(1)[0] }},
		{protocol.ActPost, "old_epoch", func(d E) { d.OldSeq = 1 }},
		{protocol.ActHold, "reading", func(d E) { d.Reading = 1 }},
	} {
		before, d := act(c.act), act(c.act)
		c.drop(d)
		name := c.act.String() + " with " + c.field
		if len(encodeAny(d)) < len(encodeAny(before)) {
			name = c.act.String() + " without " + c.field
		}
		list = append(list, spoilt{name, d, c.field, bad})
	}
	return list
}

func encodeAny(d any) []byte {
	b, _ := wire.Encode(d)
	return b
}

func spoiltStanding() []spoilt {
	type (
		O = *protocol.Outcome
		L = *protocol.LogEntry
		H = *protocol.LogHead
		M = *protocol.Mandate
		Q = *protocol.Equivocation
		S = *protocol.Consent
	)
	root := func() M { return mandateOf(hirerOwner, hirer) }
	return []spoilt{
		spoil("by a stranger", outcome(), "by", bad, func(d O) { d.By = judge.Key() }),
		spoil("with itself", outcome(), "provider", bad, func(d O) { d.Provider = d.Hirer }),
		spoil("129 bits", outcome(), "band", bad, func(d O) { d.Band = 129 }),
		spoil("score over the whole", outcome(), "score", bad, func(d O) { d.Score = 10_001 }),
		spoil("ended 0", outcome(), "ended", bad, func(d O) { d.Ended = 0 }),
		spoil("ended 256", outcome(), "ended", bad, func(d O) { d.Ended = 256 }),
		spoil("conduct 256", outcome(), "conduct", bad, func(d O) { d.Conduct = 256 }),
		spoil("nothing was paid in time", outcome(), "conduct", bad, func(d O) { d.Band = 0 }),
		spoil("a score of what was not delivered", free(), "score", bad, func(d O) { d.Score = 1 }),
		spoil("resolved by nobody", outcome(), "evaluators", bad, func(d O) { d.Ended = protocol.EndedResolved }),
		spoil("evaluators of what was agreed", outcome(), "evaluators", bad, func(d O) { d.Evaluators = []wire.Key{judge.Key()} }),
		spoil("closed before it was opened", outcome(), "opened", bad, func(d O) { d.Opened = d.Closed + protocol.Skew + 1 }),
		spoil("no outcome", logEntry(), "outcome", bad, func(d L) { d.Outcome = nothing }),
		spoil("second without a first", logEntry(), "prev", bad, func(d L) { d.Seq = 2 }),
		spoil("of nobody", logHead(), "author", bad, func(d H) { d.Author = nobody }),
		spoil("seq over 2^53-1", logHead(), "seq", bad, func(d H) { d.Seq = far }),

		spoil("hearsay", logHead(), "shown", bad, func(d H) { d.Shown = wire.Proof{} }),
		spoil("shows another entry", logHead(), "shown", bad, func(d H) { d.Entry = ids(1)[0] }),
		spoil("shows the entry of another place", ownHead(), "shown", bad, func(d H) { d.Seq, d.Shown = 2, logHead().Shown }),
		spoil("shows no entry", logHead(), "shown.doc", bad, func(d H) { d.Shown = proofOf(hirer, hold()) }),

		spoil("to nobody", root(), "audience", bad, func(d M) { d.Audience = nobody }),
		spoil("a scope that is no path", root(), "hire[0]", bad, func(d M) { d.Hire = []string{"text/s*"} }),
		spoil("scopes out of order", root(), "offer", bad, func(d M) { d.Offer[0], d.Offer[1] = d.Offer[1], d.Offer[0] }),
		spoil("one asset twice", root(), "budgets", bad, func(d M) { d.Budgets = append(d.Budgets, d.Budgets[0]) }),
		spoil("per job above the total", root(), "budgets[0].per_job", bad, func(d M) { d.Budgets[0].PerJob = wire.Units(50_000_001) }),
		spoil("per period of no period", subMandate(), "budgets[0].period", bad, func(d M) { d.Budgets[0].Period = 0 }),
		spoil("any party and some", root(), "parties", bad, func(d M) { d.Parties = []wire.Key{provider.Key()} }),
		spoil("an unknown data class", root(), "classes[1]", bad, func(d M) { d.Classes[1] = 5 }),
		spoil("classes out of order", root(), "classes", bad, func(d M) { d.Classes[0] = payload.Sensitive }),
		spoil("9 grants deep", root(), "depth", bad, func(d M) { d.Depth = 9 }),
		spoil("over before it begins", root(), "not_before", bad, func(d M) { d.NotBefore = d.Expires }),

		spoil("to nobody", consent(), "to", bad, func(d S) { d.To = nobody }),
		spoil("to itself", consent(), "to", bad, func(d S) { d.To = d.By }),
		spoil("to be nothing", consent(), "role", bad, func(d S) { d.Role = 0 }),
		spoil("to be a third thing", consent(), "role", bad, func(d S) { d.Role = 3 }),
		spoil("for no capability", consent(), "scopes", bad, func(d S) { d.Scopes = []string{} }),
		spoil("17 scopes", consent(), "scopes", big, func(d S) { d.Scopes = make([]string, 17) }),
		spoil("scopes out of order", consent(), "scopes", bad, func(d S) { d.Scopes[0], d.Scopes[1] = d.Scopes[1], d.Scopes[0] }),
		spoil("a scope that is no path", consent(), "scopes[0]", bad, func(d S) { d.Scopes[0] = "text/s*" }),
		spoil("no asset", consent(), "asset", bad, func(d S) { d.Asset = "" }),
		spoil("paid by nobody", consent(), "payer", bad, func(d S) { d.Payer = 0 }),
		spoil("shown no class", consent(), "data", bad, func(d S) { d.Data.Most = 0 }),
		spoil("nobody answers for it", consent(), "owner", bad, func(d S) { d.Owner = nobody }),
		spoil("over before it begins", consent(), "not_before", bad, func(d S) { d.NotBefore = d.Expires }),
		spoil("expires at 2^53", consent(), "expires", bad, func(d S) { d.Expires = far }),

		spoil("the same twice", equivocation(), "second.doc", bad, func(d Q) { d.Second = d.First }),
		spoil("in falling order", equivocation(), "second.doc", bad, func(d Q) { d.First, d.Second = d.Second, d.First }),
		spoil("of different authors", equivocation(), "second.doc", bad, func(d Q) { d.Second = proofOf(provider, countersign()) }),
		spoil("at different places", contradiction(proofOf(hirer, hold()), proofOf(hirer, post())), "second", bad, func(Q) {}),
		spoil("an entry and a log entry", contradiction(proofOf(hirer, hold()), proofOf(hirer, logEntry())), "second", bad, func(Q) {}),
		spoil("of what may be said twice", contradiction(proofOf(hirer, verdict()), proofOf(hirer, failed())), "first.doc", bad, func(Q) {}),
		spoil("on two networks", equivocation(), "second.net", bad, func(d Q) { d.Second.Net = "souk" }),
	}
}

func allSpoilt() []spoilt {
	list := append(spoiltTalk(), spoiltTerms()...)
	list = append(list, spoiltCounters()...)
	list = append(list, spoiltWork()...)
	list = append(list, spoiltMoney()...)
	return append(list, spoiltStanding()...)
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for _, s := range allSpoilt() {
		err := s.doc.Check()
		if got := protocol.CodeOf(err); got != s.code {
			t.Errorf("%T, %s: code %q (%v), want %q", s.doc, s.name, got, err, s.code)
			continue
		}
		var f *protocol.Fault
		if !errors.As(err, &f) || f.Field != s.field {
			t.Errorf("%T, %s: %v, want a fault of %q", s.doc, s.name, err, s.field)
		}
	}
}

// TestCheckComesBeforeEncode: whatever passes Check can be encoded, since Namer
// relies on it.
func TestCheckComesBeforeEncode(t *testing.T) {
	for name, d := range map[string]wire.Document{
		"title not UTF-8": func() wire.Document { d := offer(); d.Title = "\xff"; return d }(),
		"account":         func() wire.Document { d := accept(); d.Account = "\xff"; return d }(),
		"at of 2^63":      func() wire.Document { d := started(); d.At = 1 << 63; return d }(),
		"nobody":          func() wire.Document { d := started(); d.By = nobody; return d }(),
	} {
		if d.Check() == nil {
			t.Errorf("%s: Check passes what nobody can read", name)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		check func(string) error
		good  []string
		bad   []string
	}{
		{protocol.CheckCapability, []string{"text/words@1", "a@b", "a/b/c-d@12"}, []string{"", "@1", "a", "a@", "/a@1", "a/@1", "a_b@1", "-a@1", "a@1 ", "A@1", "é@1"}},
		{protocol.CheckScope, []string{"*", "text/*", "a/b/*", "text/words@1"}, []string{"", "**", "*@1", "/*", "text*", "text/*@1", "text"}},
		{
			protocol.CheckAsset,
			[]string{
				"souk:credit/usd-6", "eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913", "eip155:1/slip44:60",
				"solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
			},
			[]string{"", "usd", "souk/usd", "souk:/usd", ":x/usd", "so:credit/usd", "souk:credit/", "souk:credit/a b", "Souk:credit/usd", "souk:credit/0xAB", "souk:credit/a%20b", "souk:credit/a_b", "verylongs:credit/usd", "souk:credit/x:y/z"},
		},
	} {
		for _, s := range c.good {
			if err := c.check(s); err != nil {
				t.Errorf("%q: %v", s, err)
			}
		}
		for _, s := range c.bad {
			if err := c.check(s); protocol.CodeOf(err) != bad {
				t.Errorf("%q: got %v", s, err)
			}
		}
	}
}

func TestLaneIDGolden(t *testing.T) {
	got := protocol.LaneID("souk-test", hirer.Key(), provider.Key(), asset, protocol.Epoch{1, 2, 3}).String()
	if want := "bafyreiasspjw7us25ddnmvbj42anamrd2qc7t5xepnq36ifyw4bh4zwlvq"; got != want {
		t.Errorf("got %s, want %s: a lane's name must never change", got, want)
	}
	if got != hold().Lane(network).String() {
		t.Error("an entry does not name its own lane")
	}
}

func TestEpochText(t *testing.T) {
	e := protocol.Epoch{1, 0xab}
	text, err := e.MarshalText()
	if err != nil || string(text) != "01ab0000000000000000000000000000" || string(text) != e.String() {
		t.Fatalf("got %s, %v", text, err)
	}
	var again protocol.Epoch
	if err := again.UnmarshalText(text); err != nil || again != e {
		t.Errorf("read again as %v, %v", again, err)
	}
	for _, s := range []string{"", "01", string(text) + "00", strings.Repeat("g", 32)} {
		if err := again.UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
	if !(protocol.Epoch{}).IsZero() || e.IsZero() {
		t.Error("IsZero is wrong")
	}
}
