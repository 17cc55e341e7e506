package protocol

import (
	"fmt"

	"github.com/souk-network/souk/protocol/wire"
)

// Page is what one piece of an answer on a log stream carries: proofs that
// together show one entry of an author's log, the Outcome it names and what
// attests that; or a mandate, by which its owner answers for the author. It is a
// canonical map without unknown fields.
//
//	{shown}
type Page struct {
	Shown []wire.Proof `cbor:"shown"` // 1 to MaxShown, no document twice
}

var pageForm = wire.FormOf[Page]()

// Form returns how a Page is written.
func (p *Page) Form() *wire.Form { return pageForm }

// Limits of a Page.
const (
	MaxPage  = 128 << 10 // bytes
	MaxShown = 64        // proofs
)

// ReadPage reads and checks a page's own shape, and not what it shows: seals and
// documents are the caller's to open.
func ReadPage(b []byte) (*Page, error) {
	p := new(Page)
	if err := wire.Unmarshal(b, p, MaxPage, true); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return p, nil
}

// Bytes returns p's canonical bytes, or an error where ReadPage would refuse them.
func (p *Page) Bytes() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	b, err := wire.Encode(p)
	if err == nil && len(b) > MaxPage {
		return nil, fmt.Errorf("page: %w: %d bytes, at most %d", wire.ErrLimit, len(b), MaxPage)
	}
	return b, err
}

func (p *Page) check() error {
	if err := size("shown", len(p.Shown), 1, MaxShown, "proofs"); err != nil {
		return err
	}
	seen := make(map[wire.CID]bool, len(p.Shown)) // looked up only
	for i := range p.Shown {
		if _, err := p.Shown[i].Bytes(); err != nil { // within a proof's own limits
			return within("shown", err)
		}
		id := wire.Sum(p.Shown[i].Doc)
		if seen[id] {
			return wrong("shown", "a document twice")
		}
		seen[id] = true
	}
	return nil
}
