package payload_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/protocol/wire"
)

// naive is the Merkle tree head of RFC 9162, section 2.1.1, as it is written
// there: split at the largest power of two below the number of leaves.
func naive(leaves [][]byte) [32]byte {
	if len(leaves) == 1 {
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	left, right := naive(leaves[:k]), naive(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func chunks(b []byte) [][]byte {
	list := [][]byte{b[:min(len(b), payload.Chunk)]}
	for len(b) > payload.Chunk {
		b = b[payload.Chunk:]
		list = append(list, b[:min(len(b), payload.Chunk)])
	}
	return list
}

// content is n bytes of which no two chunks are alike.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>18) ^ byte(i*7)
	}
	return b
}

func commit(b []byte) payload.Opening {
	h := new(payload.Hasher)
	_, _ = h.Write(b)
	return h.Opening([32]byte{1, 2, 3})
}

func TestHasherIsTheTreeOfTheRFC(t *testing.T) {
	const c = payload.Chunk
	for _, n := range []int{0, 1, c - 1, c, c + 1, 2 * c, 2*c + 1, 3 * c, 4 * c, 5*c - 1, 6 * c, 7*c + 9, 8 * c, 9 * c} {
		b := content(n)
		want := naive(chunks(b))
		if got := commit(b); got.Root != want || got.Size != uint64(n) || got.Alg != payload.Algorithm {
			t.Errorf("%d bytes: root %x, want %x", n, got.Root, want)
		}
		h := new(payload.Hasher)
		for rest := b; len(rest) > 0; {
			piece := min(len(rest), 100_003) // never in step with the chunks
			k, err := h.Write(rest[:piece])
			if k != piece || err != nil {
				t.Fatalf("Write took %d of %d: %v", k, piece, err)
			}
			rest = rest[piece:]
		}
		if got := h.Opening([32]byte{}).Root; got != want {
			t.Errorf("%d bytes in pieces: root %x, want %x", n, got, want)
		}
	}
}

func TestKnownRoots(t *testing.T) {
	for content, want := range map[string]string{
		"":  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", // SHA-256 of one zero byte
		"a": "022a6979e6dab7aa5ae4c3e5e45f7e977112a7e63593820dbec1ec738a24f93c", // of zero and "a"
	} {
		if got := commit([]byte(content)).Root; hex.EncodeToString(got[:]) != want {
			t.Errorf("%q: root %x, want %s", content, got, want)
		}
	}
}

// TestCommitmentGolden: a commitment's bytes must never change.
func TestCommitmentGolden(t *testing.T) {
	o := commit([]byte("hello world"))
	got, err := wire.Encode(o)
	if err != nil {
		t.Fatal(err)
	}
	want := "a4" +
		"63616c67" + "7819736f756b2f6d65726b6c652d7368613235362d3235366b2f31" +
		"64726f6f74" + "5820" + hex.EncodeToString(o.Root[:]) +
		"6473616c74" + "5820" + "010203" + strings.Repeat("00", 29) +
		"6473697a65" + "0b"
	if hex.EncodeToString(got) != want {
		t.Errorf("opening is\n%x, want\n%s", got, want)
	}
	if id := o.ID().String(); id != "bafyreicbgz2x72qndekn7of2w3k65bltd7eaasvzk5dj2m6r25ezabzata" {
		t.Errorf("commitment is %s", id)
	}
	salted := o
	salted.Salt[31] = 1
	if salted.ID() == o.ID() {
		t.Error("another salt gives the same commitment")
	}
}

func TestVerify(t *testing.T) {
	b := content(payload.Chunk + 17)
	o := commit(b)
	a := payload.Artefact{ID: o.ID(), Size: o.Size}
	flipped := bytes.Clone(b)
	flipped[payload.Chunk+3] ^= 1
	broken := errors.New("disk")

	for _, c := range []struct {
		name    string
		a       payload.Artefact
		o       payload.Opening
		content io.Reader
		want    error
	}{
		{"the bytes", a, o, bytes.NewReader(b), nil},
		{"the bytes one by one", a, o, iotest.OneByteReader(bytes.NewReader(b)), nil},
		{"one bit flipped", a, o, bytes.NewReader(flipped), payload.ErrCommitment},
		{"one byte short", a, o, bytes.NewReader(b[:len(b)-1]), payload.ErrCommitment},
		{"one byte long", a, o, bytes.NewReader(append(bytes.Clone(b), 0)), payload.ErrCommitment},
		{"without end", a, o, endless{}, payload.ErrCommitment},
		{"nothing", a, o, strings.NewReader(""), payload.ErrCommitment},
		{"another opening", a, commit([]byte("x")), bytes.NewReader(b), payload.ErrCommitment},
		{"another size named", payload.Artefact{ID: a.ID, Size: a.Size + 1}, o, bytes.NewReader(b), payload.ErrCommitment},
		{"a size no artefact has", payload.Artefact{ID: a.ID, Size: 1<<64 - 1}, hugeOpening(o), endless{}, payload.ErrCommitment},
		{"another algorithm", a, otherAlgorithm(o), bytes.NewReader(b), payload.ErrCommitment},
		{"a reader that fails", a, o, iotest.ErrReader(broken), broken},
	} {
		if err := payload.Verify(c.a, c.o, c.content); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func otherAlgorithm(o payload.Opening) payload.Opening { o.Alg = "none"; return o }

func hugeOpening(o payload.Opening) payload.Opening { o.Size = 1<<64 - 1; return o }
