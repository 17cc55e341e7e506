// Package memory fulfils the contracts of package store without a disk: for
// tests, and for simulations of whole peers in virtual time.
//
// It promises the same order, numbering and errors as the adapters that write
// to disk, callbacks of a journal from a goroutine of its own that ends when
// nothing waits, and crashes and commit errors on demand. It must never read a
// clock or wait for anything outside the process.
package memory

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// Vault is a store.Vault. The zero Vault is not ready; use NewVault.
type Vault struct {
	mu   sync.Mutex
	kept map[wire.CID][]byte
}

// NewVault returns an empty vault.
func NewVault() *Vault { return &Vault{kept: map[wire.CID][]byte{}} }

// Create implements store.Vault.
func (v *Vault) Create() (store.Draft, error) { return &draft{vault: v}, nil }

// Open implements store.Vault.
func (v *Vault) Open(name wire.CID) (store.Artefact, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	b, ok := v.kept[name]
	if !ok {
		return nil, fmt.Errorf("open artefact %s: %w", name, store.ErrNotFound)
	}
	return artefact{bytes.NewReader(b)}, nil
}

// Holds implements store.Vault.
func (v *Vault) Holds(name wire.CID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, ok := v.kept[name]
	return ok
}

// Erase implements store.Vault.
func (v *Vault) Erase(name wire.CID) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.kept, name)
	return nil
}

type artefact struct{ *bytes.Reader }

func (artefact) Close() error { return nil }

// draft is used from one goroutine at a time.
type draft struct {
	vault *Vault
	buf   bytes.Buffer
	ended bool
}

func (d *draft) Write(b []byte) (int, error) {
	if d.ended {
		return 0, fmt.Errorf("write to a draft that has ended: %w", io.ErrClosedPipe)
	}
	return d.buf.Write(b)
}

func (d *draft) Keep(name wire.CID) error {
	if d.ended {
		return fmt.Errorf("keep a draft that has ended: %w", io.ErrClosedPipe)
	}
	d.ended = true
	d.vault.mu.Lock()
	defer d.vault.mu.Unlock()
	d.vault.kept[name] = d.buf.Bytes()
	return nil
}

func (d *draft) Discard() error {
	d.ended = true
	return nil
}

// Keyring is a store.Keyring. The zero Keyring is not ready; use NewKeyring.
type Keyring struct {
	mu   sync.Mutex
	keys map[string]wire.PrivateKey
}

// NewKeyring returns an empty ring.
func NewKeyring() *Keyring { return &Keyring{keys: map[string]wire.PrivateKey{}} }

// Add implements store.Keyring; the error wraps fs.ErrExist where the name is taken.
func (r *Keyring) Add(name string, key wire.PrivateKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.keys[name]; taken {
		return fmt.Errorf("add key %q: %w", name, fs.ErrExist)
	}
	r.keys[name] = key
	return nil
}

// Signer implements store.Keyring.
func (r *Keyring) Signer(name string) (wire.PrivateKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.keys[name]
	if !ok {
		return wire.PrivateKey{}, fmt.Errorf("key %q: %w", name, store.ErrNotFound)
	}
	return k, nil
}

// Shelf is a store.Shelf. The zero Shelf is not ready; use NewShelf.
type Shelf struct {
	mu     sync.Mutex
	values map[string][]byte
}

// NewShelf returns an empty shelf.
func NewShelf() *Shelf { return &Shelf{values: map[string][]byte{}} }

// Put implements store.Shelf.
func (s *Shelf) Put(key string, value []byte) error {
	if key == "" {
		return errors.New("put on the shelf: empty key")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = bytes.Clone(value)
	return nil
}

// Get implements store.Shelf.
func (s *Shelf) Get(key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	if !ok {
		return nil, fmt.Errorf("get %.64q from the shelf: %w", key, store.ErrNotFound)
	}
	return bytes.Clone(v), nil
}

// Delete implements store.Shelf.
func (s *Shelf) Delete(key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, key)
	return nil
}

// List implements store.Shelf: keys in the order of their bytes, as they stood
// when the call began.
func (s *Shelf) List(prefix string, f func(key string, value []byte) bool) error {
	type item struct {
		key   string
		value []byte
	}
	s.mu.Lock()
	var items []item
	for k, v := range s.values {
		if strings.HasPrefix(k, prefix) {
			items = append(items, item{k, bytes.Clone(v)})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.key, b.key) })
	for _, it := range items {
		if !f(it.key, it.value) {
			return nil
		}
	}
	return nil
}

var (
	_ store.Vault   = (*Vault)(nil)
	_ store.Keyring = (*Keyring)(nil)
	_ store.Shelf   = (*Shelf)(nil)
)
