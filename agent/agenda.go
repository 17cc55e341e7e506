package agent

import (
	"container/heap"

	"github.com/souk-network/souk/protocol/wire"
)

// agenda is what is to be looked at again, and when: one instant for each thing.
type agenda struct {
	heap  dueHeap
	known map[matter]*due
	n     uint64
}

// What a matter is about.
const (
	dueDeal = iota
	dueOrder
	dueOffer
	dueErase
	dueOpening
	dueCase
	dueTrust
	dueEvidence
	dueShown
	dueStray
)

type matter struct {
	what int
	job  wire.CID // of dueDeal and dueErase; of dueEvidence, the Outcome
	key  string   // of dueOrder and dueOffer
	peer wire.Key // of dueOpening, dueShown and dueStray
}

type due struct {
	matter
	at    uint64
	n     uint64 // keeps equal instants in order
	index int
}

// set puts a matter on the agenda for an instant, in place of the one it had.
func (a *agenda) set(m matter, at uint64) {
	a.n++
	if d := a.known[m]; d != nil {
		d.at, d.n = at, a.n
		heap.Fix(&a.heap, d.index)
		return
	}
	if a.known == nil {
		a.known = map[matter]*due{}
	}
	d := &due{matter: m, at: at, n: a.n}
	a.known[m] = d
	heap.Push(&a.heap, d)
}

// hasten moves a matter to an earlier instant.
func (a *agenda) hasten(m matter, at uint64) {
	if d := a.known[m]; d == nil || d.at > at {
		a.set(m, at)
	}
}

// clear takes a matter off the agenda.
func (a *agenda) clear(m matter) {
	if d := a.known[m]; d != nil {
		delete(a.known, m)
		heap.Remove(&a.heap, d.index)
	}
}

// next takes one matter that is due.
func (a *agenda) next(at uint64) (matter, bool) {
	if first, ok := a.first(); !ok || first > at {
		return matter{}, false
	}
	d := heap.Pop(&a.heap).(*due)
	delete(a.known, d.matter)
	return d.matter, true
}

// first returns the earliest instant on the agenda.
func (a *agenda) first() (uint64, bool) {
	if len(a.heap) == 0 {
		return 0, false
	}
	return a.heap[0].at, true
}

type dueHeap []*due

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].n < h[j].n
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	d := x.(*due)
	d.index = len(*h)
	*h = append(*h, d)
}

func (h *dueHeap) Pop() any {
	n := len(*h) - 1
	d := (*h)[n]
	(*h)[n] = nil
	*h = (*h)[:n]
	return d
}
