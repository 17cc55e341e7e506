package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/souk-network/souk/agent/worker"
	"github.com/souk-network/souk/agent/worker/workertest"
	"github.com/souk-network/souk/protocol/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// market is a Hirer of a few capabilities, and remembers what it was asked for.
type market struct {
	parts []worker.Part
	open  int // results not closed
}

type yield struct {
	io.Reader
	m *market
}

func (y yield) Close() error {
	if y.m != nil {
		y.m.open--
	}
	return nil
}

func (m *market) Hire(ctx context.Context, p worker.Part, input io.Reader) (io.ReadCloser, string, error) {
	if m != nil {
		m.parts = append(m.parts, p)
	}
	if p.Capability == "test/hang@1" {
		_, _ = input.Read(make([]byte, 1))
		<-ctx.Done()
		return nil, "", ctx.Err()
	}
	if p.Capability == "test/flood@1" {
		return yield{Reader: endless{}}, "text/plain", nil
	}
	b, err := io.ReadAll(input)
	if err != nil {
		return nil, "", fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	if m != nil {
		m.open++
	}
	switch p.Capability {
	case "text/upper@1":
		return yield{strings.NewReader(strings.ToUpper(string(b))), m}, "text/upper", nil
	case "text/twice@1":
		return yield{strings.NewReader(string(b) + string(b)), m}, "text/twice", nil
	}
	if m != nil {
		m.open--
	}
	return nil, "", fmt.Errorf("%w: part %s: nobody offers %s", worker.ErrFailed, p.Name, p.Capability)
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func hires(list string, more ...string) worker.Config {
	c := worker.Config{Technology: "broker", Settings: map[string]string{"hire": list}}
	for i := 0; i < len(more); i += 2 {
		c.Settings[more[i]] = more[i+1]
	}
	return c
}

func TestConformance(t *testing.T) {
	hang, flood := hires("test/hang@1"), hires("test/flood@1")
	workertest.Test(t, workertest.Subject{
		Maker: Maker{}, Hirer: (*market)(nil),
		Good: hires("text/upper@1, text/twice@1"), Input: "one ", Want: "ONE ONE ",
		Hang: &hang, Flood: &flood,
		Bad: []worker.Config{
			hires(""), hires(","), hires("words"), hires("text/words"), hires("text/words@1", "price", "5"),
			hires("text/words@1", "budget", ""), hires("text/words@1", "budget", "1.5"), hires("text/words@1", "budget", "-1"),
			hires(strings.Repeat("text/words@1,", MaxParts+1)),
		},
	})
}

func limits() worker.Limits { return worker.Limits{Time: time.Minute, Output: 1 << 20, Memory: 1} }

func TestEachPartGetsTheResultOfTheOneBefore(t *testing.T) {
	w, err := Maker{}.Make(hires("text/upper@1,text/twice@1,text/upper@1", "budget", "7"))
	if err != nil {
		t.Fatal(err)
	}
	m, out := new(market), new(bytes.Buffer)
	r, err := w.Do(t.Context(), worker.Task{Input: strings.NewReader("ab"), InputType: "text/plain", Limits: limits(), Hirer: m}, out)
	if err != nil || r.Type != "text/upper" || out.String() != "ABAB" {
		t.Fatalf("%+v %q %v", r, out, err)
	}
	want := [][3]string{{"1", "text/upper@1", "text/plain"}, {"2", "text/twice@1", "text/upper"}, {"3", "text/upper@1", "text/twice"}}
	for i, p := range m.parts {
		if [3]string{p.Name, p.Capability, p.InputType} != want[i] || p.Budget == nil || *p.Budget != wire.Units(7) {
			t.Errorf("part %d is %+v", i, p)
		}
		if len(p.Name) > worker.MaxPartName {
			t.Errorf("the name %q is too long", p.Name)
		}
	}
	if len(m.parts) != 3 || m.open != 0 {
		t.Errorf("%d parts hired, %d results left open", len(m.parts), m.open)
	}
}

func TestAPartThatFailsEndsTheWork(t *testing.T) {
	w, err := Maker{}.Make(hires("text/upper@1,text/nobody@1,text/twice@1"))
	if err != nil {
		t.Fatal(err)
	}
	m := new(market)
	_, err = w.Do(t.Context(), worker.Task{Input: strings.NewReader("ab"), Limits: limits(), Hirer: m}, io.Discard)
	if !errors.Is(err, worker.ErrFailed) || !strings.Contains(err.Error(), "part 2: nobody offers text/nobody@1") {
		t.Errorf("%v", err)
	}
	if len(m.parts) != 2 || m.open != 0 {
		t.Errorf("%d parts hired, %d results left open", len(m.parts), m.open)
	}
}

func TestNobodyToHire(t *testing.T) {
	w, err := Maker{}.Make(hires("text/upper@1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Do(t.Context(), worker.Task{Limits: limits()}, io.Discard); !errors.Is(err, worker.ErrFailed) {
		t.Errorf("%v, want ErrFailed", err)
	}
}
