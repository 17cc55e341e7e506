package runtime

import (
	"sync"
	"time"

	"github.com/souk-network/souk/protocol/wire"
)

// quota bounds what peers may ask for over time, each by itself and all strangers
// together: so much at once, and as much again over span. Who has had nothing of late
// may ask once, however much other strangers have had, unless it is strict: for who is
// linked to us names are few.
type quota struct {
	each, all float64
	span      time.Duration
	strict    bool

	mu    sync.Mutex
	used  map[wire.Key]use
	total use
}

// use is what was asked for and has not yet been forgotten.
type use struct {
	n  float64
	at time.Time
}

func newQuota(each, all int, span time.Duration) *quota {
	return &quota{each: float64(each), all: float64(all), span: span, used: map[wire.Key]use{}}
}

// now returns what is left of u of most.
func (u use) now(at time.Time, most float64, span time.Duration) float64 {
	return max(0, u.n-most*float64(at.Sub(u.at))/float64(span))
}

// may reports whether peer, a stranger or not, may ask for anything now.
func (q *quota) may(peer wire.Key, stranger bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := time.Now()
	used := q.used[peer].now(at, q.each, q.span)
	first := !q.strict && used == 0 && len(q.used) < 2*MaxLogAuthors // else it could not be known again
	return used < q.each && (!stranger || first || q.total.now(at, q.all, q.span) < q.all)
}

// charge notes that peer was given n.
func (q *quota) charge(peer wire.Key, n int, stranger bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := time.Now()
	if len(q.used) >= 2*MaxLogAuthors {
		for k, u := range q.used {
			if u.now(at, q.each, q.span) == 0 {
				delete(q.used, k)
			}
		}
	}
	if _, known := q.used[peer]; known || !stranger || len(q.used) < 2*MaxLogAuthors { // for who finds no room, the total counts
		q.used[peer] = use{q.used[peer].now(at, q.each, q.span) + float64(n), at}
	}
	if !stranger {
		return
	}
	q.total = use{q.total.now(at, q.all, q.span) + float64(n), at}
}
