package runtime

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/souk-network/souk/protocol/wire"
)

// TestTaskAfterTask: what is begun for a job while the task before has been stopped, or has
// told its end and not yet ended, is neither lost nor done beside it.
func TestTaskAfterTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tasks, job := newTasks(&Peer{ctx: ctx}), wire.Sum([]byte("job"))
		story, may := make(chan string, 8), make(chan struct{})
		tasks.start(job, func(ctx context.Context) {
			story <- "the first begins"
			<-ctx.Done()
			<-may // it takes its time to end
			story <- "the first ends"
		})
		synctest.Wait()
		tasks.stop(job)
		tasks.start(job, func(context.Context) { story <- "a stopped one begins" })
		tasks.stop(job)
		tasks.start(job, func(context.Context) { story <- "the last begins" })
		synctest.Wait()
		close(may)
		tasks.wait()
		close(story)
		var all []string
		for line := range story {
			all = append(all, line)
		}
		if want := []string{"the first begins", "the first ends", "the last begins"}; !slices.Equal(all, want) {
			t.Errorf("%q", all)
		}
		if len(tasks.under) != 0 {
			t.Errorf("%d tasks are left", len(tasks.under))
		}
	})
}
