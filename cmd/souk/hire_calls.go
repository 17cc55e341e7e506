package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/souk-network/souk/gateway"
)

// inputs opens what is handed over: one input, or several files one after the
// other, whose sizes the order then tells.
func (p *program) inputs(o *want) (io.ReadCloser, error) {
	if len(o.in) == 1 {
		return p.input(o.in[0])
	}
	var all series
	for _, path := range o.in {
		if path == "-" {
			return nil, errors.Join(invalid(errors.New("standard input is no call among others"), "name files with --in"), all.Close())
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, errors.Join(invalid(fmt.Errorf("read the input: %w", err), "--in names a file"), all.Close())
		}
		all = append(all, f)
		about, err := f.Stat()
		if err != nil || !about.Mode().IsRegular() {
			return nil, errors.Join(invalid(fmt.Errorf("%s is not a plain file", path), "several inputs are plain files"), all.Close())
		}
		o.order.Sizes = append(o.order.Sizes, uint64(about.Size()))
	}
	return &all, nil
}

// series is files that are read one after the other.
type series []*os.File

func (f *series) Read(b []byte) (int, error) {
	for len(*f) > 0 {
		n, err := (*f)[0].Read(b)
		if !errors.Is(err, io.EOF) || n > 0 {
			return n, err
		}
		if err := (*f)[0].Close(); err != nil {
			return 0, err
		}
		*f = (*f)[1:]
	}
	return 0, io.EOF
}

func (f *series) Close() (err error) {
	for _, x := range *f {
		err = errors.Join(err, x.Close())
	}
	*f = nil
	return err
}

// bring hands over what was bought: whole, or with --out-dir each result in a file
// of its own.
func (p *program) bring(ctx context.Context, desk gateway.Desk, job gateway.Job, o *want) error {
	if o.dir == "" {
		return p.fetch(ctx, desk, job, o.out)
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	whole, _, err := desk.Result(ctx, name(job))
	if err != nil {
		return err
	}
	defer whole.Close()
	results := job.Results
	if len(results) == 0 && job.Result != nil {
		results = []gateway.Artefact{*job.Result}
	}
	for i, a := range results {
		if err := save(filepath.Join(o.dir, o.resultName(i, len(results))), io.LimitReader(whole, int64(a.Size))); err != nil {
			return fmt.Errorf("write result %d of job %s: %w", i+1, name(job), err)
		}
	}
	return nil
}

// resultName is the file of a result: its input's name where there is one input
// for each, with a number in front where two inputs have one name.
func (o *want) resultName(i, results int) string {
	if len(o.in) != results || o.in[i] == "-" {
		return fmt.Sprintf("result-%03d", i+1)
	}
	base := filepath.Base(o.in[i])
	for k, other := range o.in {
		if k != i && strings.EqualFold(filepath.Base(other), base) {
			return fmt.Sprintf("%03d-%s", i+1, base)
		}
	}
	return base
}
