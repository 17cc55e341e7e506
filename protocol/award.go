package protocol

import (
	"github.com/souk-network/souk/protocol/wire"
)

// Award is an evaluator's share of a contested part for the provider. It is said
// twice, so that no evaluator can copy another: first the commitment alone, then,
// once all have committed or their time is over, what opens it.
//
//	{at, by, job, kind: 17, part, salt?, about, nonce, opens?, share?, commit?}
type Award struct {
	wire.Head
	Job    wire.CID `cbor:"job"`
	Part   uint64   `cbor:"part"`
	About  wire.CID `cbor:"about"`           // the failing Verdict, or the Contest
	Commit wire.CID `cbor:"commit,omitzero"` // in the first: the AwardCommitment of the second
	Opens  wire.CID `cbor:"opens,omitzero"`  // in the second: the first, of the same evaluator
	Share  uint64   `cbor:"share,omitzero"`  // in the second: of 10,000, the provider's share of the part
	Salt   Salt     `cbor:"salt,omitzero"`   // in the second: random, so that no share can be guessed
}

// Salt keeps what a commitment hides from being guessed: 32 random bytes.
type Salt [32]byte

// AwardAlgorithm names how an AwardCommitment is made.
const AwardAlgorithm = "souk/award/1"

// AwardCommitment returns what the first Award of evaluator by commits to: the
// CID of the canonical map
//
//	{by, alg: "souk/award/1", job, part, salt, about, share}
//
// It names the evaluator, so that none can open another's commitment as its own.
// It panics where part or share is 2^63 or more.
func AwardCommitment(by wire.Key, job wire.CID, part uint64, about wire.CID, share uint64, salt Salt) wire.CID {
	b, err := wire.Encode(struct {
		By    wire.Key `cbor:"by"`
		Alg   string   `cbor:"alg"`
		Job   wire.CID `cbor:"job"`
		Part  uint64   `cbor:"part"`
		Salt  Salt     `cbor:"salt"`
		About wire.CID `cbor:"about"`
		Share uint64   `cbor:"share"`
	}{by, AwardAlgorithm, job, part, salt, about, share})
	if err != nil {
		panic(err)
	}
	return wire.Sum(b)
}

// Check reports what is wrong with d taken alone. That a second Award opens its
// first is Opened's.
func (d *Award) Check() error {
	if err := first(
		head(d.Head, KindAward),
		link("job", d.Job),
		part(d.Part),
		link("about", d.About),
		must(d.Commit.IsZero() != d.Opens.IsZero(), "commit", "an award has either this or opens"),
		share("share", d.Share),
	); err != nil {
		return err
	}
	salted := d.Salt != (Salt{})
	if d.Opens.IsZero() {
		return must(d.Share == 0 && !salted, "commit", "it hides share and salt")
	}
	return must(salted, "salt", "all zero hides nothing")
}

// Opened reports whether d opens first, which has the CID id: it is of the same
// evaluator, job, part and dispute, and of the share that first committed to.
func (d *Award) Opened(id wire.CID, first *Award) bool {
	return !d.Opens.IsZero() && d.Opens == id &&
		d.By == first.By && d.Job == first.Job && d.Part == first.Part && d.About == first.About &&
		first.Commit == AwardCommitment(d.By, d.Job, d.Part, d.About, d.Share, d.Salt)
}
