package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/souk-network/souk/cmd/souk/bench"
	"github.com/souk-network/souk/cmd/souk/demo"
	"github.com/souk-network/souk/p2p"
)

func benchCommand(p *program) *cobra.Command {
	c := &cobra.Command{
		Use: "bench", Short: "Measure what the market costs on this machine",
		Long: `Each measurement stops by itself, listens on loopback only, and leaves nothing
behind. Beside every figure stands its reference, the least that the same work can
cost, measured in the same run, and the ratio of the two: seconds are of one
machine, ratios are less so.

With --json the last line is one object of the schema souk.bench/v1.`,
		Example: "  souk bench hire\n  souk bench core --json",
	}
	c.PersistentFlags().BoolVar(&p.markdown, "markdown", false, "print lines of a Markdown table, as docs/performance.sh takes them")
	c.AddCommand(benchHireCommand(p), benchCallCommand(p), benchReceiptsCommand(p), benchCoreCommand(p), benchTrustCommand(p), benchIdleCommand(p), benchArtefactCommand(p), benchScaleCommand(p), benchHostCommand(p))
	return c
}

// benchFor is how long a measurement lasts, where nothing else is said.
const benchFor = 5 * time.Second

// Flags that several measurements have.

func lasting(c *cobra.Command, to *time.Duration, what string) {
	c.Flags().DurationVar(to, "for", *to, "how long "+what)
}

func together(c *cobra.Command, to *int, what string) {
	c.Flags().IntVar(to, "concurrency", *to, what+" under way at once")
}

func posted(c *cobra.Command, to *bool) {
	c.Flags().BoolVar(to, "posted", false, "take the price that the offer names, instead of asking for a quote each time")
}

func benchHireCommand(p *program) *cobra.Command {
	h := bench.HireOptions{At: 256, For: benchFor}
	c := &cobra.Command{
		Use: "hire", Short: "Whole jobs between two peers, every second",
		Long: `Two peers with homes, keys and a journal of their own deal over a loopback socket:
each job is ordered, contracted, done, judged, paid and countersigned, durably on
both sides. It is over when the hirer has the countersign on disk. The reference
makes as many signatures, durable writes and loopback exchanges, and nothing else.`,
		Example: "  souk bench hire\n  souk bench hire --concurrency 1\n  souk bench hire --posted --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if h.At < 1 || h.At > 4096 || h.For < time.Millisecond {
				return misuse(c, errors.New("--concurrency must be from 1 to 4096, and --for a time"))
			}
			return p.bench(c.Context(), func(ctx context.Context, o bench.Options) (*bench.Report, error) {
				return bench.Hire(ctx, o, h)
			})
		},
	}
	together(c, &h.At, "jobs")
	lasting(c, &h.For, "new jobs are begun")
	posted(c, &h.Posted)
	return c
}

func benchCallCommand(p *program) *cobra.Command {
	o := bench.CallOptions{Windows: []int{1, bench.MaxWindow}, At: 16, For: benchFor}
	c := &cobra.Command{
		Use: "call", Short: "Metered calls, against an unpaid HTTP echo",
		Long: `A contract over many calls: a window of them is held for, delivered, judged and paid
together. The reference is an unpaid call of the same bytes as JSON over HTTP/1.1;
CPU time is that of both ends.`,
		Example: "  souk bench call\n  souk bench call --window 4 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			for _, w := range o.Windows {
				if w < 1 || w > bench.MaxWindow {
					return misuse(c, fmt.Errorf("--window must be from 1 to %d: one Delivery names no more", bench.MaxWindow))
				}
			}
			if o.At < 1 || o.At > 1024 || o.For < time.Millisecond || len(o.Windows) == 0 {
				return misuse(c, errors.New("--concurrency must be from 1 to 1024, and --for a time"))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Call(ctx, b, o)
			})
		},
	}
	c.Flags().IntSliceVar(&o.Windows, "window", o.Windows, "`CALLS` held for and paid together, again or after a comma for more")
	together(c, &o.At, "contracts")
	lasting(c, &o.For, "each is measured")
	return c
}

func benchReceiptsCommand(p *program) *cobra.Command {
	o := bench.ReceiptsOptions{At: []int{1, 64, 512}, For: 2 * time.Second}
	c := &cobra.Command{
		Use: "receipts", Short: "Receipts and journal records, every second",
		Long: `Entries with their countersigns: in memory, then durable on both sides over a
loopback socket, against the four signatures a receipt cannot do without. Then
records of the journal, against one synchronous Badger transaction for each.`,
		Example: "  souk bench receipts\n  souk bench receipts --concurrency 64 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			for _, at := range o.At {
				if at < 1 || at > 512 {
					return misuse(c, errors.New("--concurrency must be from 1 to 512: no more entries of a lane may wait for their countersign"))
				}
			}
			if o.For < time.Millisecond {
				return misuse(c, errors.New("--for must be a time"))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Receipts(ctx, b, o)
			})
		},
	}
	c.Flags().IntSliceVar(&o.At, "concurrency", o.At, "`PAYMENTS` and writers at once, again or after a comma for more")
	lasting(c, &o.For, "each is measured")
	return c
}

func benchCoreCommand(p *program) *cobra.Command {
	o := bench.CoreOptions{Jobs: 2000, At: 64}
	c := &cobra.Command{
		Use: "core", Short: "Decisions: agent.Handle, every second on one core",
		Long: `The events of whole jobs, as the cores of both sides get them, are recorded once and
played again to fresh cores: no seal, no disk, no socket. A row for each kind of
event says what it takes and how often it allocates.`,
		Example: "  souk bench core\n  souk bench core --jobs 20000 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Jobs < 1 || o.Jobs > bench.MaxCoreJobs || o.At < 1 {
				return misuse(c, fmt.Errorf("--jobs must be from 1 to %d, and --concurrency 1 or more", bench.MaxCoreJobs))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Core(ctx, b, o)
			})
		},
	}
	c.Flags().IntVar(&o.Jobs, "jobs", o.Jobs, "jobs whose events are played")
	together(c, &o.At, "jobs")
	posted(c, &o.Posted)
	return c
}

func benchIdleCommand(p *program) *cobra.Command {
	o := bench.IdleOptions{Connections: 50, For: time.Minute, Starts: 5, Records: 10_000}
	c := &cobra.Command{
		Use: "idle", Short: "A peer at rest: memory, CPU time, and how soon it is ready",
		Long: `A peer in a process of its own rests with others linked to it, beside a bare libp2p
host with as many. Then peers are started, with a fresh home and with one that has a
past, until they are ready. Linux only: what a process takes is read from /proc.`,
		Example: "  souk bench idle\n  souk bench idle --for 10s --records 1000000 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Connections < 1 || o.Connections > 100 || o.For < time.Second || o.Starts < 1 || o.Records < 0 || o.Records > 4_000_000 {
				return misuse(c, errors.New("--connections must be from 1 to 100, --for a second or more, --starts 1 or more, --records at most 4,000,000"))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Idle(ctx, b, o)
			})
		},
	}
	c.Flags().IntVar(&o.Connections, "connections", o.Connections, "peers that are linked to it")
	lasting(c, &o.For, "it rests")
	c.Flags().IntVar(&o.Starts, "starts", o.Starts, "how often it is started")
	c.Flags().IntVar(&o.Records, "records", o.Records, "journal records of the past; 0 to leave that out")
	return c
}

func benchTrustCommand(p *program) *cobra.Command {
	o := bench.TrustOptions{People: 1000, Jobs: 20_000}
	c := &cobra.Command{
		Use: "trust", Short: "Learning from evidence, and estimating",
		Long: `A viewer's book learns jobs among the people of a town, thinks all of it over, and
estimates one after another. The references are the seals that are checked before.`,
		Example: "  souk bench trust\n  souk bench trust --people 10000 --jobs 200000 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.People < 2 || o.Jobs < 1 || o.Jobs > bench.MaxEvidence || o.People > bench.MaxEvidence {
				return misuse(c, fmt.Errorf("--people must be from 2, --jobs from 1, both at most %d", bench.MaxEvidence))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Trust(ctx, b, o)
			})
		},
	}
	c.Flags().IntVar(&o.People, "people", o.People, "agents of the town")
	c.Flags().IntVar(&o.Jobs, "jobs", o.Jobs, "jobs among them")
	return c
}

func benchArtefactCommand(p *program) *cobra.Command {
	size := int64(1 << 30)
	c := &cobra.Command{
		Use: "artefact", Short: "A large transfer, whole and cut at half",
		Long: `Payload bytes go from one peer's vault to another's, each chunk checked against the
commitment that names them; then once more, cut at half and resumed. The reference
is a bare libp2p stream of as many bytes, from memory to nowhere. It takes three
times the size on disk.`,
		Example: "  souk bench artefact\n  souk bench artefact --size 67108864 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if size < 1<<20 || size > 16<<30 {
				return misuse(c, errors.New("--size must be from 1 MiB to 16 GiB"))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Artefact(ctx, b, bench.ArtefactOptions{Size: size})
			})
		},
	}
	c.Flags().Int64Var(&size, "size", size, "`BYTES` to transfer")
	return c
}

func benchScaleCommand(p *program) *cobra.Command {
	o := bench.ScaleOptions{Peers: []int{10, 50}, Shards: []int{1, 16}, News: 200, Quiet: 2 * time.Second}
	c := &cobra.Command{
		Use: "scale", Short: "What announcements cost each peer as the market grows",
		Long: `Peers of the real network, in one process, join some shards of announcements and
check whatever they hear. docs/scale.md goes on from these figures.`,
		Example: "  souk bench scale\n  souk bench scale --peers 10,50,200 --json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			for _, n := range o.Peers {
				if n < 2 || n > 400 {
					return misuse(c, errors.New("--peers must be from 2 to 400"))
				}
			}
			for _, n := range o.Shards {
				if n < 1 || n > p2p.Shards {
					return misuse(c, fmt.Errorf("--shards must be from 1 to %d", p2p.Shards))
				}
			}
			if o.News < 2 || o.News > 10_000 || o.Quiet < time.Millisecond {
				return misuse(c, errors.New("--announcements must be from 2 to 10,000, and --quiet a time"))
			}
			return p.bench(c.Context(), func(ctx context.Context, b bench.Options) (*bench.Report, error) {
				return bench.Scale(ctx, b, o)
			})
		},
	}
	c.Flags().IntSliceVar(&o.Peers, "peers", o.Peers, "`PEERS` of a market, again or after a comma for more")
	c.Flags().IntSliceVar(&o.Shards, "shards", o.Shards, "`SHARDS` that each joins, again or after a comma for more")
	c.Flags().IntVar(&o.News, "announcements", o.News, "how many there are in each market")
	c.Flags().DurationVar(&o.Quiet, "quiet", o.Quiet, "how long each market is left alone before")
	return c
}

// bench measures in a folder that is removed, however it ends, and shows what came out.
func (p *program) bench(ctx context.Context, measure func(context.Context, bench.Options) (*bench.Report, error)) (err error) {
	folder, done, err := demoFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	live := p.begin("opening")
	defer live.end()
	report, err := measure(ctx, bench.Options{
		Folder: folder, Scene: live.step,
		Open: func(ctx context.Context, o bench.Opening) (bench.Peer, error) {
			return p.openMeasured(ctx, folder, o)
		},
		Spawn: func(ctx context.Context, name string, fill bench.Fill) (bench.Process, error) {
			return p.spawnMeasured(ctx, folder, name, fill)
		},
		Host: func(ctx context.Context) (bench.Process, error) { return runMeasured(ctx, "bench", "host") },
	})
	live.end()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx) // whatever was under way says of it what it can
	}
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	if p.markdown && !p.json {
		return report.Markdown(p.out)
	}
	return p.show(report, report.Page)
}

// openMeasured makes a home and opens its peer in this process.
func (p *program) openMeasured(ctx context.Context, folder string, o bench.Opening) (bench.Peer, error) {
	home, set := demoHome(folder, demo.Opening{Name: o.Name})
	peer, err := p.openIn(ctx, home, set, crew{around: o.Around})
	if err != nil {
		return nil, err
	}
	return peer, nil
}
