package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/gateway"
)

// jobProvideCommand answers what a job's provider asked for.
func jobProvideCommand(p *program) *cobra.Command {
	var in, media string
	c := &cobra.Command{
		Use: "provide ID --in FILE", Short: "Hand over what a job's provider waits for",
		Long: `Hand over what a job's provider waits for: ` + "`souk job show ID`" + ` says what that is,
and until when. Only what its offer listed beforehand can be asked for. What you
give goes under the data class of the input; it grants nothing else.`,
		Example: "  souk job provide order-hw2k --in map.txt",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			if in == "" {
				return misuse(c, errors.New("--in is missing: name the file to hand over, or - for standard input"))
			}
			return p.withJob(func(ctx context.Context, desk gateway.Desk, j gateway.Job) error {
				content, err := p.input(in)
				if err != nil {
					return err
				}
				defer content.Close()
				if j, err = desk.Provide(ctx, name(j), media, content); err != nil {
					return err
				}
				return p.show(j, func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "provided for job %s, which is now %s\n", name(j), safe(j.Stage))
					return err
				})
			})(c, a)
		},
	}
	c.Flags().StringVar(&in, "in", "", "`FILE` to hand over, - for standard input (required)")
	c.Flags().StringVar(&media, "type", "", "media `TYPE` of it (default: application/octet-stream)")
	return c
}

// needs is what a job needs, in one line for people.
func needs(j gateway.Job) string {
	return fmt.Sprintf("%s, by %s: `souk job provide %s --in FILE`", strings.Join(j.Needs, "; "), clock(j.NeedsUntil), name(j))
}
