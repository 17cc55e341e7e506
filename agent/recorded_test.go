package agent_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/agent/sell"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

var update = flag.Bool("update", false, "write testdata/recorded anew")

// spoken is something said in a town: a frame on a link, or an announcement.
type spoken struct {
	from, to  *citizen
	frame     *protocol.Frame
	with      []payload.Artefact
	announced *wire.Bundle
}

func (w *town) tapped(s spoken) {
	if w.tap != nil {
		w.tap(s)
	}
}

// recording is one job as it went over the links, for readers in other languages.
// docs/spec/recorded.py reads it; agent/testdata/recorded/README.md has its form.
type recording struct {
	Title   string            `json:"title"`
	Network string            `json:"network"`
	Who     map[string]string `json:"who"` // hex of a key: its name
	Lines   []recordedLine    `json:"lines"`
}

type recordedLine struct {
	At        uint64 `json:"at"` // Unix milliseconds
	From      string `json:"from"`
	To        string `json:"to,omitempty"`
	Granted   string `json:"granted,omitempty"`   // hex of a bundle that both know already
	Announced string `json:"announced,omitempty"` // hex of a bundle
	Shard     uint8  `json:"shard,omitempty"`     // that it is announced in
	Frame     string `json:"frame,omitempty"`     // hex
}

// recorder writes down what is said in a town of a seller and a buyer.
type recorder struct {
	*town
	recording
	contents map[wire.CID]protocol.Datum
}

func newRecorder(t *testing.T, title string) (r *recorder, seller, buyer *citizen) {
	t.Helper()
	r = &recorder{town: newTown(t, 11), contents: map[wire.CID]protocol.Datum{}}
	r.recording = recording{Title: title, Network: net, Who: map[string]string{}}
	for _, name := range []string{"seller", "buyer"} {
		c := r.settle(name)
		n := byte(len(r.folk))
		owner, key := wire.NewPrivateKey([32]byte{n, 1}), c.key.Key()
		who := owner.Key()
		r.Who[hex.EncodeToString(key[:])], r.Who[hex.EncodeToString(who[:])] = name, name+"'s owner"
		b, err := wire.Seal(owner, net, c.conf.Mandate.Raw)
		if err != nil {
			t.Fatal(err)
		}
		r.Lines = append(r.Lines, recordedLine{At: dawn, From: name + "'s owner", To: name, Granted: r.hex(b.Bytes())})
	}
	seller, buyer = r.folk[0], r.folk[1]
	r.tap = r.note
	seller.start()
	buyer.start()
	return r, seller, buyer
}

func (r *recorder) hex(b []byte, err error) string {
	if err != nil {
		r.t.Fatal(err)
	}
	return hex.EncodeToString(b)
}

func (r *recorder) note(s spoken) {
	l := recordedLine{At: r.now, From: s.from.name}
	if s.announced != nil {
		l.Announced, l.Shard = r.hex(s.announced.Bytes()), protocol.ShardOf("text/words@1")
	} else {
		for _, a := range s.with {
			s.frame.Data = append(s.frame.Data, r.contents[a.ID])
		}
		l.To, l.Frame = s.to.name, r.hex(s.frame.Bytes())
	}
	r.Lines = append(r.Lines, l)
}

// content is text of which the bytes are there, and go with what names it.
func (r *recorder) content(text string) payload.Artefact {
	h := new(payload.Hasher)
	_, _ = h.Write([]byte(text))
	o := h.Opening([32]byte{byte(len(r.contents) + 1), 0xa5})
	r.contents[o.ID()] = protocol.Datum{Opening: o, Bytes: []byte(text)}
	return payload.Artefact{
		ID: o.ID(), Size: o.Size, Type: "text/plain", Label: payload.Label{Class: payload.Public, Retention: day},
	}
}

// keep compares the recording with its file, or writes it where they differ in more
// than their nonces: how many of them are drawn for what is a matter of the code alone.
func (r *recorder) keep(file string) {
	r.t.Helper()
	path := filepath.Join("testdata", "recorded", file)
	var kept recording
	got, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(got, &kept)
	}
	if err == nil && slices.Equal(kept.told(r.t), r.told(r.t)) {
		return
	}
	if !*update {
		r.t.Fatalf("%s is not what the two say today (%v); if the change is meant: go test ./agent -run Recorded -update, "+
			"then python3 docs/spec/recorded.py agent/testdata/recorded", path, err)
	}
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetIndent("", " ")
	if err := enc.Encode(r.recording); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

var (
	anyNonce = regexp.MustCompile(`Nonce:\[[0-9 ]*\]`)
	anyName  = regexp.MustCompile(`bafyrei[a-z2-7]+`)
)

// told is what a recording says, a line for each document, without nonces: what
// has a name is numbered as it is first mentioned. It opens every seal.
func (r *recording) told(t *testing.T) (list []string) {
	t.Helper()
	reg, names := protocol.Registry(), map[string]string{}
	tell := func(l recordedLine, said wire.Said) {
		if a, ok := said.Doc.(*protocol.Accept); ok {
			said.Doc = &protocol.Accept{ // without what is offered: its document was told when it was said
				Head: a.Head, Inputs: a.Inputs, Choices: a.Choices, Owner: a.Owner, Mandates: a.Mandates,
				Account: a.Account, Parent: a.Parent, Instead: a.Instead,
			}
		}
		text := fmt.Sprintf("%d %s %s %d %s: %+v", l.At, l.From, l.To, l.Shard, said.ID, said.Doc)
		text = anyNonce.ReplaceAllString(text, "")
		list = append(list, anyName.ReplaceAllStringFunc(text, func(name string) string {
			if names[name] == "" {
				names[name] = fmt.Sprint("#", len(names))
			}
			return names[name]
		}))
	}
	unseal := func(l recordedLine, raw []byte) {
		b, err := wire.ReadBundle(raw)
		if err != nil {
			t.Fatal(err)
		}
		docs, err := reg.Read(b, r.Network)
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range docs {
			tell(l, said)
		}
	}
	for _, l := range r.Lines {
		raw, err := hex.DecodeString(l.Granted + l.Announced + l.Frame)
		if err != nil {
			t.Fatal(err)
		}
		if l.Frame == "" {
			unseal(l, raw)
			continue
		}
		f, err := protocol.ReadFrame(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, bare := range f.Bare {
			d, err := reg.Decode(bare)
			if err != nil {
				t.Fatal(err)
			}
			tell(l, wire.Said{ID: wire.Sum(bare), Raw: bare, Doc: d})
		}
		for _, b := range f.Bundles {
			unseal(l, b)
		}
		for _, d := range f.Data {
			list = append(list, fmt.Sprintf("%s %q", d.Opening.ID(), d.Bytes))
		}
	}
	return list
}

// TestRecorded: two whole jobs, from the offer to the last countersign, are said
// as they are recorded, to the last field. What is recorded is checked by the second
// reader (.ci/run decoder), which knows the pages of docs/spec and nothing else.
func TestRecorded(t *testing.T) {
	const text = "the quick brown fox jumps over the lazy dog\n"
	rule := func(s *sell.Stand) {
		s.Title, s.Rule = "Words, counted", protocol.Check{Rule: "size", Params: `{"max_bytes":20}`}
	}
	t.Run("haggled", func(t *testing.T) {
		r, seller, buyer := newRecorder(t, "a price is haggled over, the work is done and paid")
		seller.work = func(w agent.Work) (agent.Worked, uint64) {
			return agent.Worked{Job: w.Job, Results: []payload.Artefact{r.content("9\n")}}, 2 * second
		}
		seller.sells(100, least(80), rule)
		seller.link(buyer)
		r.pass(second)
		buyer.orders("one", bidding(60, 100), func(o *agent.Order) { o.Input = r.content(text) })
		r.pass(minute)
		buyer.ended("one", ending{"settled", "", 88})
		r.reckon()
		r.keep("haggled.json")
	})
	t.Run("called off", func(t *testing.T) {
		r, seller, buyer := newRecorder(t, "a call is answered, the work fails and nothing is owed")
		seller.work = fails(protocol.CodeWorkFailed, 2*second)
		seller.secretly(100, rule)
		buyer.orders("one", calling(5*second), func(o *agent.Order) { o.Input = r.content(text) })
		r.pass(minute)
		buyer.ended("one", ending{"cancelled", protocol.CodeWorkFailed, 0})
		r.reckon()
		r.keep("called_off.json")
	})
}
