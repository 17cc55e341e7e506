package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/souk-network/souk/protocol/wire"
)

// draft is in memory for as long as it is small, and then a temporary file.
type draft struct {
	vault *Vault
	bytes []byte   // all of it, while there is no file
	file  *os.File // once it is larger than MaxSmall
	ended bool
}

func (d *draft) Write(b []byte) (int, error) {
	if d.ended {
		return 0, fmt.Errorf("write to a draft that has ended: %w", os.ErrClosed)
	}
	if d.file == nil && len(d.bytes)+len(b) <= MaxSmall {
		d.bytes = append(d.bytes, b...)
		return len(b), nil
	}
	if err := d.toFile(); err != nil {
		return 0, fmt.Errorf("write a draft: %w", full(err))
	}
	n, err := d.file.Write(b)
	if err != nil {
		return n, fmt.Errorf("write a draft: %w", full(err))
	}
	return n, nil
}

// toFile makes the draft a file, if it is none.
func (d *draft) toFile() (err error) {
	if d.file != nil {
		return nil
	}
	if d.file, err = os.CreateTemp(d.vault.drafts(), "draft-*"); err != nil {
		return err
	}
	_, err = d.file.Write(d.bytes)
	d.bytes = nil
	return err
}

// Keep implements store.Draft: contents first, then the name, then the folder.
// A draft that could not be kept is gone.
func (d *draft) Keep(name wire.CID) error {
	if d.ended {
		return fmt.Errorf("keep a draft that has ended: %w", os.ErrClosed)
	}
	if err := d.keep(name); err != nil {
		return errors.Join(fmt.Errorf("keep artefact %s: %w", name, full(err)), d.Discard())
	}
	return nil
}

func (d *draft) keep(name wire.CID) error {
	if d.file == nil {
		if err := d.vault.small.keep(name, d.bytes); err != nil {
			return err
		}
		d.ended = true
		if !d.vault.maybeLarge(name) {
			return nil
		}
		return remove(d.vault.path(name)) // one of the same name that was large
	}
	f := d.file
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := d.vault.place(f.Name(), name); err != nil {
		return err
	}
	d.ended = true
	return d.vault.small.erase(name)
}

// place gives a synced file its name, durably.
func (v *Vault) place(from string, name wire.CID) error {
	to := v.path(name)
	shard := filepath.Dir(to)
	if err := v.makeShard(shard); err != nil {
		return err
	}
	v.shards[name[0]].Store(true)
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
	if d.ended {
		return nil
	}
	d.ended, d.bytes = true, nil
	if d.file == nil {
		return nil
	}
	_ = d.file.Close() // it may be closed already; nothing of it is wanted
	if err := remove(d.file.Name()); err != nil {
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
