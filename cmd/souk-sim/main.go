// Command souk-sim runs the market in virtual time: the real core of every agent,
// under faults and attacks drawn from one seed, with everything that was promised
// checked while it runs.
//
// It promises that a binary, a scenario and a seed give one run, named by its
// trace hash; that a broken promise ends it with law, seed and step; and that
// whatever was finished stays when it is stopped. It must never decide what a
// scenario means: that stands in package simulations.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, &program{out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// program is one run of the command.
type program struct {
	out, err io.Writer
	json     bool
	kept     func(seed uint64) // told when what came of a seed is in the folder, if it is there
}

// run carries out one command line and returns its exit status.
func run(ctx context.Context, p *program, args []string) int {
	root := newRoot(p)
	root.SetArgs(args)
	root.SetOut(p.out)
	root.SetErr(p.err)
	if err := root.ExecuteContext(ctx); err != nil {
		return p.report(err, args)
	}
	return 0
}
