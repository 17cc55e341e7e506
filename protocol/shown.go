package protocol

import (
	"errors"
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// shown reads the document that p shows, which must be of one of kinds and by
// the key that p names. Seals are not opened here: they cost more than all else
// and the network's name is the caller's.
func shown(p *wire.Proof, kinds *wire.Registry) (wire.Document, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if p.V != wire.Version {
		return nil, fmt.Errorf("%w: version %d, want %d", wire.ErrSeal, p.V, wire.Version)
	}
	doc, err := kinds.Decode(p.Doc)
	if errors.Is(err, wire.ErrUnknownKind) {
		return nil, wrong("doc", "not of a kind that can stand here")
	}
	if err != nil {
		return nil, err
	}
	if doc.Header().By != p.By {
		return nil, wire.ErrAuthor
	}
	return doc, nil
}

// only returns a registry of a few kinds: with all of them, a proof within a
// document within a proof would nest as deep as bytes allow.
func only(kinds ...wire.Kind) *wire.Registry {
	all := Registry()
	entries := make([]wire.Entry, 0, len(kinds))
	for _, k := range kinds {
		if e, ok := all.Entry(k); ok {
			entries = append(entries, e)
		}
	}
	return wire.NewRegistry(entries...)
}
