package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/settlement"
)

// shownFork is the JSON of evidence verify for a proof of two tales.
type shownFork struct {
	Schema string   `json:"schema"` // "souk.fork/v1"
	Valid  bool     `json:"valid"`
	Net    string   `json:"net"`
	Author wire.Key `json:"author"`
	First  wire.CID `json:"first"`
	Second wire.CID `json:"second"`
	Kind   string   `json:"kind"` // of both: "Entry" or "LogEntry"
	Seq    uint64   `json:"seq"`
	Epoch  string   `json:"epoch"`
	By     wire.Key `json:"by"` // who put it together
	At     uint64   `json:"at"` // Unix milliseconds
}

func evidenceForksCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use: "forks [PEER]", Short: "Show who has told two tales, or write the proof",
		Long: `Show which peers have signed two different entries for one place of their lane to this
peer, or of their log: what no honest peer ever does. With PEER, whole, enough of
its beginning or as a table cuts it, write the proof, which ` + "`souk evidence verify`" + `
checks on any machine.`,
		Example: "  souk evidence forks\n  souk evidence forks 12D3KooWQN6G > proof.txt",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			desk, err := p.desk()
			if err != nil {
				return err
			}
			defer desk.Close()
			forks, err := desk.Forks(c.Context())
			if err != nil {
				return err
			}
			if len(a) > 0 {
				f, err := forkOf(forks, a[0])
				if err != nil {
					return err
				}
				if p.json {
					return p.show(f, nil)
				}
				_, err = io.WriteString(p.out, f.Proof)
				return err
			}
			listed := struct {
				Schema string         `json:"schema"`
				Forks  []gateway.Fork `json:"forks"`
			}{"souk.forks/v1", list(forks)}
			return p.show(listed, func(w io.Writer) error {
				if len(forks) == 0 {
					_, err := fmt.Fprintln(w, "nobody is known to have told two tales")
					return err
				}
				rows := make([][]string, len(forks))
				for i, f := range forks {
					rows[i] = []string{f.Author.String(), clock(f.At)}
				}
				return p.table([]column{{head: "PEER", least: 13, ends: true}, {head: "FOUND"}}, rows)
			})
		},
	}
}

// forkOf returns the proof against the peer that a word names, whole or cut.
func forkOf(forks []gateway.Fork, word string) (gateway.Fork, error) {
	all := make([]called[int], len(forks))
	for i, f := range forks {
		all[i] = called[int]{i, []string{f.Author.String(), f.Author.DID()}}
	}
	i, err := meant(word, "peers", all, &gateway.Error{
		Code: gateway.CodeNotFound, Message: fmt.Sprintf("there is no proof against a peer %q", word),
		Hint: "`souk evidence forks` shows all there are",
	})
	if err != nil {
		return gateway.Fork{}, err
	}
	return forks[i], nil
}

// showFork checks the proof of two tales, and shows what it proves.
func (p *program) showFork(text []byte) error {
	r, err := readFork(text)
	if err != nil {
		return unbelievable(err)
	}
	return p.show(r, func(w io.Writer) error {
		return p.listed(w, [][2]string{
			{"valid", "its author has signed two of these for one place, which no honest peer does"},
			{"network", r.Net},
			{"author", r.Author.String()},
			{"place", fmt.Sprintf("%s, number %d of epoch %s", r.Kind, r.Seq, r.Epoch)},
			{"first", r.First.String()},
			{"second", r.Second.String()},
			{"shown by", fmt.Sprintf("%s, %s", r.By, clock(r.At))},
		})
	})
}

func readFork(text []byte) (*shownFork, error) {
	b, err := settlement.UnarmorEquivocation(text)
	if err != nil {
		return nil, err
	}
	reg := protocol.Registry()
	d, net, err := settlement.ReadEquivocation(reg, b)
	if err != nil {
		return nil, err
	}
	said, err := reg.ReadProof(&d.First, net)
	if err != nil {
		return nil, err
	}
	r := &shownFork{
		Schema: "souk.fork/v1", Valid: true, Net: net, Author: d.Author(),
		First: wire.Sum(d.First.Doc), Second: wire.Sum(d.Second.Doc), By: d.By, At: d.At,
	}
	switch e := said.Doc.(type) {
	case *protocol.Entry:
		r.Kind, r.Seq, r.Epoch = "Entry", e.Seq, e.Epoch.String()
	case *protocol.LogEntry:
		r.Kind, r.Seq, r.Epoch = "LogEntry", e.Seq, e.Epoch.String()
	}
	return r, nil
}
