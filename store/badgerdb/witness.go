package badgerdb

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/souk-network/souk/store"
)

// witness is the file HEAD, or Options.Witness: a head that was durable when it was noted, outside
// Badger. It is synced only at the ends, so after a power cut it may lag; it
// never runs ahead, so whatever it says must be in the journal.
//
// Its bytes: "souk" ‖ seq (8, big-endian) ‖ chain (32) ‖ CRC-32C of all before (4).
type witness struct{ file *os.File }

const (
	witnessMagic = "souk"
	witnessSize  = len(witnessMagic) + 40 + crc32.Size
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errWitness says that a witness is there but cannot be believed.
var errWitness = errors.New("the note of the head is damaged")

// openWitness opens a witness. The error is fs.ErrNotExist where it is not
// there and wraps errWitness where its bytes are not what was written.
func openWitness(path string) (*witness, store.Head, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, store.Head{}, err
	}
	b, err := io.ReadAll(io.LimitReader(f, int64(witnessSize)+1))
	if err != nil {
		return nil, store.Head{}, errors.Join(err, f.Close())
	}
	head, ok := decodeWitness(b)
	if !ok {
		return nil, store.Head{}, errors.Join(errWitness, f.Close())
	}
	return &witness{f}, head, nil
}

// newWitness writes a witness anew, durably. It gets its name when it is whole:
// a power cut must not leave one that cannot be believed.
func newWitness(path string, head store.Head) (*witness, error) {
	fresh := path + ".new"
	f, err := os.OpenFile(fresh, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	w := &witness{f}
	err = errors.Join(w.note(head), f.Sync())
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err == nil {
		err = syncPath(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

func (w *witness) note(head store.Head) error {
	b := append([]byte(witnessMagic), encodeHead(head)...)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	_, err := w.file.WriteAt(b, 0)
	return err
}

func (w *witness) close() error { return errors.Join(w.file.Sync(), w.file.Close()) }

// note tells every witness of a head that is durable.
func (s *Store) note(head store.Head) error {
	for _, w := range s.witnesses {
		if err := w.note(head); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) closeWitnesses() error {
	var err error
	for _, w := range s.witnesses {
		err = errors.Join(err, w.close())
	}
	return err
}

func decodeWitness(b []byte) (store.Head, bool) {
	body := len(witnessMagic) + 40
	if len(b) != witnessSize || string(b[:len(witnessMagic)]) != witnessMagic ||
		binary.BigEndian.Uint32(b[body:]) != crc32.Checksum(b[:body], castagnoli) {
		return store.Head{}, false
	}
	return decodeHead(b[len(witnessMagic):body])
}
