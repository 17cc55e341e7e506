package payload

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/souk-network/souk/protocol/wire"
)

// Algorithm names how Root is computed: SHA-256 over chunks of 256 KiB, leaf
// hash SHA-256(0x00 ‖ chunk), node hash SHA-256(0x01 ‖ left ‖ right), an odd
// node carried up unchanged (the tree of RFC 9162, section 2.1.1); an empty
// artefact has one empty chunk.
const Algorithm = "souk/merkle-sha256-256k/1"

// Opening is what opens a commitment. Its canonical bytes are the map
// {"alg":…,"root":32 bytes,"salt":32 bytes,"size":n}; the commitment is their
// CID. It travels and is erased with the artefact's bytes.
type Opening struct {
	Alg  string   `cbor:"alg"`
	Root [32]byte `cbor:"root"`
	Salt [32]byte `cbor:"salt"` // fresh for each artefact, so that equal content does not show
	Size uint64   `cbor:"size"`
}

var openingForm = wire.FormOf[Opening]()

// Form returns how a Opening is written.
func (o *Opening) Form() *wire.Form { return openingForm }

// ErrCommitment is returned (wrapped) where bytes are not those that were committed to.
var ErrCommitment = errors.New("not the bytes that were committed to")

// ID returns the commitment. It panics where Size is 2^63 or more, or Alg no
// text: an Opening that was read, or made by a Hasher, never is.
func (o Opening) ID() wire.CID {
	b, err := wire.Encode(&o)
	if err != nil {
		panic(err)
	}
	return wire.Sum(b)
}

// Hasher computes the Opening of bytes written to it, in constant memory.
type Hasher struct {
	leaf  hash.Hash // of the chunk that is being written; nil before the first
	n     int       // bytes of that chunk
	size  uint64
	peaks []peak
}

// peak is a finished subtree of 2^height leaves.
type peak struct {
	height int
	hash   [32]byte
}

// Write takes the next bytes. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	all := len(p)
	for len(p) > 0 {
		if h.n == Chunk {
			h.close()
		}
		if h.n == 0 {
			h.begin()
		}
		n := min(Chunk-h.n, len(p))
		h.leaf.Write(p[:n])
		h.n, h.size, p = h.n+n, h.size+uint64(n), p[n:]
	}
	return all, nil
}

// begin begins a chunk.
func (h *Hasher) begin() {
	if h.leaf == nil {
		h.leaf = sha256.New()
	}
	h.leaf.Reset()
	h.leaf.Write([]byte{0})
}

// close ends a chunk.
func (h *Hasher) close() {
	if h.n == 0 {
		h.begin() // an empty artefact has one empty chunk
	}
	h.push(peak{0, [32]byte(h.leaf.Sum(nil))})
	h.n = 0
}

func (h *Hasher) push(p peak) {
	for len(h.peaks) > 0 && h.peaks[len(h.peaks)-1].height == p.height {
		last := h.peaks[len(h.peaks)-1]
		h.peaks = h.peaks[:len(h.peaks)-1]
		p = peak{p.height + 1, hashNode(last.hash, p.hash)}
	}
	h.peaks = append(h.peaks, p)
}

// Opening ends the artefact and returns its opening under salt.
func (h *Hasher) Opening(salt [32]byte) Opening {
	if h.n > 0 || h.size == 0 {
		h.close()
	}
	root := h.peaks[len(h.peaks)-1].hash
	for i := len(h.peaks) - 2; i >= 0; i-- {
		root = hashNode(h.peaks[i].hash, root)
	}
	return Opening{Alg: Algorithm, Root: root, Salt: salt, Size: h.size}
}

func hashNode(l, r [32]byte) [32]byte {
	return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
}

// Verify reads r to its end and reports whether its bytes, under o, are those
// that the artefact a names.
func Verify(a Artefact, o Opening, r io.Reader) error {
	if o.Alg != Algorithm || o.Size != a.Size || a.Size > MaxSize || o.ID() != a.ID {
		return fmt.Errorf("%w: the opening is another artefact's", ErrCommitment)
	}
	h := new(Hasher)
	n, err := io.Copy(h, io.LimitReader(r, int64(a.Size)+1))
	if err != nil {
		return fmt.Errorf("verify artefact: %w", err)
	}
	if uint64(n) != a.Size || h.Opening(o.Salt) != o {
		return fmt.Errorf("%w: the bytes differ", ErrCommitment)
	}
	return nil
}
