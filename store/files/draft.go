package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/souk-network/souk/protocol/wire"
)

// draft is a temporary file until it is kept. file is nil once it has ended.
type draft struct {
	vault *Vault
	file  *os.File
}

func (d *draft) Write(b []byte) (int, error) {
	if d.file == nil {
		return 0, fmt.Errorf("write to a draft that has ended: %w", os.ErrClosed)
	}
	n, err := d.file.Write(b)
	if err != nil {
		return n, fmt.Errorf("write a draft: %w", full(err))
	}
	return n, nil
}

// Keep implements store.Draft: contents first, then the name, then the folder.
// A draft that could not be kept is gone.
func (d *draft) Keep(name wire.CID) error {
	if d.file == nil {
		return fmt.Errorf("keep a draft that has ended: %w", os.ErrClosed)
	}
	f := d.file
	d.file = nil
	err := errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = d.vault.place(f.Name(), d.vault.path(name))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep artefact %s: %w", name, full(err)), remove(f.Name()))
	}
	return nil
}

// place gives a synced file its name, durably.
func (v *Vault) place(from, to string) error {
	shard := filepath.Dir(to)
	if err := v.makeShard(shard); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncDir(shard)
}

// makeShard creates a folder, durably. The lock keeps others from relying on a
// folder that is not durable yet.
func (v *Vault) makeShard(shard string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := os.Mkdir(shard, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(v.dir)
}

// Discard implements store.Draft.
func (d *draft) Discard() error {
	if d.file == nil {
		return nil
	}
	f := d.file
	d.file = nil
	if err := errors.Join(f.Close(), remove(f.Name())); err != nil {
		return fmt.Errorf("discard a draft: %w", err)
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
