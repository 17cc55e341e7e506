package keyfile_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/keyfile"
	"github.com/souk-network/souk/store/storetest"
)

var (
	// A work factor of 2 takes no time.
	sealed = keyfile.Options{Passphrase: "correct horse", WorkFactor: 2}
	plain  = keyfile.Options{Unencrypted: true}
	both   = map[string]keyfile.Options{"with a passphrase": sealed, "unencrypted": plain}
	key    = wire.NewPrivateKey([32]byte{1, 2, 3})
)

func mustOpen(t testing.TB, dir string, o keyfile.Options) *keyfile.Ring {
	t.Helper()
	r, err := keyfile.Open(dir, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return r
}

// written adds the key "agent" and returns its directory, path and text.
func written(t testing.TB, o keyfile.Options) (dir, path string, text []byte) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "keys [1") // no name is a pattern
	if err := mustOpen(t, dir, o).Add("agent", key); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "agent.key")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir, path, text
}

func TestKeyring(t *testing.T) {
	for name, o := range both {
		t.Run(name, func(t *testing.T) {
			storetest.TestKeyring(t, func(t testing.TB) func() store.Keyring {
				dir := t.TempDir()
				return func() store.Keyring { return mustOpen(t, dir, o) }
			})
		})
	}
}

func TestTheFileSaysWhatItIs(t *testing.T) {
	for name, o := range both {
		dir, path, text := written(t, o)
		seed := key.Seed()
		open := bytes.Contains(text, []byte("NOT ENCRYPTED"))
		if shown := bytes.Contains(text, []byte(hex.EncodeToString(seed[:]))); shown != o.Unencrypted || open != o.Unencrypted {
			t.Errorf("%s: the seed is shown: %v, the file says so: %v", name, shown, open)
		}
		if !bytes.Contains(text, []byte(key.Key().String())) {
			t.Errorf("%s: the file does not name its public key", name)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
		if is, err := keyfile.Encrypted(dir, "agent"); err != nil || is == o.Unencrypted {
			t.Errorf("%s: Encrypted = %v, %v", name, is, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("%s: %d files, %v", name, len(left), err)
		}
	}
	if _, err := keyfile.Encrypted(t.TempDir(), "agent"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Encrypted without a key: %v, want ErrNotFound", err)
	}
}

func TestWrongPassphrase(t *testing.T) {
	sealedDir, _, _ := written(t, sealed)
	plainDir, _, _ := written(t, plain)
	wrong := sealed
	wrong.Passphrase = "incorrect horse"
	for name, r := range map[string]*keyfile.Ring{
		"another passphrase":                mustOpen(t, sealedDir, wrong),
		"none for an encrypted key":         mustOpen(t, sealedDir, plain),
		"one for a key that is unencrypted": mustOpen(t, plainDir, sealed),
	} {
		if _, err := r.Signer("agent"); !errors.Is(err, store.ErrPassphrase) {
			t.Errorf("%s: %v, want ErrPassphrase", name, err)
		}
	}
}

func TestOptions(t *testing.T) {
	if _, err := keyfile.Open(t.TempDir(), keyfile.Options{}); !errors.Is(err, store.ErrPassphrase) {
		t.Errorf("no choice: %v, want ErrPassphrase", err)
	}
	for _, o := range []keyfile.Options{
		{Passphrase: "x", Unencrypted: true, WorkFactor: 2},
		{Passphrase: "x"},
		{Passphrase: "x", WorkFactor: 31},
	} {
		if _, err := keyfile.Open(t.TempDir(), o); err == nil {
			t.Errorf("Open took %+v", o)
		}
	}
}

func TestOthersMayNotRead(t *testing.T) {
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o644, 0o601} {
		dir, path, _ := written(t, plain)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := mustOpen(t, dir, plain).Signer("agent")
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %04o: %v, want fs.ErrPermission and what to do", mode, err)
		}
	}
	dir, path, _ := written(t, plain)
	if err := errors.Join(os.Rename(path, path+".moved"), os.Symlink(path+".moved", path)); err != nil {
		t.Fatal(err)
	}
	if _, err := mustOpen(t, dir, plain).Signer("agent"); err == nil {
		t.Error("a symbolic link was followed")
	}
}

func TestNames(t *testing.T) {
	r := mustOpen(t, t.TempDir(), plain)
	for _, name := range []string{"", "Agent", "../agent", "a/b", "-a", "9a", "a.b", "a b", "a\x00", strings.Repeat("a", 33)} {
		if err := r.Add(name, key); err == nil {
			t.Errorf("Add took the name %q", name)
		}
		if _, err := r.Signer(name); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("Signer(%q): %v, want that the name is wrong", name, err)
		}
	}
	if err := r.Add("agent", wire.PrivateKey{}); err == nil {
		t.Error("Add took an empty key")
	}
}

// No change of a key file goes unnoticed where it matters: the key comes back
// as it was, or not at all.
func TestChangedFile(t *testing.T) {
	for name, o := range both {
		dir, path, text := written(t, o)
		for i := range text {
			changed := bytes.Clone(text)
			changed[i] ^= 1
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := mustOpen(t, dir, o).Signer("agent")
			if err == nil && got.Key() != key.Key() {
				t.Fatalf("%s: with byte %d changed it is the key of %s", name, i, got.Key())
			}
		}
		for what, b := range map[string][]byte{
			"empty": nil, "cut short": text[:len(text)/2], "too long": bytes.Repeat(text, 100), "noise": []byte("#\n#\n\xff\x00"),
		} {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := mustOpen(t, dir, o).Signer("agent"); err == nil {
				t.Errorf("%s: a file that is %s gave a key", name, what)
			}
		}
	}
}

// A key under another's name, and a public key that is not its own, are refused.
func TestExchangedFile(t *testing.T) {
	dir, path, text := written(t, plain)
	if err := os.WriteFile(filepath.Join(dir, "owner.key"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mustOpen(t, dir, plain).Signer("owner"); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("the agent's file as the owner's: %v, want ErrDamaged", err)
	}
	other := wire.NewPrivateKey([32]byte{9}).Key().String()
	if err := os.WriteFile(path, bytes.Replace(text, []byte(key.Key().String()), []byte(other), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mustOpen(t, dir, plain).Signer("agent"); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("another public key in the first line: %v, want ErrDamaged", err)
	}
}
