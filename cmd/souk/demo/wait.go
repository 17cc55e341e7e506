package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/souk-network/souk/gateway"
)

// patience is the longest that any one thing is waited for, also on a machine that has
// much else to do.
const patience = 2 * time.Minute

// look returns a job, by its ID or its order's key, once it is in another stage
// than seen, or as it is in a second.
func (pl *player) look(ctx context.Context, id, seen string) (gateway.Job, error) {
	bounded, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	j, err := pl.Await(bounded, id, seen)
	if bounded.Err() != nil && ctx.Err() == nil {
		return pl.Job(ctx, id)
	}
	return j, errors.Join(err, ctx.Err())
}

// final waits until a job is final.
func (pl *player) final(ctx context.Context, id string) (gateway.Job, error) {
	j, err := pl.Job(ctx, id)
	for late := time.After(patience); err == nil && !j.Final; {
		j, err = pl.look(ctx, id, j.Stage)
		select {
		case <-late:
			return j, fmt.Errorf("its job %s is still %s after %s", id, j.Stage, patience)
		default:
		}
	}
	return j, err
}
