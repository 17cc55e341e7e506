package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/souk-network/souk/agent"
	"github.com/souk-network/souk/gateway"
	"github.com/souk-network/souk/protocol/job"
	"github.com/souk-network/souk/protocol/payload"
	"github.com/souk-network/souk/store"
)

// maxCalls is how many inputs one order may have.
const maxCalls = 256

// stageAll makes the inputs of an order durable: one, or as many as sizes tells,
// which follow one another. After an error none is left.
func (p *Peer) stageAll(input io.Reader, sizes []uint64, media string, label payload.Label) (all []payload.Artefact, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, p.eraseAll(all))
			all = nil
		}
	}()
	if len(sizes) == 0 {
		one, err := p.stage(bounded(input), media, label)
		return []payload.Artefact{one}, err
	}
	if len(sizes) > maxCalls {
		return nil, invalid("an order has at most %d inputs", maxCalls)
	}
	left := uint64(MaxInput)
	for _, size := range sizes {
		if size > left {
			return all, errTooLarge
		}
		left -= size
		one, err := p.stage(io.LimitReader(input, int64(size)), media, label)
		if err != nil {
			return all, err
		}
		all = append(all, one)
		if one.Size != size {
			return all, invalid("input %d ends after %d of %d bytes", len(all), one.Size, size)
		}
	}
	if n, err := io.ReadFull(input, make([]byte, 1)); n > 0 {
		return all, invalid("the input goes on after the %d inputs whose sizes were told", len(all))
	} else if !errors.Is(err, io.EOF) {
		return all, err
	}
	return all, nil
}

func (p *Peer) eraseAll(artefacts []payload.Artefact) (err error) {
	for _, a := range artefacts {
		if !a.ID.IsZero() {
			err = errors.Join(err, p.o.Vault.Erase(a.ID))
		}
	}
	return err
}

// instalmentsOf tells the owner of the parts of a contract.
func instalmentsOf(v agent.View) (all []gateway.Instalment) {
	for _, x := range v.Instalments {
		all = append(all, gateway.Instalment{Stage: x.Stage, Price: x.Price, Paid: x.Paid, Advance: x.Advance, Calls: x.Calls, Units: x.Units})
	}
	return all
}

// resultOf opens one result of a job. On the hirer's side it is fetched where it
// is not here yet, or no more.
func (p *Peer) resultOf(ctx context.Context, v agent.View, a payload.Artefact) (store.Artefact, error) {
	name := nameOf(v, job.Provider, a.ID)
	f, err := p.content(name)
	if errors.Is(err, store.ErrNotFound) && v.Role == job.Hirer {
		// A paid result can be fetched again for as long as the provider keeps it.
		bounded, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err = p.obtain(bounded, v.Peer, a); err == nil {
			f, err = p.content(name)
		}
	}
	return f, err
}

// Result opens what a job has brought: all results, one after the other, where it
// is of several parts or calls.
func (p *Peer) Result(ctx context.Context, id string) (io.ReadCloser, gateway.Artefact, error) {
	v, err := p.view(ctx, id)
	if err != nil {
		return nil, gateway.Artefact{}, err
	}
	if len(v.Results) == 0 {
		return nil, gateway.Artefact{}, &gateway.Error{
			Code: gateway.CodeNotFound, Message: "the job has no result: it is " + v.Stage, Hint: "`souk job show " + id + "` tells more",
		}
	}
	var whole chain
	about := p.artefactOf(v.Results[0], nameOf(v, job.Provider, v.Results[0].ID))
	about.Size = 0
	for _, a := range v.Results {
		f, err := p.resultOf(ctx, v, a)
		if err != nil {
			return nil, gateway.Artefact{}, errors.Join(&gateway.Error{
				Code: gateway.CodeNotFound, Message: "the result's bytes are not here: " + err.Error(),
				Hint: "they may be past their retention",
			}, whole.Close())
		}
		whole = append(whole, f)
		about.Size += a.Size
	}
	about.Held = true
	return &whole, about, nil
}

// chain reads results one after the other.
type chain []io.ReadCloser

func (c *chain) Read(b []byte) (int, error) {
	for len(*c) > 0 {
		n, err := (*c)[0].Read(b)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := (*c)[0].Close(); err != nil {
			return n, fmt.Errorf("close a result: %w", err)
		}
		if *c = (*c)[1:]; n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

func (c *chain) Close() (err error) {
	for _, f := range *c {
		err = errors.Join(err, f.Close())
	}
	*c = nil
	return err
}
