package wire

import (
	"errors"
	"fmt"

	"github.com/multiformats/go-varint"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// What every signature of the market covers, as in a libp2p signed envelope
// (RFC 0002): the domain, the payload type and the payload, each preceded by
// its length as an unsigned varint. The domain keeps a signature made here from
// meaning anything elsewhere; the payload is the canonical Statement.
const (
	Domain      = "souk-bundle-v1"
	PayloadType = "/souk/bundle/1"
	Version     = 1 // v of a Statement
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

var (
	// ErrSeal is returned (wrapped) where a signature does not belong to its statement.
	ErrSeal = errors.New("the seal is not the author's")
	// ErrNetwork is returned (wrapped) for what was said on another network.
	ErrNetwork = errors.New("said on another network")
	// ErrAuthor is returned (wrapped) where a document names another author than the key that sealed it.
	ErrAuthor = errors.New("sealed by another key than the document's author")
)

// Statement is what a signature is over: documents said together, once, on one
// network. Its canonical bytes are the map {"v":1,"net":…,"docs":[CID…]}.
type Statement struct {
	V    uint64 `cbor:"v"`
	Net  string `cbor:"net"`
	Docs []CID  `cbor:"docs"`
}

// SignedBytes returns what is signed for s. The error is that of a Statement
// over its limits.
func (s Statement) SignedBytes() ([]byte, error) {
	if len(s.Docs) == 0 || len(s.Docs) > MaxBundleDocs || s.Net == "" || len(s.Net) > MaxNetBytes {
		return nil, fmt.Errorf("%w: a statement has 1 to %d documents and a network of 1 to %d bytes", ErrLimit, MaxBundleDocs, MaxNetBytes)
	}
	payload, err := Encode(s)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(payload)+len(Domain)+len(PayloadType)+12)
	for _, part := range [][]byte{[]byte(Domain), []byte(PayloadType), payload} {
		out = append(out, varint.ToUvarint(uint64(len(part)))...)
		out = append(out, part...)
	}
	return out, nil
}

// Bundle is a Statement with its documents and signature, as it travels:
// {"v":1,"by":key,"net":…,"sig":64 bytes,"docs":[bytes…]}. The reader computes
// the list of CIDs itself.
type Bundle struct {
	V    uint64    `cbor:"v"`
	By   Key       `cbor:"by"`
	Net  string    `cbor:"net"`
	Sig  Signature `cbor:"sig"`
	Docs [][]byte  `cbor:"docs"`
}

// Proof shows one document of a bundle without its neighbours:
// {"v":1,"by":key,"doc":bytes,"net":…,"sig":64 bytes,"docs":[CID…]}, where doc
// is one of those that docs names.
type Proof struct {
	V    uint64    `cbor:"v"`
	By   Key       `cbor:"by"`
	Doc  []byte    `cbor:"doc"`
	Net  string    `cbor:"net"`
	Sig  Signature `cbor:"sig"`
	Docs []CID     `cbor:"docs"`
}

// Seal signs docs (canonical bytes of documents by signer's key) as one bundle
// on network net. The same input gives the same bytes.
func Seal(signer Signer, net string, docs ...[]byte) (*Bundle, error) {
	b := &Bundle{V: Version, By: signer.Key(), Net: net, Docs: docs}
	msg, err := b.Statement().SignedBytes()
	if err != nil {
		return nil, err
	}
	b.Sig, err = signer.Sign(msg)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return b, nil
}

// Statement recomputes what b's signature is over.
func (b *Bundle) Statement() Statement {
	ids := make([]CID, len(b.Docs))
	for i, d := range b.Docs {
		ids[i] = Sum(d)
	}
	return Statement{V: b.V, Net: b.Net, Docs: ids}
}

// Open checks b's version, network and signature. It does not read the
// documents: Decode does, and compares their author with By.
func (b *Bundle) Open(net string) error { return open(b.V, b.By, b.Net, b.Sig, b.Statement(), net) }

// Proof returns the proof that shows document i of b alone.
func (b *Bundle) Proof(i int) Proof {
	return Proof{V: b.V, By: b.By, Doc: b.Docs[i], Net: b.Net, Sig: b.Sig, Docs: b.Statement().Docs}
}

// Open checks p's version, network and signature, and that the document shown is one it was given for.
func (p *Proof) Open(net string) error {
	id, found := Sum(p.Doc), false
	for _, d := range p.Docs {
		found = found || d == id
	}
	if !found {
		return fmt.Errorf("%w: the document shown is not in the signed list", ErrSeal)
	}
	return open(p.V, p.By, p.Net, p.Sig, Statement{V: p.V, Net: p.Net, Docs: p.Docs}, net)
}

func open(v uint64, by Key, said string, sig Signature, s Statement, net string) error {
	if v != Version {
		return fmt.Errorf("%w: bundle version %d, want %d", ErrSeal, v, Version)
	}
	if said != net {
		return fmt.Errorf("%w: %.64q, want %q", ErrNetwork, said, net)
	}
	msg, err := s.SignedBytes()
	if err != nil {
		return err
	}
	if !Verify(by, msg, sig) {
		return ErrSeal
	}
	return nil
}

// zip215 is the one signature rule of the market.
var zip215 = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

// Verify reports whether sig is by's signature over message (ZIP-215: cofactored).
func Verify(by Key, message []byte, sig Signature) bool {
	return ed25519.VerifyWithOptions(by[:], message, sig[:], zip215)
}

// PrivateKey is a Signer over an Ed25519 seed held in memory.
type PrivateKey struct {
	private ed25519.PrivateKey
	public  Key
}

// NewPrivateKey derives the key pair of a 32-byte seed (RFC 8032).
func NewPrivateKey(seed [32]byte) PrivateKey {
	p := ed25519.NewKeyFromSeed(seed[:])
	return PrivateKey{private: p, public: Key(p[32:])}
}

// Key returns the public key.
func (p PrivateKey) Key() Key { return p.public }

// Seed returns the secret from which p was made.
func (p PrivateKey) Seed() [32]byte { return [32]byte(p.private.Seed()) }

// Sign signs message.
func (p PrivateKey) Sign(message []byte) (Signature, error) {
	return Signature(ed25519.Sign(p.private, message)), nil
}

// String hides the secret.
func (p PrivateKey) String() string { return "private key of " + p.public.String() }
