package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/memory"
)

func filled(t *testing.T, n int) store.Journal {
	t.Helper()
	j := memory.NewJournal()
	said := make(chan error, n)
	for i := range n {
		j.Append(fmt.Appendf(nil, "record %d", i+1), func(err error) { said <- err })
	}
	for range n {
		if err := <-said; err != nil {
			t.Fatal(err)
		}
	}
	return j
}

func TestCopy(t *testing.T) {
	for _, n := range []int{0, 1, 7, 1000} {
		var b bytes.Buffer
		head, err := store.Copy(&b, filled(t, n))
		if err != nil || head.Seq != uint64(n) {
			t.Fatalf("copy of %d: %d, %v", n, head.Seq, err)
		}
		j := memory.NewJournal()
		got, err := store.Refill(j, &b)
		if err != nil || got != head {
			t.Fatalf("refill of %d: %+v, %v; want %+v", n, got, err, head)
		}
		if n > 0 {
			if r, err := j.Read(uint64(n)); err != nil || string(r) != fmt.Sprintf("record %d", n) {
				t.Errorf("record %d: %q, %v", n, r, err)
			}
		}
	}
}

// TestSpoiledCopy changes each byte of a copy, and cuts it off at each: none is whole.
func TestSpoiledCopy(t *testing.T) {
	var b bytes.Buffer
	if _, err := store.Copy(&b, filled(t, 5)); err != nil {
		t.Fatal(err)
	}
	read := func(b []byte) error {
		_, err := store.ReadCopy(bytes.NewReader(b), func([]byte) error { return nil })
		return err
	}
	if err := read(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	for i := range b.Len() {
		spoiled := bytes.Clone(b.Bytes())
		spoiled[i] ^= 1
		if err := read(spoiled); !errors.Is(err, store.ErrCopy) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if err := read(b.Bytes()[:i]); !errors.Is(err, store.ErrCopy) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	if err := read(append(b.Bytes(), 0)); !errors.Is(err, store.ErrCopy) {
		t.Errorf("something follows: %v", err)
	}
	if _, err := store.Refill(filled(t, 1), bytes.NewReader(b.Bytes())); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("into a journal that is not empty: %v", err)
	}
}
