package job_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

const (
	network = "souk-test"
	asset   = "souk:credit/usd-6"
	t0      = 1_700_000_000_000
	second  = 1000
)

var (
	keys = map[string]wire.PrivateKey{
		"hirer": seed(1), "provider": seed(2), "witness": seed(3), "stranger": seed(4),
		"judge1": seed(7), "judge2": seed(8), "judge3": seed(10),
	}
	owner = seed(9).Key()
)

func seed(n byte) wire.PrivateKey { return wire.NewPrivateKey([32]byte{n}) }

// talk is one job between two sides that share nothing but what they say.
type talk struct {
	terms  protocol.Terms
	posted bool // the terms stand in a posted Offer, not in a Quote
	said   map[string]wire.Said
	sides  map[string]*side
	lane   []*protocol.Entry // all entries so far, the OPEN first
	nonce  uint64
	part   uint64 // of the document that is being written
	inputs []payload.Artefact
}

// side is one side's fold.
type side struct{ job *job.Job }

func newTalk() *talk {
	return &talk{
		terms: protocol.Terms{
			Capability: "text/words@1", InputType: "*/*", OutputType: "text/plain", Asset: asset,
			Price: protocol.Price{Fixed: wire.Units(1000)},
			Times: protocol.Times{
				Start: 100 * second, Deliver: 200 * second, Review: 300 * second, Claim: 400 * second,
				Answer: 500 * second, Commit: 550 * second, Award: 600 * second, Settle: 700 * second, Resolve: 800 * second, Open: 500 * second,
			},
			Data:    payload.Handling{Most: payload.Public},
			Rail:    protocol.Rail{Name: "credit", Account: "p"},
			Owner:   owner,
			Mandate: wire.Sum([]byte("may offer")),
			KillFee: wire.Units(30),
		},
		inputs: []payload.Artefact{},
		said:   map[string]wire.Said{},
		sides:  map[string]*side{"hirer": {}, "provider": {}},
	}
}

func (c *talk) head(kind wire.Kind, who string, at uint64) wire.Head {
	c.nonce++
	return wire.Head{Kind: kind, By: keys[who].Key(), At: at, Nonce: wire.Nonce{byte(c.nonce), byte(c.nonce >> 8)}}
}

// hear lets a side fold a document, which opens the job if it is the Accept.
func (s *side) hear(at uint64, said wire.Said) error {
	a, ok := said.Doc.(*protocol.Accept)
	if !ok {
		if s.job == nil {
			return fmt.Errorf("no job yet")
		}
		return s.job.Apply(at, said)
	}
	if s.job != nil {
		return job.ErrKnown
	}
	terms, provider, err := job.Offered(open(network), a)
	if err != nil {
		return err
	}
	s.job, err = job.Open(network, said, terms, provider)
	return err
}

func (s *side) stage(at uint64) string {
	if s.job == nil {
		return "-"
	}
	return s.job.Stage(at).String()
}

// name gives a document its identity, after its own Check.
func name(d wire.Document) (wire.Said, error) {
	if err := d.Check(); err != nil {
		return wire.Said{}, fmt.Errorf("a document of the test is malformed: %w", err)
	}
	return wire.Canonical{}.Name(d), nil
}

// write makes the document that a word such as "verdict(fail,check)" means.
func (c *talk) write(who, word string, at uint64) (wire.Said, error) {
	label, list, _ := strings.Cut(strings.TrimSuffix(word, ")"), "(")
	verb, n, _ := strings.Cut(label, "@")
	c.part, _ = strconv.ParseUint(n, 10, 64)
	args := make([]string, 4)
	copy(args, strings.Split(list, ","))
	if verb == "accept" {
		return c.accept(who, at)
	}
	if d := c.entry(who, verb, args, at); d != nil {
		return name(d)
	}
	if d := c.countersign(who, verb, args, at); d != nil {
		return name(d)
	}
	if d := c.working(who, verb, args, at); d != nil {
		return name(d)
	}
	if d := c.closing(who, verb, args, at); d != nil {
		return name(d)
	}
	if d := c.disputing(who, verb, args, at); d != nil {
		return name(d)
	}
	return wire.Said{}, fmt.Errorf("no word %q", word)
}

func (c *talk) accept(who string, at uint64) (wire.Said, error) {
	terms := c.terms
	var offered wire.Document
	if c.posted {
		terms.ValidUntil = t0 + 60*second
		offered = &protocol.Offer{Head: c.head(protocol.KindOffer, "provider", t0-second), Seq: 1, Expires: terms.ValidUntil, Terms: terms}
	} else {
		terms.Hirer, terms.Request, terms.ValidUntil = keys["hirer"].Key(), wire.Sum([]byte("request")), t0+60*second
		offered = &protocol.Quote{Head: c.head(protocol.KindQuote, "provider", t0-second), Terms: terms}
	}
	said, err := name(offered)
	if err != nil {
		return said, err
	}
	bundle, err := wire.Seal(keys["provider"], network, said.Raw)
	if err != nil {
		return said, err
	}
	return name(&protocol.Accept{
		Head: c.head(protocol.KindAccept, who, at), Offered: bundle.Proof(0), Inputs: c.inputs,
		Owner: owner, Mandates: []wire.CID{wire.Sum([]byte("may hire"))},
	})
}

func (c *talk) entry(who, verb string, args []string, at uint64) wire.Document {
	d := &protocol.Entry{
		Head: c.head(protocol.KindEntry, who, at), Payee: keys["provider"].Key(), Asset: asset,
		Epoch: protocol.Epoch{1}, Seq: uint64(len(c.lane)) + 2, Prev: wire.Sum([]byte("before")), Job: c.said["accept"].ID,
	}
	if who == "provider" {
		d.Payee = keys["hirer"].Key()
	}
	most := c.price()
	d.Part = c.part
	switch verb {
	case "hold":
		d.Act, d.Amount, d.Mandate = protocol.ActHold, most, wire.Sum([]byte("may hire"))
		d.Deadline = t0 + job.HoldFor(&c.terms)
		if c.part > 0 {
			d.Deadline = at + job.HoldFor(&c.terms)
		}
		if c.terms.Times.Fund > 0 {
			d.Deadline, d.Proof, d.Rail = at+job.HoldFor(&c.terms), []byte("proof"), c.terms.Rail.Name
		}
		switch args[0] {
		case "short":
			d.Deadline--
		case "poor":
			d.Amount = wire.Units(1)
		case "bare":
			d.Proof, d.Rail = nil, ""
		}
	case "post":
		d.Act, d.Amount, d.Hold = protocol.ActPost, most, c.of("hold").ID
		if args[0] != "" {
			d.Amount, _ = wire.ParseAmount(args[0])
		}
		if args[1] != "" {
			d.Basis = []wire.CID{c.of(args[1]).ID}
		}
	case "award": // of so much, citing the Awards that are told by name
		d.Act, d.Hold = protocol.ActAward, c.said["hold"].ID
		d.Amount, _ = wire.ParseAmount(args[0])
		d.Basis = c.reveals(args[1:])
	case "void": // citing a document, or the Awards that are told by name
		d.Act, d.Hold, d.Basis = protocol.ActVoid, c.of("hold").ID, c.reveals(args[1:])
		if args[0] != "" {
			d.Basis = []wire.CID{c.of(args[0]).ID}
		}
	case "pay":
		d.Act, d.Amount, d.Mandate = protocol.ActPay, wire.Units(1), wire.Sum([]byte("may hire"))
	default:
		return nil
	}
	d.Totals = protocol.Totals{Held: wire.Units(1 << 40), Posted: wire.Units(1 << 40)}
	c.lane = append(c.lane, d)
	return d
}

// reveals returns what evaluators, told by name, have opened.
func (c *talk) reveals(names []string) (all []wire.CID) {
	for _, who := range names {
		if who != "" {
			all = append(all, c.said["reveal "+who].ID)
		}
	}
	return all
}

// of returns a document that concerns the part of the one being written, or the job.
func (c *talk) of(label string) wire.Said {
	if c.part > 0 && label != "accept" && label != "take" {
		label = fmt.Sprintf("%s@%d", label, c.part)
	}
	return c.said[label]
}

// price is the most that the part being written about may cost.
func (c *talk) price() wire.Amount {
	p := c.terms.Price
	most, _ := p.Metered(p.MaxUnits)
	switch {
	case c.part < uint64(len(p.Tranches)):
		return p.Tranches[c.part]
	case c.part == 0:
		most, _ = most.Plus(p.Fixed)
	}
	return most
}

// countersign covers all entries said so far.
func (c *talk) countersign(who, verb string, args []string, at uint64) wire.Document {
	d := &protocol.Countersign{
		Head: c.head(protocol.KindCountersign, who, at),
		Lane: protocol.LaneID(network, keys["hirer"].Key(), keys["provider"].Key(), asset, protocol.Epoch{1}),
		Seq:  1, Entry: wire.Sum([]byte("open")),
	}
	if n := len(c.lane); n > 0 && args[0] != "blind" {
		d.Seq, d.Entry = c.lane[n-1].Seq, wire.Canonical{}.Name(c.lane[n-1]).ID
	}
	switch id := c.said["accept"].ID; verb {
	case "see":
		switch args[0] {
		case "disputed":
			d.Disputed = []wire.CID{c.of("hold").ID}
		case "taken": // it is bound by the HOLD of a later part
			d.Taken = []wire.CID{id}
		}
	case "take":
		d.Taken = []wire.CID{id}
	case "decline":
		d.Declined = []protocol.Declined{{Job: id, Code: protocol.Code(args[0])}}
	default:
		return nil
	}
	return d
}

// call is an input of a window's call, by its name; output is what call i of the part gave.
func call(name string) payload.Artefact {
	return payload.Artefact{ID: wire.Sum([]byte("call " + name)), Size: 5, Type: "text/plain", Label: payload.Label{Class: payload.Public}}
}

// result is what the Delivery of the part that is being written about hands over.
func (c *talk) result(mediaType string) payload.Artefact {
	a := result(mediaType)
	if c.part > 0 {
		a.ID = wire.Sum(fmt.Appendf(nil, "result %d", c.part))
	}
	return a
}

func (c *talk) output(i int) payload.Artefact {
	a := result("text/plain")
	a.ID = wire.Sum(fmt.Appendf(nil, "output %d of %d", i, c.part))
	return a
}

// result is the artefact of the Delivery of part 0.
func result(mediaType string) payload.Artefact {
	return payload.Artefact{
		ID: wire.Sum([]byte("result")), Size: 6, Type: mediaType,
		Label: payload.Label{Class: payload.Public},
	}
}

func (c *talk) working(who, verb string, args []string, at uint64) wire.Document {
	id := c.said["accept"].ID
	n, _ := strconv.ParseUint(args[0], 10, 64)
	switch verb {
	case "started":
		return &protocol.Started{Head: c.head(protocol.KindStarted, who, at), Job: id, Part: c.part}
	case "progress":
		units, _ := strconv.ParseUint(args[1], 10, 64)
		return &protocol.Progress{Head: c.head(protocol.KindProgress, who, at), Job: id, Part: c.part, Fraction: n, Units: units}
	case "provide":
		d := &protocol.Provide{Head: c.head(protocol.KindProvide, who, at), Job: id, Part: c.part}
		for _, name := range strings.Split(args[0], "+") {
			d.Inputs = append(d.Inputs, call(name))
		}
		return d
	case "answer": // which call, and the meter
		units, _ := strconv.ParseUint(args[1], 10, 64)
		return &protocol.Progress{
			Head: c.head(protocol.KindProgress, who, at), Job: id, Part: c.part, Units: units,
			Fraction: n * protocol.Full / max(c.terms.Price.Window, 1), Note: c.output(int(n)).ID,
		}
	case "delivery":
		d := &protocol.Delivery{Head: c.head(protocol.KindDelivery, who, at), Job: id, Part: c.part, Units: n}
		d.Artefacts = []payload.Artefact{c.result("text/plain")}
		if args[2] != "" { // of a window: the inputs answered, in order
			d.Artefacts = nil
			for i, name := range strings.Split(args[2], "+") {
				d.Inputs = append(d.Inputs, call(name).ID)
				d.Artefacts = append(d.Artefacts, c.output(i+1))
			}
		}
		if args[1] != "" {
			d.Artefacts[0].Type = args[1]
		}
		return d
	case "ack":
		of := c.of(args[0]).ID
		if args[0] == "result" {
			of = c.result("").ID
		}
		return &protocol.Ack{Head: c.head(protocol.KindAck, who, at), Job: id, Of: []wire.CID{of}}
	case "verdict":
		v := &protocol.Verdict{Head: c.head(protocol.KindVerdict, who, at), Job: id, Part: c.part, Delivery: c.of("delivery").ID, Score: n}
		v.Pass, v.Clause = args[0] != "fail", args[1]
		return v
	case "contest":
		return &protocol.Contest{Head: c.head(protocol.KindContest, who, at), Job: id, Part: c.part, About: c.of(args[0]).ID, Clause: args[1]}
	}
	return nil
}

func (c *talk) closing(who, verb string, args []string, at uint64) wire.Document {
	id := c.said["accept"].ID
	switch verb {
	case "claim":
		d := &protocol.Claim{Head: c.head(protocol.KindClaim, who, at), Job: id, Part: c.part, Hold: c.of("hold").ID, Delivery: c.of("delivery").ID}
		d.Amount = c.price()
		if args[0] != "" {
			d.Amount, _ = wire.ParseAmount(args[0])
		}
		return d
	case "cancel":
		d := &protocol.Cancel{Head: c.head(protocol.KindCancel, who, at), Job: id, Part: c.part, Code: protocol.CodeWithdrawn}
		d.Fee, _ = wire.ParseAmount(args[0])
		return d
	case "refuse":
		return &protocol.Refuse{Head: c.head(protocol.KindRefuse, who, at), Of: c.of(args[0]).ID, Code: protocol.Code(args[1])}
	case "outcome":
		score, _ := strconv.ParseUint(args[1], 10, 64)
		ended, _ := strconv.ParseUint(args[0], 10, 64)
		var evaluators []wire.Key
		if args[2] != "" {
			evaluators = append(evaluators, keys[args[2]].Key())
		}
		return &protocol.Outcome{
			Head: c.head(protocol.KindOutcome, who, at), Job: id, Hirer: keys["hirer"].Key(), Provider: keys["provider"].Key(),
			HirerOwner: owner, ProviderOwner: owner, Capability: c.terms.Capability, Asset: asset, Band: 1, Score: score,
			Ended: ended, Evaluators: evaluators, Conduct: protocol.PaidInTime, Entry: c.said["hold"].ID, Opened: t0, Closed: max(at, t0),
		}
	case "log":
		return &protocol.LogEntry{Head: c.head(protocol.KindLogEntry, who, at), Outcome: c.said["outcome"].ID, Epoch: protocol.Epoch{1}, Seq: 1}
	}
	return nil
}

// disputing makes what is said about pauses and by evaluators.
func (c *talk) disputing(who, verb string, args []string, at uint64) wire.Document {
	id := c.said["accept"].ID
	switch verb {
	case "need":
		return &protocol.Need{Head: c.head(protocol.KindNeed, who, at), Job: id, Needs: []string{args[0]}}
	case "remake": // a Delivery in answer to a failing Verdict
		d := &protocol.Delivery{Head: c.head(protocol.KindDelivery, who, at), Job: id, Artefacts: []payload.Artefact{result("text/plain")}}
		d.Artefacts[0].ID = wire.Sum([]byte(args[0]))
		return d
	case "bring": // a Provide in answer to a Need
		d := &protocol.Provide{Head: c.head(protocol.KindProvide, who, at), Job: id, Need: c.said["need"].ID}
		d.Inputs = []payload.Artefact{{ID: wire.Sum([]byte("more")), Size: 5, Type: "text/plain", Label: payload.Label{Class: payload.Public}}}
		if args[0] == "personal" {
			d.Inputs[0].Label.Class = payload.Personal
		}
		return d
	case "commit": // to a share of the part, about the complaint of a label; and which of an evaluator's tales it is
		d := &protocol.Award{Head: c.head(protocol.KindAward, who, at), Job: id, About: c.said[args[1]].ID}
		share, _ := strconv.ParseUint(args[0], 10, 64)
		d.Commit = protocol.AwardCommitment(d.By, id, 0, d.About, share, salt(who+args[2]))
		return d
	case "reveal":
		d := &protocol.Award{Head: c.head(protocol.KindAward, who, at), Job: id, About: c.said[args[1]].ID, Salt: salt(who + args[2])}
		d.Opens = c.said["commit "+who+args[2]].ID
		d.Share, _ = strconv.ParseUint(args[0], 10, 64)
		return d
	}
	return nil
}

func salt(who string) protocol.Salt { return protocol.Salt{1, who[len(who)-1]} }

// labelFor is under what a document is known later: what evaluators say, under
// their own name, and of several tales of theirs under which it is.
func labelFor(who, word string) string {
	switch label := labelOf(word); label {
	case "commit", "reveal":
		tale := ""
		if args := strings.Split(strings.TrimSuffix(word, ")"), ","); len(args) > 2 {
			tale = args[2]
		}
		return label + " " + who + tale
	case "remake":
		return "delivery"
	case "bring":
		return "provide"
	default:
		return label
	}
}

// set changes the terms: "price=5", "split=5000", "rule", "witness", "unit=3x100".
func (c *talk) set(word string) error {
	what, value, _ := strings.Cut(word, "=")
	n, _ := strconv.ParseUint(value, 10, 64)
	third := protocol.Third{Key: seed(7).Key(), Owner: owner, Data: c.terms.Data, Payer: protocol.PaysLoser, Consent: wire.Sum([]byte("yes"))}
	switch what {
	case "posted":
		c.posted = true
	case "rule":
		c.terms.Rule = protocol.Check{Rule: "summary"}
	case "price":
		c.terms.Price.Fixed, c.terms.KillFee = wire.Units(n), wire.Amount{}
	case "tranches":
		var sum uint64
		for _, word := range strings.Split(value, "+") {
			n, _ := strconv.ParseUint(word, 10, 64)
			c.terms.Price.Tranches = append(c.terms.Price.Tranches, wire.Units(n))
			sum += n
		}
		c.terms.Price.Fixed = wire.Units(sum)
	case "advance":
		c.terms.Price.Advance = n
	case "window":
		c.terms.Price.Window = n
	case "windows":
		c.terms.Price.Parts = n
	case "calls": // inputs of the Accept
		for _, name := range strings.Split(value, "+") {
			c.inputs = append(c.inputs, call(name))
		}
	case "unit":
		c.terms.Price.PerUnit, c.terms.Price.Unit, c.terms.Price.MaxUnits, c.terms.Price.Window = wire.Units(n), "token", 100, 1
	case "split":
		if c.terms.Panel.Split = n; len(c.terms.Panel.Members) == 0 {
			c.terms.Panel.Members, c.terms.Panel.Needed = []protocol.Third{third}, 1
		}
	case "panel": // of three, of whom so many are needed
		c.terms.Panel.Members, c.terms.Panel.Needed = nil, uint8(n)
		for _, who := range []string{"judge1", "judge2", "judge3"} {
			third.Key = keys[who].Key()
			c.terms.Panel.Members = append(c.terms.Panel.Members, third)
		}
	case "needs":
		c.terms.Needs, c.terms.Times.PauseMax = []string{"map"}, n*second
	case "reworks":
		c.terms.Reworks, c.terms.Times.Rework = n, 150*second
	case "nofee":
		c.terms.KillFee = wire.Amount{}
	case "witness":
		third.Key = keys["witness"].Key()
		c.terms.Witness = third
	case "fund":
		c.terms.Times.Fund = n * second
	default:
		return fmt.Errorf("no term %q", word)
	}
	return nil
}

var allStages = func() (all []string) {
	for s := job.Requested; s <= job.Cancelled; s++ {
		all = append(all, s.String())
	}
	return all
}()

// sound checks what must hold of a side whatever was said: some timer leads out
// of every stage, and within few steps to a final one; nothing is posted beyond
// what is held; the record alone gives the same job again.
func (s *side) sound(t interface {
	Helper()
	Fatalf(string, ...any)
}, at uint64,
) {
	t.Helper()
	j := s.job
	if j == nil {
		return
	}
	now, steps := at, 0
	for !j.Stage(now).Final() {
		when, to, ok := j.Next(now)
		if !ok || when <= now || j.Stage(when-1) != j.Stage(now) || j.Stage(when) != to {
			t.Fatalf("from %s at %d: next is %s at %d, %v", j.Stage(now), now, to, when, ok)
		}
		if now, steps = when, steps+1; steps > 8 {
			t.Fatalf("%s never ends", j.Stage(at))
		}
	}
	if _, _, ok := j.Next(now); ok || !j.Stage(math.MaxUint64).Final() {
		t.Fatalf("%s is final and has a timer", j.Stage(now))
	}
	if post, ok := j.Post(); ok && post.Doc.(*protocol.Entry).Amount.Cmp(j.Most()) > 0 {
		t.Fatalf("more posted than held")
	}
	s.soundParts(t, at)
	again := reopen(t, j)
	for _, h := range j.Record() {
		if err := again.Apply(h.At, h.Said); err != nil {
			t.Fatalf("replay: %v", err)
		}
	}
	if again.Stage(at) != j.Stage(at) || !slices.Equal(again.Said(), j.Said()) {
		t.Fatalf("replay stands at %s, not at %s", again.Stage(at), j.Stage(at))
	}
}

// soundParts holds every part to what must hold of it: a way out of its stage,
// no more posted than held, and never more than one part out.
func (s *side) soundParts(t interface {
	Helper()
	Fatalf(string, ...any)
}, at uint64,
) {
	t.Helper()
	open := 0
	for n := uint64(0); ; n++ {
		p, ok := s.job.Part(n)
		if !ok {
			break
		}
		now, steps := at, 0
		for !p.Stage(now).Final() {
			when, to, ok := p.Next(now)
			if !ok || when <= now || p.Stage(when) != to || steps > 6 {
				t.Fatalf("part %d, from %s at %d: next is %s at %d, %v", n, p.Stage(now), now, to, when, ok)
			}
			now, steps = when, steps+1
		}
		_, held := p.Hold()
		post, posted := p.Post()
		if _, voided := p.Void(); held && !posted && !voided && !p.Stage(at).Final() {
			open++
		}
		if posted && post.Doc.(*protocol.Entry).Amount.Cmp(p.Most()) > 0 {
			t.Fatalf("part %d: more posted than held", n)
		}
	}
	if open > 1 {
		t.Fatalf("%d parts are out at once", open)
	}
}

func reopen(t interface {
	Helper()
	Fatalf(string, ...any)
}, j *job.Job,
) *job.Job {
	t.Helper()
	again, err := job.Open(network, wire.Said{ID: j.ID(), Doc: j.Accept()}, *j.Terms(), j.Provider())
	if err != nil {
		t.Fatalf("open again: %v", err)
	}
	return again
}

func TestStagesHaveNames(t *testing.T) {
	if slices.ContainsFunc(allStages, func(s string) bool { return s == "" || strings.Contains(s, "(") }) {
		t.Fatalf("a stage has no name: %v", allStages)
	}
}

// open opens what an Accept carries on a network.
func open(network string) func(*wire.Proof) error {
	return func(p *wire.Proof) error { return p.Open(network) }
}
