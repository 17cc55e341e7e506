package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/p2p"
	"github.com/souk-network/souk/protocol/wire"
	"github.com/souk-network/souk/store"
)

// IdleOptions says what a peer at rest is asked.
type IdleOptions struct {
	Connections int           // of other peers to it
	For         time.Duration // how long it rests with them
	Starts      int           // how often it is started
	Records     int           // in the journal of the peer whose start with a past is measured
}

// Process is a peer, or what it is held against, in a process of its own.
type Process interface {
	PID() int
	Addr() string         // at which it can be dialled
	Ready() time.Duration // from its start until it said that it is ready
	Close() error
}

// Fill puts a past into a journal: of an agent, its mandate and its network.
type Fill func(agent wire.Signer, mandate wire.Said, net string, j store.Journal) error

// Idle measures a peer that has nothing to do: `souk up` in a process of its own.
// The reference is a libp2p host in such a process, with as many connections.
func Idle(ctx context.Context, o Options, i IdleOptions) (*Report, error) {
	rest, err := rest(ctx, o, i)
	if err != nil {
		return nil, err
	}
	fresh, err := starts(ctx, o, i, "fresh", nil)
	if err != nil {
		return nil, err
	}
	fresh.Case, fresh.Goal = fmt.Sprintf("`souk up` of a fresh home until ready, %d starts", i.Starts), "at most 1 s"
	rows := []Row{rest, fresh}
	if i.Records > 0 {
		past, err := starts(ctx, o, i, "past", filled(o, i.Records))
		if err != nil {
			return nil, err
		}
		past.Case, past.Goal = fmt.Sprintf("`souk up` with %d journal records until ready, %d starts", i.Records, i.Starts), "at most 2 s with 1,000,000"
		rows = append(rows, past)
	}
	return report("idle", rows...)
}

// rest measures memory and CPU time of a peer and of a bare host that both rest.
func rest(ctx context.Context, o Options, i IdleOptions) (row Row, err error) {
	o.Scene("opening a peer and a bare host, each in a process of its own")
	peer, err := o.Spawn(ctx, "idle", nil)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	host, err := o.Host(ctx)
	if err != nil {
		return row, err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	o.Scene(fmt.Sprintf("linking %d peers to each", i.Connections))
	leave, err := crowd(ctx, i.Connections, peer.Addr(), host.Addr())
	defer func() { err = errors.Join(err, leave()) }()
	if err != nil {
		return row, err
	}
	o.Scene(fmt.Sprintf("resting for %s", i.For))
	before, err := weigh(peer.PID(), host.PID())
	if err != nil {
		return row, err
	}
	select {
	case <-time.After(i.For):
	case <-ctx.Done():
		return row, context.Cause(ctx)
	}
	after, err := weigh(peer.PID(), host.PID())
	if err != nil {
		return row, err
	}
	seconds := i.For.Seconds()
	perSecond := func(n int) float64 { return micros(after[n].cpu-before[n].cpu) / seconds }
	row = Row{
		Case: fmt.Sprintf("memory of a peer with %d connections after %s at rest; CPU of a second", i.Connections, i.For),
		N:    1, Rate: after[0].megabytes, Unit: "MB", CPU: perSecond(0), Goal: "at most 60 MB and 1 % of a core",
		Counts: map[string]float64{"% of a core": perSecond(0) / 1e4, "reference's % of a core": perSecond(1) / 1e4},
	}
	return row, row.hold(&Reference{
		Case: "a libp2p host with as many connections, in such a process", Rate: after[1].megabytes, CPU: perSecond(1),
	}, ofRate)
}

// crowd links so many peers to each of two addresses. They are peers that only help
// others join, in this process.
func crowd(ctx context.Context, n int, peer, host string) (leave func() error, err error) {
	var all []interface{ Close() error }
	leave = func() (err error) {
		for _, c := range all {
			err = errors.Join(err, c.Close())
		}
		return err
	}
	for k := range n {
		var net p2p.Network
		key := keyNumber(k + 1)
		b, err := runtime.OpenBootstrap(runtime.BootstrapOptions{
			Net: DemoNet, Self: key.Key(),
			Dial: func(h p2p.Handler) (p2p.Network, error) {
				net, err = join(key, DemoNet, h)
				return net, err
			},
		})
		if err != nil {
			return leave, err
		}
		all = append(all, b)
		if _, err := net.Connect(ctx, peer); err != nil {
			return leave, err
		}
		other, err := join(keyNumber(n+k+1), DemoNet, quiet{})
		if err != nil {
			return leave, err
		}
		all = append(all, other)
		if _, err := other.Connect(ctx, host); err != nil {
			return leave, err
		}
	}
	return leave, nil
}

// starts measures how soon a peer is ready.
func starts(ctx context.Context, o Options, i IdleOptions, name string, fill Fill) (row Row, err error) {
	row = Row{N: i.Starts, Unit: "starts/s"}
	var took, bare []time.Duration
	var cpu, bareCPU time.Duration
	for n := range i.Starts {
		o.Scene(fmt.Sprintf("starting a peer (%s home), %d of %d", name, n+1, i.Starts))
		if n > 0 {
			fill = nil // it is there
		}
		p, err := o.Spawn(ctx, name, fill)
		if err != nil {
			return row, err
		}
		w, err := weigh(p.PID())
		if err := errors.Join(err, p.Close()); err != nil {
			return row, err
		}
		took, cpu = append(took, p.Ready()), cpu+w[0].cpu
		h, err := o.Host(ctx)
		if err != nil {
			return row, err
		}
		w, err = weigh(h.PID())
		if err := errors.Join(err, h.Close()); err != nil {
			return row, err
		}
		bare, bareCPU = append(bare, h.Ready()), bareCPU+w[0].cpu
	}
	rate := func(all []time.Duration) float64 {
		var sum time.Duration
		for _, d := range all {
			sum += d
		}
		return float64(len(all)) / sum.Seconds()
	}
	row.Rate, row.CPU, row.Percentiles = rate(took), micros(cpu)/float64(i.Starts), percentiles(took)
	return row, row.hold(&Reference{
		Case: "such a process with a libp2p host, until it listens", Rate: rate(bare), CPU: micros(bareCPU) / float64(i.Starts), Percentiles: percentiles(bare),
	}, ofP50)
}

// filled gives a hirer a past of so many records: whole jobs, each as it would have
// been recorded, with real seals.
func filled(o Options, records int) Fill {
	return func(agent wire.Signer, mandate wire.Said, net string, j store.Journal) error {
		s := newEmptyStage(uint64(time.Now().UnixMilli())) // its time passes more slowly than it takes to play
		written, failed := 0, make(chan error, 1)
		s.keep = func(record []byte) {
			written++
			j.Append(record, func(err error) {
				if err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			})
		}
		if err := s.open(agent, mandate, net, true); err != nil {
			return err
		}
		for n := 0; written < records; n += 256 {
			o.Scene(fmt.Sprintf("writing a past, %d of %d records", written, records))
			if err := s.trade(n, 256, 64); err != nil {
				return err
			}
			select {
			case err := <-failed:
				return err
			default:
			}
		}
		return nil
	}
}
