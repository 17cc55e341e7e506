package wire

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/multiformats/go-varint"
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
	if err := checkStatement(s.Net, len(s.Docs)); err != nil {
		return nil, err
	}
	payload, err := Encode(&s)
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
// {"v":1,"net":…,"sig":64 bytes,"docs":[bytes…]}. The reader computes the list
// of CIDs itself.
type Bundle struct {
	V    uint64    `cbor:"v"`
	By   Key       `cbor:"-"` // who sealed it: the author of the first document, and so of all
	Net  string    `cbor:"net"`
	Sig  Signature `cbor:"sig"`
	Docs [][]byte  `cbor:"docs"`

	raw []byte // what it was read from; nil for one that was made here
}

var (
	statementForm = FormOf[Statement]()
	bundleForm    = FormOf[Bundle]()
	proofForm     = FormOf[Proof]()
)

// Form returns how a Statement is written.
func (s *Statement) Form() *Form { return statementForm }

// Form returns how a Bundle is written.
func (b *Bundle) Form() *Form { return bundleForm }

// Form returns how a Proof is written.
func (p *Proof) Form() *Form { return proofForm }

// Proof shows one document of a bundle without its neighbours:
// {"i":index,"v":1,"doc":bytes,"net":…,"sig":64 bytes,"docs":[CID…]}, where docs
// names the others in order, and doc stands before the one with index i. It is
// read without unknown fields wherever it stands.
type Proof struct {
	_     struct{}  `cbor:",closed"`
	V     uint64    `cbor:"v"`
	By    Key       `cbor:"-"` // who sealed it: the author of the document shown
	Index uint64    `cbor:"i"` // the place of the document shown in the signed list
	Doc   []byte    `cbor:"doc"`
	Net   string    `cbor:"net"`
	Sig   Signature `cbor:"sig"`
	Docs  []CID     `cbor:"docs"` // the other documents of the signed list, in order
}

// IsZero reports whether p shows nothing; such a Proof may be absent.
func (p Proof) IsZero() bool { return len(p.Doc) == 0 && len(p.Docs) == 0 && p.V == 0 && p.Net == "" }

// Seal signs docs (canonical bytes of documents by signer's key) as one bundle
// on network net. Documents of another author give a bundle nobody believes. The same input gives the same bytes. A bundle over its limits
// is refused.
func Seal(signer Signer, net string, docs ...[]byte) (*Bundle, error) {
	b := &Bundle{V: Version, By: signer.Key(), Net: net, Docs: docs}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("seal: bundle: %w", err)
	}
	msg, err := b.Statement().SignedBytes()
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if b.Sig, err = signer.Sign(msg); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if b.raw, err = encodeWithin(b, MaxBundleBytes); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return b, nil
}

// ReadBundle reads the bytes of a bundle. It checks form and limits, not the
// seal: that is Open's, or OpenAll's. The bundle keeps b, and its documents are parts
// of it: b must not be changed.
func ReadBundle(b []byte) (*Bundle, error) {
	var x Bundle
	err := canonicalWithin(b, MaxBundleBytes)
	if err == nil {
		err = decode(b, &x, true, true)
	}
	if err == nil {
		err = x.check()
	}
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	if x.By, err = author(x.Docs[0]); err != nil {
		return nil, fmt.Errorf("bundle: document 0: %w", err)
	}
	x.raw = b
	return &x, nil
}

// author returns the key that a document names as its own, whatever its kind.
func author(doc []byte) (Key, error) {
	if len(doc) > MaxDocBytes {
		return Key{}, fmt.Errorf("%w: a document of %d bytes, at most %d", ErrLimit, len(doc), MaxDocBytes)
	}
	if err := CheckCanonical(doc); err != nil {
		return Key{}, err
	}
	return authorOf(doc)
}

// Bytes returns what ReadBundle reads, or ErrLimit. Of a bundle that was read it
// returns those very bytes: neither they nor the bundle may be changed.
func (b *Bundle) Bytes() ([]byte, error) {
	if b.raw != nil {
		return b.raw, nil
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	return encodeWithin(b, MaxBundleBytes)
}

func (b *Bundle) check() error {
	for i, d := range b.Docs {
		if len(d) == 0 || len(d) > MaxDocBytes {
			return fmt.Errorf("%w: document %d has %d bytes, want 1 to %d", ErrLimit, i, len(d), MaxDocBytes)
		}
	}
	return checkStatement(b.Net, len(b.Docs))
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
// documents: a Registry does, and compares the author of each with By.
func (b *Bundle) Open(net string) error {
	s, err := b.signed(net)
	if err != nil {
		return err
	}
	return s.open()
}

// OpenAll is Open for many bundles at once, cheaper as VerifyBatch is. The
// answer for each bundle is what its own Open returns.
func OpenAll(net string, bundles []*Bundle) []error {
	errs := make([]error, len(bundles))
	batch := make([]Signed, 0, len(bundles))
	place := make([]int, 0, len(bundles)) // of each in batch
	for i, b := range bundles {
		s, err := b.signed(net)
		if err != nil {
			errs[i] = err
			continue
		}
		batch, place = append(batch, s), append(place, i)
	}
	for i, good := range VerifyBatch(batch) {
		if !good {
			errs[place[i]] = ErrSeal
		}
	}
	return errs
}

func (b *Bundle) signed(net string) (Signed, error) {
	return b.Statement().signed(b.By, b.Sig, net)
}

// Proof returns the proof that shows document i of b alone.
func (b *Bundle) Proof(i int) Proof {
	others := slices.Delete(b.Statement().Docs, i, i+1)
	return Proof{V: b.V, By: b.By, Index: uint64(i), Doc: b.Docs[i], Net: b.Net, Sig: b.Sig, Docs: others}
}

// ReadProof reads the bytes of a proof. It checks form and limits, not the
// seal: that is Open's.
func ReadProof(b []byte) (*Proof, error) {
	p := new(Proof)
	if err := Unmarshal(b, p, MaxProofBytes, true); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	return p, nil
}

// learn checks a proof that was read, alone or in a document, and learns from the
// document shown who sealed it.
func (p *Proof) learn(raw []byte) (err error) {
	if len(raw) > MaxProofBytes {
		return fmt.Errorf("%w: a proof of %d bytes, at most %d", ErrLimit, len(raw), MaxProofBytes)
	}
	if err := p.Check(); err != nil {
		return err
	}
	if p.By, err = author(p.Doc); err != nil {
		return fmt.Errorf("the document shown: %w", err)
	}
	return nil
}

// Bytes returns what ReadProof reads, or ErrLimit.
func (p *Proof) Bytes() ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	return encodeWithin(p, MaxProofBytes)
}

// Check reports a form or a limit that is broken. What passes is within
// MaxProofBytes. The seal is Open's.
func (p *Proof) Check() error {
	if len(p.Doc) == 0 || len(p.Doc) > MaxDocBytes {
		return fmt.Errorf("%w: the document has %d bytes, want 1 to %d", ErrLimit, len(p.Doc), MaxDocBytes)
	}
	if p.Index > uint64(len(p.Docs)) {
		return fmt.Errorf("%w: document %d of %d", ErrShape, p.Index, len(p.Docs)+1)
	}
	return checkStatement(p.Net, len(p.Docs)+1)
}

// Open checks p's version, network and signature, made over the document shown
// and the others together.
func (p *Proof) Open(net string) error {
	if err := p.Check(); err != nil {
		return err
	}
	all := slices.Insert(slices.Clone(p.Docs), int(p.Index), Sum(p.Doc))
	s, err := Statement{V: p.V, Net: p.Net, Docs: all}.signed(p.By, p.Sig, net)
	if err != nil {
		return err
	}
	return s.open()
}

// signed returns what is to be verified so that by said s on network net.
func (s Statement) signed(by Key, sig Signature, net string) (Signed, error) {
	if s.V != Version {
		return Signed{}, fmt.Errorf("%w: bundle version %d, want %d", ErrSeal, s.V, Version)
	}
	if s.Net != net {
		return Signed{}, fmt.Errorf("%w: %.64q, want %q", ErrNetwork, s.Net, net)
	}
	msg, err := s.SignedBytes()
	if err != nil {
		return Signed{}, err
	}
	return Signed{By: by, Message: msg, Sig: sig}, nil
}

func (s Signed) open() error {
	if !Verify(s.By, s.Message, s.Sig) {
		return ErrSeal
	}
	return nil
}

func checkStatement(net string, docs int) error {
	if docs == 0 || docs > MaxBundleDocs {
		return fmt.Errorf("%w: %d documents, want 1 to %d", ErrLimit, docs, MaxBundleDocs)
	}
	return CheckNet(net)
}

// CheckNet reports a network's name that cannot be: it is 1 to MaxNetBytes of
// a-z, 0-9, dot and hyphen, wherever it stands. The error is ErrShape or
// ErrLimit, wrapped.
func CheckNet(net string) error {
	if len(net) > MaxNetBytes {
		return fmt.Errorf("%w: the network's name has %d bytes, at most %d", ErrLimit, len(net), MaxNetBytes)
	}
	if net == "" || strings.Trim(net, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return fmt.Errorf("%w: the network's name is %.64q, want a-z, 0-9, dot and hyphen", ErrShape, net)
	}
	return nil
}

func encodeWithin(v any, limit int) ([]byte, error) {
	b, err := Encode(v)
	if err != nil {
		return nil, err
	}
	if len(b) > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(b), limit)
	}
	return b, nil
}
