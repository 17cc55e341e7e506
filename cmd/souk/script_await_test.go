package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	doorhttp "github.com/souk-network/souk/gateway/http"
)

// awaitStage waits until a job of a peer is at a stage: await HOME ID STAGE.
func awaitStage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: await HOME ID STAGE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	desk := doorhttp.Dial(filepath.Join(ts.MkAbs(args[0]), "api.sock"))
	defer desk.Close()
	for stage := ""; stage != args[2]; {
		job, err := desk.Await(ctx, args[1], stage)
		if err != nil || ctx.Err() != nil {
			// It may not have been ordered yet.
			if ctx.Err() != nil {
				ts.Fatalf("job %s of %s is %q, not %q: %v", args[1], args[0], stage, args[2], err)
			}
			continue
		}
		stage = job.Stage
		if job.Final && stage != args[2] {
			ts.Fatalf("job %s of %s ended %q, not %q", args[1], args[0], stage, args[2])
		}
	}
}

// hires runs an order in the background, whose words logs waits for and down ends:
// hires NAME ARGUMENT…
func hires(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: hires NAME ARGUMENT…")
	}
	cmd := exec.Command(souk(ts), append([]string{"hire"}, args[1:]...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "SOUK_HOME="+ts.Getenv("SOUK_HOME"))
	l := &lodger{cmd: cmd, ended: make(chan error, 1), errors: new(transcript)}
	cmd.Stderr = l.errors
	ts.Check(cmd.Start())
	go func() { l.ended <- cmd.Wait() }()
	ts.Defer(func() { cmd.Process.Kill() })
	ts.Value(houseKey{}).(house)[args[0]] = l
}
