package files_test

import (
	"testing"

	"github.com/souk-network/souk/store"
	"github.com/souk-network/souk/store/files"
	"github.com/souk-network/souk/store/storetest"
)

func TestVault(t *testing.T) {
	storetest.TestVault(t, func(t testing.TB) func() store.Vault {
		dir := t.TempDir()
		return func() store.Vault {
			v, err := files.Open(dir)
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			return v
		}
	})
}
