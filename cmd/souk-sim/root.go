package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/simulations"
)

func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:           "souk-sim",
		Short:         "Run the market in virtual time, break it on purpose, and measure what comes of it",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().BoolVar(&p.json, "json", false, "print JSON lines; the last one is the result")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return invalid(err.Error(), fmt.Sprintf("`%s --help` shows how", c.CommandPath()))
	})
	root.AddCommand(p.list(), p.runs(), p.replay(), p.shrink())
	return root
}

// invalid is the error of something given that makes no sense.
func invalid(message, hint string) error {
	return &gateway.Error{Code: gateway.CodeInvalid, Message: message, Hint: hint}
}

// one wants exactly one scenario as argument.
func one(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return invalid(fmt.Sprintf("want one scenario, and not %d", len(args)), "`souk-sim list` shows which there are; a file's name ends in .toml")
	}
	return nil
}

// scenario reads a built-in scenario by its name, or a file whose name ends in .toml.
func scenario(name string, agents int, baseline bool) (*simulations.Scenario, error) {
	var s *simulations.Scenario
	var err error
	if strings.HasSuffix(name, ".toml") {
		var b []byte
		if b, err = os.ReadFile(filepath.Clean(name)); err != nil {
			return nil, &gateway.Error{Code: gateway.CodeNotFound, Message: err.Error(), Hint: "`souk-sim list` shows the scenarios that are built in"}
		}
		if s, err = simulations.Read(b); err != nil {
			return nil, invalid(fmt.Sprintf("%s: %v", name, err), "docs/research.md explains every key")
		}
	} else if s, err = simulations.Builtin(name); err != nil {
		if errors.Is(err, simulations.ErrNoScenario) {
			return nil, &gateway.Error{Code: gateway.CodeNotFound, Message: err.Error(), Hint: "`souk-sim list` says what they are about"}
		}
		return nil, err
	}
	if agents != 0 {
		if err := s.Resize(agents); err != nil {
			return nil, invalid(err.Error(), "--agents N")
		}
	}
	if baseline {
		if s, err = s.WithoutDefence(); err != nil {
			return nil, invalid(err.Error(), "run it without --baseline")
		}
	}
	return s, nil
}

// line prints one JSON line.
func (p *program) line(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.out, string(b))
	return err
}

func (p *program) list() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show the scenarios that are built in", Args: cobra.NoArgs,
		Example: "  souk-sim list",
		RunE: func(*cobra.Command, []string) error {
			for _, name := range simulations.Names() {
				s, err := simulations.Builtin(name)
				if err != nil {
					return err
				}
				if p.json {
					baseline := ""
					if s.Baseline != nil {
						baseline = s.Baseline.Without
					}
					err = p.line(map[string]any{
						"schema": "souk.sim.scenario/v1", "name": name, "agents": s.Agents(), "about": s.About, "models": strings.TrimSpace(s.Models),
						"baseline": baseline,
					})
				} else {
					_, err = fmt.Fprintf(p.out, "%-20s %6d agents  %s\n", name, s.Agents(), s.About)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}
