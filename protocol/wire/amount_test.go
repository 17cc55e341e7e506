package wire_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol/wire"
)

const most = "340282366920938463463374607431768211455" // 2^128-1

// anyAmount draws an amount together with the same number as a big.Int. It
// favours the edges of the machine's words.
func anyAmount(t *rapid.T, label string) (wire.Amount, *big.Int) {
	t.Helper()
	n := new(big.Int).SetUint64(rapid.Uint64().Draw(t, label+" low"))
	n.Or(n, new(big.Int).Lsh(new(big.Int).SetUint64(rapid.Uint64().Draw(t, label+" high")), 64))
	n.Rsh(n, rapid.UintRange(0, 128).Draw(t, label+" shift"))
	a, err := wire.ParseAmount(n.String())
	if err != nil {
		t.Fatal(err)
	}
	return a, n
}

// agree reports a result that is not the one of unbounded arithmetic.
func agree(t *rapid.T, op string, got wire.Amount, err error, want *big.Int) {
	t.Helper()
	if fits := want.Sign() >= 0 && want.BitLen() <= 128; !fits {
		if !errors.Is(err, wire.ErrOverflow) || !got.IsZero() {
			t.Fatalf("%s: got %s, %v, want an overflow", op, got, err)
		}
		return
	}
	if err != nil || got.String() != want.String() {
		t.Fatalf("%s: got %s, %v, want %s", op, got, err, want)
	}
}

func TestAmountArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := anyAmount(t, "a")
		b, y := anyAmount(t, "b")
		n := rapid.Uint64().Draw(t, "n")
		share := rapid.Uint64Range(0, 10000).Draw(t, "share")

		got, err := a.Plus(b)
		agree(t, "plus", got, err, new(big.Int).Add(x, y))
		got, err = a.Minus(b)
		agree(t, "minus", got, err, new(big.Int).Sub(x, y))
		got, err = a.Times(n)
		agree(t, "times", got, err, new(big.Int).Mul(x, new(big.Int).SetUint64(n)))
		got, err = a.Share(share)
		want := new(big.Int).Mul(x, new(big.Int).SetUint64(share))
		agree(t, "share", got, err, want.Quo(want, big.NewInt(10000)))

		if a.Cmp(b) != x.Cmp(y) || a.BitLen() != x.BitLen() || a.IsZero() != (x.Sign() == 0) {
			t.Fatalf("%s and %s compare otherwise", a, b)
		}
	})
}

func TestAmountSharesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := anyAmount(t, "a")
		share := rapid.Uint64Range(0, 10000).Draw(t, "share")
		one, err1 := a.Share(share)
		other, err2 := a.Share(10000 - share)
		sum, err3 := one.Plus(other)
		rest, err4 := a.Minus(sum)
		if err := errors.Join(err1, err2, err3, err4); err != nil || rest.Cmp(wire.Units(1)) > 0 {
			t.Fatalf("%s + %s of %s: %v", one, other, a, err)
		}
	})
	if _, err := wire.Units(1).Share(10001); !errors.Is(err, wire.ErrOverflow) {
		t.Errorf("more than the whole: got %v", err)
	}
}

func TestAmountDividesUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := anyAmount(t, "a")
		n := rapid.Uint64Min(1).Draw(t, "n")
		want, rest := new(big.Int).DivMod(x, new(big.Int).SetUint64(n), new(big.Int))
		if rest.Sign() > 0 {
			want.Add(want, big.NewInt(1))
		}
		if got, err := a.DivUp(n); err != nil || got.String() != want.String() {
			t.Fatalf("%s / %d: got %s, %v, want %s", a, n, got, err, want)
		}
	})
	if _, err := wire.Units(1).DivUp(0); !errors.Is(err, wire.ErrOverflow) {
		t.Errorf("by nothing: got %v", err)
	}
}

func TestAmountForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, x := anyAmount(t, "a")
		b, err := wire.Encode(a)
		if err != nil || string(b[1:]) != string(x.Bytes()) || b[0] != 0x40|byte(len(x.Bytes())) {
			t.Fatalf("encode %s: %x, %v", a, b, err)
		}
		var back, text wire.Amount
		if err := wire.Unmarshal(b, &back, 17, true); err != nil || back != a {
			t.Fatalf("read %x: %s, %v", b, back, err)
		}
		s, err := a.MarshalText()
		if err != nil || text.UnmarshalText(s) != nil || text != a {
			t.Fatalf("text %s: %v", s, err)
		}
	})
}

// amountTexts holds the refused texts of an amount.
var amountTexts = []string{
	"", "-1", "+5", " 5", "5 ", "0.1", "1e3", "1_000", "1,000", "00", "05", "0x10", "٥", "NaN", "5usd", "\x005",
	"340282366920938463463374607431768211456",  // 2^128
	"999999999999999999999999999999999999999",  // 39 digits
	"1000000000000000000000000000000000000000", // 40 digits
}

func TestParseAmountRefuses(t *testing.T) {
	for _, s := range amountTexts {
		if a, err := wire.ParseAmount(s); !errors.Is(err, wire.ErrAmount) || !a.IsZero() {
			t.Errorf("%q: got %s, %v", s, a, err)
		}
		var a wire.Amount
		if err := a.UnmarshalText([]byte(s)); !errors.Is(err, wire.ErrAmount) {
			t.Errorf("%q as text: got %v", s, err)
		}
	}
	for _, s := range []string{"0", "5", most} {
		if a, err := wire.ParseAmount(s); err != nil || a.String() != s {
			t.Errorf("%q: got %s, %v", s, a, err)
		}
	}
}
