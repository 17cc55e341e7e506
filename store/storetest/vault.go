package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// TestVault tries a vault against its contract; open opens the vault of one
// place anew at each call, and place makes a fresh one.
func TestVault(t *testing.T, place func(t testing.TB) (open func() store.Vault)) {
	for name, test := range map[string]func(*testing.T, func() store.Vault){
		"what is kept comes back":      vaultKeep,
		"what is not there":            vaultAbsent,
		"discarding":                   vaultDiscard,
		"keeping a name again":         vaultReplace,
		"many drafts at once":          vaultConcurrent,
		"reading while it is erased":   vaultEraseOpen,
		"an ended draft takes no more": vaultEnded,
	} {
		t.Run(name, func(t *testing.T) { test(t, place(t)) })
	}
}

func keep(t rapid.TB, v store.Vault, content []byte, pieces int) wire.CID {
	t.Helper()
	d, err := v.Create()
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	for rest := content; len(rest) > 0; {
		n := min(len(rest), len(content)/pieces+1)
		if w, err := d.Write(rest[:n]); err != nil || w != n {
			t.Fatalf("Write of %d bytes: %d, %v", n, w, err)
		}
		rest = rest[n:]
	}
	name := wire.Sum(content)
	if err := d.Keep(name); err != nil {
		t.Fatalf("Keep: %v", err)
	}
	if err := d.Discard(); err != nil {
		t.Fatalf("Discard after Keep: %v", err)
	}
	return name
}

// mustHold fails unless the vault holds content under name, from any place on.
func mustHold(t rapid.TB, v store.Vault, name wire.CID, content []byte) {
	t.Helper()
	a, err := v.Open(name)
	if err != nil || !v.Holds(name) {
		t.Fatalf("Open: %v; Holds: %v", err, v.Holds(name))
	}
	defer mustClose(t, a)
	if a.Size() != int64(len(content)) {
		t.Fatalf("Size is %d, want %d", a.Size(), len(content))
	}
	for _, from := range []int{0, len(content) / 3, len(content)} {
		if _, err := a.Seek(int64(from), io.SeekStart); err != nil {
			t.Fatalf("Seek: %v", err)
		}
		if got, err := io.ReadAll(a); err != nil || !bytes.Equal(got, content[from:]) {
			t.Fatalf("read %d bytes from %d on (%v), which are not those written", len(got), from, err)
		}
	}
}

func mustLack(t rapid.TB, v store.Vault, name wire.CID) {
	t.Helper()
	if _, err := v.Open(name); !errors.Is(err, store.ErrNotFound) || v.Holds(name) {
		t.Fatalf("Open: %v, want ErrNotFound; Holds: %v", err, v.Holds(name))
	}
}

func vaultKeep(t *testing.T, open func() store.Vault) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "content")
		name := keep(t, open(), content, rapid.IntRange(1, 5).Draw(t, "pieces"))
		v := open()
		mustHold(t, v, name, content)
		if err := v.Erase(name); err != nil {
			t.Fatalf("Erase: %v", err)
		}
		mustLack(t, v, name)
		mustLack(t, open(), name)
	})
}

func vaultAbsent(t *testing.T, open func() store.Vault) {
	v := open()
	for _, name := range []wire.CID{{}, wire.Sum([]byte("never kept"))} {
		mustLack(t, v, name)
		if err := v.Erase(name); err != nil {
			t.Fatalf("Erase of what is not there: %v", err)
		}
	}
}

func vaultDiscard(t *testing.T, open func() store.Vault) {
	v := open()
	d, err := v.Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write([]byte("never mind")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Discard(); err != nil {
			t.Fatalf("Discard: %v", err)
		}
	}
	mustLack(t, v, wire.Sum([]byte("never mind")))
}

func vaultReplace(t *testing.T, open func() store.Vault) {
	v := open()
	name := wire.Sum([]byte("the name"))
	for _, content := range []string{"the first, longer content", "the second", ""} {
		d, err := v.Create()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(d, content); err != nil {
			t.Fatal(err)
		}
		if err := d.Keep(name); err != nil {
			t.Fatalf("Keep: %v", err)
		}
		mustHold(t, v, name, []byte(content))
	}
}

func vaultConcurrent(t *testing.T, open func() store.Vault) {
	v := open()
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			// All of them share four contents, so that some keep the same name at once.
			content := bytes.Repeat(fmt.Appendf(nil, "artefact %d", i%4), 1000)
			d, err := v.Create()
			if err == nil {
				_, err = d.Write(content)
			}
			if err == nil {
				err = d.Keep(wire.Sum(content))
			}
			if err != nil {
				t.Errorf("draft %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for i := range 4 {
		content := bytes.Repeat(fmt.Appendf(nil, "artefact %d", i), 1000)
		mustHold(t, v, wire.Sum(content), content)
	}
}

func vaultEraseOpen(t *testing.T, open func() store.Vault) {
	v := open()
	content := bytes.Repeat([]byte("kept "), 5000)
	name := keep(t, v, content, 1)
	a, err := v.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, a)
	if err := v.Erase(name); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(a); err != nil || !bytes.Equal(got, content) {
		t.Fatalf("a reader that came first got %d bytes and %v", len(got), err)
	}
}

func vaultEnded(t *testing.T, open func() store.Vault) {
	v := open()
	for name, end := range map[string]func(store.Draft) error{
		"Keep":    func(d store.Draft) error { return d.Keep(wire.Sum([]byte("x"))) },
		"Discard": store.Draft.Discard,
	} {
		d, err := v.Create()
		if err != nil {
			t.Fatal(err)
		}
		if err := end(d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := d.Write([]byte("more")); err == nil {
			t.Fatalf("Write after %s gave no error", name)
		}
		if err := d.Keep(wire.Sum([]byte("y"))); err == nil {
			t.Fatalf("Keep after %s gave no error", name)
		}
	}
	mustLack(t, v, wire.Sum([]byte("y")))
}
