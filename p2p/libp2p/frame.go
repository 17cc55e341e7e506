package libp2p

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/multiformats/go-varint"

	"github.com/souk-network/souk/p2p"
)

// opening is the first byte of every link stream: a frame of no bytes, which
// makes the stream known to the other side. It appears nowhere else.
const opening = 0x00

// firstChunk is what is allocated for a frame before its bytes are there; the
// rest grows with what arrives.
const firstChunk = 64 << 10

// deadliner is the side of a stream whose reads can be given an end.
type deadliner interface{ SetReadDeadline(time.Time) error }

// readFrame reads one frame: its length as an unsigned varint of the fewest
// bytes, then that many bytes. It waits for the first byte as long as it takes;
// once begun, the whole frame must arrive within within.
func readFrame(r *bufio.Reader, s deadliner, within time.Duration) ([]byte, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	if !frameBuffered(r) {
		if err := s.SetReadDeadline(time.Now().Add(within)); err != nil {
			return nil, err
		}
		defer s.SetReadDeadline(time.Time{})
	}
	return readChunk(r, p2p.MaxFrame)
}

// frameBuffered reports whether r holds the next frame whole.
func frameBuffered(r *bufio.Reader) bool {
	head, _ := r.Peek(min(r.Buffered(), binary.MaxVarintLen64))
	size, n := binary.Uvarint(head)
	return n > 0 && size <= p2p.MaxFrame && r.Buffered() >= n+int(size)
}

// readChunk reads a length and 1 to most bytes. At the end of the stream it
// returns io.EOF; within a chunk, io.ErrUnexpectedEOF.
func readChunk(r *bufio.Reader, most int) ([]byte, error) {
	size, err := varint.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if size == 0 || size > uint64(most) {
		return nil, fmt.Errorf("a length of %d bytes, want 1 to %d: %w", size, most, p2p.ErrSize)
	}
	b := make([]byte, 0, min(int(size), firstChunk))
	for len(b) < int(size) {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(2*cap(b), int(size))), b...)
		}
		n, err := io.ReadFull(r, b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// writeChunk writes what readChunk reads.
func writeChunk(w *bufio.Writer, b []byte) error {
	var head [binary.MaxVarintLen64]byte
	if _, err := w.Write(head[:binary.PutUvarint(head[:], uint64(len(b)))]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}
