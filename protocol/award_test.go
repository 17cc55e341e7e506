package protocol_test

import (
	"encoding/hex"
	"testing"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// TestAwardOpens: what a second Award tells is what the first committed to, of
// the same evaluator and dispute, or it opens nothing.
func TestAwardOpens(t *testing.T) {
	first := committed()
	id := idOf(first)
	if !opened().Opened(id, first) {
		t.Fatal("an award does not open its own commitment")
	}
	for name, change := range map[string]func(*protocol.Award){
		"another share":     func(d *protocol.Award) { d.Share++ },
		"another salt":      func(d *protocol.Award) { d.Salt[31]++ },
		"another job":       func(d *protocol.Award) { d.Job = wire.Sum(nil) },
		"another part":      func(d *protocol.Award) { d.Part++ },
		"another dispute":   func(d *protocol.Award) { d.About = wire.Sum(nil) },
		"another first":     func(d *protocol.Award) { d.Opens = wire.Sum(nil) },
		"another evaluator": func(d *protocol.Award) { d.By = witness.Key() },
		"opens nothing":     func(d *protocol.Award) { d.Opens = wire.CID{} },
	} {
		d := opened()
		if change(d); d.Opened(id, first) {
			t.Errorf("%s: opens what it did not commit to", name)
		}
	}
}

// TestAwardCannotBeCopied: an evaluator that says another's commitment as its own
// has nothing that opens it, though it later sees share and salt.
func TestAwardCannotBeCopied(t *testing.T) {
	seen, copied := opened(), committed()
	copied.By = witness.Key()
	for _, d := range []*protocol.Award{seen, {
		Head: headOf(protocol.KindAward, witness, seen.At), Job: seen.Job, About: seen.About, Opens: idOf(copied),
		Share: seen.Share, Salt: seen.Salt,
	}} {
		if d.Opened(idOf(copied), copied) {
			t.Error("a copied commitment was opened")
		}
	}
}

// awardVector shows how a commitment is made.
type awardVector struct {
	By     string `json:"by"` // hex
	Job    string `json:"job"`
	Part   uint64 `json:"part"`
	About  string `json:"about"`
	Share  uint64 `json:"share"`
	Salt   string `json:"salt"`   // hex
	Commit string `json:"commit"` // what the first Award says
}

func TestAwardVectors(t *testing.T) {
	var list []awardVector
	for _, d := range []*protocol.Award{opened(), nothingAwarded()} {
		list = append(list, awardVector{
			hex.EncodeToString(d.By[:]), d.Job.String(), d.Part, d.About.String(), d.Share, hex.EncodeToString(d.Salt[:]),
			protocol.AwardCommitment(d.By, d.Job, d.Part, d.About, d.Share, d.Salt).String(),
		})
	}
	golden(t, "commitment.json", list)
}
