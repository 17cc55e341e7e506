package p2ptest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// writer opens a peer that serves pages, linked with one that reads them.
func (w *town) writer(t *testing.T, log func(peer wire.Key, at p2p.Place) ([][]byte, error)) (a, b person) {
	t.Helper()
	a, b = w.person(t, "a", &Recorder{}), w.person(t, "b", &Recorder{Pages: log})
	link(t, a, b)
	return a, b
}

// read reads an answer until there is no more, or most pages are there.
func (p person) read(t *testing.T, from wire.Key, at p2p.Place, most int) (pages [][]byte, err error) {
	t.Helper()
	err = p.Log(t.Context(), from, at, func(page []byte) bool {
		pages = append(pages, page)
		return len(pages) < most
	})
	return pages, err
}

func logFrom(t *testing.T, w *town) {
	author := Key("author").Key()
	type question struct {
		at p2p.Place
		by wire.Key
	}
	asked := make(chan question, 3)
	a, b := w.writer(t, func(peer wire.Key, at p2p.Place) ([][]byte, error) {
		asked <- question{at, peer}
		var pages [][]byte
		for i := at.Seq; i < 20; i++ {
			pages = append(pages, binary.BigEndian.AppendUint64(nil, i))
		}
		return pages, nil
	})
	at := p2p.Place{Author: author, Epoch: [16]byte{1, 15: 2}, Seq: 7}
	pages, err := a.read(t, b.Self(), at, 100)
	if err != nil || len(pages) != 13 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	if got, want := <-asked, (question{at, a.Self()}); got != want {
		t.Errorf("asked for %+v, want %+v", got, want)
	}
	for i, p := range pages {
		if binary.BigEndian.Uint64(p) != uint64(7+i) {
			t.Errorf("page %d is %x", i, p)
		}
	}
	if pages, err := a.read(t, b.Self(), p2p.Place{Author: author, Seq: 20}, 100); err != nil || len(pages) != 0 {
		t.Errorf("past the end: %d pages, %v", len(pages), err)
	}
	if pages, err := a.read(t, b.Self(), at, 3); err != nil || len(pages) != 3 {
		t.Errorf("three were wanted: %d pages, %v", len(pages), err)
	}
}

func logBounds(t *testing.T, w *town) {
	full := bytes.Repeat([]byte("x"), p2p.MaxPage)
	many := func(n int, page []byte) [][]byte {
		pages := make([][]byte, n)
		for i := range pages {
			pages[i] = page
		}
		return pages
	}
	for _, c := range []struct {
		name  string
		pages [][]byte
		want  int
	}{
		{"a million pages", many(1_000_000, []byte("x")), p2p.MaxPages},
		{"pages of the largest size", many(p2p.MaxPages, full), p2p.MaxLogBytes / p2p.MaxPage},
		{"a page too large", [][]byte{full, append(full, 'x'), full}, 1},
		{"an empty page", [][]byte{full, {}, full}, 1},
		{"none", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := w.writer(t, func(wire.Key, p2p.Place) ([][]byte, error) { return c.pages, nil })
			pages, err := a.read(t, b.Self(), p2p.Place{}, 1<<30)
			if err != nil || len(pages) != c.want {
				t.Errorf("%d pages, %v; want %d", len(pages), err, c.want)
			}
		})
	}
}

func logRefused(t *testing.T, w *town) {
	for _, want := range []error{p2p.ErrNoLog, p2p.ErrBusy} {
		t.Run(want.Error(), func(t *testing.T) {
			a, b := w.writer(t, func(wire.Key, p2p.Place) ([][]byte, error) { return nil, fmt.Errorf("wrapped: %w", want) })
			if _, err := a.read(t, b.Self(), p2p.Place{}, 1); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
			if _, err := b.read(t, a.Self(), p2p.Place{}, 1); !errors.Is(err, p2p.ErrNoLog) {
				t.Errorf("of who serves none: %v", err)
			}
		})
	}
}
