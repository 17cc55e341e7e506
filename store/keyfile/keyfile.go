// Package keyfile fulfils store.Keyring on files, one for each key.
//
// It promises that a key is written whole or not at all, never over another,
// readable by its owner only, and encrypted unless the user chose otherwise,
// which the file then says itself. It must never keep a passphrase in a file,
// print a secret, or use a file that others could have read.
//
// The key "agent" is the file agent.key. Its first lines are for the reader:
//
//	# Souk key "agent" of 12D3KooW…
//	# Encrypted with a passphrase (age, scrypt).
//	-----BEGIN AGE ENCRYPTED FILE-----
//
// Or, where the user chose no passphrase, in the place of the last two:
//
//	# NOT ENCRYPTED: whoever reads this file can sign as its owner.
//	souk-key/v1 agent 12D3KooW… <seed, 64 hexadecimal digits>
//
// The line that begins with souk-key/v1 is also what is encrypted. The age
// format is age-encryption.org/v1.
package keyfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// DefaultWorkFactor costs about half a second and 128 MiB for each guess, and
// once for the owner at start; twice the memory would not fit a small peer.
const DefaultWorkFactor = 17

// Options says how the keys of a ring are protected. Exactly one of Passphrase
// and Unencrypted is chosen.
type Options struct {
	// Passphrase encrypts keys that are added and opens those that are there.
	Passphrase string
	// Unencrypted writes and reads keys that nothing but the file mode protects.
	Unencrypted bool
	// WorkFactor is the base-2 logarithm of the scrypt work for keys that are
	// added, 1 to 20: each step up doubles time and memory. Needed with a Passphrase.
	WorkFactor int
}

// Check reports an impossible choice. It wraps store.ErrPassphrase where none was made.
func (o Options) Check() error {
	switch {
	case o.Passphrase == "" && !o.Unencrypted:
		return fmt.Errorf("%w: none given, and no passphrase was not chosen", store.ErrPassphrase)
	case o.Passphrase != "" && o.Unencrypted:
		return errors.New("keyfile: both a passphrase and none was chosen")
	case o.Passphrase != "" && (o.WorkFactor < 1 || o.WorkFactor > maxWorkFactor):
		return fmt.Errorf("keyfile: work factor %d, want 1 to %d", o.WorkFactor, maxWorkFactor)
	}
	return nil
}

// Ring is a store.Keyring in one directory. A key once opened stays in memory.
type Ring struct {
	dir     string
	options Options

	mu     sync.Mutex
	opened map[string]wire.PrivateKey
}

var _ store.Keyring = (*Ring)(nil)

// Open opens the ring in dir, which it creates (mode 0700) if need be. No key is
// read yet: a wrong passphrase shows at Signer.
func Open(dir string, o Options) (*Ring, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the ring of keys: %w", err)
	}
	return &Ring{dir: dir, options: o, opened: map[string]wire.PrivateKey{}}, nil
}

// Add implements store.Keyring. A name is 1 to 32 of a-z, 0-9 and "-", the first
// a letter; the error wraps fs.ErrExist where it is taken.
func (r *Ring) Add(name string, key wire.PrivateKey) error {
	path, err := r.path(name)
	if err != nil {
		return err
	}
	if key.Key().IsZero() {
		return fmt.Errorf("add key %q: it is empty", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	text, err := r.options.encode(name, key)
	if err == nil {
		err = create(path, text)
	}
	if err != nil {
		return fmt.Errorf("add key %q: %w", name, err)
	}
	r.opened[name] = key
	return nil
}

// Signer implements store.Keyring. It wraps store.ErrPassphrase for a wrong
// passphrase, for none where the key has one, and for one where it has none.
func (r *Ring) Signer(name string) (wire.PrivateKey, error) {
	path, err := r.path(name)
	if err != nil {
		return wire.PrivateKey{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if key, ok := r.opened[name]; ok {
		return key, nil
	}
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return wire.PrivateKey{}, fmt.Errorf("key %q in %s: %w", name, r.dir, store.ErrNotFound)
	}
	var key wire.PrivateKey
	if err == nil {
		key, err = r.options.decode(name, text)
	}
	if err != nil {
		return wire.PrivateKey{}, fmt.Errorf("open key %q (%s): %w", name, path, err)
	}
	r.opened[name] = key
	return key, nil
}

// Encrypted reports whether the key of that name in dir needs a passphrase, so
// that a command knows whether to ask for one. It returns store.ErrNotFound
// (wrapped) where there is no such key.
func Encrypted(dir, name string) (bool, error) {
	path, err := (&Ring{dir: dir}).path(name)
	if err != nil {
		return false, err
	}
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("key %q in %s: %w", name, dir, store.ErrNotFound)
	}
	if err != nil {
		return false, fmt.Errorf("read key %q: %w", name, err)
	}
	_, body := split(text)
	return strings.HasPrefix(body, ageHeader), nil
}

var nameRule = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

func (r *Ring) path(name string) (string, error) {
	if !nameRule.MatchString(name) {
		return "", fmt.Errorf("key name %.40q: want 1 to 32 of a-z, 0-9 and -, the first a letter", name)
	}
	return filepath.Join(r.dir, name+".key"), nil
}
