// Package store is the contract with the disk: a journal that never forgets
// what it acknowledged, a vault of artefacts, a ring of keys, and a shelf for
// what may be lost.
//
// It promises that an acknowledged record is there after a crash, that record
// n is there if n+1 is, and that damage is named, never passed over. It must
// never know what a record means.
package store

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/souk-network/souk/protocol/wire"
)

var (
	// ErrDamaged is returned (as *Damage) where what is stored is not what was written.
	ErrDamaged = errors.New("the store is damaged")
	// ErrLocked is returned (wrapped) where another process uses the same home.
	ErrLocked = errors.New("another process uses this home")
	// ErrPassphrase is returned (wrapped) for a wrong or missing passphrase.
	ErrPassphrase = errors.New("wrong passphrase")
	// ErrNotFound is returned (wrapped) for a name that is not there.
	ErrNotFound = errors.New("not found")
	// ErrFull is returned (wrapped) where free space is below the watermark; nothing was written.
	ErrFull = errors.New("not enough free disk space")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("store closed")
)

// MaxRecord is the most bytes one journal record may have.
const MaxRecord = 1 << 20

// Head is the place a journal has reached: the number of its last record (the
// first is 1; 0 for an empty journal) and the chain value after it.
type Head struct {
	Seq   uint64
	Chain Chain
}

// Chain is the running hash over a journal: Chain_n = SHA-256(Chain_{n-1} ‖ n ‖ record_n),
// with n as eight bytes, big-endian, and Chain_0 all zero.
type Chain [32]byte

// Next returns the chain value after record seq.
func (c Chain) Next(seq uint64, record []byte) Chain {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], seq)
	h := sha256.New()
	h.Write(c[:])
	h.Write(n[:])
	h.Write(record)
	return Chain(h.Sum(nil))
}

// Damage names the first record that is not what was written. It unwraps to ErrDamaged.
type Damage struct {
	Seq uint64
	Why string // "missing", "chain broken", …
}

func (d *Damage) Error() string { return fmt.Sprintf("journal record %d: %s", d.Seq, d.Why) }

// Unwrap returns ErrDamaged.
func (d *Damage) Unwrap() error { return ErrDamaged }

// Journal is an append-only, gap-free, hash-chained record. One process has it
// open at a time.
type Journal interface {
	// Append takes a record (1 to MaxRecord bytes; the journal keeps the slice) and returns its number. It
	// does not wait: durable is called later, from one goroutine, in the order of the numbers,
	// with nil once this record and all before it would survive a power cut, or with the error
	// after which the journal takes nothing more. durable must return soon. Append is called
	// from one goroutine at a time.
	Append(record []byte, durable func(error)) uint64
	// Replay calls f for each record from number first on, in order, having checked the chain,
	// and returns the head reached. Damage stops it with a *Damage; f's error stops it too. The
	// slice is f's only for the call.
	Replay(first uint64, f func(seq uint64, record []byte) error) (Head, error)
	// Read returns the record of a number, or ErrNotFound.
	Read(seq uint64) ([]byte, error)
	// Close waits for what was appended and releases the lock.
	Close() error
}

// Vault keeps artefacts under the names given to them, each until it is erased.
type Vault interface {
	// Create starts an artefact of unknown size.
	Create() (Draft, error)
	// Open reads an artefact, or returns ErrNotFound.
	Open(name wire.CID) (Artefact, error)
	// Holds reports whether there is an artefact of that name, without reading it.
	Holds(name wire.CID) bool
	// Erase removes an artefact for good. Erasing what is not there is no error.
	Erase(name wire.CID) error
}

// Draft is an artefact being written. It ends with Keep or Discard.
type Draft interface {
	io.Writer
	// Keep makes what was written durable under name. Keeping a name again replaces it.
	Keep(name wire.CID) error
	// Discard forgets what was written; after Keep it does nothing.
	Discard() error
}

// Artefact is an artefact being read.
type Artefact interface {
	io.ReadSeekCloser
	Size() int64
}

// Keyring keeps private keys under names such as "agent" and "owner".
type Keyring interface {
	// Add stores a key under a new name.
	Add(name string, key wire.PrivateKey) error
	// Signer returns the signer of a name, or ErrNotFound, or ErrPassphrase.
	Signer(name string) (wire.PrivateKey, error)
}

// Shelf keeps soft state: remembered peers, settings of the moment. What was
// put may be lost in a crash.
type Shelf interface {
	Put(key string, value []byte) error
	// Get returns ErrNotFound for a key that is not there.
	Get(key string) ([]byte, error)
	Delete(key string) error
	// List calls f for each key that begins with prefix, in order, until f returns false.
	List(prefix string, f func(key string, value []byte) bool) error
}
