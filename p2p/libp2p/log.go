package libp2p

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// logRequest is an author's key, an epoch and a sequence number, big-endian.
const logRequest = 32 + 16 + 8

// Log fulfils p2p.Network.
func (n *Network) Log(ctx context.Context, from wire.Key, at p2p.Place, take func(page []byte) bool) error {
	request := append(make([]byte, 0, logRequest), at.Author[:]...)
	request = binary.BigEndian.AppendUint64(append(request, at.Epoch[:]...), at.Seq)
	ctx, cancel := context.WithTimeout(ctx, p2p.LogTimeout)
	defer cancel()
	s, err := n.ask(ctx, from, n.ids.log, request)
	if errors.Is(err, p2p.ErrNoArtefact) {
		err = p2p.ErrNoLog
	}
	if err != nil {
		return fmt.Errorf("log of %v from %v: %w", at.Author, from, err)
	}
	defer s.Reset() // all of it was read, or the rest is not wanted
	stop := context.AfterFunc(ctx, func() { _ = s.Reset() })
	defer stop()
	r := bufio.NewReader(s)
	left := p2p.MaxLogBytes
	for range p2p.MaxPages {
		_ = s.SetReadDeadline(time.Now().Add(openTimeout))
		page, err := readChunk(r, min(left, p2p.MaxPage))
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("log of %v from %v: %w", at.Author, from, err)
		}
		if left -= len(page); !take(page) || left == 0 {
			return nil
		}
	}
	return nil
}

// serveLog answers one question for a log, and reports whether it said all there is.
func (n *Network) serveLog(key wire.Key, s network.Stream) bool {
	var request [logRequest]byte
	if !hear(s, request[:]) {
		return false
	}
	done, ok := n.telling.take(key)
	if !ok {
		return answer(s, answerBusy)
	}
	defer done()
	most := p2p.MaxLogBytes
	if n.telling.crowded() {
		most = shortLog
	}
	pages, err := n.handler.OnLog(key, p2p.Place{
		Author: wire.Key(request[:32]), Epoch: [16]byte(request[32:48]), Seq: binary.BigEndian.Uint64(request[48:]),
	})
	switch {
	case errors.Is(err, p2p.ErrBusy):
		return answer(s, answerBusy)
	case err != nil:
		return answer(s, answerAbsent)
	case !answer(s, answerOK):
		return false
	}
	pages = within(pages, most)
	w := bufio.NewWriterSize(s, copyBuffer)
	ends := time.Now().Add(p2p.LogTimeout)
	for _, page := range pages {
		if time.Now().After(ends) {
			break
		}
		_ = s.SetWriteDeadline(time.Now().Add(openTimeout))
		if writeChunk(w, page) != nil {
			return false
		}
	}
	return w.Flush() == nil
}

// within returns the first of the pages that one answer may hold, and lets go of the
// others: a slow reader must not hold them.
func within(pages [][]byte, most int) (all [][]byte) {
	for _, page := range pages[:min(len(pages), p2p.MaxPages)] {
		if most -= len(page); len(page) == 0 || len(page) > p2p.MaxPage || most < 0 {
			break // what comes after would leave a gap
		}
		all = append(all, page)
	}
	return all
}
