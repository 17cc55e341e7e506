package worker

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		" \t\r\n\v\f":           "",
		"a":                     "a",
		"  a \n\n b\t":          "a b",
		"a\u00a0b\u2028c":       "a\u00a0b\u2028c", // only the six bytes are white space
		"\xff \xfe":             "\xff \xfe",
		"one\r\ntwo\r\n\r\n3  ": "one two 3",
	} {
		if got := string(Fold([]byte(in))); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldIsIdempotentAndNeverGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.SampledFrom([]byte("ab \n\t\r\xff\xc3"))).Draw(t, "text")
		once := Fold(b)
		if twice := Fold(once); !bytes.Equal(once, twice) {
			t.Fatalf("folding twice changed %q to %q", once, twice)
		}
		if len(once) > len(b) {
			t.Fatalf("folding made %q longer", b)
		}
	})
}

func TestShare(t *testing.T) {
	for in, want := range map[string]Share{"1": 1000, "1.0": 1000, "0.3": 300, "0.05": 50, "0.125": 125, "0.001": 1} {
		got, err := ParseShare(in)
		if err != nil || got != want {
			t.Errorf("ParseShare(%q) = %d, %v, want %d", in, got, err, want)
		}
		if back, err := ParseShare(got.String()); err != nil || back != got {
			t.Errorf("%d written as %q reads back as %d, %v", got, got, back, err)
		}
	}
	for _, in := range []string{"", "0", "0.", "0.0", "0.000", "0.0001", "1.1", "2", "-0.3", "+0.3", ".3", "3e-1", "0.3 ", "0,3", "NaN", "0x1"} {
		if got, err := ParseShare(in); err == nil {
			t.Errorf("ParseShare(%q) = %d, want an error", in, got)
		}
	}
	if got := Share(300).Of(10); got != 3 {
		t.Errorf("0.3 of 10 is %d", got)
	}
	if got := Share(300).Of(9); got != 2 {
		t.Errorf("0.3 of 9 is %d", got)
	}
}
