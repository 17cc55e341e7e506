package wire

import (
	"crypto/sha512"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// Signature is an Ed25519 signature. It is checked under the ZIP-215 rules,
// identically one by one and in batches. It never serves as an identity.
type Signature [64]byte

// Signer holds one private key. Sign may be called from several goroutines.
type Signer interface {
	Key() Key
	// Sign returns the deterministic Ed25519 signature (RFC 8032) over message.
	Sign(message []byte) (Signature, error)
}

// rule is the one signature rule of the market: ZIP-215 (cofactored equation,
// any R, S below the group order) over the keys that KeyFromBytes accepts. That
// keys are refused here once more is not for show: the zero Key is a point of
// order four, under which anybody can make a signature over anything.
var rule = &ed25519.Options{Verify: &ed25519.VerifyOptions{
	AllowSmallOrderR:   true,
	AllowNonCanonicalR: true,
}}

// Verify reports whether sig is by's signature over message.
func Verify(by Key, message []byte, sig Signature) bool {
	if k := expanded(by); k != nil {
		return ed25519.VerifyExpandedWithOptions(k, message, sig[:], rule)
	}
	return ed25519.VerifyWithOptions(by[:], message, sig[:], rule)
}

// expanded returns a key that was found acceptable lately, or nil.
func expanded(by Key) *ed25519.ExpandedPublicKey {
	y := curve.CompressedEdwardsY(by)
	return known.Get(&y)
}

// Signed is a message with the key that is said to have signed it.
type Signed struct {
	By      Key
	Message []byte
	Sig     Signature
}

// worthBatching is the least number of signatures that are checked faster together.
const worthBatching = 3

// VerifyBatch returns for each of batch what Verify returns for it, at three
// fifths of the cost where all of 16 or more are good. One bad signature makes
// the MaxBatch around it cost as much as one by one, and somewhat more.
func VerifyBatch(batch []Signed) []bool {
	verdicts := make([]bool, 0, len(batch))
	for len(batch) > 0 {
		n := min(len(batch), MaxBatch)
		if n < worthBatching {
			s := batch[0]
			verdicts, batch = append(verdicts, Verify(s.By, s.Message, s.Sig)), batch[1:]
			continue
		}
		v := ed25519.NewBatchVerifierWithCapacity(n)
		for _, s := range batch[:n] {
			if k := expanded(s.By); k != nil {
				v.AddExpandedWithOptions(k, s.Message, s.Sig[:], rule)
				continue
			}
			v.AddWithOptions(s.By[:], s.Message, s.Sig[:], rule)
		}
		_, good := v.Verify(coefficients(batch[:n]))
		verdicts, batch = append(verdicts, good...), batch[n:]
	}
	return verdicts
}

// coefficients returns the source of the random factors of a batch. Whoever
// made the signatures must not be able to choose signatures to fit the factors,
// so these are drawn from a hash over the whole batch: as hard to steer as a
// 128-bit hash, and this room stays without chance of its own.
func coefficients(batch []Signed) *rand.ChaCha8 {
	h := sha512.New()
	for _, s := range batch {
		m := sha512.Sum512(s.Message)
		h.Write(s.By[:])
		h.Write(s.Sig[:])
		h.Write(m[:])
	}
	return rand.NewChaCha8([32]byte(h.Sum(nil)[:32]))
}

// PrivateKey is a Signer over an Ed25519 seed held in memory.
type PrivateKey struct {
	private func() ed25519.PrivateKey // fmt reads unexported fields and pointers of whoever holds p, but calls nothing
	public  Key
}

// NewPrivateKey derives the key pair of a 32-byte seed (RFC 8032).
func NewPrivateKey(seed [32]byte) PrivateKey {
	p := ed25519.NewKeyFromSeed(seed[:])
	return PrivateKey{private: func() ed25519.PrivateKey { return p }, public: Key(p[32:])}
}

// Key returns the public key.
func (p PrivateKey) Key() Key { return p.public }

// Seed returns the secret from which p was made.
func (p PrivateKey) Seed() [32]byte { return [32]byte(p.private().Seed()) }

// Sign signs message.
func (p PrivateKey) Sign(message []byte) (Signature, error) {
	return Signature(ed25519.Sign(p.private(), message)), nil
}

// String hides the secret.
func (p PrivateKey) String() string { return "private key of " + p.public.String() }

// Format hides the secret under every verb.
func (p PrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }
