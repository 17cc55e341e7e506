package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/wire"
)

// want collects the flags of hire.
type want struct {
	order    gateway.Order
	budget   wire.Amount
	in       []string
	out, dir string
	deadline time.Duration
	expect   string
	call     time.Duration
	watch    bool
	parent   string
	passOn   bool

	peer       peer
	evaluators []peer
}

const hireLong = `Have a job done by whoever is expected to cost least for a success, within the
budget: ` + "`souk find`" + ` shows who that is. The result goes to standard output, byte for
byte (on a terminal control characters are escaped). With --json it is the job that
is printed; --out keeps the result.

Where an offer says what its inputs must be (offer add --schema), yours is compared with
that first: nobody is hired for an input that it says it does not take.

--deadline is compared with what offers promise (offer add --deliver, 10m where it
says nothing). Where no offer suits, 8 seconds are waited for one.

--call asks everybody in public: it tells the market what is wanted and how large
the input is, though not what it holds nor what you would pay. When the call is
over, the best of the quotes that came and the offers there are is hired.

--bid haggles: what costs more is countered with the bid, which rises over up to
five rounds to the budget; the first price that meets it is taken.

Where a provider fails the order, is busy, or is out of reach for a tenth of the time
it promised, the next best takes over, as a job of its own: within the same budget,
counting what the first still holds, and the same deadline. --plan single makes one
contract and no other.

Several --in are several calls of one contract, with whoever takes calls by the window
(offer add --window): each is answered by a result of its own, in the order given.
They go to standard output one after the other, or with --out-dir to a file each. A
contract of tranches is delivered and paid part by part; its results make up one.

--choose cheapest goes by price alone, --choose random by lot: so one can see what
going by the cost of a success is worth.

--parent JOB makes it a part of a job that this peer does for another: the input
goes under the label of that job's, and must be back within its time.

The job is the peer's from the moment it is taken: ending this command does not
end it. ` + "`souk job cancel`" + ` does.`

func hireCommand(p *program) *cobra.Command {
	var o want
	c := &cobra.Command{
		Use:   "hire CAPABILITY --in FILE",
		Short: "Have a job done: the result goes to standard output",
		Long:  hireLong,
		Example: `  souk hire text/words@1 --in README.md
  cat book.txt | souk hire text/summary@1 --in - --budget 5000 --out summary.txt
  souk hire text/words@1 --in README.md --call 30s
  souk hire text/words@1 --in README.md --bid 60 --budget 100
  souk hire text/words@1 --in README.md --deadline 1h --json
  souk hire text/tokens@1 --in a.txt --in b.txt --in c.txt --out-dir answers`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, a []string) error {
			o.order.Capability = a[0]
			if c.Flags().Changed("budget") { // 0 is a budget too: nothing but what is free
				o.order.Budget = &o.budget
			}
			for _, name := range []string{"bid", "call", "deadline"} {
				if f := c.Flags().Lookup(name); f.Changed && f.Value.String() == f.DefValue {
					return misuse(c, fmt.Errorf("--%s must be more than nothing", name))
				}
			}
			if c.Flags().Changed("pass-on") {
				o.order.PassOn = &o.passOn
			}
			if err := o.fill(); err != nil {
				return misuse(c, err)
			}
			return refused(c, p.hire(c.Context(), &o))
		},
	}
	o.flags(c)
	return c
}

func (o *want) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&o.in, "in", nil, "`FILE` of the input, - for standard input (required); several are several calls")
	f.Var(amount{&o.budget}, "budget", "most it may cost, in smallest `unit`s (default: the mandate's cap for one job)")
	f.StringVar(&o.order.Asset, "asset", "", "`ASSET` to pay in (default: the mandate's only one)")
	f.DurationVar(&o.deadline, "deadline", 0, "give up on what is not delivered within this `time`")
	f.Var(peerName{&o.peer}, "peer", "hire only this peer")
	f.StringVar(&o.out, "out", "", "write the result to this `FILE`")
	f.StringVar(&o.dir, "out-dir", "", "write each result to a file of this `DIR`, named after its input")
	f.StringVar(&o.order.InputType, "type", "", "media `TYPE` of the input (default: application/octet-stream)")
	f.StringVar(&o.order.Class, "class", "", "data `CLASS` of the input: public, internal, personal or sensitive (default: public, or the parent's)")
	f.StringVar(&o.expect, "expect", "", "your own check, `RULE[=PARAMS]`: what fails it is made good, or goes to the evaluators of the offer; offers with neither are passed over")
	f.Var(peerNames{&o.evaluators}, "evaluator", "only offers whose disputes this `PEER` judges; repeated, any of these (default: only offers without evaluators)")
	f.StringVar(&o.order.Key, "key", "", "name of the order: the same `KEY` again is the same order, and must ask for the same (default: a fresh one)")
	f.DurationVar(&o.call, "call", 0, "call in public for quotes for this `time`, at most 1h")
	f.Var(amount{&o.order.Bid}, "bid", "haggle: what it would rather cost, in smallest `unit`s")
	f.StringVar(&o.order.Plan, "plan", "takeover", "`PLAN`: takeover, or single for one contract only")
	f.StringVar(&o.order.Choose, "choose", "best", "by `WHAT` to choose: best, cheapest or random (to compare with)")
	f.StringVar(&o.parent, "parent", "", "the `JOB` of this peer, as provider, that this is a part of")
	f.BoolVar(&o.passOn, "pass-on", false, "may the provider give the input on to others (default: only if it is public)")
	f.BoolVar(&o.watch, "watch", false, "tell each stage as it comes; with --json one line each")
}

func (o *want) fill() (err error) {
	switch {
	case len(o.in) == 0 || o.in[0] == "":
		return errors.New("--in is missing: name the input's file, or - for standard input")
	case o.out != "" && o.dir != "":
		return errors.New("--out and --out-dir do not go together")
	case len(o.order.Key) > 64:
		return errors.New("--key may have at most 64 bytes")
	}
	if o.order.Choose == "best" {
		o.order.Choose = ""
	}
	if o.order.Key == "" {
		o.order.Key = "order-" + strings.ToLower(rand.Text()[:16])
	}
	if o.order.CallMS, err = millis("call", o.call); err != nil {
		return err
	}
	o.order.Expect, o.order.ExpectWith = splitCheck(o.expect)
	o.order.DeadlineMS, err = millis("deadline", o.deadline)
	return err
}

// hire orders, waits, and hands over what was bought.
func (p *program) hire(ctx context.Context, o *want) error {
	if o.out != "" {
		if err := writable(o.out); err != nil {
			return err
		}
	}
	input, err := p.inputs(o)
	if err != nil {
		return err
	}
	defer input.Close()
	desk, err := p.desk()
	if err != nil {
		return err
	}
	defer desk.Close()
	if err := o.name(ctx, desk); err != nil {
		return err
	}
	if o.parent != "" {
		parent, err := lookUp(ctx, desk, o.parent)
		if err != nil {
			return err
		}
		if o.order.Parent = parent.ID; parent.ID.IsZero() {
			return invalid(fmt.Errorf("%s has no contract yet", name(parent)), "a part belongs to a job that this peer has taken")
		}
	}
	telling := p.begin("handing over the input")
	defer telling.end()
	job, err := desk.Hire(ctx, o.order, input)
	if err != nil {
		return unsure(err, o.order.Key)
	}
	job, err = p.follow(ctx, desk, job, o, telling)
	telling.end()
	if err != nil {
		return err
	}
	if !job.OK {
		if job.Stage == agent.StageGivenUp {
			return p.unmet(ctx, desk, job, o)
		}
		return failed(job)
	}
	if o.out != "" || o.dir != "" || !p.json {
		if err := p.bring(ctx, desk, job, o); err != nil {
			e := explain(err)
			return &gateway.Error{
				Code: e.Code, Message: e.Message, Retryable: e.Retryable,
				Hint: fmt.Sprintf("the job is done and its result is kept: `souk job result %s --out FILE`", name(job)),
			}
		}
	}
	if p.json && !o.watch { // --watch has shown it
		return p.show(job, nil)
	}
	return nil
}

// name finds out who the peers are that the order names.
func (o *want) name(ctx context.Context, desk gateway.Desk) (err error) {
	if o.order.Peer, err = o.peer.findToDeal(ctx, desk); err != nil {
		return err
	}
	o.order.Evaluators = nil
	for _, e := range o.evaluators {
		key, err := e.findToDeal(ctx, desk)
		if err != nil {
			return err
		}
		o.order.Evaluators = append(o.order.Evaluators, key)
	}
	return nil
}

// unsure tells how an order that may have been taken is repeated without being taken twice.
func unsure(err error, key string) error {
	e := gateway.AsError(err)
	if e.Code != gateway.CodeUnavailable && e.Code != gateway.CodeTimeout && e.Code != gateway.CodeInternal {
		return err
	}
	told := *e
	told.Hint = strings.TrimPrefix(told.Hint+"; if the order was taken, the same command with `--key "+key+"` does not take it twice", "; ")
	return &told
}

// follow waits until the job is final.
func (p *program) follow(ctx context.Context, desk gateway.Desk, job gateway.Job, o *want, telling *progress) (gateway.Job, error) {
	told := ""
	for {
		stands := name(job) + " " + job.Stage
		fresh := stands != told
		told = stands
		telling.step(waits(job))
		if o.watch && fresh {
			if err := p.tellStage(job); err != nil {
				return job, err
			}
		}
		if job.Final {
			return job, nil
		}
		if len(job.Needs) > 0 && fresh && !p.json {
			telling.end()
			fmt.Fprintf(p.err, "its provider needs %s: `souk job provide %s --in FILE`\n", safe(strings.Join(job.Needs, "; ")), name(job))
		}
		next, err := lookAgain(ctx, desk, o.order.Key, job.Stage)
		switch {
		case err == nil:
			job = next
		case ctx.Err() != nil:
			return job, &gateway.Error{
				Code: gateway.CodeTimeout, Message: fmt.Sprintf("stopped waiting; job %s goes on", name(job)),
				Hint: fmt.Sprintf("`souk job show %s` shows it, `souk job cancel %s` ends it", o.order.Key, o.order.Key), Retryable: true,
			}
		default:
			e := gateway.AsError(err)
			return job, &gateway.Error{
				Code: e.Code, Message: fmt.Sprintf("%s, while job %s was %s", e.Message, name(job), job.Stage),
				Hint: fmt.Sprintf("it goes on once the peer runs again: `souk up`, then `souk job show %s`", o.order.Key), Retryable: true,
			}
		}
	}
}

const lookPause = 5 * time.Second // between two looks at what changes within one stage

// lookAgain returns an order's job once it is final or in another stage than seen, or as it
// is after a while.
func lookAgain(ctx context.Context, desk gateway.Desk, key, seen string) (gateway.Job, error) {
	bounded, cancel := context.WithTimeout(ctx, lookPause)
	defer cancel()
	job, err := desk.Await(bounded, key, seen)
	if bounded.Err() != nil && ctx.Err() == nil {
		return desk.Job(ctx, key)
	}
	return job, err
}

// tellStage prints one line about where the job stands.
func (p *program) tellStage(job gateway.Job) error {
	if p.json {
		if job.Final && !job.OK {
			return nil // the failure tells it
		}
		return p.show(job, nil)
	}
	_, err := fmt.Fprintf(p.err, "%s  %s  %s\n", time.Now().Format("15:04:05"), name(job), safe(job.Stage))
	return err
}

// fetch writes a job's result to a file, or to standard output.
func (p *program) fetch(ctx context.Context, desk gateway.Desk, job gateway.Job, to string) error {
	telling := p.begin("fetching the result of job " + name(job)) // from its provider, where it is gone here
	r, about, err := desk.Result(ctx, name(job))
	telling.end()
	if err != nil {
		return err
	}
	defer r.Close()
	if to != "" {
		if err := writable(to); err != nil {
			return err
		}
		if err := save(to, r); err != nil {
			return fmt.Errorf("write the result of job %s to %s: %w", name(job), to, err)
		}
		return nil
	}
	out := p.out
	if _, isTerminal := p.screen(p.out); isTerminal {
		out = &veil{p.out}
	}
	n, err := io.Copy(out, r)
	if err == nil && uint64(n) != about.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("fetch the result of job %s: %w", name(job), err)
	}
	return nil
}

// veil escapes control characters on their way to a terminal; lines and tabs pass.
type veil struct{ w io.Writer }

func (v *veil) Write(b []byte) (int, error) {
	var line strings.Builder
	for rest := string(b); rest != ""; {
		i := strings.IndexAny(rest, "\n\t")
		if i < 0 {
			line.WriteString(safe(rest))
			break
		}
		line.WriteString(safe(rest[:i]))
		line.WriteByte(rest[i])
		rest = rest[i+1:]
	}
	if _, err := io.WriteString(v.w, line.String()); err != nil {
		return 0, err
	}
	return len(b), nil
}
