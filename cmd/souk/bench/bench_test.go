package bench

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/pprof/profile"

	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

func TestPercentiles(t *testing.T) {
	var took []time.Duration
	for n := range 1000 {
		took = append(took, time.Duration(1000-n)*time.Microsecond)
	}
	if p, want := percentiles(took), (Percentiles{500, 950, 990, 1000}); p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
	if p, want := percentiles(took[:1]), (Percentiles{1, 1, 1, 1}); p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
	if p := percentiles(nil); p != (Percentiles{}) {
		t.Errorf("of nothing: %+v", p)
	}
}

// TestSplit gives each stack of a profile to the innermost function with a part.
func TestSplit(t *testing.T) {
	sample := func(n int64, names ...string) *profile.Sample {
		s := &profile.Sample{Value: []int64{n, n * 10}}
		for _, name := range names {
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
		}
		return s
	}
	const souk = "github.com/souk-network/souk/"
	shares := split(&profile.Profile{Sample: []*profile.Sample{
		sample(4, "github.com/oasisprotocol/curve25519-voi/curve.(*EdwardsPoint).Add", souk+"protocol/wire.Verify", souk+"agent/runtime.(*ear).bundle"),
		sample(3, "runtime.mallocgc", souk+"protocol/wire.Encode", souk+"agent.(*Agent).Handle"),
		sample(2, "syscall.Syscall", "os.(*File).Sync", souk+"store/files.(*draft).Keep", souk+"agent/runtime.(*Peer).stage"),
		sample(1, "runtime.memmove", souk+"protocol/job.(*Job).Step", souk+"agent.(*Agent).Handle"),
		sample(6, "runtime.futex", "runtime.schedule", "runtime.mcall"),
		sample(4, "nobody.knows"),
	}})
	for part, want := range map[string]float64{
		partSignatures: 0.2, partBytes: 0.15, partStore: 0.1, partCore: 0.05, partScheduler: 0.3, partOther: 0.2, partHands: 0,
	} {
		if shares[part] < want-1e-9 || shares[part] > want+1e-9 {
			t.Errorf("%s: %g, want %g", part, shares[part], want)
		}
	}
}

// TestHold wants figures on both sides of a ratio.
func TestHold(t *testing.T) {
	r := Row{Rate: 30, CPU: 4}
	if err := r.hold(&Reference{Rate: 60}, ofRate); err != nil || r.Ratio != 0.5 {
		t.Errorf("%v, %g", err, r.Ratio)
	}
	if err := r.hold(&Reference{Rate: 60}, ofCPU); err == nil {
		t.Error("a reference that was not measured is divided by")
	}
}

// TestStagePlaysAgain plays what was recorded to fresh cores, twice: they do the
// same again, so what is timed is what happened.
func TestStagePlaysAgain(t *testing.T) {
	for name, posted := range map[string]bool{"asked": false, "posted": true} {
		t.Run(name, func(t *testing.T) {
			s, err := newStage(posted)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.trade(0, 20, 7); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := s.playAgain(nil); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestPage keeps to 80 cells.
func TestPage(t *testing.T) {
	row := Row{
		Case: "256 at once", N: 12, Rate: 1234567, Unit: "jobs/s", CPU: 3, Parts: map[string]float64{partCore: 3},
		Percentiles: Percentiles{1, 2, 3, 4}, Counts: map[string]float64{"signatures": 5}, Goal: strings.Repeat("a goal of many words ", 9),
	}
	if err := row.hold(&Reference{Case: strings.Repeat("long and longer ", 20), Rate: 1, CPU: 2}, ofCPU); err != nil {
		t.Fatal(err)
	}
	kind := row
	kind.Parts, kind.Case, kind.Counts = nil, strings.Repeat("heard and ", 10), map[string]float64{allocations: 7}
	r, err := report("hire", row, kind)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Page(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d cells: %s", n, line)
		}
	}
	if !strings.Contains(b.String(), "1,234,567 jobs/s") || !strings.Contains(b.String(), "ratio 1.50 of cpu_us") {
		t.Errorf("it says:\n%s", b.String())
	}
}

// BenchmarkHandle plays the events of whole jobs, both sides', to fresh cores: an
// operation is one event.
func BenchmarkHandle(b *testing.B) {
	for name, posted := range prices {
		b.Run(name, func(b *testing.B) {
			s, err := newStage(posted)
			if err == nil {
				err = s.trade(0, 200, 16)
			}
			if err != nil {
				b.Fatal(err)
			}
			events := len(s.folk[0].played) + len(s.folk[1].played)
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += events {
				if err := s.playAgain(nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReceipt makes entries and their countersigns: an operation is one receipt,
// with both signatures made and checked.
func BenchmarkReceipt(b *testing.B) {
	payer, payee := newTill(1), newTill(2)
	receipt := func(draft func(*settlement.Book) (*protocol.Entry, error)) (id wire.CID) {
		var entry, answer []byte
		err := payer.enter(draft, func(e wire.Said, raw []byte) { id, entry = e.ID, raw })
		if err == nil {
			answer, err = payee.countersign(entry)
		}
		if err == nil {
			_, err = payer.take(answer)
		}
		if err != nil {
			b.Fatal(err)
		}
		return id
	}
	receipt(opening(payee.key.Key()))
	var hold wire.CID
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%2 == 0 {
			hold = receipt(holding(payee.key.Key(), n))
			continue
		}
		receipt(posting(hold))
	}
}
