package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/simulations"
	"github.com/souk-network/souk/simulations/world"
)

// replay runs one seed again and tells it as a conversation.
func (p *program) replay() *cobra.Command {
	var seed, from, to uint64
	var who string
	c := &cobra.Command{
		Use: "replay SCENARIO", Short: "Tell one run as a conversation, to its end or to where a promise broke", Args: one,
		Example: "  souk-sim replay faults --seed 42\n  souk-sim replay faults --seed 42 --from 900 --to 1000 --who peers3",
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := scenario(args[0], 0, false)
			if err != nil {
				return err
			}
			_, err = simulations.Run(s, seed, simulations.Watching{Step: to, Tell: func(h world.Happening) {
				if h.Step >= from && (who == "" || h.Who == who || h.With == who) {
					p.happening(h)
				}
			}})
			if errors.Is(err, world.ErrEndless) && to > 0 {
				return nil
			}
			return err
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed")
	c.Flags().Uint64Var(&from, "from", 0, "tell from this step on")
	c.Flags().Uint64Var(&to, "to", 0, "stop after this step; 0 for the end")
	c.Flags().StringVar(&who, "who", "", "only what this agent has to do with")
	return c
}

// happening prints one thing that happened.
func (p *program) happening(h world.Happening) {
	if p.json {
		_ = p.line(map[string]any{"schema": "souk.sim.event/v1", "step": h.Step, "at_ms": h.At - world.Dawn, "who": h.Who, "with": h.With, "what": h.What, "text": h.Text})
		return
	}
	with := ""
	if h.With != "" {
		with = " -> " + h.With
	}
	_, _ = fmt.Fprintf(p.out, "%6d %10.3fs  %s%s %s %s\n", h.Step, float64(h.At-world.Dawn)/1000, h.Who, with, h.What, h.Text)
}

// shrink looks for the fewest orders and faults that break the same promise.
func (p *program) shrink() *cobra.Command {
	var seed uint64
	var tries int
	c := &cobra.Command{
		Use: "shrink SCENARIO", Short: "Find the fewest orders and faults that break the same promise, and tell that run", Args: one,
		Example: "  souk-sim shrink faults --seed 42",
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := scenario(args[0], 0, false)
			if err != nil {
				return err
			}
			left, err := simulations.Shrink(s, seed, tries)
			if err != nil {
				return err
			}
			if !p.json {
				_, _ = fmt.Fprintf(p.out, "%s, seed %d: %v\nstill broken with %d of %d orders and faults, after %d runs:\n",
					s.Name, seed, left.Broken, len(left.Kept), left.Of, left.Runs)
				for _, name := range left.Kept {
					_, _ = fmt.Fprintln(p.out, "  "+name)
				}
				_, _ = fmt.Fprintln(p.out)
			}
			who := map[string]bool{left.Broken.Who: true}
			_, _ = simulations.Run(s, seed, simulations.Watching{Drop: left.Dropped, Tell: func(h world.Happening) {
				if who[h.Who] || who[h.With] {
					p.happening(h)
				}
			}})
			if p.json {
				return p.line(map[string]any{
					"schema": "souk.sim.shrink/v1", "scenario": s.Name, "seed": seed, "law": left.Broken.Law, "why": left.Broken.Why,
					"kept": left.Kept, "of": left.Of, "runs": left.Runs,
				})
			}
			return nil
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the seed")
	c.Flags().IntVar(&tries, "tries", 400, "runs, at most")
	return c
}
