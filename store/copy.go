package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A copy of a journal, as one stream of bytes:
//
//	"SOUKJRN1"
//	for each record: its length (4 bytes, big-endian, from 1) and its bytes
//	0 (4 bytes), the number of the last record (8) and the chain value after it (32)
//
// What is cut short lacks its end, and what was changed has another chain.
const copyMagic = "SOUKJRN1"

// ErrCopy is returned (wrapped) for what is no whole copy of a journal.
var ErrCopy = errors.New("not a whole copy of a journal")

// Copy writes all records of j that are durable now, having checked their chain, and
// returns how far it came. Records may be appended to j meanwhile; they are not in it.
func Copy(w io.Writer, j Journal) (Head, error) {
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(copyMagic); err != nil {
		return Head{}, fmt.Errorf("copy the journal: %w", err)
	}
	head, err := j.Replay(1, func(_ uint64, record []byte) error {
		if err := binary.Write(out, binary.BigEndian, uint32(len(record))); err != nil {
			return err
		}
		_, err := out.Write(record)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("copy the journal: %w", err)
	}
	end := binary.BigEndian.AppendUint64(make([]byte, 4), head.Seq)
	if _, err = out.Write(append(end, head.Chain[:]...)); err == nil {
		err = out.Flush()
	}
	if err != nil {
		return head, fmt.Errorf("copy the journal: %w", err)
	}
	return head, nil
}

// ReadCopy calls f for each record of a copy, in order, and returns the head at its end.
// Until it has returned without an error nothing says that the copy is whole.
func ReadCopy(r io.Reader, f func(record []byte) error) (Head, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	magic := make([]byte, len(copyMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != copyMagic {
		return Head{}, fmt.Errorf("%w: it does not begin with %q", ErrCopy, copyMagic)
	}
	var head Head
	for {
		var size uint32
		if err := binary.Read(in, binary.BigEndian, &size); err != nil {
			return head, cutShort(head, err)
		}
		if size == 0 {
			return head, readEnd(in, head)
		}
		if size > MaxRecord {
			return head, fmt.Errorf("%w: record %d has %d bytes, at most %d", ErrCopy, head.Seq+1, size, MaxRecord)
		}
		record := make([]byte, size)
		if _, err := io.ReadFull(in, record); err != nil {
			return head, cutShort(head, err)
		}
		head.Seq++
		head.Chain = head.Chain.Next(head.Seq, record)
		if err := f(record); err != nil {
			return head, err
		}
	}
}

func cutShort(head Head, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends after record %d", ErrCopy, head.Seq)
	}
	return fmt.Errorf("read a copy of a journal: %w", err)
}

// readEnd holds the end of a copy against what was read.
func readEnd(in *bufio.Reader, head Head) error {
	end := make([]byte, 40)
	if _, err := io.ReadFull(in, end); err != nil {
		return cutShort(head, err)
	}
	if seq := binary.BigEndian.Uint64(end); seq != head.Seq || Chain(end[8:]) != head.Chain {
		return fmt.Errorf("%w: its %d records are not the %d that were written", ErrCopy, head.Seq, seq)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		return fmt.Errorf("%w: something follows its end", ErrCopy)
	}
	return nil
}

// Refill appends the records of a copy to an empty journal, and returns once they are
// durable. After an error the journal is of no use.
func Refill(j Journal, r io.Reader) (Head, error) {
	const window = 256 // records on their way to the disk
	durable := make(chan error, window)
	waiting := 0
	head, err := ReadCopy(r, func(record []byte) error {
		if waiting == window {
			waiting--
			if err := <-durable; err != nil {
				return err
			}
		}
		waiting++
		j.Append(record, func(err error) { durable <- err })
		return nil
	})
	for ; waiting > 0; waiting-- {
		err = errors.Join(err, <-durable)
	}
	if err != nil {
		return head, fmt.Errorf("fill the journal: %w", err)
	}
	got, err := j.Replay(1, func(uint64, []byte) error { return nil })
	if err == nil && got != head {
		err = fmt.Errorf("fill the journal: it was not empty, or is not what was written: %w", ErrDamaged)
	}
	return head, err
}
