package p2ptest

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
)

// shelf opens a peer that serves one artefact, linked with one that serves none.
func (w *town) shelf(t *testing.T, size int, gate chan struct{}) (a, b person, id wire.CID, body []byte) {
	t.Helper()
	body = make([]byte, size)
	for i := range body {
		body[i] = byte(i * 7 >> 3)
	}
	id = wire.Sum(body)
	a = w.person(t, "a", &Recorder{})
	b = w.person(t, "b", &Recorder{Artefacts: map[wire.CID][]byte{id: body}, Gate: gate})
	link(t, a, b)
	return a, b, id, body
}

func fetchOffset(t *testing.T, w *town) {
	a, b, id, body := w.shelf(t, 3<<20+11, nil)
	for _, offset := range []int{0, 1, 1 << 20, len(body) - 1, len(body)} {
		r, err := a.Fetch(t.Context(), b.Self(), id, uint64(offset))
		if err != nil {
			t.Fatalf("fetch from %d: %v", offset, err)
		}
		if got := readAll(t, r); !bytes.Equal(got, body[offset:]) {
			t.Errorf("from %d: %d bytes, want %d", offset, len(got), len(body)-offset)
		}
	}
}

func fetchMissing(t *testing.T, w *town) {
	a, b, id, body := w.shelf(t, 10, nil)
	if _, err := a.Fetch(t.Context(), b.Self(), wire.Sum([]byte("other")), 0); !errors.Is(err, p2p.ErrNoArtefact) {
		t.Errorf("another artefact: %v, want %v", err, p2p.ErrNoArtefact)
	}
	if _, err := a.Fetch(t.Context(), b.Self(), id, uint64(len(body)+1)); !errors.Is(err, p2p.ErrNoArtefact) {
		t.Errorf("past the end: %v, want %v", err, p2p.ErrNoArtefact)
	}
	if _, err := b.Fetch(t.Context(), a.Self(), id, 0); !errors.Is(err, p2p.ErrNoArtefact) {
		t.Errorf("from who has none: %v, want %v", err, p2p.ErrNoArtefact)
	}
}

func fetchBusy(t *testing.T, w *town) {
	gate := make(chan struct{})
	a, b, id, body := w.shelf(t, 1<<20, gate)
	var open []io.ReadCloser
	for range p2p.MaxFetches {
		r, err := a.Fetch(t.Context(), b.Self(), id, 0)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	if _, err := a.Fetch(t.Context(), b.Self(), id, 0); !errors.Is(err, p2p.ErrBusy) {
		t.Errorf("one more: %v, want %v", err, p2p.ErrBusy)
	}
	close(gate)
	var all sync.WaitGroup
	for _, r := range open {
		all.Go(func() {
			if got := readAll(t, r); !bytes.Equal(got, body) {
				t.Errorf("%d bytes, want %d", len(got), len(body))
			}
		})
	}
	all.Wait()
	r, err := a.Fetch(t.Context(), b.Self(), id, uint64(len(body)-5))
	if err != nil {
		t.Fatalf("after all have ended: %v", err)
	}
	if got := readAll(t, r); !bytes.Equal(got, body[len(body)-5:]) {
		t.Errorf("%q", got)
	}
}
