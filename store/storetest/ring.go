package storetest

import (
	"errors"
	"io/fs"
	"testing"

	"pgregory.net/rapid"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// TestKeyring tries a keyring against its contract; open opens the ring of one
// place anew at each call, and place makes a fresh one.
func TestKeyring(t *testing.T, place func(t testing.TB) (open func() store.Keyring)) {
	t.Run("what is added comes back", func(t *testing.T) {
		open := place(t)
		names := []string{"agent", "owner", "a", "agent-2"}
		for i, name := range names {
			if err := open().Add(name, wire.NewPrivateKey([32]byte{byte(i + 1)})); err != nil {
				t.Fatalf("Add(%q): %v", name, err)
			}
		}
		for i, name := range names {
			mustSign(t, open(), name, wire.NewPrivateKey([32]byte{byte(i + 1)}))
		}
	})
	t.Run("what is not there", func(t *testing.T) {
		if _, err := place(t)().Signer("agent"); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("Signer: %v, want ErrNotFound", err)
		}
	})
	t.Run("a name is taken once", func(t *testing.T) {
		open := place(t)
		first := wire.NewPrivateKey([32]byte{1})
		if err := open().Add("agent", first); err != nil {
			t.Fatal(err)
		}
		for _, r := range []store.Keyring{open(), open()} {
			if err := r.Add("agent", wire.NewPrivateKey([32]byte{2})); !errors.Is(err, fs.ErrExist) {
				t.Fatalf("Add of a name in use: %v, want fs.ErrExist", err)
			}
			mustSign(t, r, "agent", first)
		}
		mustSign(t, open(), "agent", first)
	})
}

func mustSign(t rapid.TB, r store.Keyring, name string, want wire.PrivateKey) {
	t.Helper()
	got, err := r.Signer(name)
	if err != nil {
		t.Fatalf("Signer(%q): %v", name, err)
	}
	sig, err := got.Sign([]byte("a message"))
	if err != nil || got.Key() != want.Key() || !wire.Verify(want.Key(), []byte("a message"), sig) {
		t.Fatalf("Signer(%q) is the signer of %s (%v), want %s", name, got.Key(), err, want.Key())
	}
}
