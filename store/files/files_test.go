package files_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
	"github.com/souk-network/souk/store/storetest"
)

func mustOpen(t testing.TB, dir string) *files.Vault {
	t.Helper()
	v, err := files.Open(dir)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return v
}

// large is an artefact that is a file of its own.
var large = bytes.Repeat([]byte("large "), files.MaxSmall)

func keep(t testing.TB, v *files.Vault, name wire.CID, content []byte) {
	t.Helper()
	d, err := v.Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := d.Keep(name); err != nil {
		t.Fatal(err)
	}
}

func TestVault(t *testing.T) {
	storetest.TestVault(t, func(t testing.TB) func() store.Vault {
		dir := filepath.Join(t.TempDir(), "vault")
		return func() store.Vault { return mustOpen(t, dir) }
	})
}

func TestOnlyTheOwnerReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := mustOpen(t, dir)
	for _, content := range [][]byte{[]byte("secret"), large} {
		keep(t, v, wire.Sum(content), content)
	}
	seen := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %04o", path, info.Mode().Perm())
		}
		if !e.IsDir() {
			seen++
			rel, err := filepath.Rel(dir, path)
			if err != nil || rel != filepath.Join("small", "00000001") && (len(rel) != 2+1+64 || rel[:2] != rel[3:5]) {
				t.Errorf("the artefact is the file %s", rel)
			}
		}
		return nil
	})
	if err != nil || seen != 2 {
		t.Fatalf("%d files, %v", seen, err)
	}
}

func TestDraftsOfACrashAreRemoved(t *testing.T) {
	dir := t.TempDir()
	d, err := mustOpen(t, dir).Create()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(large); err != nil {
		t.Fatal(err)
	}
	drafts := filepath.Join(dir, "tmp")
	if left, err := os.ReadDir(drafts); err != nil || len(left) != 1 {
		t.Fatalf("%d drafts, %v", len(left), err)
	}
	mustOpen(t, dir)
	if left, err := os.ReadDir(drafts); err != nil || len(left) != 0 {
		t.Fatalf("after the next Open %d drafts are left, %v", len(left), err)
	}
}

func TestLock(t *testing.T) {
	home := t.TempDir()
	release, err := files.Lock(home)
	if err != nil {
		t.Fatal(err)
	}
	_, err = files.Lock(home)
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Fatalf("a second Lock: %v, want ErrLocked and the holder's process ID", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := files.Lock(home)
	if err != nil {
		t.Fatalf("Lock after release: %v", err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestLockNeedsAHome(t *testing.T) {
	if _, err := files.Lock(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Lock: %v, want fs.ErrNotExist", err)
	}
}
