// Package files fulfils store.Vault on plain files, and locks a home.
//
// It promises that an artefact appears under its name whole and synced or not
// at all, that a crash leaves nothing but temporary files which the next Open
// removes, and that only the owner of the home can read what is there (modes
// 0600 and 0700). It must never look at what it keeps: whoever reads an
// artefact checks it against the name it asked for.
//
// The artefact of a CID with digest ab…ef is the file ab/ab…ef, where it is larger
// than MaxSmall; its draft is written in the folder tmp beside it. Smaller ones lie
// together in the files of the folder small.
package files

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// Vault is a store.Vault in one directory. It may be used from many goroutines,
// each draft and artefact from one at a time.
type Vault struct {
	dir    string
	small  *boxes
	mu     sync.Mutex       // held while a folder is made
	shards [256]atomic.Bool // those folders of large artefacts that are there
}

var _ store.Vault = (*Vault)(nil)

// Open opens the vault in dir, which it creates if need be, and removes the
// drafts that a crash left. One process has it open at a time: see Lock.
func Open(dir string) (*Vault, error) {
	v := &Vault{dir: dir}
	if err := os.RemoveAll(v.drafts()); err != nil {
		return nil, fmt.Errorf("remove the drafts of an earlier run: %w", err)
	}
	if err := os.MkdirAll(v.drafts(), 0o700); err != nil {
		return nil, fmt.Errorf("create the vault: %w", full(err))
	}
	small, err := openBoxes(filepath.Join(dir, "small"))
	if err != nil {
		return nil, fmt.Errorf("open the small artefacts: %w", full(err))
	}
	v.small = small
	if err := v.findShards(); err != nil {
		return nil, fmt.Errorf("open the vault: %w", err)
	}
	// Folders that an earlier run made and did not live to sync become durable now.
	if err := errors.Join(syncDir(dir), syncDir(filepath.Dir(filepath.Clean(dir)))); err != nil {
		return nil, fmt.Errorf("sync the vault: %w", err)
	}
	return v, nil
}

func (v *Vault) drafts() string { return filepath.Join(v.dir, "tmp") }

// findShards notes which folders of large artefacts there are: of those whose folder is
// missing nobody needs to ask the disk.
func (v *Vault) findShards() error {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if n, err := hex.DecodeString(e.Name()); err == nil && len(n) == 1 {
			v.shards[n[0]].Store(true)
		}
	}
	return nil
}

// maybeLarge reports whether there may be a file for an artefact of that name.
func (v *Vault) maybeLarge(name wire.CID) bool { return v.shards[name[0]].Load() }

func (v *Vault) path(name wire.CID) string {
	h := hex.EncodeToString(name[:])
	return filepath.Join(v.dir, h[:2], h)
}

// Create implements store.Vault.
func (v *Vault) Create() (store.Draft, error) { return &draft{vault: v}, nil }

// Open implements store.Vault.
func (v *Vault) Open(name wire.CID) (store.Artefact, error) {
	b, ok, err := v.small.open(name)
	if err != nil {
		return nil, fmt.Errorf("open artefact %s: %w", name, err)
	}
	if ok {
		return small{bytes.NewReader(b)}, nil
	}
	if !v.maybeLarge(name) {
		return nil, fmt.Errorf("open artefact %s: %w", name, store.ErrNotFound)
	}
	f, err := os.Open(v.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open artefact %s: %w", name, store.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("open artefact %s: %w", name, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", f.Name())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open artefact %s: %w", name, err), f.Close())
	}
	return &artefact{f, info.Size()}, nil
}

// Holds implements store.Vault.
func (v *Vault) Holds(name wire.CID) bool {
	if v.small.has(name) {
		return true
	}
	if !v.maybeLarge(name) {
		return false
	}
	_, err := os.Stat(v.path(name))
	return err == nil
}

// Erase implements store.Vault. The name is gone durably; the blocks are the
// file system's to overwrite.
func (v *Vault) Erase(name wire.CID) error {
	if err := v.small.erase(name); err != nil {
		return fmt.Errorf("erase artefact %s: %w", name, err)
	}
	if !v.maybeLarge(name) {
		return nil
	}
	path := v.path(name)
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("erase artefact %s: %w", name, err)
	}
	return nil
}

// artefact hides all of a file but reading.
type artefact struct {
	file *os.File
	size int64
}

func (a *artefact) Read(b []byte) (int, error)              { return a.file.Read(b) }
func (a *artefact) Seek(off int64, from int) (int64, error) { return a.file.Seek(off, from) }
func (a *artefact) Close() error                            { return a.file.Close() }
func (a *artefact) Size() int64                             { return a.size }

// small is an artefact out of a box.
type small struct{ *bytes.Reader }

func (small) Close() error { return nil }

// full gives a full disk the error that the contract names.
func full(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
