package wire_test

import (
	"crypto/sha512"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol/wire"
)

type signatureCase struct {
	name  string
	s     wire.Signed
	valid bool
}

// smallOrder returns the fourteen encodings of the eight points of small order:
// one canonical each, and six that ZIP-215 nevertheless reads.
func smallOrder() [][32]byte {
	var all [][32]byte
	for _, p := range curve.EIGHT_TORSION {
		var y curve.CompressedEdwardsY
		y.SetEdwardsPoint(p)
		all = append(all, y)
	}
	// y+p for y of 0 and 1, each with both signs; and x = 0 with the sign set, for y of 1 and -1.
	p := [32]byte{0: 0xed, 31: 0x7f}
	for i := 1; i < 31; i++ {
		p[i] = 0xff
	}
	next, one, minusOne := p, [32]byte{1}, p
	next[0], minusOne[0] = 0xee, 0xec
	return append(all, p, negative(p), next, negative(next), negative(one), negative(minusOne))
}

func negative(y [32]byte) [32]byte { y[31] |= 0x80; return y }

// forge returns a signature for the secret a, made with the nonce r, in which
// torsion is added to A and R: (R+T, r + k·a) for the key A+T'.
func forge(t testing.TB, message []byte, keyTorsion *curve.EdwardsPoint, nonceR [32]byte, r, a *scalar.Scalar) wire.Signed {
	t.Helper()
	var point curve.EdwardsPoint
	point.Add(point.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, a), keyTorsion)
	var y curve.CompressedEdwardsY
	y.SetEdwardsPoint(&point)
	s := wire.Signed{By: wire.Key(y), Message: message}
	h := sha512.New()
	h.Write(nonceR[:])
	h.Write(s.By[:])
	h.Write(message)
	var k, sum scalar.Scalar
	if _, err := k.SetBytesModOrderWide(h.Sum(nil)); err != nil {
		t.Fatal(err)
	}
	sum.Add(r, sum.Mul(&k, a))
	copy(s.Sig[:], nonceR[:])
	if err := sum.ToBytes(s.Sig[32:]); err != nil {
		t.Fatal(err)
	}
	return s
}

// signatureCases holds every edge that single, batched and cofactorless
// verifiers are known to disagree on. Source of the cases: ZIP-215, and
// "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020).
func signatureCases(t testing.TB) []signatureCase {
	t.Helper()
	message := []byte("souk")
	good, err := private(1).Sign(message)
	if err != nil {
		t.Fatal(err)
	}
	plain := wire.Signed{By: keyOf(1), Message: message, Sig: good}
	cases := []signatureCase{{"ordinary", plain, true}, {"empty message", emptyMessage(t), true}}
	bad := func(name string, change func(s *wire.Signed)) {
		s := plain
		change(&s)
		cases = append(cases, signatureCase{name, s, false})
	}
	bad("R flipped", func(s *wire.Signed) { s.Sig[0] ^= 1 })
	bad("S flipped", func(s *wire.Signed) { s.Sig[32] ^= 1 })
	bad("another message", func(s *wire.Signed) { s.Message = []byte("suq") })
	bad("another key", func(s *wire.Signed) { s.By = keyOf(2) })
	bad("all zero", func(s *wire.Signed) { s.Sig = wire.Signature{} })
	bad("S plus the group order", func(s *wire.Signed) { addOrder(&s.Sig) })

	var a, r, zero scalar.Scalar
	a.SetUint64(1234567)
	r.SetUint64(7654321)
	var pointR curve.EdwardsPoint
	pointR.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, &r)
	for i, enc := range smallOrder() {
		s := forge(t, message, curve.EIGHT_TORSION[0], enc, &zero, &a)
		cases = append(cases, signatureCase{fmt.Sprintf("R of small order, encoding %d", i), s, true})
		for j, key := range smallOrder() {
			s := wire.Signed{By: key, Message: message}
			copy(s.Sig[:], enc[:])
			cases = append(cases, signatureCase{fmt.Sprintf("key of small order, encoding %d, R of encoding %d", j, i), s, false})
		}
	}
	for i, torsion := range curve.EIGHT_TORSION {
		var mixed curve.EdwardsPoint
		mixed.Add(&pointR, torsion)
		var y curve.CompressedEdwardsY
		y.SetEdwardsPoint(&mixed)
		for j, keyTorsion := range curve.EIGHT_TORSION {
			s := forge(t, message, keyTorsion, y, &r, &a)
			cases = append(cases, signatureCase{fmt.Sprintf("R plus torsion %d, key plus torsion %d", i, j), s, true})
		}
	}
	return cases
}

func emptyMessage(t testing.TB) wire.Signed {
	t.Helper()
	sig, err := private(3).Sign(nil)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Signed{By: keyOf(3), Sig: sig}
}

// addOrder adds the order of the group to S, which a lax verifier does not notice.
func addOrder(sig *wire.Signature) {
	order := [32]byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10,
	}
	carry := 0
	for i, b := range order {
		carry += int(sig[32+i]) + int(b)
		sig[32+i] = byte(carry)
		carry >>= 8
	}
}

func TestOneRuleSingleAndBatched(t *testing.T) {
	cases := signatureCases(t)
	batch := make([]wire.Signed, len(cases))
	for i, c := range cases {
		batch[i] = c.s
		if got := wire.Verify(c.s.By, c.s.Message, c.s.Sig); got != c.valid {
			t.Errorf("%s: alone: got %v", c.name, got)
		}
		if got := wire.VerifyBatch([]wire.Signed{c.s, c.s, c.s}); !slices.Equal(got, []bool{c.valid, c.valid, c.valid}) {
			t.Errorf("%s: batch of its own: got %v", c.name, got)
		}
		pure := ed25519.VerifyWithOptions(c.s.By[:], c.s.Message, c.s.Sig[:], &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215})
		if smallKey := strings.HasPrefix(c.name, "key of small order"); pure != (c.valid || smallKey) {
			t.Errorf("%s: ZIP-215 itself: got %v", c.name, pure)
		}
	}
	for i, got := range wire.VerifyBatch(batch) {
		if got != cases[i].valid {
			t.Errorf("%s: in one batch: got %v", cases[i].name, got)
		}
	}
}

func TestBatchesInAnyCompany(t *testing.T) {
	cases := signatureCases(t)
	rapid.Check(t, func(t *rapid.T) {
		picked := rapid.SliceOfN(rapid.IntRange(0, len(cases)-1), 0, 12).Draw(t, "cases")
		batch := make([]wire.Signed, len(picked))
		for i, p := range picked {
			batch[i] = cases[p].s
		}
		for i, got := range wire.VerifyBatch(batch) {
			if got != cases[picked[i]].valid {
				t.Fatalf("%s: got %v", cases[picked[i]].name, got)
			}
		}
	})
}

func TestPrivateKeyHidesItself(t *testing.T) {
	p := private(0x5a)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%X", "%q"} {
		for _, v := range []any{p, &p, struct{ K wire.PrivateKey }{p}, struct{ k wire.PrivateKey }{p}} {
			s := fmt.Sprintf(verb, v)
			if strings.Contains(s, "5a00") || strings.Contains(s, "5A00") || strings.Contains(s, "90 0") || strings.Contains(s, "0x5a") {
				t.Errorf("%s shows the secret: %s", verb, s)
			}
		}
	}
	if p.Seed() != [32]byte{0x5a} || !strings.HasPrefix(p.String(), "private key of 12D3KooW") {
		t.Error("the seed or the name is another")
	}
}

func BenchmarkSign(b *testing.B) {
	key, message := private(1), make([]byte, 256)
	for b.Loop() {
		if _, err := key.Sign(message); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	batch := make([]wire.Signed, wire.MaxBatch)
	for i := range batch {
		m := fmt.Append(nil, i)
		sig, _ := private(byte(i)).Sign(m)
		batch[i] = wire.Signed{By: keyOf(byte(i)), Message: m, Sig: sig}
	}
	b.Run("single", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			s := batch[i%len(batch)]
			wire.Verify(s.By, s.Message, s.Sig)
		}
	})
	for _, n := range []int{1, 4, 8, 16, 32, wire.MaxBatch} {
		b.Run(fmt.Sprint("batch", n), func(b *testing.B) {
			for b.Loop() {
				wire.VerifyBatch(batch[:n])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/signature")
		})
	}
}
