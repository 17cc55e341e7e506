package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/souk-network/souk/protocol/wire"
)

// A record in a box is
//
//	"souk" ‖ mark (1) ‖ size (4, big-endian) ‖ name (32) ‖ CRC-32C of the bytes (4)
//	       ‖ CRC-32C of size, name and that (4) ‖ the bytes
const (
	headMagic  = "souk"
	markAt     = len(headMagic)
	headSize   = len(headMagic) + 1 + 4 + 32 + 4 + 4
	markLive   = 1
	markErased = 0
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// boxHead is what stands before the bytes of an artefact.
type boxHead struct {
	erased bool
	size   uint32
	name   wire.CID
	sum    uint32 // of the bytes
}

func appendHead(to []byte, name wire.CID, b []byte) []byte {
	to = append(append(to, headMagic...), markLive)
	from := len(to)
	to = binary.BigEndian.AppendUint32(to, uint32(len(b)))
	to = append(to, name[:]...)
	to = binary.BigEndian.AppendUint32(to, crc32.Checksum(b, castagnoli))
	return binary.BigEndian.AppendUint32(to, crc32.Checksum(to[from:], castagnoli))
}

// readHead reads the head that b begins with.
func readHead(b []byte) (h boxHead, ok bool) {
	if len(b) < headSize || string(b[:markAt]) != headMagic || b[markAt] > markLive {
		return h, false
	}
	body := b[markAt+1 : headSize-4]
	h.erased, h.size = b[markAt] == markErased, binary.BigEndian.Uint32(body)
	h.name, h.sum = wire.CID(body[4:36]), binary.BigEndian.Uint32(body[36:])
	return h, h.size <= MaxSmall && binary.BigEndian.Uint32(b[headSize-4:]) == crc32.Checksum(body, castagnoli)
}

// holds reports whether b is what the head was written for.
func (h *boxHead) holds(b []byte) bool {
	return len(b) == int(h.size) && crc32.Checksum(b, castagnoli) == h.sum
}

// openBoxes reads what lies in the boxes of dir, which it creates if need be.
func openBoxes(dir string) (*boxes, error) {
	x := &boxes{dir: dir, at: map[wire.CID]spot{}, live: map[uint32]int{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir) // in the order of the numbers
	if err != nil {
		return nil, err
	}
	var again []spot // kept again, or erased and not yet marked
	for _, e := range entries {
		n, err := strconv.ParseUint(e.Name(), 10, 32)
		if err != nil || n == 0 || n == math.MaxUint32 || x.path(uint32(n)) != dir+string(os.PathSeparator)+e.Name() {
			return nil, fmt.Errorf("%s is no box of ours: move it elsewhere", x.path(uint32(n)))
		}
		older, err := x.scan(uint32(n))
		if err != nil {
			return nil, err
		}
		again = append(again, older...)
	}
	if err := x.wipe(again); err != nil {
		return nil, err
	}
	for _, e := range entries {
		n, _ := strconv.ParseUint(e.Name(), 10, 32) // read above
		if err := x.tidy(uint32(n)); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// scan reads one box, the newest so far, and returns the spots of what was kept
// again. A record that a crash cut short was promised to nobody: it is passed
// over, and so is one that was damaged, up to the next that is whole.
func (x *boxes) scan(box uint32) (older []spot, err error) {
	b, err := os.ReadFile(x.path(box))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x.newest = box
	for at := 0; at < len(b); {
		h, ok := readHead(b[at:])
		end := at + headSize + int(h.size)
		if !ok || end > len(b) || !h.erased && !h.holds(b[at+headSize:end]) {
			next := bytes.Index(b[at+1:], []byte(headMagic))
			if next < 0 {
				break
			}
			at += 1 + next
			continue
		}
		if !h.erased {
			s := spot{box: box, at: uint32(at), size: h.size}
			if old, ok := x.at[h.name]; ok {
				older = append(older, old)
			}
			x.at[h.name] = s
			x.live[box]++
		}
		at = end
	}
	return older, nil
}
