package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// line is one end of a bare TCP connection that carries several flows.
type line struct {
	conn  net.Conn
	mu    sync.Mutex
	heard []chan int // sizes, by flow; closed when the connection ends
	ended chan struct{}
}

// loopback connects two ends over this machine's own TCP.
func loopback(ctx context.Context, flows int) (near, far *line, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close() // what it accepted stays
	var d net.Dialer
	out, err := d.DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	in, err := l.Accept()
	if err != nil {
		return nil, nil, errors.Join(err, out.Close())
	}
	return newLine(out, flows), newLine(in, flows), nil
}

func newLine(conn net.Conn, flows int) *line {
	l := &line{conn: conn, ended: make(chan struct{})}
	for range flows {
		l.heard = append(l.heard, make(chan int, 2))
	}
	go l.listen()
	return l
}

// listen reads flow and size of each frame, and its bytes.
func (l *line) listen() {
	defer close(l.ended)
	defer func() {
		for _, c := range l.heard {
			close(c)
		}
	}()
	r := bufio.NewReaderSize(l.conn, 64<<10)
	var head [8]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return
		}
		flow, size := binary.BigEndian.Uint32(head[:]), int(binary.BigEndian.Uint32(head[4:]))
		if _, err := r.Discard(size); err != nil {
			return
		}
		l.heard[flow] <- size
	}
}

// say sends a frame of so many bytes.
func (l *line) say(flow, size int) error {
	b := make([]byte, 8+size)
	binary.BigEndian.PutUint32(b, uint32(flow))
	binary.BigEndian.PutUint32(b[4:], uint32(size))
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.conn.Write(b)
	return err
}

// hangUp ends a flow: an empty frame.
func (l *line) hangUp(flow int) { _ = l.say(flow, 0) } // where it cannot be said, the line is gone
