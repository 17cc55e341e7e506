package storetest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/store"
)

// TestShelf tries a shelf against its contract; place makes a fresh, empty one.
func TestShelf(t *testing.T, place func(t testing.TB) store.Shelf) {
	t.Run("it is a sorted map", func(t *testing.T) { shelfModel(t, place(t)) })
	t.Run("an empty key is refused", func(t *testing.T) {
		if err := place(t).Put("", []byte("x")); err == nil {
			t.Fatal("Put took an empty key")
		}
	})
	t.Run("what it returns is the caller's", func(t *testing.T) {
		s := place(t)
		mine := []byte("value")
		if err := s.Put("key", mine); err != nil {
			t.Fatal(err)
		}
		mine[0] = 'X'
		first, err := s.Get("key")
		if err != nil || string(first) != "value" {
			t.Fatalf("Get = %q, %v after the caller changed its slice", first, err)
		}
		first[0] = 'Y'
		if again, err := s.Get("key"); err != nil || string(again) != "value" {
			t.Fatalf("Get = %q, %v after the caller changed what it got", again, err)
		}
	})
}

// shelfModel runs the same random orders on the shelf and on a map.
func shelfModel(t *testing.T, s store.Shelf) {
	model := map[string][]byte{}
	key := rapid.StringMatching(`[a-c]{1,3}`)
	rapid.Check(t, func(t *rapid.T) {
		k := key.Draw(t, "key")
		switch rapid.SampledFrom([]string{"put", "put", "delete", "list"}).Draw(t, "order") {
		case "put":
			v := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "value")
			if err := s.Put(k, v); err != nil {
				t.Fatalf("Put: %v", err)
			}
			model[k] = v
		case "delete":
			if err := s.Delete(k); err != nil {
				t.Fatalf("Delete: %v", err)
			}
			delete(model, k)
		case "list":
			sameList(t, s, model, k[:len(k)-1])
		}
		got, err := s.Get(k)
		if want, ok := model[k]; ok && (err != nil || !bytes.Equal(got, want)) {
			t.Fatalf("Get(%q) = %x, %v, want %x", k, got, err, want)
		} else if !ok && !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("Get(%q) = %x, %v, want ErrNotFound", k, got, err)
		}
	})
}

func sameList(t *rapid.T, s store.Shelf, model map[string][]byte, prefix string) {
	var want []string
	for k := range model {
		if strings.HasPrefix(k, prefix) {
			want = append(want, k)
		}
	}
	slices.Sort(want)
	limit := rapid.IntRange(1, 50).Draw(t, "limit")
	want = want[:min(limit, len(want))]
	var got []string
	err := s.List(prefix, func(k string, v []byte) bool {
		if !bytes.Equal(v, model[k]) {
			t.Fatalf("List gave %q = %x, want %x", k, v, model[k])
		}
		got = append(got, k)
		return len(got) < limit
	})
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("List(%q) = %q, %v, want %q", prefix, got, err, want)
	}
}
