package job_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/wire"
)

// node is one state of one job between two parties: both folds, all that was
// said, and where the payloads are. Nodes are not changed once they are made.
type node struct {
	now    uint64      // what the hirer's clock shows
	job    [2]*job.Job // the provider's is nil until it hears the Accept
	mail   []letter    // in the order said
	inputs bool        // the bytes of the inputs have left the hirer
	result [2]bool     // the bytes of each part's result have reached it
	good   [2]bool     // … and are as the Terms say
	fresh  [2]bool     // whose fold this last step, or time, has changed
	way    *way
}

// letter is one bundle that was said. It may be lost and repeated, and overtake
// others; it is said again until it has been heard.
type letter struct {
	to    int
	said  []wire.Said
	heard bool
}

// way is how a node was reached.
type way struct {
	from *way
	step string
	at   uint64
	long int
}

func (w *way) String() string {
	var steps []string
	for ; w != nil; w = w.from {
		steps = append(steps, fmt.Sprintf("%.3fs %s", float64(w.at-t0)/second, w.step))
	}
	slices.Reverse(steps)
	return strings.Join(steps, "\n\t")
}

// search explores one scene.
type search struct {
	*stage
	depth  int // steps from the beginning, at most
	seen   map[[16]byte]bool
	layer  []*node
	counts counts
	purses map[rollKey]purse
	broken [8]string // by invariant: how it was first broken
}

// counts is what the search has seen.
type counts struct {
	states, steps int
	cut           int             // states beyond which the search did not go
	ends          map[string]int  // how often it ended at which stage, on both sides
	checked       [8]int          // by invariant
	excused       int             // silences that pay, where the Terms name no witness
	exits         map[string]bool // where time alone led
}

// explore runs through a scene, layer by layer.
func explore(s scene, depth int) (*search, error) {
	p, err := play(s)
	if err != nil {
		return nil, err
	}
	x := &search{
		stage: p, depth: depth, seen: map[[16]byte]bool{}, purses: map[rollKey]purse{},
		counts: counts{ends: map[string]int{}, exits: map[string]bool{}},
	}
	first := &node{now: t0, fresh: [2]bool{true}, way: &way{step: "the hirer accepts", at: t0}}
	if first.job[hirer], err = p.open(); err != nil {
		return nil, err
	}
	opening := []wire.Said{p.accept}
	if p.terms.Times.Fund == 0 {
		hold, err := p.write(hirer, "hold", t0, first.job[hirer])
		if err != nil {
			return nil, err
		}
		if err := first.job[hirer].Apply(t0, hold); err != nil {
			return nil, err
		}
		opening = append(opening, hold)
	}
	first.post(p, provider, opening)
	first.serve(x)
	if first, err = x.begin(first); err != nil {
		return nil, err
	}
	x.visit(first)
	for len(x.layer) > 0 && x.broken[*exploreHalt] == "" {
		layer := x.layer
		x.layer = nil
		for _, n := range layer {
			if x.depth > 0 && n.way.long >= x.depth {
				x.counts.cut++
				continue
			}
			x.expand(n)
		}
	}
	return x, nil
}

// post puts a bundle, or where documents travel alone each of them, on its way.
func (n *node) post(p *stage, to int, said []wire.Said) {
	n.mail = slices.Clip(n.mail)
	if !p.loose {
		n.mail = append(n.mail, letter{to: to, said: said})
		return
	}
	for i := range said {
		n.mail = append(n.mail, letter{to: to, said: said[i : i+1]})
	}
}

// after returns a copy of n, one step on.
func (n *node) after(step string, args ...any) *node {
	next := *n
	next.mail, next.fresh = slices.Clip(n.mail), [2]bool{}
	next.way = &way{from: n.way, step: fmt.Sprintf(step, args...), at: n.now, long: n.way.long + 1}
	return &next
}

func (x *search) key(n *node) [16]byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 512), n.now)
	for _, j := range n.job {
		b = append(b, 0xff)
		if j != nil {
			b = j.AppendKey(b, x.tokenOf)
		}
	}
	var mail []uint32
	for _, l := range n.mail {
		flag := uint32(l.to) << 1
		if l.heard {
			flag |= 1
		}
		for _, s := range l.said {
			mail = append(mail, uint32(x.tokenOf(s.ID))<<4|flag)
		}
	}
	slices.Sort(mail)
	for _, m := range mail {
		b = binary.BigEndian.AppendUint32(b, m)
	}
	if n.inputs {
		b = append(b, 1)
	}
	for k, there := range n.result {
		if there {
			b = append(b, 2+byte(k))
		}
	}
	for k, good := range n.good {
		if good {
			b = append(b, 4+byte(k))
		}
	}
	sum := sha256.Sum256(b)
	return [16]byte(sum[:])
}

// visit takes note of a state, and checks it where it is new.
func (x *search) visit(n *node) {
	x.counts.steps++
	key := x.key(n)
	if x.seen[key] {
		return
	}
	x.seen[key] = true
	x.counts.states++
	x.layer = append(x.layer, n)
	x.check(n)
}

// expand takes every step that may come next.
func (x *search) expand(n *node) {
	for i, l := range n.mail {
		if x.repeated(n, l) {
			x.counts.steps++ // and leads back here: deliver would change nothing
			continue
		}
		x.visit(x.deliver(n, i))
	}
	for who := range n.job {
		for _, m := range x.honest(who, n) {
			if next := x.say(n, who, m); next != nil {
				x.visit(next)
			}
		}
	}
	for _, next := range x.world(n) {
		x.visit(next)
	}
	if next := x.tick(n); next != nil {
		x.visit(next)
	} else if at, _ := x.nextInstant(n); at == 0 && x.still(n) {
		x.end(n)
	}
}

// deliver lets a letter arrive, for the first time or again.
func (x *search) deliver(n *node, i int) *node {
	l := n.mail[i]
	next := n.after("the %s hears %s", parties[l.to], x.spell(l))
	next.mail = slices.Clone(n.mail)
	next.mail[i].heard = true
	for _, s := range l.said {
		x.hear(next, l.to, s)
	}
	next.serve(x)
	return next
}

// repeated reports whether a letter was heard before and all of it is known.
func (x *search) repeated(n *node, l letter) bool {
	j := n.job[l.to]
	if !l.heard || j == nil {
		return false
	}
	for _, s := range l.said {
		if s.ID != x.accept.ID && j.Check(x.clock(l.to, n.now), s) != job.ErrKnown {
			return false
		}
	}
	return true
}

// hear lets one document be folded; what comes too late for the hirer it refuses.
func (x *search) hear(n *node, who int, s wire.Said) {
	if s.ID == x.accept.ID {
		if n.job[who] == nil {
			n.job[who], _ = x.open() // the hirer has opened the same
			n.fresh[who] = true
		}
		return
	}
	if n.job[who] == nil {
		return
	}
	j := n.job[who].Fork()
	var no *job.Refusal
	err := j.Apply(x.clock(who, n.now), s)
	switch {
	case err == nil:
		n.job[who], n.fresh[who] = j, true
		if d, ok := s.Doc.(*protocol.Delivery); ok && who == hirer && x.result != job.ClauseArtefact {
			n.result[d.Part], n.good[d.Part] = true, x.asAgreed(d)
		}
		x.passOn(n, who, s)
	case errors.As(err, &no):
		x.heeds(n, who, s, no)
		x.refuse(n, who, s, no)
	}
}

// heeds is invariant 4 before the end of time: an honest provider that refused the HOLD of
// a part has not begun it and never will, so that the hirer must not hold the part for begun.
func (x *search) heeds(n *node, who int, s wire.Said, no *job.Refusal) {
	r, ok := s.Doc.(*protocol.Refuse)
	if !ok || who != hirer || no.Code != protocol.CodeDuplicate {
		return
	}
	for _, p := range all(n.job[hirer]) {
		if hold, held := p.Hold(); held && p.Number() > 0 && hold.ID == r.Of && n.job[hirer].InHand().Number() >= p.Number() {
			x.breach(n, 4, "the hirer does not heed that the HOLD of part %d was refused", p.Number())
		}
	}
}

// refuse says a party's no to a document that came too late, where that ends
// something on the other side; once, and again the same whenever it is asked.
func (x *search) refuse(n *node, who int, s wire.Said, no *job.Refusal) {
	label := labelOfDoc(s)
	verb, _, _ := strings.Cut(label, "@")
	strikes := [2][]string{hirer: {"take", "need", "delivery", "end"}, provider: {"provide", "hold"}}
	if !slices.Contains([]protocol.Code{protocol.CodeLate, protocol.CodeExpired, protocol.CodeWithdrawn}, no.Code) ||
		!slices.Contains(strikes[who], verb) || label == "hold" {
		return
	}
	for _, l := range n.mail {
		if r, ok := l.said[0].Doc.(*protocol.Refuse); ok && r.Of == s.ID && r.Code == no.Code {
			return
		}
	}
	said, err := name(&protocol.Refuse{
		Head: (&talk{}).head(protocol.KindRefuse, parties[who], x.clock(who, n.now)), Of: s.ID, Code: no.Code,
	})
	if err != nil {
		x.breach(n, 4, "the refusal cannot be said: %v", err)
		return
	}
	x.token(said.ID, fmt.Sprintf("refuse %s %s %d", label, no.Code, x.bucket(said.Doc, n.job[who])))
	if d, ok := s.Doc.(*protocol.Entry); ok {
		n.post(x.stage, 1-who, []wire.Said{x.covering(n, who, d), said})
		return
	}
	n.post(x.stage, 1-who, []wire.Said{said})
}

// covering is the Countersign of a HOLD that begins no part: the lane goes on.
func (x *search) covering(n *node, who int, hold *protocol.Entry) wire.Said {
	known, lane := x.known(n.job[who])
	said, err := x.compose(paperKey{who: who, word: "see", at: x.clock(who, n.now)}, known, append(lane, hold))
	if err != nil {
		x.breach(n, 4, "the HOLD cannot be countersigned: %v", err)
	}
	x.token(said.ID, fmt.Sprintf("see refused %d %d", len(lane), x.bucket(said.Doc, n.job[who])))
	return said
}

// labelOfDoc is the label of the documents that a late listener may refuse.
func labelOfDoc(s wire.Said) string {
	switch d := s.Doc.(type) {
	case *protocol.Countersign:
		if len(d.Taken) > 0 {
			return "take"
		}
	case *protocol.Delivery:
		return of("delivery", d.Part)
	case *protocol.Need:
		return "need"
	case *protocol.Provide:
		if !d.Need.IsZero() {
			return "provide"
		}
	case *protocol.Cancel:
		return of("end", d.Part)
	case *protocol.Entry:
		if d.Act == protocol.ActHold {
			return of("hold", d.Part)
		}
	}
	return ""
}

// of is the label of a document about a part.
func of(label string, part uint64) string {
	if part == 0 {
		return label
	}
	return fmt.Sprintf("%s@%d", label, part)
}

// all returns the parts of a fold, and what may follow them.
func all(j *job.Job) (parts []job.Part) {
	for n := uint64(0); ; n++ {
		p, ok := j.Part(n)
		if !ok {
			return parts
		}
		parts = append(parts, p)
	}
}

// say lets a party say a bundle: it folds each document, all or nothing, and
// only then may they leave. It returns nil where its own fold objects.
func (x *search) say(n *node, who int, m move) *node {
	next := n.after("the %s says %s", parties[who], strings.Join(m.words, " "))
	var all []wire.Said
	for _, w := range m.words {
		j := next.job[who].Fork()
		said, err := x.write(who, w, n.now, j)
		if err == nil {
			err = j.Apply(x.clock(who, n.now), said)
		}
		if err != nil {
			x.breach(next, 4, "an honest party cannot say %q: %v", w, err)
			return nil
		}
		next.job[who], next.fresh[who] = j, true
		all = append(all, said)
	}
	switch label, _, _ := strings.Cut(labelFor("", m.words[0]), "@"); label {
	case "delivery", "bring", "provide":
		x.mayLeave(next, who)
	}
	next.post(x.stage, 1-who, all)
	next.serve(x)
	return next
}

// world returns what happens by itself: bytes that were missing arrive, and the
// witness says so to both.
func (x *search) world(n *node) (all []*node) {
	j := n.job[hirer]
	all = x.judge(n)
	if x.result != job.ClauseArtefact || n.result[0] || j.Stage(n.now) != job.Contested {
		return all
	}
	next := n.after("the bytes arrive")
	next.result[0], next.good[0] = true, true
	if !x.terms.Witness.Key.IsZero() {
		said, err := x.write(witness, "ack(result)", n.now, j)
		if err != nil {
			x.breach(n, 4, "the witness cannot say so: %v", err)
		}
		for who := range n.job {
			next.post(x.stage, who, []wire.Said{said})
		}
	}
	return append(all, next)
}

// serve lets the inputs go as soon as the hirer would let them.
func (n *node) serve(x *search) {
	if !n.inputs && x.lets(n.job[hirer], n.now) {
		n.inputs = true
		x.mayLeave(n, hirer)
	}
}

// tick lets time go on to the next deadline of either party, or to where it is
// past by more than the skew, that makes a difference. Nobody is away until
// after ResolveBy: by then all that was said has been heard. It returns nil at
// the end of time, and where something must be heard first.
func (x *search) tick(n *node) *node {
	after, was := n.after("time passes"), x.outlook(n)
	after.fresh = [2]bool{true, true}
	for {
		next, last := x.nextInstant(after)
		if next == 0 || next > last && !x.still(after) {
			break
		}
		after.now = next
		if !bytes.Equal(x.outlook(after), was) {
			break
		}
	}
	if after.now == n.now {
		return nil
	}
	return after
}

// outlook is all that an instant makes a difference to: where both stand, what
// they may say, what would become of what is on its way, and which of the
// deadlines that are looked at long after a document was dated lie behind. Two
// instants with one outlook need not both be explored.
func (x *search) outlook(n *node) (b []byte) {
	for who, j := range n.job {
		if j == nil {
			continue
		}
		now := x.clock(who, n.now)
		for _, p := range all(j) {
			b = append(b, byte(p.Stage(now)), byte(p.Fault(now)))
			for _, d := range []uint64{p.StartBy(), p.ReviewBy(), p.ResolveBy()} {
				b = append(b, byte(min(1, max(now, d)-d)))
			}
		}
		for _, m := range x.honest(who, n) {
			b = append(b, strings.Join(m.words, " ")...)
		}
	}
	for _, w := range x.awards(n) {
		b = append(b, w.word...)
	}
	for _, l := range n.mail {
		if n.job[l.to] == nil {
			continue
		}
		for _, s := range l.said {
			var no *job.Refusal
			if errors.As(n.job[l.to].Check(x.clock(l.to, n.now), s), &no) {
				b = append(b, no.Code...)
			}
			b = append(b, 0)
		}
	}
	return b
}

// nextInstant returns the next instant that makes a difference, or 0, and the
// last at which both sides can still be said to have been there.
func (x *search) nextInstant(n *node) (next, last uint64) {
	last = ^uint64(0)
	for who, j := range n.job {
		if j == nil {
			continue
		}
		behind := x.clock(who, 0)
		for _, d := range deadlines(j) {
			for _, at := range []uint64{d - behind, d - behind + protocol.Skew + 1} {
				if at > n.now && (next == 0 || at < next) {
					next = at
				}
			}
		}
		for _, p := range all(j) {
			if _, held := p.Hold(); (held || p.Number() == 0) && p.ResolveBy()-behind+protocol.Skew+1 >= n.now {
				last = min(last, p.ResolveBy()-behind)
			}
		}
	}
	return next, last
}

// still reports whether all that was said has been heard, and nothing would
// come of hearing it again.
func (x *search) still(n *node) bool {
	key := x.key(n)
	for i, l := range n.mail {
		if !l.heard || !x.repeated(n, l) && x.key(x.deliver(n, i)) != key {
			return false
		}
	}
	return true
}

func (x *search) spell(l letter) string {
	var words []string
	for _, s := range l.said {
		t := strings.TrimPrefix(fmt.Sprintf("%T", s.Doc), "*protocol.")
		words = append(words, t)
	}
	return strings.Join(words, " ")
}
