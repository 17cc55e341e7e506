package keyfile_test

import (
	"testing"

	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/keyfile"
	"github.com/souk-network/souk/store/storetest"
)

// quick is a work factor that takes no time.
const quick = 2

func TestKeyring(t *testing.T) {
	for name, o := range map[string]keyfile.Options{
		"with a passphrase": {Passphrase: "correct horse", WorkFactor: quick},
		"unencrypted":       {Unencrypted: true},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.TestKeyring(t, func(t testing.TB) func() store.Keyring {
				dir := t.TempDir()
				return func() store.Keyring {
					r, err := keyfile.Open(dir, o)
					if err != nil {
						t.Fatalf("Open: %v", err)
					}
					return r
				}
			})
		})
	}
}
