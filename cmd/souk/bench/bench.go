// Package bench measures what the market costs: whole jobs between real peers,
// and the parts they are made of.
//
// It promises that every figure was measured in the run that prints it, that its
// reference (the least that the same work can cost) was measured in the same run,
// and that what was measured did what it should: each job is paid, and the books
// of both sides agree. It must never listen beyond loopback, leave a folder
// behind, or print a figure it has computed from another machine's.
package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/souk-network/souk/agent/runtime"
	"github.com/souk-network/souk/gateway"
)

// Peer is one peer under measurement.
type Peer interface {
	gateway.Desk
	// Connect dials an address that ends in /p2p/<peer ID> and keeps that link.
	Connect(ctx context.Context, addr string) error
	Close() error
}

// Opening says how a peer is opened.
type Opening struct {
	Name   string                 // of its home
	Around func(*runtime.Options) // puts what counts between the peer and what it is made of
}

// Options is what every measurement needs.
type Options struct {
	Folder string // an empty one, for what is measured on disk; whoever gives it removes it
	// Open opens a peer with a home of its own below Folder, on loopback only.
	Open func(ctx context.Context, o Opening) (Peer, error)
	// Spawn runs such a peer in a process of its own. Its home is made, and filled, where
	// it is not there yet.
	Spawn func(ctx context.Context, name string, fill Fill) (Process, error)
	// Host runs Listen in a process of its own.
	Host  func(ctx context.Context) (Process, error)
	Scene func(text string) // hears what is being done
}

// DemoNet is the network of all peers that are opened here.
const DemoNet = "souk-demo"

// Schema names the form of a Report.
const Schema = "souk.bench/v1"

// Report is one measurement. The first of its rows stands in it by itself.
type Report struct {
	Schema string `json:"schema"`
	Name   string `json:"name"` // "hire", "core", …
	Row
	Rows    []Row   `json:"rows,omitempty"` // all, where there are several
	Machine Machine `json:"machine"`
}

// Row is one figure with what it is made of and what it is held against. Times
// are in microseconds, of one unit of work each; CPU time is that of all threads
// of both sides together.
type Row struct {
	Case string  `json:"case"` // what was measured, in words
	N    int     `json:"n"`    // units of work measured
	Rate float64 `json:"rate"` // units of work in a second
	Unit string  `json:"unit"` // "jobs/s", …
	Percentiles
	CPU   float64            `json:"cpu_us"`
	Parts map[string]float64 `json:"parts,omitempty"` // of CPU
	How   string             `json:"parts_by,omitempty"`
	// Counts are of one unit of work: signatures, syncs, bytes, …
	Counts    map[string]float64 `json:"counts,omitempty"`
	Reference *Reference         `json:"reference"`
	Ratio     float64            `json:"ratio"`
	RatioOf   string             `json:"ratio_of"` // what of the row was divided by what of the reference
	Goal      string             `json:"goal,omitempty"`
}

// Reference is the least that the same work can cost, measured in the same run.
type Reference struct {
	Case string  `json:"case"`
	Rate float64 `json:"rate"`
	Percentiles
	CPU float64 `json:"cpu_us"`
}

// What a ratio may be of. Of a rate more is better, of the others less.
const (
	ofRate = "rate"
	ofCPU  = "cpu_us"
	ofP50  = "p50_us"
)

// hold divides a row by its reference.
func (r *Row) hold(ref *Reference, of string) error {
	r.Reference, r.RatioOf = ref, of
	have, want := r.Rate, ref.Rate
	switch of {
	case ofCPU:
		have, want = r.CPU, ref.CPU
	case ofP50:
		have, want = r.P50, ref.P50
	}
	if have <= 0 || want <= 0 {
		return fmt.Errorf("nothing to compare: %s of %q is %g, of its reference %g", of, r.Case, have, want)
	}
	r.Ratio = have / want
	return nil
}

// report puts rows together; there must be one.
func report(name string, rows ...Row) (*Report, error) {
	if len(rows) == 0 {
		return nil, errors.New("nothing was measured")
	}
	r := &Report{Schema: Schema, Name: name, Row: rows[0], Machine: machine()}
	if len(rows) > 1 {
		r.Rows = rows
	}
	return r, nil
}

// All returns the rows of a report.
func (r *Report) All() []Row {
	if len(r.Rows) == 0 {
		return []Row{r.Row}
	}
	return r.Rows
}
