package wire_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol/wire"
)

func anyKey(t *rapid.T) wire.Key {
	return wire.NewPrivateKey([32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))).Key()
}

func TestKeyForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := anyKey(t)
		for _, text := range []string{k.String(), k.DID()} {
			if back, err := wire.ParseKey(text); err != nil || back != k {
				t.Fatalf("%s: got %v, %v", text, back, err)
			}
		}
		b, err := wire.Encode(k)
		var back wire.Key
		if err != nil || wire.Unmarshal(b, &back, 34, true) != nil || back != k {
			t.Fatalf("%x: got %v, %v", b, back, err)
		}
	})
}

// TestKeyIsPeerID asks libp2p: both name one key by one text.
func TestKeyIsPeerID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := anyKey(t)
		public, err := crypto.UnmarshalEd25519PublicKey(k[:])
		if err != nil {
			t.Fatal(err)
		}
		if id, err := peer.IDFromPublicKey(public); err != nil || id.String() != k.String() {
			t.Fatalf("libp2p says %s, %v, we say %s", id, err, k)
		}
	})
}

func TestKeyRefuses(t *testing.T) {
	good := keyOf(1).String()
	for name, text := range map[string]string{
		"nothing":            "",
		"one letter less":    good[:len(good)-1],
		"one letter more":    good + "1",
		"leading one":        "1" + good,
		"no base58":          strings.Replace(good, "1", "0", 1),
		"hash of a key":      "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPB3G",
		"did of another key": "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
		"did without base":   strings.Replace(keyOf(1).DID(), "did:key:z", "did:key:", 1),
		"very long":          strings.Repeat("2", 1<<20),
	} {
		if k, err := wire.ParseKey(text); !errors.Is(err, wire.ErrKey) || !k.IsZero() {
			t.Errorf("%s: got %v, %v", name, k, err)
		}
	}
	for _, enc := range smallOrder() {
		if _, err := wire.KeyFromBytes(enc[:]); !errors.Is(err, wire.ErrKey) {
			t.Errorf("%x is taken for a key: %v", enc, err)
		}
	}
	for _, n := range []int{0, 31, 33, 64} {
		if _, err := wire.KeyFromBytes(make([]byte, n)); !errors.Is(err, wire.ErrKey) {
			t.Errorf("%d bytes: got %v", n, err)
		}
	}
}

func TestZeroNames(t *testing.T) {
	type names struct {
		Key wire.Key
		ID  wire.CID
	}
	b, err := json.Marshal(names{})
	if err != nil || string(b) != `{"Key":"","ID":""}` || (wire.Key{}).DID() != "" {
		t.Fatalf("got %s, %v", b, err)
	}
	n := names{keyOf(1), wire.Sum(nil)}
	if err := json.Unmarshal(b, &n); err != nil || n != (names{}) {
		t.Fatalf("got %v, %v", n, err)
	}
	n = names{keyOf(1), wire.Sum(nil)}
	var back names
	if b, err = json.Marshal(n); err != nil || json.Unmarshal(b, &back) != nil || back != n {
		t.Fatalf("got %s, %v", b, err)
	}
}

func TestCIDForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := []byte(rapid.String().Draw(t, "content"))
		id := wire.Sum(content)
		theirs, err := cid.Prefix{Version: 1, Codec: cid.DagCBOR, MhType: 0x12, MhLength: 32}.Sum(content)
		if err != nil || theirs.String() != id.String() {
			t.Fatalf("go-cid says %s, %v, we say %s", theirs, err, id)
		}
		if back, err := wire.ParseCID(id.String()); err != nil || back != id {
			t.Fatalf("%s: got %v, %v", id, back, err)
		}
	})
}

func TestCIDRefuses(t *testing.T) {
	id := wire.Sum(nil)
	c, err := cid.Decode(id.String())
	if err != nil {
		t.Fatal(err)
	}
	base58, err := c.StringOfBase('z')
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":         "",
		"upper case":      strings.ToUpper(id.String()),
		"base58":          base58,
		"version 0":       "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPB3G",
		"raw bytes":       cid.NewCidV1(cid.Raw, c.Hash()).String(),
		"one letter less": id.String()[:58],
		"spare bits set":  id.String()[:58] + "v",
		"very long":       strings.Repeat("b", 1<<20),
	} {
		if got, err := wire.ParseCID(text); !errors.Is(err, wire.ErrCID) || !got.IsZero() {
			t.Errorf("%s (%.80s): got %v, %v", name, text, got, err)
		}
	}
}
