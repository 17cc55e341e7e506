package wire

import "fmt"

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

// NewRegistry returns a registry of entries. A number or name used twice, or a
// limit that is missing or too large, is a programming error and panics.
func NewRegistry(entries ...Entry) *Registry {
	r := &Registry{entries: make(map[Kind]Entry, len(entries))}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		if _, twice := r.entries[e.Kind]; twice || names[e.Name] {
			panic(fmt.Sprintf("kind %d %q registered twice", e.Kind, e.Name))
		}
		if e.Limit > MaxDocBytes || (e.New != nil && e.Limit <= 0) {
			panic(fmt.Sprintf("kind %d %q: limit of %d bytes, want 1 to %d", e.Kind, e.Name, e.Limit, MaxDocBytes))
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
	d, _, err := r.decode(b)
	return d, err
}

func (r *Registry) decode(b []byte) (Document, Entry, error) {
	if len(b) > MaxDocBytes {
		return nil, Entry{}, fmt.Errorf("%w: a document of %d bytes, at most %d", ErrLimit, len(b), MaxDocBytes)
	}
	if err := CheckCanonical(b); err != nil {
		return nil, Entry{}, err
	}
	kind, err := kindOf(b)
	if err != nil {
		return nil, Entry{}, err
	}
	e, ok := r.entries[kind]
	if !ok || e.New == nil {
		return nil, Entry{}, fmt.Errorf("%w: %d", ErrUnknownKind, kind)
	}
	if len(b) > e.Limit {
		return nil, Entry{}, fmt.Errorf("%s: %w: %d bytes, at most %d", e.Name, ErrLimit, len(b), e.Limit)
	}
	d := e.New()
	if err := decode(b, d, e.Strict, false); err != nil {
		return nil, Entry{}, fmt.Errorf("%s: %w", e.Name, err)
	}
	if err := d.Check(); err != nil {
		return nil, Entry{}, fmt.Errorf("%s: %w", e.Name, err)
	}
	return d, e, nil
}

// Said is one document with the bytes and the name that are its identity.
type Said struct {
	ID  CID
	Raw []byte // canonical bytes; not to be changed
	Doc Document
}

// Read opens a bundle on network net and reads its documents, each of which
// must be of a sealed kind and name the bundle's author as its own.
func (r *Registry) Read(b *Bundle, net string) ([]Said, error) {
	if err := b.Open(net); err != nil {
		return nil, err
	}
	return r.Documents(b)
}

// Documents is Read for a bundle whose seal has been found good already, as by
// OpenAll. Without that its answer proves nothing.
func (r *Registry) Documents(b *Bundle) ([]Said, error) {
	said := make([]Said, len(b.Docs))
	for i, raw := range b.Docs {
		s, err := r.sealed(b.By, raw)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", i, err)
		}
		said[i] = s
	}
	return said, nil
}

// ReadProof opens a proof on network net and reads the document it shows, as
// Read does.
func (r *Registry) ReadProof(p *Proof, net string) (Said, error) {
	if err := p.Open(net); err != nil {
		return Said{}, err
	}
	return r.sealed(p.By, p.Doc)
}

// sealed reads a document that by sealed.
func (r *Registry) sealed(by Key, raw []byte) (Said, error) {
	d, e, err := r.decode(raw)
	if err != nil {
		return Said{}, err
	}
	if !e.Sealed {
		return Said{}, fmt.Errorf("%w: %s counts only on its own stream, not under a seal", ErrShape, e.Name)
	}
	if d.Header().By != by {
		return Said{}, fmt.Errorf("%s: %w", e.Name, ErrAuthor)
	}
	return Said{ID: Sum(raw), Raw: raw, Doc: d}, nil
}

// Namer gives documents their names. The market uses Canonical; a large
// simulation may count instead.
type Namer interface {
	// Name returns d with its identity. It panics if d cannot be encoded: a
	// document that passes its own Check always can.
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
