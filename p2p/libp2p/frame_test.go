package libp2p

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/multiformats/go-varint"

	"github.com/souk-network/souk/p2p"
)

// TestSlowFrame checks that a frame may be waited for, but not dawdled over.
func TestSlowFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine, theirs := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer theirs.Close()
			<-time.After(time.Hour) // between frames there is no hurry
			_, _ = theirs.Write([]byte{5, 'h', 'e', 'l', 'l', 'o', 200})
			for {
				<-time.After(time.Second)
				if _, err := theirs.Write([]byte{1}); err != nil {
					return
				}
			}
		}()
		r := bufio.NewReader(mine)
		if f, err := readFrame(r, mine, 20*time.Second); err != nil || string(f) != "hello" {
			t.Errorf("%q, %v", f, err)
		}
		began := time.Now()
		if _, err := readFrame(r, mine, 20*time.Second); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a slow frame: %v", err)
		}
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("a slow frame was borne for %v", took)
		}
		_ = mine.Close()
		<-done
	})
}

// TestPromisedFrame checks that a length alone reserves little.
func TestPromisedFrame(t *testing.T) {
	in := append(varint.ToUvarint(p2p.MaxFrame), "and no more"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readChunk(bufio.NewReader(bytes.NewReader(in)), p2p.MaxFrame)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a frame cut short: %v", err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > p2p.MaxFrame/4 {
		t.Errorf("%d bytes were allocated for 11", got)
	}
}

// FuzzChunk reads any bytes as chunks and writes what was read again.
func FuzzChunk(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, 'x', 2, 'y', 'z'})
	f.Add([]byte{0x81, 0x00, 'x'})
	f.Add(bytes.Repeat([]byte{0xff}, 10))
	f.Fuzz(func(t *testing.T, in []byte) {
		const most = 1 << 10
		r := bufio.NewReader(bytes.NewReader(in))
		var out bytes.Buffer
		w := bufio.NewWriter(&out)
		for {
			b, err := readChunk(r, most)
			if err != nil {
				break
			}
			if len(b) == 0 || len(b) > most {
				t.Fatalf("a chunk of %d bytes", len(b))
			}
			if err := writeChunk(w, b); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil || !bytes.HasPrefix(in, out.Bytes()) {
			t.Fatalf("read %x, wrote %x, %v", in, out.Bytes(), err)
		}
	})
}

// TestMemory checks that what is remembered is bounded and fades.
func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		id := func(i int) [32]byte { return [32]byte{byte(i), byte(i >> 8), byte(i >> 16)} }
		for i := range remembered + 1 {
			m.add(id(i))
		}
		if m.has(id(0)) || !m.has(id(1)) || !m.has(id(remembered)) || len(m.since) != remembered {
			t.Errorf("%d are remembered", len(m.since))
		}
		<-time.After(rememberedFor)
		if m.has(id(1)) {
			t.Error("remembered for too long")
		}
		m.add(id(1))
		if !m.has(id(1)) || len(m.order) != len(m.since) {
			t.Error("not remembered again")
		}
	})
}

// TestBlame checks what faults cost and that they fade.
func TestBlame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBlame()
		key := [32]byte{1}
		if b.cost(key) != 0 {
			t.Error("an unknown peer is blamed")
		}
		for range 3 {
			b.lay(key)
		}
		if c := b.cost(key); c != 9*faultCost || c > ignoreBelow {
			t.Errorf("three faults cost %v", c)
		}
		<-time.After(faultLasts)
		if c := b.cost(key); c < gossipBelow {
			t.Errorf("after %v they still cost %v", faultLasts, c)
		}
		for i := range 2 * maxBlamed {
			b.lay([32]byte{2, byte(i), byte(i >> 8)})
		}
		if len(b.faults) > maxBlamed {
			t.Errorf("%d peers are blamed", len(b.faults))
		}
	})
}
