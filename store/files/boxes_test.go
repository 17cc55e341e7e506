package files_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
)

// read returns what a vault holds under a name, or its error.
func read(v *files.Vault, name wire.CID) ([]byte, error) {
	a, err := v.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(a)
	return b, errors.Join(err, a.Close())
}

func numbered(i int) (wire.CID, []byte) {
	content := bytes.Repeat(fmt.Appendf(nil, "artefact %d,", i), 1+i%7)
	return wire.Sum(content), content
}

// fill keeps n small artefacts and returns the file they lie in.
func fill(t *testing.T, dir string, n int) string {
	t.Helper()
	v := mustOpen(t, dir)
	for i := range n {
		name, content := numbered(i)
		keep(t, v, name, content)
	}
	return filepath.Join(dir, "small", "00000001")
}

// TestErasedBytesAreGone looks for the bytes of an erased artefact, and of one
// that was kept anew, in everything that is on disk.
func TestErasedBytesAreGone(t *testing.T) {
	dir := t.TempDir()
	v := mustOpen(t, dir)
	other, same := wire.Sum([]byte("other")), wire.Sum([]byte("same"))
	keep(t, v, other, []byte("stays here"))
	keep(t, v, same, []byte("first secret"))
	keep(t, v, same, []byte("second secret"))
	holds := func(secret string) (found bool) {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			found = found || bytes.Contains(b, []byte(secret))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if holds("first secret") || !holds("second secret") {
		t.Fatal("of an artefact kept twice, not just the second is there")
	}
	if err := v.Erase(same); err != nil {
		t.Fatal(err)
	}
	if holds("secret") {
		t.Fatal("the bytes are still on disk")
	}
	for _, v := range []*files.Vault{v, mustOpen(t, dir)} {
		if _, err := read(v, same); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("reading it: %v", err)
		}
		if b, err := read(v, other); err != nil || string(b) != "stays here" {
			t.Fatalf("its neighbour: %q, %v", b, err)
		}
	}
}

// TestBoxCutShort cuts the newest box at every byte, as a crash may: all that was
// whole is there, what was cut is not, and more can be kept.
func TestBoxCutShort(t *testing.T) {
	const n = 6
	whole, err := os.ReadFile(fill(t, t.TempDir(), n))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		dir := t.TempDir()
		box := fill(t, dir, 0)
		if err := os.WriteFile(box, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		v := mustOpen(t, dir)
		end := 0
		for i := range n {
			name, content := numbered(i)
			end = bytes.Index(whole, content) + len(content)
			b, err := read(v, name)
			if there := end <= cut; there != (err == nil) || there && !bytes.Equal(b, content) {
				t.Fatalf("cut at %d, artefact %d, which ends at %d: %q, %v", cut, i, end, b, err)
			}
		}
		if cut%50 == 0 {
			name, content := numbered(n)
			keep(t, v, name, content)
			if b, err := read(mustOpen(t, dir), name); err != nil || !bytes.Equal(b, content) {
				t.Fatalf("cut at %d, kept afterwards: %q, %v", cut, b, err)
			}
		}
	}
}

// TestFlippedBitInABox flips each byte in turn, under an open vault and before it
// opens: nothing wrong is ever read, and nothing but the artefact hit is lost.
func TestFlippedBitInABox(t *testing.T) {
	const n = 4
	dir := t.TempDir()
	box := fill(t, dir, n)
	whole, err := os.ReadFile(box)
	if err != nil {
		t.Fatal(err)
	}
	under := mustOpen(t, dir)
	for at := range whole {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x10
		if err := os.WriteFile(box, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		for which, v := range map[string]*files.Vault{"under": under, "before": mustOpen(t, dir)} {
			lost := 0
			for i := range n {
				name, content := numbered(i)
				b, err := read(v, name)
				if err == nil && !bytes.Equal(b, content) {
					t.Fatalf("byte %d, %s: artefact %d reads %q", at, which, i, b)
				}
				if err != nil {
					lost++
				}
			}
			if lost > 1 {
				t.Fatalf("byte %d, %s: %d artefacts are lost", at, which, lost)
			}
		}
	}
}

// TestSmallAndLarge keeps one name with a small, a large and again a small
// content, and leaves one of them each time.
func TestSmallAndLarge(t *testing.T) {
	dir := t.TempDir()
	v := mustOpen(t, dir)
	name := wire.Sum([]byte("name"))
	for _, content := range [][]byte{[]byte("small"), large, []byte("small again")} {
		keep(t, v, name, content)
		for _, v := range []*files.Vault{v, mustOpen(t, dir)} {
			if b, err := read(v, name); err != nil || !bytes.Equal(b, content) {
				t.Fatalf("%d bytes, %v, want %d", len(b), err, len(content))
			}
		}
	}
	if err := v.Erase(name); err != nil {
		t.Fatal(err)
	}
	if _, err := read(mustOpen(t, dir), name); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("after it was erased: %v", err)
	}
}

// TestEmptyBoxesGo fills several boxes at once and erases all: at most the one
// that is being filled is left.
func TestEmptyBoxesGo(t *testing.T) {
	dir := t.TempDir()
	v := mustOpen(t, dir)
	const n = 1200
	nameOf := func(i int) (wire.CID, []byte) {
		content := bytes.Repeat(fmt.Appendf(nil, "%08d", i), files.MaxSmall/8)
		return wire.Sum(content), content
	}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			name, content := nameOf(i)
			keep(t, v, name, content)
		})
	}
	all.Wait()
	boxes := func() int {
		entries, err := os.ReadDir(filepath.Join(dir, "small"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	if boxes() < 3 {
		t.Fatalf("%d boxes", boxes())
	}
	for i := range n {
		all.Go(func() {
			name, content := nameOf(i)
			if b, err := read(v, name); err != nil || !bytes.Equal(b, content) {
				t.Errorf("artefact %d: %d bytes, %v", i, len(b), err)
			}
			if err := v.Erase(name); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if boxes() != 1 {
		t.Fatalf("%d boxes are left", boxes())
	}
}

// BenchmarkKeep keeps small artefacts from 1 and from 64 goroutines.
func BenchmarkKeep(b *testing.B) {
	for _, at := range []int{1, 64} {
		b.Run(fmt.Sprint(at), func(b *testing.B) {
			v := mustOpen(b, b.TempDir())
			work := make(chan int)
			var all sync.WaitGroup
			for range at {
				all.Go(func() {
					for i := range work {
						content := bytes.Repeat(fmt.Appendf(nil, "%08d", i), 50)
						keep(b, v, wire.Sum(content), content)
					}
				})
			}
			for i := range b.N {
				work <- i
			}
			close(work)
			all.Wait()
		})
	}
}
