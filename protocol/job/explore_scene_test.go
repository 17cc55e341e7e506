package job_test

import (
	"fmt"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// scene is what two parties bring to the exploration of one job: the terms, how
// the result turns out, what either may choose, and how far their clocks are apart.
type scene struct {
	name   string
	terms  string // words of talk.set
	result string // "good", or the clause by which an honest hirer finds it wrong
	liar   bool   // the hirer finds a good result wrong all the same
	choice bool   // besides their duty: hirers withdraw, providers decline and call off
	loose  bool   // documents travel one by one, not in their bundles
	label  payload.Class
	takes  payload.Class
	needs  bool     // the provider cannot deliver before it was provided
	remade bool     // the result is found wrong once, and the one that makes it good is good
	judges []string // what each evaluator does: a share, "lies", "silent", "twofold" or "late" (explore_third_test.go)
	begun  []string // what was said and heard before the exploration begins: "provider take delivery"; from the first "unheard" on only said, and the last of it heard where it says "provider hears"
	told   bool     // it begins where each side has heard what the evaluators tell it, and not what they tell the other
	second bool     // it begins where the first part is posted, whose result was good
	ahead  int64    // milliseconds by which the provider's clock is ahead of the hirer's
	most   int      // steps that are explored, unless more are asked for; 0: all
}

// The parties of a job, and where their folds are.
const (
	hirer = iota
	provider
	witness
	judge1
	judge2
	judge3
)

var parties = [...]string{
	hirer: "hirer", provider: "provider", witness: "witness", judge1: "judge1", judge2: "judge2", judge3: "judge3",
}

// stage is a scene being played: every document that anyone said in it, once.
type stage struct {
	scene
	terms   protocol.Terms
	accept  wire.Said
	offered protocol.Terms
	by      wire.Key
	papers  map[paperKey]wire.Said
	blots   map[paperKey]error // why a paper cannot be
	tokens  map[wire.CID]uint16
	words   map[string]uint16
	labels  map[wire.CID]string // of what evaluators said
}

// paperKey is all that a document depends on.
type paperKey struct {
	who  int
	word string
	at   uint64
	refs [32]wire.CID
	seen int
}

func play(s scene) (*stage, error) {
	c := newTalk()
	for _, w := range strings.Fields(s.terms) {
		if err := c.set(w); err != nil {
			return nil, err
		}
	}
	if s.label == 0 {
		s.label, s.takes = payload.Public, payload.Public
	}
	c.terms.Data = payload.Handling{Most: s.takes}
	if len(c.inputs) == 0 {
		c.inputs = []payload.Artefact{{ID: wire.Sum([]byte("input")), Size: 5, Type: "text/plain", Label: payload.Label{Class: s.label}}}
	}
	accept, err := c.accept("hirer", t0)
	if err != nil {
		return nil, err
	}
	p := &stage{scene: s, terms: c.terms, accept: accept, papers: map[paperKey]wire.Said{}, blots: map[paperKey]error{}, tokens: map[wire.CID]uint16{}, words: map[string]uint16{}, labels: map[wire.CID]string{}}
	p.offered, p.by, err = job.Offered(open(network), accept.Doc.(*protocol.Accept))
	p.tokens[wire.CID{}] = 0
	p.token(accept.ID, "accept")
	for part := range uint64(2) {
		c.part = part
		p.token(c.result("").ID, of("result", part))
		for i := range 3 {
			p.token(c.output(i).ID, of(fmt.Sprintf("output %d", i), part))
		}
	}
	for _, name := range callNames {
		p.token(call(name).ID, "call "+name)
	}
	return p, err
}

// open begins the job on either side.
func (p *stage) open() (*job.Job, error) { return job.Open(network, p.accept, p.offered, p.by) }

// clock returns what a party's clock shows when the hirer's shows now.
func (p *stage) clock(who int, now uint64) uint64 {
	if who == provider {
		return uint64(int64(now) + p.ahead)
	}
	return now
}

// token gives a document its short name in keys.
func (p *stage) token(id wire.CID, word string) {
	if p.words[word] == 0 {
		p.words[word] = uint16(len(p.words) + 1)
	}
	p.tokens[id] = p.words[word]
}

func (p *stage) tokenOf(id wire.CID) uint16 { return p.tokens[id] }

// write makes the document that a party means by a word, from what it knows. The
// same word from the same knowledge at the same instant is the same document.
func (p *stage) write(who int, word string, now uint64, j *job.Job) (wire.Said, error) {
	known, lane := p.known(j)
	return p.writeFrom(who, word, now, j, known, lane)
}

// writeFrom is write for who knows more than its fold.
func (p *stage) writeFrom(who int, word string, now uint64, j *job.Job, known map[string]wire.Said, lane []*protocol.Entry) (wire.Said, error) {
	key := paperKey{who: who, word: word, at: p.clock(who, now)}
	for i, label := range labels {
		key.refs[i] = known[label].ID
	}
	key.seen = len(lane)
	if said, ok := p.papers[key]; ok {
		return said, nil
	}
	if err, ok := p.blots[key]; ok {
		return wire.Said{}, err
	}
	said, err := p.compose(key, known, lane)
	if err != nil {
		p.blots[key] = fmt.Errorf("%s %s: %w", parties[who], word, err)
		return said, p.blots[key]
	}
	p.papers[key], p.labels[said.ID] = said, labelFor(parties[who], word)
	p.token(said.ID, fmt.Sprintf("%s %s %d %d", parties[who], word, len(lane), p.bucket(said.Doc, j)))
	return said, nil
}

func (p *stage) compose(key paperKey, known map[string]wire.Said, lane []*protocol.Entry) (wire.Said, error) {
	c := &talk{terms: p.terms, said: known, lane: lane, inputs: []payload.Artefact{}}
	if strings.HasPrefix(key.word, "delivery") && p.result == job.ClauseType {
		return c.write(parties[key.who], key.word+"(,image/png)", key.at)
	}
	return c.write(parties[key.who], key.word, key.at)
}

// labels are the documents that others refer to.
var labels = func() (all []string) {
	for n := range uint64(2) {
		for _, label := range []string{"accept", "hold", "take", "delivery", "verdict", "contest", "claim", "cancel", "end", "post", "void"} {
			all = append(all, of(label, n))
		}
	}
	return append(all, "need", "provide",
		"commit judge1", "commit judge2", "commit judge3", "reveal judge1", "reveal judge2", "reveal judge3",
		"commit judge1b", "reveal judge1b")
}()

// known returns the documents a fold knows by their label, and its entries.
func (p *stage) known(j *job.Job) (map[string]wire.Said, []*protocol.Entry) {
	known := map[string]wire.Said{"accept": p.accept}
	var lane []*protocol.Entry
	for _, h := range j.Record() {
		switch d := h.Said.Doc.(type) {
		case *protocol.Entry:
			lane = append(lane, d)
			known[of(map[protocol.Act]string{protocol.ActHold: "hold", protocol.ActPost: "post", protocol.ActAward: "post", protocol.ActVoid: "void"}[d.Act], d.Part)] = h.Said
		case *protocol.Countersign:
			if _, there := known["take"]; len(d.Taken) > 0 && !there {
				known["take"] = h.Said
			}
		case *protocol.Delivery:
			known[of("delivery", d.Part)] = h.Said
		case *protocol.Need:
			known["need"] = h.Said
		case *protocol.Provide:
			if !d.Need.IsZero() {
				known["provide"] = h.Said
			}
		case *protocol.Award:
			known[p.labels[h.Said.ID]] = h.Said
		case *protocol.Verdict:
			known[of("verdict", d.Part)] = h.Said
		case *protocol.Contest:
			if d.By == j.Hirer() {
				known[of("contest", d.Part)] = h.Said
			}
		case *protocol.Claim:
			known[of("claim", d.Part)] = h.Said
		case *protocol.Cancel:
			if d.By == j.Hirer() {
				known[of("cancel", d.Part)] = h.Said
			} else {
				known[of("end", d.Part)] = h.Said
			}
		}
	}
	return known, lane
}

// bucket is how many deadlines of the job a document's date is past: to the
// fold, which only compares the two, all dates of one bucket are the same. The
// date of a HOLD that moves the deadlines counts for itself; those of other
// entries are never looked at.
func (p *stage) bucket(doc wire.Document, j *job.Job) (n uint64) {
	at := doc.Header().At
	switch doc.(type) {
	case *protocol.Need, *protocol.Provide: // what lies between the two moves the deadlines
		return at
	}
	if e, ok := doc.(*protocol.Entry); ok {
		switch {
		case e.Act == protocol.ActHold && (p.terms.Times.Fund > 0 || e.Part > 0), e.Act == protocol.ActPost && e.Part < p.terms.Price.Advance:
			return at
		}
		return 0
	}
	for _, d := range deadlines(j) {
		if d < at {
			n++
		}
	}
	return n
}

func deadlines(j *job.Job) (due []uint64) {
	for _, p := range all(j) {
		_, held := p.Hold()
		switch {
		case !held && p.Number() > 0:
			due = append(due, p.HoldBy())
			continue
		case p.Number() > 0: // what was heard too long after it was dated
			due = append(due, p.StartBy())
		}
		due = append(due, p.StartBy(), p.DeliverBy(), p.ReviewBy(), p.ClaimBy(), p.AnswerBy(), p.AwardBy(), p.SettleBy(), p.ResolveBy())
		if j.Terms().Times.Fund > 0 {
			due = append(due, p.FundBy())
		}
		if _, until, open := p.Need(); open {
			due = append(due, until)
		}
		if p.Reworks() > 0 {
			due = append(due, p.MakeGoodBy())
		}
		if len(j.Terms().Panel.Members) > 0 {
			due = append(due, p.CommitBy())
		}
	}
	return due
}
