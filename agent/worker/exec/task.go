package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/souk-network/souk/agent/worker"
)

// grace is how long, after the program has ended, what it left behind may hold its output open,
// and how long a blocked Input may hold up the end of a task.
const grace = 500 * time.Millisecond

// program is the worker. It holds no state of a task, so it may run several at once.
type program struct {
	rooms  string   // where rooms are noted
	path   string   // where the program is
	words  []string // its name and arguments, as the owner gave them
	dir    string   // where to work; empty for a fresh directory each time
	result string   // media type of its result
}

// Do runs the program once. An Input whose Read blocks for longer than the task lasts is left to
// its reader: Do returns in time and a goroutine ends when that Read does.
func (p *program) Do(ctx context.Context, t worker.Task, out io.Writer) (worker.Result, error) {
	if err := t.Limits.Check(); err != nil {
		return worker.Result{}, fmt.Errorf("%w: %w", worker.ErrFailed, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.Limits.Time, worker.ErrTimeout)
	defer cancel()
	if err := ended(ctx); err != nil {
		return worker.Result{}, err
	}
	room, err := openRoom(p.rooms, p.dir)
	if err != nil {
		return worker.Result{}, fmt.Errorf("%w: make a place to work in: %w", worker.ErrFailed, err)
	}
	err = p.run(ctx, t, out, room)
	if gone := room.remove(); gone != nil && err == nil {
		err = fmt.Errorf("%w: remove the place it worked in: %w", worker.ErrFailed, gone)
	}
	if err != nil {
		return worker.Result{}, err
	}
	return worker.Result{Type: p.result}, nil
}

// run starts the program and sees it to its end.
func (p *program) run(ctx context.Context, t worker.Task, out io.Writer, room *room) error {
	// On Linux the kernel kills the program when the thread that started it ends (Pdeathsig), so
	// this thread must outlive it: no other goroutine may get it, end on it and take it along.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	if err := keepDescriptors(); err != nil {
		return fmt.Errorf("%w: keep the peer's own files: %w", worker.ErrFailed, err)
	}
	pipes, err := openPipes()
	if err != nil {
		return fmt.Errorf("%w: open pipes: %w", worker.ErrFailed, err)
	}
	defer pipes.close()
	cmd := &osexec.Cmd{
		Path: launcher, Args: p.launch(room.environment(t), t.Limits.Memory), Dir: room.work,
		Env:   []string{}, // not nil, which would mean the peer's own
		Stdin: pipes.childIn, Stdout: pipes.childOut, Stderr: pipes.childErr,
		SysProcAttr: attributes(),
	}
	err = cmd.Start()
	pipes.closeChildEnds()
	if err != nil {
		return fmt.Errorf("%w: start %q: %w", worker.ErrFailed, p.path, err)
	}
	c := &child{cmd: cmd, mark: room.mark()}
	status := make(chan error, 1)
	go func() { status <- c.await() }()
	return attend(ctx, c, status, pipes, t, out)
}

// attend moves bytes until the program and its output have ended, or cuts both off at the first fault.
func attend(ctx context.Context, c *child, status <-chan error, p *pipes, t worker.Task, out io.Writer) error {
	fed, copied, told := make(chan error, 1), make(chan error, 1), make(chan lastSaid, 1)
	go func() { fed <- feed(p.in, t.Input) }()
	go func() { copied <- copyBounded(out, p.out, t.Limits.Output) }()
	go func() { told <- lastWords(p.err) }()

	var fault, exit error
	expired := ctx.Done()
	for status != nil || copied != nil {
		select {
		case exit = <-status:
			status = nil
			p.out.programEnded()
			p.err.programEnded()
		case err := <-copied:
			copied, fault = nil, first(fault, err)
		case err := <-fed:
			fed, fault = nil, first(fault, err)
		case <-expired:
			expired, fault = nil, first(fault, ended(ctx))
		}
		if fault != nil {
			c.kill()
			p.out.cut()
			p.err.cut()
		}
	}
	_ = p.in.Close() // frees a feed that is blocked on a pipe nobody reads
	if fed != nil {
		fault = first(fault, awaitFeed(fed))
	}
	words := <-told
	if fault != nil {
		return fault
	}
	if needs := lines(words); exitCode(exit) == ExitNeeds && len(needs) > 0 {
		return &worker.ErrNeeds{Lines: needs}
	}
	if exit != nil {
		return fmt.Errorf("%w: %w%s", worker.ErrFailed, exit, words.quoted())
	}
	return nil
}

// exitCode is the status that a program ended with, or -1.
func exitCode(err error) int {
	var e *osexec.ExitError
	if errors.As(err, &e) {
		return e.ExitCode()
	}
	return -1
}

// lines are the lines a program said at its end, without those that are empty. One that
// said too much said nothing that can be asked for.
func lines(s lastSaid) (all []string) {
	if s.cut {
		return nil
	}
	for line := range strings.SplitSeq(s.text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// first keeps the fault that came first; those after it only follow from it.
func first(fault, later error) error {
	if fault != nil {
		return fault
	}
	return later
}

// awaitFeed waits for the feed to stop touching Input, but not for a Read that never returns.
func awaitFeed(fed <-chan error) error {
	wait := time.NewTimer(grace)
	defer wait.Stop()
	select {
	case err := <-fed:
		return err
	case <-wait.C:
		return nil
	}
}

// feed gives the program its input. That the program did not want all of it is no error; that the
// input could not be read is, and then standard input stays open so that the program cannot take
// the part it got for the whole.
func feed(in *os.File, input io.Reader) error {
	if input == nil {
		_ = in.Close() // closed already where the program ended first
		return nil
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := input.Read(buf)
		if _, refused := in.Write(buf[:n]); refused != nil {
			return nil
		}
		if errors.Is(err, io.EOF) {
			_ = in.Close() // closing again later does no harm
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: read input: %w", worker.ErrFailed, err)
		}
	}
}

// ended says why ctx ended: worker.ErrTimeout for any deadline, the caller's reason otherwise.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, worker.ErrTimeout) {
		return cause
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", worker.ErrTimeout, cause)
	}
	return fmt.Errorf("%w: cancelled: %w", worker.ErrFailed, cause)
}
