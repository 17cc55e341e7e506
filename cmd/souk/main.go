// Command souk is the one binary people run: it keeps a peer of the market up,
// sells and buys through it, and shows what happened.
//
// It promises that with --json what it prints is JSON with a schema, that a
// failure says what happened, to what, and what to do next, with a stable code
// and exit status, and that nothing a peer sent reaches the terminal as a
// control sequence. It must never decide anything: a command puts a question to
// the desk of a running peer and shows the answer.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// The first signal asks the command to end well; a second ends it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	p := &program{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		lookup: os.LookupEnv,
	}
	if err := closeMemory(); err != nil { // before any secret is read
		os.Exit(p.report(err, os.Args[1:]))
	}
	os.Exit(run(ctx, p, os.Args[1:]))
}

// program is one run of the command: where it reads and writes, and what was
// asked of all commands alike.
type program struct {
	in       io.Reader
	out, err io.Writer
	lookup   func(string) (string, bool) // environment
	home     string                      // --home
	json     bool                        // --json
	markdown bool                        // --markdown, of bench
}

// env returns an environment variable, empty where it is not set.
func (p *program) env(name string) string {
	v, _ := p.lookup(name)
	return v
}

// run carries out one command line and returns its exit status.
func run(ctx context.Context, p *program, args []string) int {
	root := newRoot(p)
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	if err := root.ExecuteContext(ctx); err != nil {
		return p.report(err, args)
	}
	return 0
}
