package badgerdb

import (
	"errors"
	"strings"
	"testing"

	"github.com/souk-network/souk/store"
)

func TestOpenOnAFullDisk(t *testing.T) {
	_, err := Open(t.TempDir(), Options{LowSpace: 1 << 62})
	if !errors.Is(err, store.ErrFull) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("Open: %v, want one line that wraps ErrFull", err)
	}
}

// A journal whose disk fills up refuses records from then on and loses none;
// reading goes on, and with room again it opens where it stopped.
func TestDiskFillsUp(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	fill(t, s, 10)
	s.space.mu.Lock()
	s.space.free = s.space.low - 1
	s.space.mu.Unlock()
	if err := s.Room(); !errors.Is(err, store.ErrFull) {
		t.Fatalf("Room below the mark: %v, want ErrFull", err)
	}
	fill(t, s, 11) // work already begun can end

	s.space.floor = 1 << 62
	said := make(chan error, 2)
	for range 2 {
		s.Append([]byte("no room"), func(err error) { said <- err })
	}
	for range 2 {
		if err := <-said; !errors.Is(err, store.ErrFull) {
			t.Fatalf("commit without room: %v, want ErrFull", err)
		}
	}
	if err := s.Put("peer", []byte("x")); !errors.Is(err, store.ErrFull) {
		t.Fatalf("Put without room: %v, want ErrFull", err)
	}
	if r, err := s.Read(11); err != nil || string(r) != string(content(11)) {
		t.Fatalf("Read without room: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	fill(t, s, 12)
	if head, err := s.Replay(1, func(uint64, []byte) error { return nil }); err != nil || head.Seq != 12 {
		t.Fatalf("with room again: %d, %v", head.Seq, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOptionsCheck(t *testing.T) {
	if _, err := Open(t.TempDir(), Options{LowSpace: -1}); err == nil {
		t.Fatal("Open took a negative LowSpace")
	}
}

func TestShelfBounds(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	long := strings.Repeat("k", MaxShelfKey+1)
	if s.Put(long, nil) == nil || s.Put("k", make([]byte, MaxShelfValue+1)) == nil || s.Delete(long) == nil {
		t.Fatal("the shelf took what is too large")
	}
	if _, err := s.Get(long); err == nil {
		t.Fatal("the shelf looked for a key that is too long")
	}
	if err := s.Put(long[1:], make([]byte, MaxShelfValue)); err != nil {
		t.Fatalf("the largest item: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("k"); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("Get after Close: %v, want ErrClosed", err)
	}
}
