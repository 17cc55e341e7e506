package wire

import (
	"errors"
	"fmt"
)

// Kind numbers a kind of document. Numbers are only ever added.
type Kind uint16

// Nonce makes equal wishes differ and keeps undisclosed neighbours in a bundle
// from being guessed.
type Nonce [16]byte

// Head is what every document begins with. Its fields lie in the same map as
// the document's own.
type Head struct {
	Kind  Kind   `cbor:"kind"`
	By    Key    `cbor:"by"`
	At    uint64 `cbor:"at"` // Unix milliseconds by the author's clock; proves nothing by itself
	Nonce Nonce  `cbor:"nonce"`
}

// Header returns h itself; a document gets it by embedding Head.
func (h *Head) Header() *Head { return h }

// Document is one thing a party can say.
type Document interface {
	Header() *Head
	// Check returns what is wrong with the document taken alone, or nil.
	Check() error
}

// ErrShape is returned (wrapped) for canonical bytes that do not have the fields their kind requires.
var ErrShape = errors.New("not of this kind's shape")

// Entry describes one kind to a Registry.
type Entry struct {
	Kind   Kind
	Name   string
	Limit  int             // canonical bytes, at most MaxDocBytes
	Strict bool            // an unknown field is refused, since an unread restriction must not widen anything
	Sealed bool            // counts only under its author's signature; otherwise it is bound to a connection
	New    func() Document // a fresh zero document; nil where the number is only reserved
}

// Registry knows the kinds of documents a reader understands.
type Registry struct{ entries map[Kind]Entry }

// NewRegistry returns a registry of entries. A number or name used twice is a
// programming error and panics.
func NewRegistry(entries ...Entry) *Registry {
	r := &Registry{entries: make(map[Kind]Entry, len(entries))}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		if _, twice := r.entries[e.Kind]; twice || names[e.Name] || e.Limit > MaxDocBytes {
			panic(fmt.Sprintf("kind %d %q registered twice or over the limit", e.Kind, e.Name))
		}
		r.entries[e.Kind], names[e.Name] = e, true
	}
	return r
}

// Entry returns what the registry knows of kind k.
func (r *Registry) Entry(k Kind) (Entry, bool) {
	e, ok := r.entries[k]
	return e, ok
}

// Decode reads one document: canonical form, size, kind, fields, Check. The
// bytes stay the document's identity: they are what is stored and passed on.
func (r *Registry) Decode(b []byte) (Document, error) {
	var head struct {
		Kind Kind `cbor:"kind"`
	}
	if err := Unmarshal(b, &head, MaxDocBytes, false); err != nil {
		return nil, err
	}
	e, ok := r.entries[head.Kind]
	if !ok || e.New == nil {
		return nil, fmt.Errorf("%w: %d", ErrUnknownKind, head.Kind)
	}
	d := e.New()
	if err := Unmarshal(b, d, e.Limit, e.Strict); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name, err)
	}
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name, err)
	}
	return d, nil
}

// Said is one document with the bytes and the name that are its identity.
type Said struct {
	ID  CID
	Raw []byte // canonical bytes; not to be changed
	Doc Document
}

// Read opens a bundle on network net and decodes its documents, each of which
// must be of a sealed kind and name the bundle's author as its own.
func (r *Registry) Read(b *Bundle, net string) ([]Said, error) {
	if len(b.Docs) == 0 || len(b.Docs) > MaxBundleDocs {
		return nil, fmt.Errorf("%w: a bundle has 1 to %d documents", ErrLimit, MaxBundleDocs)
	}
	if err := b.Open(net); err != nil {
		return nil, err
	}
	said := make([]Said, len(b.Docs))
	for i, raw := range b.Docs {
		d, err := r.Decode(raw)
		if err != nil {
			return nil, err
		}
		h := d.Header()
		if h.By != b.By || !r.entries[h.Kind].Sealed {
			return nil, fmt.Errorf("%w: document %d", ErrAuthor, i)
		}
		said[i] = Said{ID: Sum(raw), Raw: raw, Doc: d}
	}
	return said, nil
}

// Namer gives documents their names. The market uses Canonical; a large
// simulation may count instead.
type Namer interface {
	// Name returns d with its identity. It panics if d cannot be encoded,
	// which is a programming error.
	Name(d Document) Said
}

// Canonical names a document by the SHA-256 of its canonical bytes.
type Canonical struct{}

// Name encodes and hashes d.
func (Canonical) Name(d Document) Said {
	raw, err := Encode(d)
	if err != nil {
		panic(err)
	}
	return Said{ID: Sum(raw), Raw: raw, Doc: d}
}
