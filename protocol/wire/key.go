package wire

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"
	"github.com/mr-tron/base58"
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519/extra/cache"
)

// Key is the Ed25519 public key (RFC 8032, 32 bytes) that names an agent or an
// owner. The zero Key names nobody.
//
// On the wire a Key is a CBOR byte string of 32 bytes. As text it is the
// libp2p peer ID ("12D3KooW…"); ParseKey also reads a did:key ("did:key:z6Mk…").
type Key [32]byte

// Prefixes that turn the 32 key bytes into the identity multihash of a libp2p
// public key (libp2p peer-ids specification) and into a did:key (W3C did:key,
// multicodec ed25519-pub).
var (
	peerIDPrefix = []byte{0x00, 0x24, 0x08, 0x01, 0x12, 0x20}
	didPrefix    = []byte{0xed, 0x01}
)

// ErrKey is returned (wrapped) for bytes or text that are no acceptable key.
var ErrKey = errors.New("not an acceptable Ed25519 key")

// KeyFromBytes reads 32 bytes as a public key. Encodings that are not
// canonical and points of small order are refused, so that one identity has
// one name and no signature verifies under a key nobody holds.
func KeyFromBytes(b []byte) (Key, error) {
	var k Key
	if len(b) != len(k) {
		return k, fmt.Errorf("%w: %d bytes, want 32", ErrKey, len(b))
	}
	y := curve.CompressedEdwardsY(b)
	if !y.IsCanonicalVartime() {
		return k, fmt.Errorf("%w: encoding is not canonical", ErrKey)
	}
	if known.Get(&y) == nil {
		var p curve.EdwardsPoint
		if _, err := p.SetCompressedY(&y); err != nil {
			return k, fmt.Errorf("%w: not a point of the curve", ErrKey)
		}
		if p.IsSmallOrder() {
			return k, fmt.Errorf("%w: point of small order", ErrKey)
		}
		if expanded, err := ed25519.NewExpandedPublicKey(b); err == nil {
			known.Put(&y, expanded)
		}
	}
	copy(k[:], b)
	return k, nil
}

// known remembers acceptable keys, those used last, as the library expands them
// for verifying: the same few stand in almost all that a peer reads, and to find
// out that one is a point of the curve costs a third of a signature's check. It
// changes what an answer costs, never the answer.
var known = cache.NewLRUCache(maxKnown)

// ParseKey reads a libp2p peer ID or a did:key.
func ParseKey(s string) (Key, error) {
	prefix, text := peerIDPrefix, s
	if rest, ok := strings.CutPrefix(s, "did:key:z"); ok {
		prefix, text = didPrefix, rest
	}
	if len(text) > 64 {
		return Key{}, fmt.Errorf("%w: text too long", ErrKey)
	}
	b, err := base58.Decode(text)
	if err != nil || len(b) != len(prefix)+32 || string(b[:len(prefix)]) != string(prefix) {
		return Key{}, fmt.Errorf("%w: want a peer ID (12D3KooW…) or a did:key (did:key:z6Mk…)", ErrKey)
	}
	return KeyFromBytes(b[len(prefix):])
}

// IsZero reports whether k names nobody.
func (k Key) IsZero() bool { return k == Key{} }

// String returns the libp2p peer ID of k, or "" for the zero Key.
func (k Key) String() string {
	if k.IsZero() {
		return ""
	}
	return base58.Encode(append(append(make([]byte, 0, 38), peerIDPrefix...), k[:]...))
}

// DID returns k as a did:key, or "" for the zero Key.
func (k Key) DID() string {
	if k.IsZero() {
		return ""
	}
	return "did:key:z" + base58.Encode(append(append(make([]byte, 0, 34), didPrefix...), k[:]...))
}

// MarshalText writes the peer ID.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what ParseKey reads; empty text is the zero Key.
func (k *Key) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*k = Key{}
		return nil
	}
	*k, err = ParseKey(string(b))
	return err
}

// CID names content: it is the SHA-256 digest inside a CIDv1 with the dag-cbor
// codec (multiformats CID specification). The zero CID refers to nothing.
//
// On the wire a CID is CBOR tag 42 over the byte string 00 01 71 12 20 ‖ digest;
// as text it is the CID's base32 form ("bafyrei…").
type CID [32]byte

// cidWire is what stands before the digest: tag 42, a byte string of 37 bytes,
// the identity multibase prefix, version 1, dag-cbor, sha2-256, 32 bytes.
var cidWire = []byte{0xd8, 0x2a, 0x58, 37, 0x00, 0x01, 0x71, 0x12, 0x20}

// ErrCID is returned (wrapped) for bytes or text that are no CID of this form.
var ErrCID = errors.New("not a CIDv1 with dag-cbor and sha2-256")

// Sum returns the CID of the canonical bytes of a document.
func Sum(b []byte) CID { return sha256.Sum256(b) }

// ParseCID reads the text form of a CID, as String writes it: one CID has one text.
func ParseCID(s string) (CID, error) {
	if len(s) > 128 {
		return CID{}, fmt.Errorf("%w: text too long", ErrCID)
	}
	c, err := cid.Decode(s)
	if err != nil {
		return CID{}, fmt.Errorf("%w: %w", ErrCID, err)
	}
	b := c.Bytes()
	if len(b) != 36 || string(b[:4]) != string(cidWire[5:]) {
		return CID{}, ErrCID
	}
	id := CID(b[4:])
	if id.String() != s {
		return CID{}, fmt.Errorf("%w in lower-case base32", ErrCID)
	}
	return id, nil
}

// IsZero reports whether c refers to nothing.
func (c CID) IsZero() bool { return c == CID{} }

// String returns the base32 text of c, or "" for the zero CID.
func (c CID) String() string {
	if c.IsZero() {
		return ""
	}
	var raw [36]byte
	copy(raw[copy(raw[:], cidWire[5:]):], c[:])
	return string(base32Lower.AppendEncode(append(make([]byte, 0, 59), 'b'), raw[:]))
}

// base32Lower is multibase b.
var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// MarshalText writes the base32 text.
func (c CID) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what ParseCID reads; empty text is the zero CID.
func (c *CID) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*c = CID{}
		return nil
	}
	*c, err = ParseCID(string(b))
	return err
}
