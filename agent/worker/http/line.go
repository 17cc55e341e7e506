package http

import (
	"context"
	"errors"
	"io"
	"net"
	nethttp "net/http"
	"sync"
)

// line is the connection of one task.
type line struct {
	mu   sync.Mutex
	conn net.Conn
	over bool
}

var errOver = errors.New("the task is over")

// client speaks over l, once: no proxy, no cookies, no compression, no redirect, nothing kept.
func (l *line) client() *nethttp.Client {
	return &nethttp.Client{
		Transport: &nethttp.Transport{
			Proxy: nil, // not from the environment
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return l.take(conn)
			},
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeaders,
		},
		CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse },
	}
}

// take keeps a connection for hangUp. The library may have one ready only when the task is over.
func (l *line) take(conn net.Conn) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || l.conn != nil {
		return nil, errors.Join(errOver, conn.Close())
	}
	l.conn = conn
	return conn, nil
}

// hangUp ends the connection, whatever the library still wants with it.
func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.conn != nil {
		_ = l.conn.Close() // nothing more is wanted of it
	}
}

// source is a task's input. The library reads it in a goroutine of its own; after close it is let
// alone.
type source struct {
	mu   sync.Mutex
	in   io.Reader
	over bool
	err  error // why it could not be read
}

// Read fulfils io.Reader.
func (s *source) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.over:
		return 0, errOver
	case s.in == nil:
		return 0, io.EOF
	}
	n, err := s.in.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// close waits for a Read under way, and returns why the input could not be read, if so.
func (s *source) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	return s.err
}
