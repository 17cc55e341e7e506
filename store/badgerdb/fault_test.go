package badgerdb

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/souk-network/souk/store"
)

// fill appends records up to number n and waits for them.
func fill(t testing.TB, s *Store, n uint64) {
	t.Helper()
	from := s.durableHead().Seq
	done := make(chan error, n)
	for seq := from + 1; seq <= n; seq++ {
		s.Append(content(seq), func(err error) { done <- err })
	}
	for range n - from {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// image returns the files of a database in use, as a crash would leave them:
// half of n records in a table, half in the log.
func image(t testing.TB, n uint64) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	s := mustOpen(t, dir)
	fill(t, s, n/2)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir)
	fill(t, s, n)
	files := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(p)] = b
	}
	delete(files, "LOCK")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return files
}

// lay writes an image into a fresh directory.
func lay(t testing.TB, files map[string][]byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, b := range files {
		// The sparse end of a log need not be written out.
		used := bytes.TrimRight(b, "\x00")
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, used, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, int64(len(b))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Whatever single bit of whatever file is flipped, the journal comes back whole,
// or the damage is named; never shorter, never changed, and no process dies of it.
// Each trial is a process of its own, for Badger exits where it finds the impossible.
func TestNoFlippedBitGoesUnnoticed(t *testing.T) {
	const n, perFile = 3000, 8
	files := image(t, n)
	r := rand.New(rand.NewPCG(2, 4))
	for name, b := range files {
		used := len(bytes.TrimRight(b, "\x00"))
		if used == 0 {
			continue
		}
		for range perFile {
			bit := r.IntN(8 * used)
			b[bit/8] ^= 1 << (bit % 8)
			dir := lay(t, files)
			b[bit/8] ^= 1 << (bit % 8)
			t.Run(fmt.Sprintf("bit %d of %s", bit, name), func(t *testing.T) {
				t.Parallel()
				out, err := child("read", dir).CombinedOutput()
				whole := string(out) == fmt.Sprintf("%d whole\n", n)
				if err != nil || !whole && !strings.Contains(string(out), "damaged") {
					t.Errorf("%v\n%.2000s", err, out)
				}
			})
		}
	}
}

// Whatever file is cut short, or gone, the journal comes back whole or the damage
// is named, a second time as well as the first: opening must not hide it.
func TestNoFileCutShortGoesUnnoticed(t *testing.T) {
	const n = 1000
	files := image(t, n)
	for name, b := range files {
		used := len(bytes.TrimRight(b, "\x00"))
		for _, size := range []int{-1, 0, 1, 19, 20, 21, used / 2, used - 5, used - 1, used, len(b) - 1} {
			if size >= len(b) || size < -1 {
				continue
			}
			dir := lay(t, files)
			path := filepath.Join(dir, name)
			err := os.Remove(path)
			if size >= 0 {
				err = os.WriteFile(path, b[:size], 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Run(fmt.Sprintf("%s cut to %d of %d bytes", name, size, len(b)), func(t *testing.T) {
				t.Parallel()
				first, err := child("read", dir).CombinedOutput()
				second, again := child("read", dir).CombinedOutput()
				whole := fmt.Sprintf("%d whole\n", n)
				if err != nil || again != nil || string(first) != whole && !strings.Contains(string(first), "damaged") ||
					(string(first) == whole) != (string(second) == whole) {
					t.Errorf("%v, then %v\n%.1000s\n%.1000s", err, again, first, second)
				}
			})
		}
	}
}

// A directory that was deleted or emptied does not pass for a new journal.
func TestJournalGoneIsNamed(t *testing.T) {
	o := Defaults()
	home := t.TempDir()
	o.Witness = filepath.Join(home, "head")
	dir := filepath.Join(home, "db [1]")
	write := func(n uint64) {
		t.Helper()
		s, err := Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, n)
		if _, err := s.Replay(1, func(uint64, []byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	lagging, err := os.ReadFile(o.Witness)
	if err != nil {
		t.Fatal(err)
	}
	write(7)
	if err := os.WriteFile(o.Witness, lagging, 0o600); err != nil { // as after a power cut
		t.Fatal(err)
	}
	write(8)
	if err := os.Remove(o.Witness); err != nil { // of a home from before there was one
		t.Fatal(err)
	}
	write(9)
	if err := os.WriteFile(o.Witness, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	write(10)
	for _, emptied := range []bool{false, true} {
		err := os.RemoveAll(dir)
		if emptied {
			err = errors.Join(err, os.MkdirAll(dir, 0o700))
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir, o)
		var d *store.Damage
		if !errors.As(err, &d) || !strings.Contains(err.Error(), "10 records were there") {
			t.Fatalf("Open of what is gone: %v", err)
		}
	}
	empty := filepath.Join(home, "other")
	if err := mustOpen(t, empty).Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(empty, o)
	if err == nil {
		_, err = s.Replay(1, func(uint64, []byte) error { return nil })
		err = errors.Join(err, s.Close())
	}
	if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "10 records were there") {
		t.Fatalf("an empty journal in its place: %v", err)
	}
}

// A log whose end is gone opens as if the records there had never been: Badger
// and the head inside it agree. Only the file HEAD knows better.
func TestLostTailIsNamed(t *testing.T) {
	const n = 3000
	files := image(t, n)
	for name, b := range files {
		if strings.HasSuffix(name, ".mem") {
			used := len(bytes.TrimRight(b, "\x00"))
			clear(b[used*9/10:])
		}
	}
	s := mustOpen(t, lay(t, files))
	var reached uint64
	_, err := s.Replay(1, func(seq uint64, _ []byte) error { reached = seq; return nil })
	var d *store.Damage
	if !errors.As(err, &d) || d.Seq != reached+1 || reached < n/2 || reached >= n {
		t.Fatalf("replay reached %d and said %v", reached, err)
	}
	refused := make(chan error, 1)
	s.Append([]byte("on top of a hole"), func(err error) { refused <- err })
	if err := <-refused; !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("a damaged journal took a record: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHeadFile(t *testing.T) {
	files := image(t, 100)
	for name, change := range map[string]func(){
		"missing":  func() { delete(files, "HEAD") },
		"changed":  func() { files["HEAD"][5] ^= 1 },
		"too long": func() { files["HEAD"] = append(files["HEAD"], 1) },
		"empty":    func() { files["HEAD"] = nil },
	} {
		t.Run(name, func(t *testing.T) {
			whole := bytes.Clone(files["HEAD"])
			change()
			dir := lay(t, files)
			files["HEAD"] = whole
			s := mustOpen(t, dir)
			head, err := s.Replay(1, func(uint64, []byte) error { return nil })
			if !errors.Is(err, store.ErrDamaged) || head.Seq != 100 {
				t.Fatalf("replay reached %d and said %v, want all records and a damage", head.Seq, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			o := Defaults()
			o.Rewitness = true
			if s, err = Open(dir, o); err != nil {
				t.Fatal(err)
			}
			fill(t, s, 110)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = mustOpen(t, dir)
			if head, err := s.Replay(1, func(uint64, []byte) error { return nil }); err != nil || head.Seq != 110 {
				t.Fatalf("with a new HEAD: %d, %v", head.Seq, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// After a power cut HEAD may be older than the journal; that is no damage.
func TestHeadFileMayLag(t *testing.T) {
	files := image(t, 100)
	older := image(t, 60)
	files["HEAD"] = older["HEAD"]
	s := mustOpen(t, lay(t, files))
	if head, err := s.Replay(1, func(uint64, []byte) error { return nil }); err != nil || head.Seq != 100 {
		t.Fatalf("replay reached %d and said %v", head.Seq, err)
	}
	fill(t, s, 101)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
