package libp2p

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// The first byte of every answer on an artefact or a pull stream.
const (
	answerOK     = 0 // what was asked for follows
	answerAbsent = 1 // it is not served
	answerBusy   = 2 // too much is asked at once; ask again later
)

// artefactRequest is a content ID's digest and an offset in bytes, big-endian.
const artefactRequest = 32 + 8

// Fetch opens the artefact id of peer from at offset. The reader fails when no
// byte comes for p2p.FetchIdle, when ctx ends, or when the transfer is broken
// off; io.EOF means that the other side said all of it.
func (n *Network) Fetch(ctx context.Context, from wire.Key, id wire.CID, offset uint64) (io.ReadCloser, error) {
	request := binary.BigEndian.AppendUint64(append(make([]byte, 0, artefactRequest), id[:]...), offset)
	done, ok := n.fetching.take(from)
	if !ok {
		return nil, fmt.Errorf("fetch from %v: %w", from, p2p.ErrBusy)
	}
	s, err := n.ask(ctx, from, n.ids.artefact, request)
	if err != nil {
		done()
		return nil, fmt.Errorf("fetch from %v: %w", from, err)
	}
	t := &transfer{stream: s, done: done}
	t.stop = context.AfterFunc(ctx, func() { _ = s.Reset() })
	return t, nil
}

// ask opens a stream, says request and reads the first byte of the answer.
func (n *Network) ask(ctx context.Context, of wire.Key, what protocol.ID, request []byte) (network.Stream, error) {
	if n.ctx.Err() != nil {
		return nil, p2p.ErrClosed
	}
	if of == n.key {
		return nil, fmt.Errorf("ask oneself: %w", p2p.ErrUnreachable)
	}
	dial, cancel := context.WithTimeout(ctx, p2p.DialTimeout)
	defer cancel()
	s, err := n.stream(dial, of, what)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", p2p.ErrUnreachable, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	_ = s.SetDeadline(time.Now().Add(openTimeout))
	var answer [1]byte
	_, err = s.Write(request)
	_ = s.CloseWrite() // the other side may have answered and closed already
	if err == nil {
		_, err = io.ReadFull(s, answer[:])
	}
	switch {
	case err != nil:
		err = fmt.Errorf("%w: %w", p2p.ErrUnreachable, err)
	case answer[0] == answerAbsent:
		err = p2p.ErrNoArtefact
	case answer[0] == answerBusy:
		err = p2p.ErrBusy
	case answer[0] != answerOK:
		err = fmt.Errorf("%w: an answer of unknown kind %d", p2p.ErrNoArtefact, answer[0])
	}
	if err != nil {
		_ = s.Reset()
		return nil, err
	}
	return s, nil
}

// transfer is an artefact being received.
type transfer struct {
	stream network.Stream
	stop   func() bool // the watch over the caller's context
	done   func()      // counts the transfer off
	ended  bool        // all of it was read
}

func (t *transfer) Read(b []byte) (int, error) {
	if t.ended {
		return 0, io.EOF
	}
	_ = t.stream.SetReadDeadline(time.Now().Add(p2p.FetchIdle))
	n, err := t.stream.Read(b)
	if errors.Is(err, io.EOF) {
		t.ended = true
		return n, io.EOF
	}
	if err != nil {
		return n, fmt.Errorf("fetch: read: %w", err)
	}
	return n, nil
}

func (t *transfer) Close() error {
	t.stop()
	t.done()
	if t.ended {
		return t.stream.Close()
	}
	return t.stream.Reset()
}

// buffers holds what artefacts are copied through.
var buffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// serveArtefact answers one request for an artefact, and reports whether it said
// all there is. It writes in pieces, each with a deadline of its own, so that a
// reader slower than copyBuffer in p2p.FetchIdle is cut off.
func (n *Network) serveArtefact(key wire.Key, s network.Stream) bool {
	var request [artefactRequest]byte
	if !hear(s, request[:]) {
		return false
	}
	done, ok := n.serving.take(key)
	if !ok {
		return answer(s, answerBusy)
	}
	defer done()
	body, err := n.handler.OnFetch(key, wire.CID(request[:32]), binary.BigEndian.Uint64(request[32:]))
	if err != nil {
		return answer(s, answerAbsent)
	}
	defer body.Close()
	// The answer goes ahead of the first bytes: these may take their time.
	_ = s.SetWriteDeadline(time.Now().Add(openTimeout))
	if _, err := s.Write([]byte{answerOK}); err != nil {
		return false
	}
	buf := buffers.Get().(*[copyBuffer]byte)
	defer buffers.Put(buf)
	for {
		read, err := body.Read(buf[:])
		if err != nil && !errors.Is(err, io.EOF) {
			return false // the reset tells the other side that this was not all
		}
		_ = s.SetWriteDeadline(time.Now().Add(p2p.FetchIdle))
		if _, werr := s.Write(buf[:read]); werr != nil {
			return false
		}
		if err != nil {
			return true
		}
	}
}

// hear reads a whole request.
func hear(s network.Stream, request []byte) bool {
	_ = s.SetReadDeadline(time.Now().Add(openTimeout))
	_, err := io.ReadFull(s, request)
	return err == nil
}

// answer says one byte and reports whether it was said.
func answer(s network.Stream, b byte) bool {
	_ = s.SetWriteDeadline(time.Now().Add(openTimeout))
	_, err := s.Write([]byte{b})
	return err == nil
}
