package runtime_test

import (
	"testing"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
)

// BenchmarkReadPage is what a page of another's log costs: as it is read, with
// its seals, and as it is told again at a start, without.
func BenchmarkReadPage(b *testing.B) {
	reg := protocol.Registry()
	author := wire.NewPrivateKey([32]byte{2, 9})
	for _, c := range []struct {
		name string
		set  func(*chronicle)
	}{
		{"agreed", func(*chronicle) {}},
		{"unanswered", func(c *chronicle) { c.failed, c.noAnswer = true, true }},
	} {
		k := newChronicle(b, author)
		c.set(k)
		raw := k.page()
		read := func(b *testing.B, open bool) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				page, err := protocol.ReadPage(raw)
				if err != nil {
					b.Fatal(err)
				}
				var shown []wire.Said
				for i, p := range page.Shown {
					if open {
						s, err := reg.ReadProof(&page.Shown[i], net)
						if err != nil {
							b.Fatal(err)
						}
						shown = append(shown, s)
						continue
					}
					d, err := reg.Decode(p.Doc)
					if err != nil {
						b.Fatal(err)
					}
					shown = append(shown, wire.Said{ID: wire.Sum(p.Doc), Raw: p.Doc, Doc: d})
				}
				if t, err := agent.Testify(net, author.Key(), shown); err != nil || t.Evidence.Said.Doc == nil {
					b.Fatal(t, err)
				}
			}
		}
		b.Run(c.name, func(b *testing.B) { read(b, true) })
		b.Run(c.name+", told again", func(b *testing.B) { read(b, false) })
	}
}
